"""What is bought of nodes that ship for us: each fulfilment there once, at the costs of its day; paid as far as order, shipment and earlier
bills bear it out, or a person answers for it; credited as it comes back."""

import msgspec

from streams.checks.bought import Billed, Bought, Tolerance
from streams.checks.findings import Findings
from streams.checks.orders import Orders
from streams.checks.promises import count, join
from tables import events as e


class _Policy(msgspec.Struct, frozen=True):
    bill_tolerance: Tolerance = Tolerance()


_decode = msgspec.json.Decoder(_Policy).decode


class Purchases:
    """`_told`: what nodes that bill us are told to ship by this decision, and is not bought yet."""

    def __init__(self, findings: Findings, orders: Orders) -> None:
        self._findings = findings
        self._orders = orders
        self._tolerance = Tolerance()
        self._nodes: dict[str, e.Node] = {}
        self._prices: dict[str, dict[str, int]] = {}
        self._told: dict[str, e.Reserved | e.FulfilmentReleased] = {}
        self._left: dict[str, str] = {}

    # ------------------------------------------------------------------------------------------ what was agreed
    def use(self, policy: bytes) -> None:
        self._tolerance = _decode(policy).bill_tolerance

    def node_set(self, node: e.Node) -> None:
        if self.bills(node.node) and self._nodes[node.node].bills_in != node.bills_in:
            self._prices.pop(node.node, None)
        self._nodes[node.node] = node

    def prices_set(self, event: e.PricesSet) -> None:
        self._prices.setdefault(event.node, {}).update(event.prices)

    def bills(self, name: str) -> bool:
        """Whether what this node ships is bought of it."""
        node = self._nodes.get(name)
        return node is not None and bool(node.bills_in)

    # ------------------------------------------------------------------------------------------ its life
    def told(self, event: e.Reserved | e.FulfilmentReleased) -> None:
        if self.bills(event.node):
            self._told[event.fulfilment] = event

    def ordered(self, event: e.PurchaseOrdered) -> None:
        told, node, known = self._told.pop(event.fulfilment, None), self._nodes.get(event.node), self._orders.get(event.order)
        if told is None or node is None or (told.node, told.order) != (event.node, event.order):
            self._note(f"{event.order}: {event.fulfilment} is bought of {event.node}, which is not told to ship it")
            return
        if [(line.line, line.sku, line.units) for line in event.lines] != [(row.line, row.sku, row.quantity) for row in told.rows]:
            self._note(f"{event.order}: other units are bought as {event.fulfilment} than {event.node} is told to ship")
        prices = self._prices.get(event.node, {})
        if (event.currency, event.freight) != (node.bills_in, node.freight) or any(
            line.cost != prices.get(line.sku) for line in event.lines
        ):
            self._note(f"{event.order}: {event.fulfilment} is bought at other terms than are agreed with {event.node}")
        known.purchases = {**known.purchases, event.fulfilment: Bought(event.node, event.currency, event.lines, event.freight)}

    def shipped(self, event: e.Shipped | e.FoundShipped) -> None:
        if bought := self._orders.get(event.order).purchases.get(event.fulfilment):
            bought.shipped = join(bought.shipped, event.rows)
            self._left[event.fulfilment] = event.order

    def billed(self, event: e.BilledBack) -> None:
        bought = self._find(event)
        if bought is None:
            return
        bill = Billed(event.currency, event.lines, event.freight, event.total)
        if event.document in bought.bills or event.node != bought.node:
            self._note(f"{event.order}: bill {event.document} of {event.fulfilment} counts twice, or is of another supplier")
        if event.total != event.freight + sum(line.units * line.price for line in event.lines):
            self._note(f"{event.order}: bill {event.document} does not come to {event.total}")
        objection = bought.objection(bill, self._tolerance)
        if bool(objection) != bool(event.differences):
            self._note(f"{event.order}: bill {event.document} is {f'approved, but {objection}' if objection else 'disputed, and matches'}")
        verdict = "disputed" if event.differences else "approved"
        bought.bills = {**bought.bills, event.document: msgspec.structs.replace(bill, verdict=verdict)}

    def settled(self, event: e.BillSettled) -> None:
        bought = self._find(event)
        bill = bought.bills.get(event.document) if bought else None
        if bought is None or bill is None or bill.verdict != "disputed":
            self._note(f"{event.order}: bill {event.document} of {event.fulfilment} is settled, and not disputed")
            return
        if event.payable != (bill.total if event.verdict == "approved" else 0):
            self._note(f"{event.order}: {event.payable} are payable of bill {event.document}, which comes to {bill.total}")
        objection = "" if event.by else bought.objection(bill, self._tolerance)
        if objection or (event.verdict == "rejected" and not event.by):
            self._note(f"{event.order}: bill {event.document} is settled by nobody, and {objection or 'rejected'}")
        bought.bills = {**bought.bills, event.document: msgspec.structs.replace(bill, verdict=event.verdict)}

    def credited(self, event: e.CreditExpected) -> None:
        bought = self._find(event)
        if bought is None:
            return
        bought.credited = join(bought.credited, tuple(e.Row(line.line, line.sku, line.units) for line in event.lines))
        known, shipped, costs = self._orders.get(event.order), count(bought.shipped), {line.sku: line.cost for line in bought.lines}
        back, credited = count(known.returned), count(row for other in known.purchases.values() for row in other.credited)
        for place, units in count(bought.credited).items():
            if units > shipped.get(place, 0) or credited[place] > back.get(place, 0):
                self._note(f"{event.order}: {units} of {place[1]} of {event.fulfilment} are to be credited, which have not come back")
        if (event.node, event.currency) != (bought.node, bought.currency) or any(line.cost != costs.get(line.sku) for line in event.lines):
            self._note(f"{event.order}: {event.document} of {event.fulfilment} is to be credited at other terms than it was bought")

    def _find(self, event: e.BilledBack | e.BillSettled | e.CreditExpected) -> Bought | None:
        bought = self._orders.get(event.order).purchases.get(event.fulfilment)
        if bought is None:
            self._note(f"{event.order}: {type(event).__name__} of {event.fulfilment}, which was not bought")
        return bought

    # ------------------------------------------------------------------------------------------ after each decision
    def settle(self) -> None:
        for event in self._told.values():
            self._note(f"{event.order}: {event.node} is told to ship {event.fulfilment}, which is not bought of it")
        self._told.clear()
        for fulfilment, key in self._left.items():
            bought = self._orders.get(key).purchases[fulfilment]
            for document, bill in bought.bills.items():
                if bill.verdict == "disputed" and not bought.objection(bill, self._tolerance):
                    self._note(f"{key}: bill {document} of {fulfilment} is still disputed, and matches by now")
        self._left.clear()

    def _note(self, sentence: str) -> None:
        self._findings.note("purchases", sentence)
