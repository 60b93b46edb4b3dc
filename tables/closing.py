"""Orders that are over leave the state after a while, so that it does not grow with the log."""

from collections.abc import Iterable
from heapq import heappop, heappush

from tables.events import AnyEvent
from tables.evolve_holds import keep_time
from tables.evolve_parcels import forget_parcels
from tables.evolve_purchases import forget_purchases
from tables.evolve_returns import forget_returns
from tables.orders import Order
from tables.state import Pool

# One tick forgets no more than this; the next one, at once, goes on.
FORGOTTEN_AT_ONCE = 5_000


def settle(pool: Pool, events: Iterable[AnyEvent]) -> None:
    """After each decision: note which of its orders are over now, and which are not any more."""
    last = None
    for event in events:
        key = getattr(event, "order", None)
        if key == last or key is None or (order := pool.orders.get(key)) is None:
            continue  # a decision has most of its events about one order
        last = key
        if order.holds or pool.holds:
            keep_time(pool, key, order)
        if not order.is_over():
            order.over_since = -1
        elif order.over_since < 0:
            order.over_since = max(pool.now, order.updated_at, getattr(event, "shipped_at", 0))
            heappush(pool.over, (order.over_since, key))


def forget(pool: Pool, now: int) -> None:
    """Orders that have been over for longer than the policy remembers them go; their shops keep the time up to which such an order
    may have been placed, so that it is known again for what it may be. Where state time stood still for that long (or has only
    begun), nobody knows when orders were over: then they all are since now. One whose parcels are still under way is looked at again
    when even those are not waited for any more."""
    if now - pool.now > pool.policy.remember_ms:
        _date_anew(pool, now)
    for _ in range(FORGOTTEN_AT_ONCE):
        if not pool.over or pool.over[0][0] > now - pool.policy.remember_ms:
            return
        since, key = heappop(pool.over)
        if key not in pool.orders or not _is_over(order := pool.orders.peek(key), since):
            continue  # it was taken up again meanwhile
        again = order.over_since + max(0, pool.policy.remember_parcels_ms - pool.policy.remember_ms)
        if since < again and order.is_under_way():
            heappush(pool.over, (again, key))
        else:
            _forget(pool, key, order)


def _is_over(order: Order, since: int) -> bool:
    """Whether this entry speaks of the last time that it was over."""
    return 0 <= order.over_since <= since


def _forget(pool: Pool, key: str, order: Order) -> None:
    forget_parcels(pool, key, order)
    forget_purchases(pool, order)
    forget_returns(pool, order)
    pool.orders.forget(key)
    pool.claims.pop(key, None)
    shop = key.split("/")[1]
    # of a mark it is not known when its order was placed: not after the mark itself
    placed_at = order.placed_at if order.revision else order.over_since
    pool.forgotten[shop] = max(placed_at, pool.forgotten.get(shop, -1))


def _date_anew(pool: Pool, now: int) -> None:
    keys = [key for since, key in pool.over if key in pool.orders and _is_over(pool.orders[key], since)]
    for key in keys:
        pool.orders[key].over_since = now
    pool.over = [(now, key) for key in sorted(set(keys))]


def may_be_forgotten(pool: Pool, shop: str, placed_at: int) -> bool:
    """Whether an order that is not known may be one that was."""
    return placed_at <= pool.forgotten.get(shop, -1)
