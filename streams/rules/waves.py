"""What a node is told only with its next wave, or together with other fulfilments of the same recipient. Pure.

Time is state time: a tick comes at once where a fulfilment begins to wait, which dates it, and another one when that ends.
"""

import hashlib
from collections.abc import Iterator

from streams.rules.plan import Plan, party
from streams.rules.rebalance import rebalance
from tables.events import FulfilmentReleased
from tables.flow import Flow
from tables.pool import Pool

Untold = dict[str, tuple[int, str]]  # fulfilment -> since when, and its recipient; longest first

_TOLD_AT_ONCE = Flow()


def next_release_due(pool: Pool) -> int | None:
    """When the first fulfilment goes to its node, or its time begins; None while none waits."""
    flow = pool.policy.flow or _TOLD_AT_ONCE
    return min((_next(pool.now, flow, node, shop, waiting) for node, shop, waiting in _queues(pool)), default=None)


def _next(now: int, flow: Flow, node: str, shop: str, waiting: Untold) -> int:
    latest, _ = waiting[next(reversed(waiting))]
    longest, _ = waiting[next(iter(waiting))]
    return max(now + 1, flow.told_at(node, shop, longest)) if latest else now + 1


def _queues(pool: Pool) -> Iterator[tuple[str, str, Untold]]:
    return ((node, shop, waiting) for node, by_shop in pool.untold.items() for shop, waiting in by_shop.items())


def send_off(plan: Plan) -> None:
    """Tell the nodes what is due, with all that waits for the same recipient there. One decision tells of no more than it may fill, but
    leaves nobody's parcel behind; the next tick goes on."""
    most = max(1, plan.pool.policy.fills_per_decision)
    gone: set[str] = set()
    for name in _due(plan):
        if len(gone) >= most:
            return
        if name not in gone and plan.pool.index[name] not in plan.touched:
            gone |= _send(plan, name)


def _due(plan: Plan) -> Iterator[str]:
    flow = plan.pool.policy.flow or _TOLD_AT_ONCE
    for node, shop, waiting in _queues(plan.pool):
        for name, (since, _) in waiting.items():
            if not since or flow.told_at(node, shop, since) > plan.now:
                break
            yield name


def _send(plan: Plan, name: str) -> set[str]:
    """One fulfilment, and those that leave with it: all of the same recipient at its node that wait."""
    pool = plan.pool
    node = pool.orders[pool.index[name]].open_fulfilments[name].node
    recipient = _recipient(pool, node, name)
    # an address may have been amended since: who goes elsewhere now stays behind
    others = [other for other in pool.parties.get(recipient, ()) if other != name and pool.index[other] not in plan.touched]
    together = _taken(plan, [name, *(other for other in others if _recipient(pool, node, other) == recipient)])
    group = _named(f"{pool.name}/{plan.offset}/{name}") if len(together) > 1 else ""
    for other in together:
        key = pool.index[other]
        order = pool.orders[key]
        rows = order.open_fulfilments[other].rows
        plan.emit(
            FulfilmentReleased(order=key, fulfilment=other, node=node, rows=rows, sealed=order.sealed, shipping=order.shipping, group=group)
        )
        plan.buy(key, other, node, rows)
    return {name, *together}


def _taken(plan: Plan, together: list[str]) -> list[str]:
    """Without those of orders that no carrier takes, which are held instead; none where the first, with which the others leave, is one."""
    keys = {name: plan.pool.index[name] for name in together}
    for key in dict.fromkeys(key for key in keys.values() if key in plan.untaken):
        rebalance(plan, key, plan.pool.orders[key], "held")
    left = [name for name in together if keys[name] not in plan.untaken]
    return left if together[0] in left else []


def _recipient(pool: Pool, node: str, fulfilment: str) -> str:
    key = pool.index[fulfilment]
    return party(key, node, pool.orders[key].sealed)


def _named(text: str) -> str:
    return f"G{hashlib.blake2b(text.encode(), digest_size=10).hexdigest()}"
