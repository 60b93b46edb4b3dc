"""Backorders filled by what became free: by priority, then age; first, who has waited too long for that. Pure."""

from collections.abc import Iterable

from streams.rules.allocate import allocate, can_fill
from streams.rules.plan import Plan
from streams.rules.rebalance import demand_of, rebalance
from tables.events import UNASSIGNED, FillDeferred, Row
from tables.orders import Order
from tables.outlook import in_turn


def fill(plan: Plan, skus: Iterable[str]) -> None:
    """Promise what waits for these SKUs. One decision fills at most the policy's number of orders; the next tick goes on with
    the rest, so that a large receipt never makes a large decision. Orders that still cannot be had are passed by."""
    pool = plan.pool
    wanted = [sku for sku in dict.fromkeys(skus) if sku in pool.queues and _left(plan, sku)]
    if not wanted:
        return
    budget = pool.policy.fills_per_decision
    last = None
    for place in in_turn(pool, wanted, plan.now):
        key = place[2]
        if place == last or key in plan.touched:
            continue
        last = place
        order = pool.orders[key]
        if order.holds or not any(_left(plan, waiting.sku) for waiting in order.waiting):
            continue
        demand = demand_of(key, order, tuple(Row(waits.line, waits.sku, waits.quantity) for waits in order.waiting))
        if not can_fill(plan, demand):
            continue
        if not budget:
            plan.emit(FillDeferred(skus=tuple(sku for sku in wanted if _left(plan, sku))))
            return
        budget -= 1
        if key in plan.untaken:
            rebalance(plan, key, order, "held")
            continue
        plan.touched.add(key)
        plan.backorder(key, order.waiting, allocate(plan, demand))


def _left(plan: Plan, sku: str) -> bool:
    """Whether any free unit of a SKU is left for anyone."""
    return any(plan.free(origin, sku) > 0 for origin in (UNASSIGNED, *plan.pool.segments)) or any(
        plan.free("@" + shop, sku) > 0 for shop in plan.pool.shops
    )


def freed(order: Order) -> tuple[str, ...]:
    """SKUs of which an order may have given back units."""
    if not order.fulfilments:
        return ()
    return tuple(dict.fromkeys(row.sku for found in order.open_fulfilments.values() for row in found.rows))
