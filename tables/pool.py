"""One pool's state and `evolve()`, the only code that changes it: no choice, no clock, no I/O, and it cannot fail on a decided event."""

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Any

import msgspec

from tables import events as e
from tables.orders import FulfilmentOrder, Order, merge, subtract
from tables.policy import Policy, decode_policy
from tables.stock import GOOD, Cells, NodeStock, add, apply_move, at

WEEK_MS = 7 * 86_400_000
Queue = list[tuple[int, int, str]]  # (-priority, placed_at, order): the order in which backorders are filled


class Pool(msgspec.Struct):
    """`now`: state time, the highest tick. `documents`: business keys of stock documents seen in the last week. `movements`: what
    moved in and out of a node's good units, by SKU, as (time, units), for counts that come late; `marks`: up to when each SKU's
    last count spoke. `held`: held orders, first held first. `deferred`: SKUs whose backorders the next tick goes on filling.
    `queues` (by SKU, who waits) and `index` (fulfilment -> order) follow from `orders`."""

    name: str
    seq: int = 0
    now: int = 0
    policy: Policy = Policy()
    policy_version: int = 0
    versions: dict[str, int] = {}
    nodes: dict[str, e.Node] = {}
    shops: dict[str, e.Shop] = {}
    segments: dict[str, e.Segment] = {}
    listings: dict[str, dict[str, tuple[tuple[str, int], ...]]] = {}
    stock: dict[str, NodeStock] = {}
    free: dict[str, Cells] = {}
    orders: dict[str, Order] = {}
    index: dict[str, str] = {}
    queues: dict[str, Queue] = {}
    held: dict[str, None] = {}
    documents: dict[str, int] = {}
    movements: dict[str, dict[str, list[tuple[int, int]]]] = {}
    marks: dict[str, Cells] = {}
    deferred: tuple[str, ...] = ()

    def free_units(self, origin: str, sku: str) -> int:
        cells = self.free.get(origin)
        return cells.get(sku, 0) if cells else 0

    def on_hand(self, node: str, sku: str) -> int:
        found = self.stock.get(node)
        return found.on_hand.get(sku, 0) if found else 0


def evolve(pool: Pool, event: e.AnyEvent) -> None:
    """Apply one event of a decision."""
    EVOLVERS[type(event)](pool, event)


# ---------------------------------------------------------------------------------------------- orders
def _placed(pool: Pool, event: e.OrderPlaced) -> None:
    order = pool.orders.get(event.order)
    if order is None:
        order = pool.orders[event.order] = Order()
    waiting = order.waiting
    _wait(pool, event.order, order, ())  # its place in the queues follows from what changes here
    _saw(order, event.updated_at, event.digest)
    order.revision = event.revision
    order.shop, order.segment, order.region = event.shop, event.segment, event.region
    order.priority, order.placed_at = event.priority, event.placed_at
    order.lines, order.sealed = event.lines, event.sealed
    order.cancelled = order.rejected = False
    _wait(pool, event.order, order, waiting)
    _hold(pool, event.order, order, ())


def _saw(order: Order, updated_at: int, digest: str) -> None:
    order.digests = (*order.digests, digest) if updated_at == order.updated_at else (digest,)
    order.updated_at = updated_at


def _reduced(pool: Pool, event: e.OrderReduced) -> None:
    order = pool.orders.setdefault(event.order, Order())
    order.reductions = {**(order.reductions or {}), event.reduction: event.lines}


def _held(pool: Pool, event: e.OrderHeld) -> None:
    _hold(pool, event.order, pool.orders[event.order], event.reasons)


def _released(pool: Pool, event: e.HoldReleased) -> None:
    order = pool.orders[event.order]
    order.released = tuple(dict.fromkeys((*order.released, *event.reasons)))
    _hold(pool, event.order, order, tuple(reason for reason in order.holds if reason not in event.reasons))


def _hold(pool: Pool, key: str, order: Order, reasons: tuple[str, ...]) -> None:
    order.holds = reasons
    if reasons:
        pool.held[key] = None
    elif key in pool.held:
        del pool.held[key]


def _resolved(pool: Pool, event: e.OrderResolved) -> None:
    pool.orders[event.order].lines = event.lines


def _cancelled(pool: Pool, event: e.OrderCancelled) -> None:
    order = pool.orders.setdefault(event.order, Order())
    _saw(order, event.updated_at, event.digest)
    order.cancelled = True
    _hold(pool, event.order, order, ())


def _rejected(pool: Pool, event: e.OrderRejected) -> None:
    pool.orders[event.order].rejected = True


def _reserved(pool: Pool, event: e.Reserved) -> None:
    order = pool.orders[event.order]
    shelf = at(pool.stock, event.node)
    on_hand, reserved = shelf.on_hand, shelf.reserved
    own = pool.free.setdefault(order.segment, {})
    for row in event.rows:
        add(on_hand, row.sku, -row.quantity)
        reserved[row.sku] = reserved.get(row.sku, 0) + row.quantity
        if row.origins:
            _free(pool, row, order.segment, -1)
        else:
            add(own, row.sku, -row.quantity)
    if order.fulfilments is None:
        order.fulfilments = {}
    order.fulfilments[event.fulfilment] = FulfilmentOrder(event.node, event.rows)
    pool.index[event.fulfilment] = event.order


def _free(pool: Pool, row: e.Row, segment: str, sign: int) -> None:
    """Take (-1) or give back (+1) the free units of a row at their origins."""
    for origin, units in row.origins or ((segment, row.quantity),):
        add(pool.free.setdefault(origin, {}), row.sku, sign * units)


def _unreserved(pool: Pool, event: e.Unreserved) -> None:
    order = pool.orders[event.order]
    shelf = at(pool.stock, event.node)
    to = shelf.bucket(event.to) if event.to in _BUCKETS else None
    for row in event.rows:
        add(shelf.reserved, row.sku, -row.quantity)
        if to is not None:
            add(to, row.sku, row.quantity)
        if event.to == "on_hand":
            _free(pool, row, order.segment, 1)
        elif event.to not in GOOD:
            _moved(pool, event.node, row.sku, pool.now, -row.quantity)
    _close(pool, event.order, order, event.fulfilment, event.rows)


def _close(pool: Pool, key: str, order: Order, fulfilment: str, rows: tuple[e.Row, ...]) -> None:
    """Rows leave a fulfilment; one without rows is gone."""
    fulfilments = order.open_fulfilments
    found = fulfilments[fulfilment]
    found.rows, found.asked = subtract(found.rows, rows), subtract(found.asked, rows)
    if not found.rows:
        del fulfilments[fulfilment]
        del pool.index[fulfilment]


def _asked(pool: Pool, event: e.CancelRequested) -> None:
    found = pool.orders[event.order].open_fulfilments[event.fulfilment]
    found.asked = merge(found.asked, event.rows)


def _refused(pool: Pool, event: e.FulfilmentRejected) -> None:
    order = pool.orders[event.order]
    order.refused_by = tuple(dict.fromkeys((*order.refused_by, event.node)))


def _backordered(pool: Pool, event: e.Backordered) -> None:
    _wait(pool, event.order, pool.orders[event.order], event.rows)


def _wait(pool: Pool, key: str, order: Order, rows: tuple[e.Waiting, ...]) -> None:
    if not rows and not order.waiting:
        return
    place = (-order.priority, order.placed_at, key)
    for sku in dict.fromkeys(waiting.sku for waiting in order.waiting):
        _leave(pool, sku, place)
    order.waiting = rows
    for sku in dict.fromkeys(waiting.sku for waiting in rows):
        insort(pool.queues.setdefault(sku, []), place)


def _leave(pool: Pool, sku: str, place: tuple[int, int, str]) -> None:
    queue = pool.queues.get(sku, [])
    found = bisect_left(queue, place)
    if found < len(queue) and queue[found] == place:
        del queue[found]
    if not queue:
        pool.queues.pop(sku, None)


def _shipped(pool: Pool, event: e.Shipped) -> None:
    order = pool.orders[event.order]
    reserved = at(pool.stock, event.node).reserved
    for row in event.rows:
        add(reserved, row.sku, -row.quantity)
        _moved(pool, event.node, row.sku, event.shipped_at, -row.quantity)
    order.shipped = merge(order.shipped, [e.Row(row.line, row.sku, row.quantity) for row in event.rows])
    _close(pool, event.order, order, event.fulfilment, event.rows)


# ---------------------------------------------------------------------------------------------- stock
def _stock_moved(pool: Pool, event: e.StockMoved) -> None:
    for move in event.moves:
        apply_move(pool.stock, move)
        if move.from_node and move.from_place in GOOD:
            _moved(pool, move.from_node, move.sku, event.at or pool.now, -move.quantity)
        if move.to_node and move.to_place in GOOD:
            _moved(pool, move.to_node, move.sku, event.at or pool.now, move.quantity)
    for grant in event.grants:
        add(pool.free.setdefault(grant.origin, {}), grant.sku, grant.units)
    if event.document:
        pool.documents[event.document] = max(event.at, pool.now)


def _moved(pool: Pool, node: str, sku: str, when: int, units: int) -> None:
    pool.movements.setdefault(node, {}).setdefault(sku, []).append((when, units))


def _counted(pool: Pool, event: e.StockCounted) -> None:
    marks = pool.marks.setdefault(event.node, {})
    for sku in event.skus:
        marks[sku] = event.counted_at
    pool.documents[event.document] = max(event.counted_at, pool.now)


def _deferred(pool: Pool, event: e.FillDeferred) -> None:
    pool.deferred = tuple(dict.fromkeys((*pool.deferred, *event.skus)))


# ---------------------------------------------------------------------------------------------- reference
def _node_set(pool: Pool, event: e.NodeSet) -> None:
    pool.nodes[event.node.node] = event.node
    pool.versions[f"node/{event.node.node}"] = event.version


def _shop_set(pool: Pool, event: e.ShopSet) -> None:
    pool.shops[event.shop.shop] = event.shop
    pool.versions[f"shop/{event.shop.shop}"] = event.version


def _segment_set(pool: Pool, event: e.SegmentSet) -> None:
    pool.segments[event.segment.segment] = event.segment
    pool.versions[f"segment/{event.segment.segment}"] = event.version


def _listing_set(pool: Pool, event: e.ListingSet) -> None:
    pool.listings.setdefault(event.shop, {})[event.listing] = event.parts
    pool.versions[f"listing/{event.shop}/{event.listing}"] = event.version


def _policy_set(pool: Pool, event: e.PolicySet) -> None:
    pool.policy = decode_policy(event.policy)
    pool.policy_version = event.version


def _ticked(pool: Pool, event: e.Ticked) -> None:
    """State time goes on; what is older than a week is forgotten."""
    old = event.at - WEEK_MS
    pool.now = event.at
    pool.deferred = ()
    pool.documents = {document: seen or event.at for document, seen in pool.documents.items() if not 0 < seen < old}
    for by_sku in pool.movements.values():
        for sku in [sku for sku, moved in by_sku.items() if moved[0][0] < old]:
            kept = [entry for entry in by_sku[sku] if entry[0] >= old]
            if kept:
                by_sku[sku] = kept
            else:
                del by_sku[sku]


def _nothing(pool: Pool, event: e.AnyEvent) -> None:
    pass


_BUCKETS = frozenset({"on_hand", "reserved", "picked", "damaged", "quality", "hold", "in_transit", "incoming"})
EVOLVERS: dict[type[e.AnyEvent], Callable[[Pool, Any], None]] = {
    e.OrderPlaced: _placed,
    e.OrderReduced: _reduced,
    e.OrderHeld: _held,
    e.HoldReleased: _released,
    e.OrderResolved: _resolved,
    e.OrderCancelled: _cancelled,
    e.OrderRejected: _rejected,
    e.Considered: _nothing,
    e.Reserved: _reserved,
    e.Unreserved: _unreserved,
    e.CancelRequested: _asked,
    e.FulfilmentRejected: _refused,
    e.Backordered: _backordered,
    e.Shipped: _shipped,
    e.Shortage: _nothing,
    e.StockMoved: _stock_moved,
    e.StockCounted: _counted,
    e.FillDeferred: _deferred,
    e.NodeSet: _node_set,
    e.ShopSet: _shop_set,
    e.SegmentSet: _segment_set,
    e.ListingSet: _listing_set,
    e.PolicySet: _policy_set,
    e.Ticked: _ticked,
    e.Duplicate: _nothing,
    e.Stale: _nothing,
    e.Refused: _nothing,
}


def rebuild(pool: Pool) -> None:
    """Fill `queues` and `index` from the orders, as a snapshot leaves them out."""
    pool.queues, pool.index = {}, {}
    for key, order in pool.orders.items():
        for fulfilment in order.open_fulfilments:
            pool.index[fulfilment] = key
        waiting, order.waiting = order.waiting, ()
        _wait(pool, key, order, waiting)
