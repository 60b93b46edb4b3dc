"""What most orders are: new, every line a SKU of its own, all of it free in the segment and on the shelf of one node. They are decided
in one pass; `place` would decide the same the long way, which a test holds it to. Pure."""

from operator import sub

from streams.commands import PlaceOrder
from streams.rules.allocate import LookedAt, explained
from streams.rules.plan import Plan
from streams.rules.rank import Scores, rank
from tables.closing import may_be_forgotten
from tables.events import OrderLine, OrderPlaced, Row, Shop
from tables.tiers import quota_of

# Where none of the best has everything, an order is not ordinary.
BEST = 5


def ordinary(plan: Plan, command: PlaceOrder, shop: Shop) -> bool:
    """Decides an order of which nothing is known; False, nothing done, when it is not an ordinary one. `plan` must be a new one."""
    pool, segment = plan.pool, shop.segment
    flow = pool.policy.flow
    if flow is not None and flow.asks_more(command.shop):
        return False
    if (
        command.holds
        or command.reductions
        or command.reservation
        or command.gifts
        or pool.deferred
        or pool.free.get(quota_of(command.shop))
    ):
        return False
    rows = [Row(line.line, line.parts[0][0], line.quantity * line.parts[0][1]) for line in command.lines if len(line.parts) == 1]
    skus, wanted = [row.sku for row in rows], [row.quantity for row in rows]
    if len(set(skus)) < len(command.lines) or 0 in wanted or len({row.line for row in rows}) < len(rows):
        return False
    if not rows or min(map(sub, plan.all_free(segment, skus), wanted)) < 0 or may_be_forgotten(pool, command.shop, command.placed_at):
        return False
    ranking = rank(pool, segment, command.region, command.city)
    looked_at = _up_to_the_first(plan, zip(ranking.names[:BEST], ranking.scores, strict=False), skus, wanted) if ranking.final else []
    if not looked_at:
        return False
    node = looked_at[-1][0]
    plan.emit(placed(command, 1, segment, command.lines))
    plan.emit(explained(looked_at, (node,), command.order, ranking, ()))
    plan.reserve(command.order, segment, node, tuple(rows), "")
    return True


def _up_to_the_first(plan: Plan, nodes: "zip[tuple[str, Scores]]", skus: list[str], wanted: list[int]) -> list[LookedAt]:
    """Nodes up to the first one that has everything; none when there is no such node."""
    looked_at: list[LookedAt] = []
    for name, scores in nodes:
        shelf = plan.shelf(name, skus)
        if min(map(sub, shelf, wanted)) >= 0:
            looked_at.append((name, sum(wanted), scores))
            return looked_at
        looked_at.append((name, sum(map(min, shelf, wanted)), scores))
    return []


def placed(command: PlaceOrder, revision: int, segment: str, lines: tuple[OrderLine, ...]) -> OrderPlaced:
    return OrderPlaced(
        order=command.order,
        shop=command.shop,
        channel=command.channel,
        segment=segment,
        number=command.number,
        revision=revision,
        updated_at=command.updated_at,
        digest=command.digest,
        placed_at=command.placed_at,
        received_at=command.received_at,
        currency=command.currency,
        region=command.region,
        priority=command.priority,
        lines=lines,
        sealed=command.sealed,
        charges=command.charges,
        paid=command.paid,
        reservation=command.reservation,
        shipping=command.shipping,
        gifts=command.gifts,
        city=command.city,
    )
