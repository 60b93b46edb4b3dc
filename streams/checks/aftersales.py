"""What comes after orders have left, as the decisions say it: returns asked for, goods back, and what inspections make of them."""

from collections import Counter

from streams.checks.findings import Findings
from streams.checks.orders import Orders
from streams.checks.promises import Known, Return, Units, count
from streams.checks.records import OrderPlaced
from tables import events as e

# Where a unit goes by what is found of it.
PLACES = {
    "resell": "on_hand",
    "refurbish": "refurbish",
    "damaged": "damaged",
    "return_to_vendor": "supplier",
    "scrap": "adjustment",
}


class AfterSales:
    """Of the orders of one pool; `settle` after each decision."""

    def __init__(self, findings: Findings, orders: Orders) -> None:
        self._findings = findings
        self._orders = orders
        self._found: Counter[tuple[str, str, str]] = Counter()  # units by node, SKU and place, as this decision's inspections say
        self._children: set[tuple[str, str]] = set()  # (child, parent) as this decision's parents say it
        self._linked: set[tuple[str, str]] = set()  # and as its children do
        self._moved: Counter[tuple[str, str, str]] = Counter()  # and as its moves do

    def requested(self, event: e.ReturnRequested) -> None:
        known = self._orders.get(event.order)
        asked = known.returns.setdefault(event.rma, Return())
        room = could_come_back(known, event.rma)
        for place, units in count(event.rows).items():
            if units > (left := room.get(place, 0)):
                self._findings.note("returns", f"{event.order}: {units} of {place[1]} (line {place[0]}) are to come back, {left} could")
        asked.rows = (*asked.rows, *event.rows)

    def ended(self, event: e.ReturnEnded) -> None:
        found = self._orders.get(event.order).returns.get(event.rma)
        if found is None or found.ended:
            self._findings.note("returns", f"{event.order}: return {event.rma} ends, and is not open")
        else:
            found.ended = True

    def returned(self, event: e.Returned) -> None:
        found = self._orders.get(event.order).returns.setdefault(event.rma or event.document, Return())
        found.back = (*found.back, *event.rows)
        for row in event.rows:
            found.unseen[event.node, row.sku] = found.unseen.get((event.node, row.sku), 0) + row.quantity

    def inspected(self, event: e.Inspected) -> None:
        found = self._orders.get(event.order).returns.setdefault(event.rma, Return())
        for sku, disposition, units in event.lines:
            self._found[event.node, sku, PLACES[disposition]] += units
            left = found.unseen.get((event.node, sku), 0) - units
            found.unseen[event.node, sku] = left
            if left < 0 or units <= 0:
                self._findings.note(
                    "inspections", f"{event.order}: {units} of {sku} are inspected at {event.node}, {left + units} came back"
                )

    def moved(self, event: e.StockMoved) -> None:
        """By an inspection."""
        for move in event.moves:
            if move.from_place == "quality":
                self._moved[move.from_node, move.sku, move.to_place] += move.quantity

    def reissued(self, event: e.Reissued) -> None:
        """Exchanges replace goods by others; all else goes out once more, and no more of it than did."""
        self._children.add((event.child, event.order))
        known = self._orders.get(event.order)
        known.reissued = (*known.reissued, *event.rows)
        shipped = count(known.shipped)
        for place, units in count(known.reissued).items():
            if units > (gone := shipped.get(place, 0)):
                self._findings.note("linked orders", f"{event.order}: {units} of {place[1]} (line {place[0]}) go out again, {gone} had")

    def linked(self, event: OrderPlaced) -> None:
        """An order that names another."""
        self._linked.add((event.order, event.of))
        if any(line.price for line in event.lines):
            self._findings.note("linked orders", f"{event.order} replaces goods of {event.of}, and is charged for")

    def settle(self) -> None:
        for child, parent in sorted(self._children ^ self._linked):
            self._findings.note("linked orders", f"{child} and {parent} do not both say that the one replaces goods of the other")
        self._children.clear()
        self._linked.clear()
        if self._found != self._moved:
            for node, sku, place in sorted({*self._found, *self._moved}):
                said, went = self._found[node, sku, place], self._moved[node, sku, place]
                if said != went:
                    self._findings.note("inspections", f"{said} of {sku} at {node} are found to go to {place}, {went} do")
        self._found.clear()
        self._moved.clear()


def could_come_back(known: Known, rma: str) -> Units:
    """Units that are neither back, but in the name of this return, nor asked for by another."""
    others = [row for name, other in known.returns.items() if name != rma for row in _expected(other)]
    room, elsewhere, own = count(known.shipped), count((*known.returned, *others)), count(known.returns[rma].back)
    return {place: units - elsewhere.get(place, 0) + own.get(place, 0) for place, units in room.items()}


def _expected(asked: Return) -> list[e.Row]:
    """What is still to come back of a return."""
    if asked.ended:
        return []
    back: Units = count(asked.back)
    return [
        e.Row(line, sku, units - back.get((line, sku), 0))
        for (line, sku), units in count(asked.rows).items()
        if units > back.get((line, sku), 0)
    ]
