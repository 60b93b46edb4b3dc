"""Orders that no carrier takes: by a policy that holds them nothing of them is told to a node, each is held for a reason that the table
gives, and looked at again when that may have changed."""

from collections.abc import Iterable, Sequence

import msgspec

from streams.checks.carriage import Carriage
from streams.checks.findings import Findings
from streams.checks.held import BY_CARRIERS
from streams.checks.orders import Orders
from streams.checks.records import AnyEvent
from tables import events as e

HOLD = "no_carrier"


class _Policy(msgspec.Struct, frozen=True):
    no_carrier: str = "ship"
    fills_per_decision: int = 50


_decode = msgspec.json.Decoder(_Policy).decode


class Untaken:
    """`_looked`: by order, how often the terms had changed when it was looked at."""

    def __init__(self, findings: Findings, orders: Orders, carriage: Carriage) -> None:
        self._findings = findings
        self._orders = orders
        self._carriage = carriage
        self._policy = _Policy()
        self._terms = 0
        self._looked: dict[str, int] = {}
        self._due: set[str] = set()  # at this tick
        self._fresh: set[str] = set()  # held by this decision
        self._missing: list[e.CarrierMissing] = []

    # ------------------------------------------------------------------------------------------ what is said
    def use(self, policy: bytes) -> None:
        self._policy = _decode(policy)
        self.terms_changed()

    def terms_changed(self) -> None:
        self._terms += 1

    def held(self, event: e.OrderHeld) -> None:
        """Before it holds."""
        if HOLD in event.reasons and HOLD not in self._orders.get(event.order).holds:
            self._fresh.add(event.order)

    def released(self, event: e.HoldReleased) -> None:
        if event.by == BY_CARRIERS and event.reasons != (HOLD,):
            self._note(f"{event.order} is released of {', '.join(event.reasons)} because a carrier may take it")

    def missing(self, event: e.CarrierMissing) -> None:
        self._missing.append(event)

    def ticked(self) -> None:
        self._due = {key for key, terms in self._looked.items() if terms < self._terms and self._holds(key)}

    # ------------------------------------------------------------------------------------------ what follows of it
    def settle(self, events: Sequence[AnyEvent]) -> None:
        """Before carriers and orders are settled."""
        if self._policy.no_carrier == "hold":
            for event in self._carriage.given_to_nobody():
                self._shipped(event)
        if self._missing or self._fresh:
            self._judge()
        if self._due:
            self._looked_again({str(getattr(event, "order", "")) for event in events})

    def _shipped(self, event: e.CarrierChosen) -> None:
        known = self._orders.get(event.order)
        if HOLD not in known.let_go and not self._orders.held_since.ignores(event.order, HOLD):
            self._note(f"{event.order}: {event.node} is told of {event.fulfilment}, which nobody carries and the policy holds")

    def _judge(self) -> None:
        parcels: dict[tuple[str, str], list[e.CarrierMissing]] = {}
        for event in self._missing:
            # the name of a fulfilment that was not made is used again for that of another order; a group keeps its own
            alone = event.order if event.parcel.startswith("F") else ""
            parcels.setdefault((event.parcel, alone), []).append(event)
            self._looked.pop(event.order, None)
            self._looked[event.order] = self._terms
            if not self._holds(event.order):
                self._note(f"{event.order} has no carrier, and is not held for it")
        for together in parcels.values():
            taken = self._carriage.takes(together) if self._policy.no_carrier == "hold" else "whoever its node takes"
            if taken:
                self._note(f"{together[0].order} is held, though {taken} would carry it")
        for key in self._fresh - {event.order for event in self._missing}:
            self._note(f"{key} is held for want of a carrier, and nothing says why")
        self._missing.clear()
        self._fresh.clear()

    def _looked_again(self, touched: Iterable[str]) -> None:
        """A decision looks at no more than it may fill."""
        met = self._due.intersection(touched)
        if (left := self._due - met) and len(met) < max(1, self._policy.fills_per_decision):
            self._note(f"{min(left)} may have a carrier by now, and nobody looks", len(left))
        self._due = set()

    def _holds(self, key: str) -> bool:
        return HOLD in self._orders.get(key).holds

    def _note(self, sentence: str, times: int = 1) -> None:
        self._findings.note("carriers", sentence, times)
