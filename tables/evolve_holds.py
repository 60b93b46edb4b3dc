"""Since when each hold of an order lasts, by shop and reason, so that the one that lasts longest comes first."""

from tables.events import CarrierMissing
from tables.flow import NO_CARRIER
from tables.orders import Order
from tables.state import Pool


def keep_time(pool: Pool, key: str, order: Order) -> None:
    """After a decision: a reason that goes on holding keeps its time, through amendments as well."""
    shop = key.split("/", 2)[1]
    held = pool.holds.setdefault(shop, {})
    for reason in [reason for reason, orders in held.items() if key in orders and reason not in order.holds]:
        del held[reason][key]
        if not held[reason]:
            del held[reason]
    for reason in order.holds:
        held.setdefault(reason, {}).setdefault(key, 0)
    if not held:
        del pool.holds[shop]
    if NO_CARRIER not in order.holds:
        pool.untaken.pop(key, None)


def date_holds(pool: Pool, now: int) -> None:
    """What began to hold since the last tick has no time yet; it lies behind all that has one."""
    for held in pool.holds.values():
        for orders in held.values():
            for key in reversed(orders):
                if orders[key]:
                    break
                orders[key] = now


def untaken(pool: Pool, event: CarrierMissing) -> None:
    """Looked at by the terms of now: it lies behind all others."""
    pool.untaken.pop(event.order, None)
    pool.untaken[event.order] = pool.terms
