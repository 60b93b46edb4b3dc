"""How events change parcels: what left under a tracking number, and what its carrier says of it."""

from tables import events as e
from tables.aftersales import Case
from tables.orders import Order, Parcel, bare, merge
from tables.policy import DAY_MS
from tables.state import Early, Pool

# Later words of a carrier outrank earlier ones, whenever they come; equals go by their time. A parcel that was lost may turn up.
RANK: dict[e.TrackingStatus, int] = {
    "label": 0,
    "in_transit": 1,
    "out_for_delivery": 1,
    "failed_attempt": 1,
    "lost": 2,
    "delivered": 3,
    "returning": 4,
    "returned": 5,
}


def number(tracking: str) -> str:
    """Warehouses and carriers write one number with spaces or without, in capitals or not."""
    return "".join(tracking.split()).upper()


def later(status: e.TrackingStatus, at: int, known: Parcel | Early | Case | None) -> bool:
    """Whether this says more of a parcel than what is known of it."""
    if known is None or not known.status:
        return True
    return (RANK[status], at, status) > (RANK[known.status], known.at, known.status)


def left(pool: Pool, key: str, order: Order, tracking: str, rows: tuple[e.Row, ...], node: str) -> None:
    """Rows of an order left under a tracking number, if one was told."""
    tracking = number(tracking)
    if not tracking:
        return
    if order.parcels is None:
        order.parcels = {}
    known = order.parcels.setdefault(tracking, Parcel((), node=node))
    known.rows = merge(known.rows, bare(rows))
    pool.parcels[tracking] = tuple(dict.fromkeys((*pool.parcels.get(tracking, ()), key)))


def tracked(pool: Pool, event: e.Tracked) -> None:
    if not event.order or event.fulfilment:
        _early(pool, event)
        return
    pool.early.pop(event.tracking, None)
    parcel = (pool.orders[event.order].parcels or {})[event.tracking]
    parcel.status, parcel.at = event.status, event.at


def _early(pool: Pool, event: e.Tracked) -> None:
    known = pool.early.get(event.tracking)
    delivered_at = _earliest(known.delivered_at if known else 0, event.at if event.status == "delivered" else 0)
    meant = (*(known.fulfilments if known else ()), *([event.fulfilment] if event.fulfilment else ()))
    if known is not None and not later(event.status, event.at, known):
        known.delivered_at, known.fulfilments = delivered_at, meant
    else:
        pool.early[event.tracking] = Early(event.carrier, event.status, event.at, delivered_at, pool.now, meant)


def _earliest(one: int, other: int) -> int:
    """Of two times of which either may not be known (0)."""
    return min(one, other) if one and other else one or other


def delivered(pool: Pool, event: e.Delivered) -> None:
    order = pool.orders[event.order]
    order.delivered = merge(order.delivered, event.rows)
    (order.parcels or {})[event.tracking].delivered_at = event.delivered_at


def forget_early(pool: Pool, now: int) -> None:
    """Those that are as old as parcels that nobody waits for any more go: a shipment may be told of months after its carrier told of it.
    Looked at once a day of state time; what came before the first such day counts from it on."""
    if now // DAY_MS == pool.now // DAY_MS:
        return
    for known in pool.early.values():
        known.since = known.since or now
    old = now - pool.policy.remember_parcels_ms
    pool.early = {tracking: known for tracking, known in pool.early.items() if known.since >= old}


def forget_parcels(pool: Pool, key: str, order: Order) -> None:
    """Of an order that is forgotten."""
    for tracking in order.parcels or ():
        others = tuple(other for other in pool.parcels[tracking] if other != key)
        if others:
            pool.parcels[tracking] = others
        else:
            del pool.parcels[tracking]
