"""Where an order's time went: each millisecond from its placing to its delivery is one party's, and the parts are the whole. Pure.

What is followed is the *critical path*: the way of the unit that arrived last, for the order was not there before it did. Of an order that
is not whole yet it is the unit that is least far: one that is held or waited for before one at a node before one on its way. Units are
told apart by SKU. Of what that unit did, each moment has one state, and a state lasts until the next one begins:

    channel   from the placing until the order reached us              stock     waits for units; `reason`: of which SKU
    intake    until it was decided                                     release   with nobody: cancelled, until it came again
    hold      `reason`: what for; several at once are one reason       node      `who` has it; `reason`: what it said last, or "told"
    carrier   `who` has it; `reason`: what it said last, or "shipped"

A node's time has the reason "wave" while it is not told yet: until its next wave leaves, or the time to merge parcels is over. So it is
the node's, by whose calendar it waits, and can be told from its work.

`in_vain`: that node, or parcel, came to nothing, and the unit had to come from elsewhere. Time since the payment is the whole without
the hold "payment". Who observes late or early (a pick-up before the warehouse told of it, clocks that differ) moves the border between
two parts, never their sum: no state begins before the one it follows, and none after the end.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from streams.critical_path import Left, Path, Told, critical
from tables import events as e
from tables.evolve_parcels import number

Part = Literal["channel", "intake", "hold", "stock", "release", "node", "carrier"]
State = tuple[Part, str, str]  # part, reason, who
Cut = tuple[int, State]  # from then on


class Span(msgspec.Struct, frozen=True):
    """Milliseconds since the epoch; `since` < `until`."""

    part: Part
    reason: str
    who: str
    since: int
    until: int


def attribute(told: Sequence[Told], now: int) -> tuple[Span, ...]:
    """`told`: the events of one order in the order of the log. The spans follow each other without a gap, the first begins when the order
    was placed, the last ends when all of it had arrived, or at `now`. None for an order that was never taken."""
    placed = next((event for _, event in told if isinstance(event, e.OrderPlaced)), None)
    if placed is None:
        return ()
    path = critical(told, placed.order)
    arrived: list[Cut] = [(placed.placed_at, ("channel", "", placed.channel)), (placed.received_at, ("intake", "", ""))]
    end = max(placed.placed_at, now if path.until is None else path.until)
    return tuple(_spans([*arrived, *_before(told, path), *_at_node(told, path), *_on_its_way(told, path)], end))


def total(spans: Iterable[Span]) -> dict[Part, int]:
    """Milliseconds by part, of those that have any."""
    found: dict[Part, int] = {}
    for span in spans:
        found[span.part] = found.get(span.part, 0) + span.until - span.since
    return found


def _spans(cuts: Sequence[Cut], end: int) -> Iterator[Span]:
    """What lasts no time is left out, and what goes on is one."""
    last: Span | None = None
    begins = cuts[0][0]
    for n, (_, state) in enumerate(cuts):
        until = min(end, max(begins, cuts[n + 1][0])) if n + 1 < len(cuts) else end
        if until > begins:
            if last and (last.part, last.reason, last.who) == state:
                last = msgspec.structs.replace(last, until=until)
            else:
                if last:
                    yield last
                last = Span(*state, begins, until)
            begins = until
    if last:
        yield last


# ---------------------------------------------------------------------------------------------- what it did
class _Standing:
    """Of the critical unit, while it has not come to its last fulfilment."""

    def __init__(self, sku: str) -> None:
        self._sku = sku
        self._holds: tuple[str, ...] = ()
        self._waits = ""
        self._promised = self._gone = 0
        self._node = self._carrier = ""

    def see(self, event: e.AnyEvent) -> State:
        match event:
            case e.OrderPlaced() | e.OrderCancelled():
                self._holds = ()
            case e.OrderHeld(reasons=reasons):
                self._holds = reasons
            case e.HoldReleased(reasons=reasons):
                self._holds = tuple(reason for reason in self._holds if reason not in reasons)
            case e.Backordered(rows=rows):
                self._waits = next((row.sku for row in rows if self._sku in ("", row.sku)), "")
            case e.Reserved() | e.Unreserved() | e.Shipped() | e.FoundShipped() | e.Delivered():
                self._move(event)
            case _:
                pass
        return self._state()

    def _move(self, event: e.Reserved | e.Unreserved | Left | e.Delivered) -> None:
        units = sum(row.quantity for row in event.rows if self._sku in ("", row.sku))
        match event:
            case e.Reserved(node=node) if units:
                self._promised, self._node = self._promised + units, node
            case e.Unreserved():
                self._promised -= units
            case e.Delivered():
                self._gone -= units
            case e.Shipped(carrier=carrier) | e.FoundShipped(carrier=carrier) if units:
                self._gone, self._carrier = self._gone + units, carrier
                self._promised -= units if isinstance(event, e.Shipped) else 0
            case _:
                pass

    def _state(self) -> State:
        if self._holds:
            return "hold", ", ".join(self._holds), ""
        if self._waits:
            return "stock", self._waits, ""
        if self._promised:
            return "node", "in_vain", self._node
        return ("carrier", "in_vain", self._carrier) if self._gone else ("release", "", "")


def _before(told: Sequence[Told], path: Path) -> Iterator[Cut]:
    standing = _Standing(path.sku)
    for at, event in told:
        if path.fulfilment and isinstance(event, e.Reserved) and event.fulfilment == path.fulfilment:
            return
        yield at, standing.see(event)


def _at_node(told: Sequence[Told], path: Path) -> Iterator[Cut]:
    """From the decision that told the node, by what it says of its work; nothing of it after the carrier has it."""
    latest = _handed_over(told, path)
    for at, event in told:
        match event:
            case e.Reserved(fulfilment=name, node=node, later=later) if name == path.fulfilment:
                yield at, ("node", "wave" if later else "told", node)
            case e.FulfilmentReleased(fulfilment=name, node=node) if name == path.fulfilment:
                yield at if latest is None else min(at, latest), ("node", "told", node)
            case e.Progressed(fulfilment=name, node=node, stage=stage, at=seen) if name == path.fulfilment:
                yield seen if latest is None else min(seen, latest), ("node", stage, node)
            case e.CancelRequested(fulfilment=name, node=node) if name == path.fulfilment:
                yield at if latest is None else min(at, latest), ("node", "cancel_asked", node)
            case e.CancelRefused(fulfilment=name, node=node) if name == path.fulfilment:
                yield at if latest is None else min(at, latest), ("node", "cancel_refused", node)
            case _:
                pass


def _on_its_way(told: Sequence[Told], path: Path) -> Iterator[Cut]:
    since = _handed_over(told, path)
    if path.left is None or since is None:
        return
    said = list(_tracked(told, path.left))
    who = path.left.carrier or next((event.carrier for event in said if event.carrier), "")
    yield since, ("carrier", "shipped", who)
    for event in said:
        yield event.at, ("carrier", event.status, who)


def _handed_over(told: Sequence[Told], path: Path) -> int | None:
    """The first that anybody saw of the parcel outside the house."""
    if path.left is None:
        return None
    return min([path.left.shipped_at, *(event.at for event in _tracked(told, path.left))])


def _tracked(told: Sequence[Told], left: Left) -> Iterator[e.Tracked]:
    """A label that was printed is no parcel yet."""
    tracking = number(left.tracking)
    for _, event in told:
        if isinstance(event, e.Tracked) and event.tracking == tracking and tracking and event.status != "label":
            yield event
