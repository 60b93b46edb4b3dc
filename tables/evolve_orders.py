"""How events change orders, and the stock promised to them."""

from bisect import bisect_left, insort
from sys import intern

from tables import events as e
from tables.evolve_parcels import left
from tables.evolve_purchases import acknowledged, bought_left, called_off, found_left
from tables.evolve_returns import after_sales
from tables.evolve_supply import look_again, waits_no_more
from tables.evolve_untold import forget_untold, keep_untold
from tables.flow import BY_CARRIERS
from tables.orders import FulfilmentOrder, Order, Refund, bare, merge, still_asked, subtract
from tables.state import Missing, Pool
from tables.stock import GOOD, add, at

PAYMENT = "payment"  # the hold of an order that is not paid yet
_BUCKETS = frozenset({"on_hand", "reserved", "picked", "damaged", "quality", "refurbish", "hold", "in_transit", "incoming"})


def placed(pool: Pool, event: e.OrderPlaced) -> None:
    order = pool.orders.known(event.order)
    waiting = order.waiting
    wait(pool, event.order, order, ())  # its place in the queues follows from what changes here
    _saw(order, event.updated_at, event.digest)
    order.revision = event.revision
    order.shop, order.segment, order.region, order.city = event.shop, event.segment, event.region, event.city
    order.priority, order.placed_at = event.priority, event.placed_at
    order.lines = event.lines
    # a revision without them says nothing of them
    order.sealed, order.shipping = event.sealed or order.sealed, event.shipping or order.shipping
    order.paid, order.charges, order.currency = event.paid, event.charges, event.currency
    order.gifts = event.gifts
    order.cancelled = order.rejected = order.unpaid = False
    if event.of:
        after_sales(order).of = event.of
    wait(pool, event.order, order, waiting)
    _hold(pool, event.order, order, ())
    if event.reservation:
        pool.claims[event.order] = event.reservation


def _saw(order: Order, updated_at: int, digest: str) -> None:
    order.digests = (*order.digests, digest) if updated_at == order.updated_at else (digest,)
    order.updated_at = updated_at


def order_reduced(pool: Pool, event: e.OrderReduced) -> None:
    order = pool.orders.known(event.order)
    order.reductions = {**(order.reductions or {}), event.reduction: event.lines}


def held(pool: Pool, event: e.OrderHeld) -> None:
    order = pool.orders[event.order]
    order.unpaid = PAYMENT in event.reasons
    _hold(pool, event.order, order, event.reasons)


def released(pool: Pool, event: e.HoldReleased) -> None:
    order = pool.orders[event.order]
    if event.by != BY_CARRIERS:  # who finds no carrier another time is held once more
        order.released = tuple(dict.fromkeys((*order.released, *event.reasons)))
    order.unpaid = order.unpaid and PAYMENT not in event.reasons
    _hold(pool, event.order, order, tuple(reason for reason in order.holds if reason not in event.reasons))


def _hold(pool: Pool, key: str, order: Order, reasons: tuple[str, ...]) -> None:
    order.holds = reasons
    if reasons:
        pool.held[key] = None
    elif key in pool.held:
        del pool.held[key]


def resolved(pool: Pool, event: e.OrderResolved) -> None:
    pool.orders[event.order].lines = event.lines


def cancelled(pool: Pool, event: e.OrderCancelled) -> None:
    order = pool.orders.known(event.order)
    _saw(order, event.updated_at, event.digest)
    order.cancelled = True
    _hold(pool, event.order, order, ())


def rejected(pool: Pool, event: e.OrderRejected) -> None:
    pool.orders[event.order].rejected = True


def reserved(pool: Pool, event: e.Reserved) -> None:
    order = pool.orders[event.order]
    shelf = at(pool.stock, event.node)
    on_hand, reserved = shelf.on_hand, shelf.reserved
    own = pool.free.setdefault(order.segment, {})
    for row in event.rows:
        sku, units = row.sku, row.quantity
        # as `add` does it, without three calls a row: this is what most decisions do
        if rest := on_hand.get(sku, 0) - units:
            on_hand[sku] = rest
        else:
            on_hand.pop(sku, None)
        if (known := reserved.get(sku)) is None:
            reserved[intern(sku)] = units
        else:
            reserved[sku] = known + units
        if row.origins:
            draw(pool, row, order.segment, -1)
        elif rest := own.get(sku, 0) - units:
            own[sku] = rest
        else:
            own.pop(sku, None)
    if order.fulfilments is None:
        order.fulfilments = {}
    order.fulfilments[event.fulfilment] = FulfilmentOrder(event.node, event.rows)
    pool.index[event.fulfilment] = event.order
    if event.later:
        keep_untold(pool, event)
    elif pool.time_to_accept(event.node):
        pool.offered[event.fulfilment] = (event.node, 0)


def draw(pool: Pool, row: e.Row, segment: str, sign: int) -> None:
    """Take (-1) or give back (+1) the free units of a row at their origins."""
    for origin, units in row.origins or ((segment, row.quantity),):
        add(pool.free.setdefault(origin, {}), row.sku, sign * units)


def unreserved(pool: Pool, event: e.Unreserved) -> None:
    order = pool.orders[event.order]
    if event.reason == "cancel_confirmed":
        found = order.open_fulfilments[event.fulfilment]
        found.asked, found.answer = (), "cancelled"
    shelf = at(pool.stock, event.node)
    to = shelf.bucket(event.to) if event.to in _BUCKETS else None
    for row in event.rows:
        add(shelf.reserved, row.sku, -row.quantity)
        if to is not None:
            add(to, row.sku, row.quantity)
        if event.to == "on_hand":
            draw(pool, row, order.segment, 1)
        elif event.to not in GOOD:
            pool.moved(event.node, row.sku, event.at or pool.now, -row.quantity)
    if event.reason == "shortage":
        _miss(pool, event)
    called_off(order, event)
    _close(pool, event.order, order, event.fulfilment, event.rows)


def _miss(pool: Pool, event: e.Unreserved) -> None:
    known = pool.missing.get(event.fulfilment)
    rows = merge(known.rows if known else (), bare(event.rows))
    pool.missing[event.fulfilment] = Missing(event.order, event.node, rows, max(event.at, pool.now))


def _close(pool: Pool, key: str, order: Order, fulfilment: str, rows: tuple[e.Row, ...]) -> None:
    """Rows leave a fulfilment; one without rows is gone."""
    fulfilments = order.open_fulfilments
    found = fulfilments[fulfilment]
    # most leave whole
    found.rows = () if rows == found.rows else subtract(found.rows, rows)
    found.asked = still_asked(found.asked, found.rows)
    if not found.rows:
        del fulfilments[fulfilment]
        del pool.index[fulfilment]
        pool.offered.pop(fulfilment, None)
        if pool.untold:
            forget_untold(pool, key, found.node, fulfilment)


def asked(pool: Pool, event: e.CancelRequested) -> None:
    found = pool.orders[event.order].open_fulfilments[event.fulfilment]
    found.asked, found.answer = merge(found.asked, event.rows), ""


def cancel_refused(pool: Pool, event: e.CancelRefused) -> None:
    pool.orders[event.order].open_fulfilments[event.fulfilment].answer = "too_late"
    pool.documents[event.document] = pool.now


def progressed(pool: Pool, event: e.Progressed) -> None:
    pool.offered.pop(event.fulfilment, None)
    order = pool.orders[event.order]
    order.open_fulfilments[event.fulfilment].stage = event.stage
    acknowledged(order, event.fulfilment)


def refused(pool: Pool, event: e.FulfilmentRejected) -> None:
    order = pool.orders[event.order]
    order.refused_by = tuple(dict.fromkeys((*order.refused_by, event.node)))


def backordered(pool: Pool, event: e.Backordered) -> None:
    order = pool.orders[event.order]
    before = {row.sku for row in order.waiting} if pool.dates else set()
    wait(pool, event.order, order, event.rows)
    for sku in before.difference([row.sku for row in event.rows]):
        waits_no_more(pool, event.order, sku)


def wait(pool: Pool, key: str, order: Order, rows: tuple[e.Waiting, ...]) -> None:
    if not rows and not order.waiting:
        return
    place = (-order.priority, order.placed_at, key)
    for sku in dict.fromkeys(waiting.sku for waiting in order.waiting):
        _leave(pool, sku, place)
    before, order.waiting = order.waiting, rows
    for sku in dict.fromkeys(waiting.sku for waiting in rows):
        insort(pool.queues.setdefault(sku, []), place)
    if pool.incoming:
        look_again(pool, tuple([waiting.sku for waiting in (*before, *rows)]))


def _leave(pool: Pool, sku: str, place: tuple[int, int, str]) -> None:
    queue = pool.queues.get(sku, [])
    found = bisect_left(queue, place)
    if found < len(queue) and queue[found] == place:
        del queue[found]
    if not queue:
        pool.queues.pop(sku, None)


def shipped(pool: Pool, event: e.Shipped) -> None:
    pool.offered.pop(event.fulfilment, None)
    order = pool.orders[event.order]
    reserved = at(pool.stock, event.node).reserved
    for row in event.rows:
        add(reserved, row.sku, -row.quantity)
        pool.moved(event.node, row.sku, event.shipped_at, -row.quantity)
    order.shipped = merge(order.shipped, bare(event.rows))
    order.outran = order.outran or order.cancelled
    left(pool, event.order, order, event.tracking, event.rows, event.node)
    bought_left(order, event.fulfilment, event.rows)
    _close(pool, event.order, order, event.fulfilment, event.rows)


def found_shipped(pool: Pool, event: e.FoundShipped) -> None:
    order = pool.orders[event.order]
    order.shipped = merge(order.shipped, event.rows)
    order.outran = order.outran or order.cancelled
    left(pool, event.order, order, event.tracking, event.rows, event.node)
    found_left(order, event.fulfilment, event.rows)
    if known := pool.missing.get(event.fulfilment):
        known.rows = subtract(known.rows, event.rows)
        if not known.rows:
            del pool.missing[event.fulfilment]


def refund_due(pool: Pool, event: e.RefundDue) -> None:
    order = pool.orders[event.order]
    order.refunds = {**(order.refunds or {}), event.refund: Refund(event.cause, event.document, event.lines)}
