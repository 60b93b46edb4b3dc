"""SetNode, SetPrices, SetShop, SetSegment, SetPolicy, SetCarriers, SetWeights and Tick: what the pool is to know, from this offset on.
Pure."""

from streams.commands import UNDECODABLE, SetCarriers, SetNode, SetPolicy, SetPrices, SetSegment, SetShop, SetWeights, Tick
from streams.rules.dating import date
from streams.rules.expire import end_holds
from streams.rules.fill import fill
from streams.rules.offer import time_out
from streams.rules.plan import Plan
from streams.rules.reserve import end_expired
from streams.rules.returns import expire
from streams.rules.stock import unknown_nodes
from streams.rules.untaken import look_again
from streams.rules.waves import send_off
from tables.carriers import decode_rates
from tables.events import (
    UNASSIGNED,
    FillDeferred,
    Grant,
    NodeSet,
    PolicySet,
    PricesSet,
    RatesSet,
    Refused,
    SegmentSet,
    Shop,
    ShopSet,
    Stale,
    Ticked,
    WeightsSet,
)
from tables.policy import DAY_MS, decode_policy
from tables.tiers import quota_of


def _newer(plan: Plan, what: str, version: int) -> bool:
    """A version that does not rise is ignored."""
    if version > plan.pool.versions.get(what, 0):
        return True
    plan.emit(Stale(of=what))
    return False


def _retry_backorders(plan: Plan) -> None:
    """What waits may be had under the new rules: the next tick tries it."""
    waiting = sorted(plan.pool.queues)
    if waiting:
        plan.emit(FillDeferred(skus=tuple(waiting)))


def set_node(plan: Plan, command: SetNode) -> None:
    """A node that ceases to sell takes its free units out of the logical tier, one that begins to brings them in."""
    node = command.node
    if not _newer(plan, f"node/{node.node}", command.version):
        return
    was = plan.sellable(node.node)
    plan.emit(NodeSet(version=command.version, node=node))
    found = plan.pool.stock.get(node.node)
    if found and was != node.sellable:
        sign = 1 if node.sellable else -1
        granted = [grant for sku, units in found.on_hand.items() for grant in plan.granted(sku, sign * units)]
        plan.moved("", "node", 0, (), granted)
    _retry_backorders(plan)


def set_prices(plan: Plan, command: SetPrices) -> None:
    """They hold for what is bought from now on."""
    if _newer(plan, f"prices/{command.node}/{command.part}", command.version) and not unknown_nodes(plan, command.node):
        plan.emit(PricesSet(version=command.version, node=command.node, part=command.part, prices=command.prices))


def set_shop(plan: Plan, command: SetShop) -> None:
    """Exclusive quotas are filled from the segment's free units at once, as far as these go, and given back to it when they shrink."""
    shop = command.shop
    if not _newer(plan, f"shop/{shop.shop}", command.version):
        return
    before = plan.pool.shops.get(shop.shop)
    plan.emit(ShopSet(version=command.version, shop=shop))
    granted = _requota(plan, shop, before)
    if granted:
        plan.moved("", "shop", 0, (), granted)
    _retry_backorders(plan)


def _requota(plan: Plan, shop: Shop, before: Shop | None) -> list[Grant]:
    quotas = dict(shop.quotas)
    granted: list[Grant] = []
    for sku in dict.fromkeys((*quotas, *(sku for sku, _ in (before.quotas if before else ())))):
        have = plan.free(quota_of(shop.shop), sku)
        units = min(quotas.get(sku, 0) - have, plan.free(shop.segment, sku))
        if units:
            granted += [Grant(sku, quota_of(shop.shop), units), Grant(sku, shop.segment, -units)]
    return granted


def set_segment(plan: Plan, command: SetSegment) -> None:
    """A ratio holds for what is received from now on; a fixed quota is filled from the unassigned units at once."""
    segment = command.segment
    if not _newer(plan, f"segment/{segment.segment}", command.version):
        return
    plan.emit(SegmentSet(version=command.version, segment=segment))
    granted: list[Grant] = []
    for sku in sorted(plan.pool.free.get(UNASSIGNED, ())) if segment.quota else ():
        units = min(segment.quota - plan.free(segment.segment, sku), plan.free(UNASSIGNED, sku))
        if units > 0:
            granted += [Grant(sku, segment.segment, units), Grant(sku, UNASSIGNED, -units)]
    if granted:
        plan.moved("", "segment", 0, (), granted)
    _retry_backorders(plan)


def set_policy(plan: Plan, command: SetPolicy) -> None:
    if command.version <= plan.pool.policy_version:
        plan.emit(Stale(of="policy"))
        return
    try:
        decode_policy(command.policy)
    except UNDECODABLE as wrong:
        plan.emit(Refused(code="bad_policy", sentence=f"the policy is not of the form that this version knows: {wrong}"))
        return
    plan.emit(PolicySet(version=command.version, policy=command.policy))
    _retry_backorders(plan)


def set_carriers(plan: Plan, command: SetCarriers) -> None:
    """For what nodes are told of from now on."""
    if not _newer(plan, "carriers", command.version):
        return
    try:
        decode_rates(command.table)
    except UNDECODABLE as wrong:
        plan.emit(Refused(code="bad_carriers", sentence=f"the table of carriers is not of the form that this version knows: {wrong}"))
        return
    plan.emit(RatesSet(version=command.version, table=command.table))


def set_weights(plan: Plan, command: SetWeights) -> None:
    if _newer(plan, f"weights/{command.part}", command.version):
        plan.emit(WeightsSet(version=command.version, part=command.part, weights=command.weights))


def tick(plan: Plan, command: Tick) -> None:
    """State time goes on: who waits is given his date, nodes have declined, holds are over, waves leave, and backorders are filled that
    one decision had no room for, or that have waited long enough."""
    if command.at <= plan.pool.now:
        plan.emit(Stale(of="tick"))
        return
    plan.emit(Ticked(at=command.at))
    plan.now = command.at
    date(plan)
    freed = (*end_expired(plan), *time_out(plan), *end_holds(plan), *expire(plan))
    look_again(plan)
    send_off(plan)
    fill(plan, (*plan.pool.deferred, *_no_longer_patient(plan), *freed))


def _no_longer_patient(plan: Plan) -> list[str]:
    """SKUs for which an order waits whose patience has ended since the last tick."""
    policy = plan.pool.policy
    patience = {rule.patience_days * DAY_MS for rule in (policy.rule, *policy.segments.values()) if rule.patience_days}
    spans = [(plan.pool.now - after, plan.now - after) for after in patience]
    return sorted(
        sku for sku, queue in plan.pool.queues.items() if any(begin < placed <= end for _, placed, _ in queue for begin, end in spans)
    )
