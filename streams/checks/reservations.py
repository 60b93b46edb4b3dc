"""A pool's reservations as its decisions say them: kept once, given back once, and not for longer than they were made for."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from heapq import heappop, heappush

import msgspec

from streams.checks.findings import Findings
from streams.checks.promises import take_out
from tables import events as e
from tables.events import Row


class _Policy(msgspec.Struct, frozen=True):
    """`fills_per_decision`: one tick ends no more reservations than this, and at least one."""

    fills_per_decision: int = 50


class Kept(msgspec.Struct):
    shop: str
    segment: str
    expires_at: int
    rows: dict[str, tuple[Row, ...]]  # by node


decode_policy = msgspec.json.Decoder(_Policy).decode


class Reservations:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._kept: dict[str, Kept] = {}
        self._expiring: list[tuple[int, str]] = []
        self._now = 0
        self._most = 50
        self._expired: set[str] = set()  # by this decision
        self._ticked = False

    def use(self, policy: bytes) -> None:
        self._most = max(1, decode_policy(policy).fills_per_decision)

    def get(self, name: str) -> Kept:
        return self._kept.get(name) or Kept("", "", 0, {})

    def made(self, event: e.ReservationMade) -> None:
        name = event.reservation
        if event.expires_at <= self._now:
            self._note(f"{name} keeps units, and expired at {event.expires_at}")
        known = self._kept.get(name)
        if known is None:
            known = self._kept[name] = Kept(event.shop, event.segment, event.expires_at, {})
            heappush(self._expiring, (event.expires_at, name))
        elif event.node in known.rows or (known.shop, known.expires_at) != (event.shop, event.expires_at):
            self._note(f"{name} is made twice")
        known.rows[event.node] = event.rows

    def released(self, event: e.ReservationReleased) -> None:
        name = event.reservation
        known = self._kept.get(name)
        if known is None or event.node not in known.rows:
            self._note(f"{name} gives back units at {event.node}, and has none there")
            return
        if event.reason == "expired":
            self._expired.add(name)
            if known.expires_at > self._now:
                self._note(f"{name} expires at {self._now}, and was to stand until {known.expires_at}")
        known.rows[event.node], complaint = take_out(known.rows[event.node], event.rows, known.segment)
        if complaint:
            self._note(f"{name} gives back {complaint}")
        if not known.rows[event.node]:
            del known.rows[event.node]
        if not known.rows:
            del self._kept[name]

    def ticked(self, event: e.Ticked) -> None:
        self._now, self._ticked = event.at, True

    def settle(self) -> None:
        """After a decision. A tick leaves nothing that has expired, unless there was more than one decision may end."""
        if self._ticked and len(self._expired) < self._most:
            while self._expiring and self._over(self._expiring[0], self._kept):
                at, name = heappop(self._expiring)
                if name in self._kept:
                    self._note(f"{name} expired at {at}, and still has units at {self._now}")
        self._ticked = False
        self._expired.clear()

    def _over(self, entry: tuple[int, str], kept: Mapping[str, Kept]) -> bool:
        at, name = entry
        return at <= self._now or name not in kept

    def _note(self, sentence: str) -> None:
        self._findings.note("reservations", sentence)


class TakenOver:
    """Units of reservations that orders take over in one decision: these they may have though the rest of them waits."""

    def __init__(self) -> None:
        self._units: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, event: e.ReservationReleased) -> None:
        if event.reason == "ordered":
            self._units[event.order].update({row.sku: row.quantity for row in event.rows})

    def covers(self, order: str, reserved: Mapping[tuple[str, str], int]) -> bool:
        """Whether all that an order has reserved, by line and SKU, was reserved for it before."""
        units: Counter[str] = Counter()
        for (_, sku), quantity in reserved.items():
            units[sku] += quantity
        return order in self._units and units <= self._units[order]

    def clear(self) -> None:
        self._units.clear()
