"""Nodes that may think a fulfilment over (dealers, suppliers): who does not accept in time has declined. Pure.

Time is state time: a tick comes at once where a fulfilment is offered, which begins its time, and another one when that ends.
"""

import msgspec

from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from tables.events import FulfilmentRejected
from tables.pool import Pool

TIMED_OUT = "timed_out"


def next_answer_due(pool: Pool) -> int | None:
    """When the first of the nodes' times ends, or begins; None while nobody is waited for."""
    due = [since + pool.time_to_accept(node) if since else pool.now + 1 for node, since in pool.offered.values()]
    return min(due, default=None)


def time_out(plan: Plan) -> list[str]:
    """Take what was not accepted in time from its nodes, and source it elsewhere: one fulfilment of an order, and no more than the policy
    lets one decision fill (one at least); the next tick goes on. Returns the SKUs that became free."""
    freed: list[str] = []
    most = max(1, plan.pool.policy.fills_per_decision)
    for name, (node, since) in plan.pool.offered.items():
        key = plan.pool.index[name]
        late = since and since + plan.pool.time_to_accept(node) <= plan.now
        if late and key not in plan.touched and len(plan.touched) < most:
            freed += _take_from(plan, key, name, node)
    return freed


def _take_from(plan: Plan, key: str, name: str, node: str) -> list[str]:
    order = plan.pool.orders[key]
    rows = order.open_fulfilments[name].rows
    plan.emit(FulfilmentRejected(order=key, fulfilment=name, node=node, reason=TIMED_OUT))
    plan.unreserve(key, order, name, rows, "on_hand", TIMED_OUT)
    passed_over = msgspec.structs.replace(order, refused_by=tuple(dict.fromkeys((*order.refused_by, node))))
    rebalance(plan, key, passed_over, TIMED_OUT, {name: rows})
    return [row.sku for row in rows]
