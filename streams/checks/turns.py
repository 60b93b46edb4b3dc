"""Units that come are given out in turn: nobody stands before one of his shop that got units which would have done for him as well.

Judged is what is plain from the records: both wait for this SKU alone, the first one for no more than the other got of one node; and no
node has, had or refused anything of his.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from streams.checks.findings import Findings
from streams.checks.line import Line, Waits
from streams.checks.orders import Orders
from streams.checks.records import Considered
from tables import events as e

# What follows when a waiting order is served; any other event says that the decision is about the order itself.
_SERVED = (e.Reserved, e.Backordered, Considered, e.CarrierChosen, e.FulfilmentReleased, e.DatePromised)


class Turns:
    """Of one pool; `begin` before a decision is folded, `settle` after it."""

    def __init__(self, findings: Findings, orders: Orders, line: Line) -> None:
        self._findings, self._orders, self._line = findings, orders, line
        self._given: list[tuple[str, Waits, int]] = []  # SKU, who waited for it and was given some, units of one node at most
        self._touched: set[str] = set()
        self._refused: set[str] = set()
        self._deferred = False  # one decision had no room to give out all units: until a tick goes on, they lie there for whoever asks

    def begin(self, events: Sequence[Any]) -> None:
        units: Counter[tuple[str, str, str]] = Counter()
        for event in events:
            if isinstance(event, e.Reserved) and event.order in self._line.skus:
                units.update({(event.order, event.node, row.sku): row.quantity for row in event.rows})
        if units and (not self._deferred or isinstance(events[0], e.Ticked)):
            self._serves(events, units)
        for event in events:
            self._remember(event)

    def _serves(self, events: Sequence[Any], units: Counter[tuple[str, str, str]]) -> None:
        own = _named([event for event in events if not isinstance(event, _SERVED)])
        self._touched = _named(events)
        for (order, _, sku), given in units.items():
            if order not in own and self._line.skus[order] == {sku}:
                self._given.append((sku, self._line.of[sku][order], given))

    def _remember(self, event: e.AnyEvent) -> None:
        match event:
            case e.FulfilmentRejected():
                self._refused.add(event.order)
            case e.FillDeferred():
                self._deferred = True
            case e.Ticked():
                self._deferred = False

    def settle(self) -> None:
        for sku, served, units in self._given:
            rank = self._line.rank(served)
            for order, waits in self._line.of[sku].items():
                if waits.seller == served.seller and waits.units <= units and self._line.rank(waits) < rank and self._plain(order, sku):
                    self._findings.note("in turn", f"{served.place[2]} is given {units} {sku}, and {order}, which stands before it, is not")
        self._given.clear()
        self._touched = set()

    def _plain(self, order: str, sku: str) -> bool:
        known = self._orders.get(order)
        nothing_yet = not (known.promises or known.shipped or known.gifts or known.holds)
        return nothing_yet and self._line.skus[order] == {sku} and order not in self._touched and order not in self._refused


def _named(events: Iterable[Any]) -> set[str]:
    return {event.order for event in events if hasattr(event, "order")}
