"""One pool: its state, and `evolve()`, the only code that changes it: no choice, no clock, no I/O; it cannot fail on a decided event."""

from collections.abc import Callable, Sequence
from typing import Any

from tables import events as e
from tables import evolve_holds as holds
from tables import evolve_orders as orders
from tables import evolve_parcels as parcels
from tables import evolve_purchases as purchases
from tables import evolve_returns as returns
from tables import evolve_stock as stock
from tables import evolve_supply as supply
from tables import evolve_untold as untold
from tables import reservations
from tables.closing import settle
from tables.state import WEEK_MS, Pool

__all__ = ["WEEK_MS", "Pool", "evolve", "evolve_all"]


def evolve_all(pool: Pool, events: Sequence[e.AnyEvent]) -> None:
    """Apply a whole decision."""
    for event in events:
        EVOLVERS[type(event)](pool, event)
    settle(pool, events)


def evolve(pool: Pool, event: e.AnyEvent) -> None:
    """Apply one event of a decision."""
    EVOLVERS[type(event)](pool, event)


def _nothing(pool: Pool, event: e.AnyEvent) -> None:
    """Said for people; the state is as it was."""


EVOLVERS: dict[type[e.AnyEvent], Callable[[Pool, Any], None]] = {
    e.OrderPlaced: orders.placed,
    e.OrderReduced: orders.order_reduced,
    e.OrderHeld: orders.held,
    e.HoldReleased: orders.released,
    e.OrderResolved: orders.resolved,
    e.OrderCancelled: orders.cancelled,
    e.OrderRejected: orders.rejected,
    e.Considered: _nothing,
    e.Reserved: orders.reserved,
    e.Unreserved: orders.unreserved,
    e.FulfilmentReleased: untold.released,
    e.CarrierChosen: _nothing,
    e.CarrierMissing: holds.untaken,
    e.CancelRequested: orders.asked,
    e.CancelRefused: orders.cancel_refused,
    e.AmendmentTooLate: _nothing,
    e.FulfilmentRejected: orders.refused,
    e.Backordered: orders.backordered,
    e.DatePromised: supply.promised,
    e.Shipped: orders.shipped,
    e.FoundShipped: orders.found_shipped,
    e.Progressed: orders.progressed,
    e.Tracked: parcels.tracked,
    e.Delivered: parcels.delivered,
    e.ReturnRequested: returns.requested,
    e.ReturnTracked: returns.tracked,
    e.ArrivalExpected: _nothing,
    e.ReturnEnded: returns.ended,
    e.Returned: returns.returned,
    e.Inspected: returns.inspected,
    e.RefundDue: orders.refund_due,
    e.Reissued: returns.reissued,
    e.ParcelFound: _nothing,
    e.PurchaseOrdered: purchases.ordered,
    e.BilledBack: purchases.billed,
    e.BillSettled: purchases.settled,
    e.CreditExpected: purchases.credit_expected,
    e.Shortage: _nothing,
    e.ReservationMade: reservations.made,
    e.ReservationReleased: reservations.released,
    e.StockMoved: stock.stock_moved,
    e.StockCounted: stock.counted,
    e.StockChanged: stock.changed,
    e.FillDeferred: stock.deferred,
    e.SupplyAnnounced: supply.announced,
    e.SupplyReceived: supply.received,
    e.DatingDeferred: supply.deferred,
    e.NodeSet: stock.node_set,
    e.PricesSet: purchases.prices_set,
    e.ShopSet: stock.shop_set,
    e.SegmentSet: stock.segment_set,
    e.ListingSet: stock.listing_set,
    e.PolicySet: stock.policy_set,
    e.RatesSet: stock.rates_set,
    e.WeightsSet: stock.weights_set,
    e.Ticked: stock.ticked,
    e.Duplicate: _nothing,
    e.Stale: _nothing,
    e.Refused: _nothing,
}
