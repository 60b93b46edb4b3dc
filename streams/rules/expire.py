"""Holds whose time is up: the policy cancels the order, or lets it go. Pure.

Time is state time: a tick comes at once where a hold that has a time begins, which dates it, and another one when that ends.
"""

from collections.abc import Iterator

import msgspec

from streams.rules.fill import freed
from streams.rules.hold import go_on
from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from tables.events import OrderCancelled
from tables.flow import BY_POLICY, Ending
from tables.pool import Pool

Held = dict[str, int]  # order -> since when; longest first


def next_hold_due(pool: Pool) -> int | None:
    """When the first hold ends, or its time begins; None while no hold ends by itself."""
    return min((_next(pool.now, orders, span) for _, orders, _, span in _ending(pool)), default=None)


def _next(now: int, orders: Held, span: int) -> int:
    latest = orders[next(reversed(orders))]
    return max(now + 1, orders[next(iter(orders))] + span) if latest else now + 1


def _ending(pool: Pool) -> Iterator[tuple[str, Held, Ending, int]]:
    """Of the holds that end by themselves: (reason, orders of one shop that it holds, how it ends, after how many milliseconds)."""
    flow = pool.policy.flow
    if flow is None:
        return
    for shop, held in pool.holds.items():
        rules = flow.of(shop)
        for reason, orders in held.items():
            rule = rules.hold(reason)
            if (span := rule.ends_after()) is not None:
                yield reason, orders, rule.ending, span


def end_holds(plan: Plan) -> list[str]:
    """End what is over, of no more orders than the policy lets one decision fill (one at least); the next tick goes on. Returns the SKUs
    that may have become free."""
    skus: list[str] = []
    for key, endings in _over(plan).items():
        skus += _end(plan, key, endings)
    return skus


def _over(plan: Plan) -> dict[str, dict[str, Ending]]:
    """By order, the reasons whose time is up. What this decision has dealt with already waits for the next."""
    most = max(1, plan.pool.policy.fills_per_decision)
    found: dict[str, dict[str, Ending]] = {}
    for reason, orders, ending, span in _ending(plan.pool):
        for key, since in orders.items():
            if not since or since + span > plan.now or (len(found) >= most and key not in found):
                break
            if key not in plan.touched:
                found.setdefault(key, {})[reason] = ending
    return found


def _end(plan: Plan, key: str, endings: dict[str, Ending]) -> tuple[str, ...]:
    order = plan.pool.orders[key]
    fatal = [reason for reason, ending in endings.items() if ending == "cancel"]
    if not fatal:
        go_on(plan, key, order, tuple(endings), BY_POLICY)
        return ()
    # as of the revision that was held: a later word of its channel is still heard
    why = f"{fatal[0]}_expired"
    plan.emit(OrderCancelled(order=key, updated_at=order.updated_at, digest=BY_POLICY, reason=why, by=BY_POLICY))
    rebalance(plan, key, msgspec.structs.replace(order, cancelled=True), "cancelled")
    return freed(order)
