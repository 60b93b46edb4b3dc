"""One pool, folded from its decisions alone and checked after each of them. Knows nothing of the rules that decided."""

from collections.abc import Callable
from typing import Any

from streams.checks.aftersales import AfterSales
from streams.checks.ahead import SoldAhead
from streams.checks.amended import Amended
from streams.checks.arrivals import Arrivals
from streams.checks.books import Books
from streams.checks.carriage import Carriage
from streams.checks.changes import Changes
from streams.checks.dates import Dates
from streams.checks.findings import Findings
from streams.checks.gifts import GiftCheck
from streams.checks.line import Line
from streams.checks.money import Money
from streams.checks.orders import Orders
from streams.checks.purchases import Purchases
from streams.checks.records import AnyEvent, Considered, Decision, OrderPlaced
from streams.checks.reservations import Reservations
from streams.checks.turns import Turns
from streams.checks.untaken import Untaken
from tables import events as e
from tables.events import Reserved, Shipped

# Documents that hand free units from one origin to another on purpose.
_REGRANT = frozenset({"node", "segment", "shop"})


class PoolCheck:
    def __init__(self, findings: Findings) -> None:
        self.seq = 0
        self.books = Books(findings)
        self.orders = Orders(findings)
        self.after = AfterSales(findings, self.orders)
        self.arrivals = Arrivals(findings, self.orders)
        self.reservations = Reservations(findings)
        self.money = Money(findings)
        self.amended = Amended(findings, self.orders)
        self.carriage = Carriage(findings, self.orders)
        self.gifts = GiftCheck(findings, self.orders)
        self.changes = Changes(findings)
        self.untaken = Untaken(findings, self.orders, self.carriage)
        self.line = Line()
        self.dates = Dates(findings, self.line)
        self.ahead = SoldAhead(findings, self.line, self.dates.coming)
        self.turns = Turns(findings, self.orders, self.line)
        self.purchases = Purchases(findings, self.orders)
        self._findings = findings
        self._policy_version = 0
        self._offset = -1  # of the command that the decision is about
        orders, after, purchases = self.orders, self.after, self.purchases
        self._folds: dict[type[AnyEvent], Callable[[Any], None]] = {
            OrderPlaced: self._placed,
            e.AmendmentTooLate: self.amended.too_late,
            e.OrderReduced: self._reduced,
            e.OrderHeld: self._held,
            e.HoldReleased: self._let_go_of,
            e.CarrierMissing: self.untaken.missing,
            e.OrderResolved: orders.resolved,
            e.OrderCancelled: orders.cancelled,
            e.OrderRejected: orders.rejected,
            e.CancelRequested: orders.asked,
            e.FulfilmentReleased: self._told_of,
            e.CarrierChosen: self.carriage.chosen,
            e.Tracked: self.carriage.labelled,
            e.CancelRefused: orders.too_late,
            e.Backordered: self._waits,
            e.DatePromised: self.dates.promised,
            e.DatingDeferred: self.dates.deferred,
            e.FillDeferred: self.dates.serving,
            e.SupplyAnnounced: self._announced,
            e.SupplyReceived: self.dates.received,
            e.Reserved: self._reserved,
            e.Unreserved: self._unreserved,
            e.Shipped: self._shipped,
            e.FoundShipped: self._found_shipped,
            e.Progressed: orders.progressed,
            e.Delivered: orders.delivered,
            e.ReturnRequested: self._asked_back,
            e.ArrivalExpected: self.arrivals.expected,
            e.ReturnEnded: after.ended,
            e.Returned: self._returned,
            e.Inspected: after.inspected,
            e.ReservationMade: self._kept,
            e.ReservationReleased: self._let_go,
            e.RefundDue: self._refund_due,
            e.PurchaseOrdered: purchases.ordered,
            e.BilledBack: purchases.billed,
            e.BillSettled: purchases.settled,
            e.CreditExpected: purchases.credited,
            e.PricesSet: purchases.prices_set,
            e.Reissued: after.reissued,
            e.StockMoved: self._moved,
            e.StockCounted: self.changes.counted,
            e.StockChanged: self.changes.changed,
            e.NodeSet: self._node_set,
            e.ShopSet: self._shop_set,
            e.SegmentSet: self._segment_set,
            e.PolicySet: self._policy_set,
            e.RatesSet: self._rates_set,
            e.WeightsSet: self._weights_set,
            e.Ticked: self._ticked,
        }

    def decided(self, decision: Decision) -> None:
        """Fold the decision, and say what does not hold after it."""
        if decision.seq != self.seq + 1:
            self._findings.note("sequence", f"pool {decision.pool} goes from decision {self.seq} to {decision.seq}")
        self.seq, self._offset = decision.seq, decision.src_offset
        if decision.policy_version != self._policy_version:
            self._findings.note("sequence", f"decided by policy {decision.policy_version}, in force is {self._policy_version}")
        match decision.events:
            case (OrderPlaced(of="") as placed, Considered(), Reserved() as reserved) if self._plain(placed, reserved):
                self.books.reserve(reserved.node, reserved.rows, placed.segment, placed.shop)
            case (Shipped() as shipped,) if self.orders.shipped_as_promised(shipped):
                self.books.ship(shipped.node, shipped.rows)
            case _:
                self.turns.begin(decision.events)
                for event in decision.events:
                    if fold := self._folds.get(type(event)):
                        fold(event)
                self.untaken.settle(decision.events)
                self.carriage.settle()
                self.after.settle()
                self.arrivals.settle()
                self.amended.settle()
                self.gifts.settle()
                self.changes.settle()
                self.turns.settle()
                self.purchases.settle()
                self.orders.settle()
                self.reservations.settle()
                self.ahead.settle()
                self.dates.settle()
        self.books.settle()

    def _plain(self, placed: OrderPlaced, reserved: Reserved) -> bool:
        if self.carriage.rates is not None or self.purchases.bills(reserved.node):
            return False
        if self.orders.untold.calendar.later(reserved.node, placed.shop):
            return False
        return self.orders.placed_and_promised(placed, reserved)

    def _placed(self, event: OrderPlaced) -> None:
        self.amended.placed(event)
        self.carriage.placed(event)
        self.dates.moved_up(self.line.placed(event.order, self.orders.get(event.order)))
        if event.of:
            self.after.linked(event)

    def _announced(self, event: e.SupplyAnnounced) -> None:
        self.arrivals.announced(event)
        self.dates.announced(event)

    def _held(self, event: e.OrderHeld) -> None:
        self.untaken.held(event)
        self.orders.held(event)

    def _let_go_of(self, event: e.HoldReleased) -> None:
        self.untaken.released(event)
        self.orders.released(event)

    def _rates_set(self, event: e.RatesSet) -> None:
        self.carriage.rates_set(event)
        self.untaken.terms_changed()

    def _weights_set(self, event: e.WeightsSet) -> None:
        self.carriage.weights_set(event)
        self.untaken.terms_changed()

    def _reduced(self, event: e.OrderReduced) -> None:
        self.orders.reduced(event)
        self.gifts.reduced(event, self._offset)

    def _asked_back(self, event: e.ReturnRequested) -> None:
        self.after.requested(event)
        self.gifts.asked_back(event)

    def _reserved(self, event: e.Reserved) -> None:
        known = self.orders.get(event.order)
        self.orders.promised(event, known)
        self.amended.promised(event)
        self.carriage.told(event)
        self.gifts.promised(event)
        if not event.later:
            self.purchases.told(event)
        self.books.reserve(event.node, event.rows, known.segment, known.shop)

    def _waits(self, event: e.Backordered) -> None:
        self.orders.waits(event)
        before = {sku: self.line.of[sku][event.order].units for sku in self.line.skus.get(event.order, ())}
        self.dates.waits(event, self.line.waits(event, known := self.orders.get(event.order)))
        if not known.gifts:
            self.ahead.waits(event, before)

    def _unreserved(self, event: e.Unreserved) -> None:
        known = self.orders.get(event.order)
        self.orders.ended(event, known)
        self.amended.given_back(event)
        self.gifts.given_back(event)
        self.books.give_back(event.node, event.rows, known.segment, event.to)
        if event.to == "adjustment":
            self.changes.written_off(event.node, event.rows)

    def _shipped(self, event: e.Shipped) -> None:
        self.orders.ended(event, self.orders.get(event.order))
        self.purchases.shipped(event)
        self.books.ship(event.node, event.rows)

    def _found_shipped(self, event: e.FoundShipped) -> None:
        self.orders.found_shipped(event)
        self.purchases.shipped(event)

    def _returned(self, event: e.Returned) -> None:
        self.orders.returned(event)
        self.after.returned(event)
        self.books.take_back(event.node, event.rows)

    def _kept(self, event: e.ReservationMade) -> None:
        self.reservations.made(event)
        self.books.reserve(event.node, event.rows, event.segment, event.shop)

    def _let_go(self, event: e.ReservationReleased) -> None:
        segment = self.reservations.get(event.reservation).segment
        self.reservations.released(event)
        self.books.give_back(event.node, event.rows, segment, event.to)
        if event.to == "adjustment":
            self.changes.written_off(event.node, event.rows)
        self.orders.taken_over.add(event)
        self.gifts.let_go(event)

    def _refund_due(self, event: e.RefundDue) -> None:
        self.money.refunded(event, self.orders.get(event.order))

    def _moved(self, event: e.StockMoved) -> None:
        self.books.move(event.moves, event.grants)
        if event.kind == "inspection":
            self.after.moved(event)
        if event.kind == "receipt":
            self.dates.shelved(event)
        if event.kind == "change":
            self.changes.moved(event)
        if event.kind not in _REGRANT:
            self.books.take_from_protected(event.grants)

    def _node_set(self, event: e.NodeSet) -> None:
        self.books.set_node(event.node)
        self.arrivals.node_set(event.node)
        self.carriage.node_set(event.node)
        self.dates.rules(event)
        self.ahead.rules(event)
        self.purchases.node_set(event.node)
        self.untaken.terms_changed()

    def _shop_set(self, event: e.ShopSet) -> None:
        self.dates.rules(event)
        self.ahead.rules(event)

    def _segment_set(self, event: e.SegmentSet) -> None:
        self.books.segments[event.segment.segment] = event.segment
        self.dates.rules(event)
        self.ahead.rules(event)

    def _policy_set(self, event: e.PolicySet) -> None:
        if event.version <= self._policy_version:
            self._findings.note("sequence", f"policy {event.version} takes effect after policy {self._policy_version}")
        self._policy_version = event.version
        self.orders.use(event.policy)
        self.gifts.use(event.policy)
        self.untaken.use(event.policy)
        self.purchases.use(event.policy)
        self.reservations.use(event.policy)
        self.dates.rules(event)
        self.ahead.rules(event)

    def _told_of(self, event: e.FulfilmentReleased) -> None:
        self.orders.untold.released(event, self.orders.get(event.order).promises.get(event.fulfilment))
        self.carriage.told(event)
        self.purchases.told(event)

    def _ticked(self, event: e.Ticked) -> None:
        self.orders.held_since.ticked(event.at)
        self.carriage.ticked(event.at)
        self.untaken.ticked()
        self.reservations.ticked(event)
        self.changes.ticked(event.at)
        self.dates.ticked(event)
        self.orders.untold.ticked(event.at)
