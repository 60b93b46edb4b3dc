"""Which nodes ship an order: candidates, their ranks, the choice, and what happens when stock is short. Pure.

All or nothing first: one node that has everything, then the fewest nodes within the policy's limit, best ranks first. Short of
that the policy's rule says backorder (promise nothing yet), partial (promise what there is, in whole units of a line) or reject.
"""

from collections.abc import Sequence
from operator import sub

import msgspec

from streams.rules.cover import fewest, greedy
from streams.rules.demand import Demand, Supply
from streams.rules.gifts import Sets
from streams.rules.plan import Plan
from streams.rules.presale import covered
from streams.rules.rank import Ranking, Scores, rank, with_stock
from streams.rules.spread import by_node
from tables.events import Candidate, Considered, OrderReduced, OrderRejected, Origin, Row
from tables.policy import Rule, Shortage
from tables.tiers import draw, drawing_order, quota_of

LookedAt = tuple[str, int, Scores]  # node, units it covers, scores


class Choice(msgspec.Struct, frozen=True, gc=False):
    """`chosen`: indexes of the nodes that ship `needs`; `left` waits, for there is `short` too little of it; `later`: gifts without which
    it goes."""

    looked_at: list[LookedAt]
    supply: Supply
    ranking: Ranking
    chosen: list[int]
    needs: tuple[Row, ...]
    left: tuple[Row, ...]
    short: tuple[tuple[str, int], ...]
    later: tuple[Row, ...] = ()


def allocate(plan: Plan, demand: Demand, given_out: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """Reserve what the policy allows. Emits Considered and one Reserved a node, or OrderRejected. Returns what is left to wait for.
    `given_out`: SKUs of which nothing is there for those who are sold ahead."""
    choice = _best(plan, demand, given_out)
    rejected = choice.left and choice.ranking.rule.shortage == "reject" and not covered(plan, demand, choice.left)
    if rejected:
        choice = msgspec.structs.replace(choice, chosen=[], needs=())
    supply, ranking = choice.supply, choice.ranking
    plan.emit(explained(choice.looked_at, [supply.nodes[i] for i in choice.chosen], demand.order, ranking, choice.short))
    for node, rows in by_node(supply, choice.chosen, choice.needs, demand) if choice.chosen else ():
        plan.reserve(demand.order, demand.segment, node, rows, demand.sealed, demand.shipping)
    if rejected:
        plan.emit(OrderRejected(order=demand.order, reason="short" if choice.short else "too_many_splits"))
        return ()
    left = choice.left + choice.later
    return _drop(plan, demand, choice.needs) if left and demand.gifts and ranking.rule.gifts == "drop" else left


def _drop(plan: Plan, demand: Demand, now: tuple[Row, ...]) -> tuple[Row, ...]:
    """Gifts that are not there when their parents go are given up. Returns what is left to wait for."""
    sets = Sets(demand.needs, demand.lines, demand.gifts)
    units = sets.units(now)
    if dropped := sets.dropped(units):
        # as an edit of ours: of a gift of whose parent units were taken off it counts from all that was ordered
        off = {gift.line: gift.told - gift.units + dropped[gift.line] for gift in demand.gifts if gift.line in dropped}
        plan.emit(OrderReduced(order=demand.order, reduction=f"gifts@{plan.offset}", lines=tuple(off.items())))
    return sets.rows({line: units.get(line, 0) + dropped.get(line, 0) for line in units | dropped})[1]


def can_fill(plan: Plan, demand: Demand) -> bool:
    """Whether `allocate` would reserve anything now."""
    return bool(_best(plan, demand).chosen)


def _best(plan: Plan, demand: Demand, given_out: tuple[str, ...] = ()) -> Choice:
    """All of it; or, where the policy does not let an order wait for its gifts, all of it but gifts."""
    found = _found(plan, demand, given_out)
    if not found.left or not demand.gifts or found.ranking.rule.gifts == "wait":
        return found
    sets = Sets(demand.needs, demand.lines, demand.gifts)
    for units in sets.there(dict(zip(found.supply.skus, _have(found.supply), strict=True))):
        needs, later = sets.rows(units)
        fewer = _found(plan, msgspec.structs.replace(demand, needs=needs), given_out) if needs else found
        if not needs or not fewer.left:
            chosen, ships = (fewer.chosen, fewer.needs) if needs else ([], ())
            return msgspec.structs.replace(fewer, chosen=chosen, needs=ships, left=(), short=found.short, later=later)
    return found


def _found(plan: Plan, demand: Demand, given_out: tuple[str, ...]) -> Choice:
    looked_at, supply, ranking = _look(plan, demand)
    shortage = ranking.rule.shortage_after(plan.now - demand.placed_at)
    if ranking.rule.sells_ahead():
        shortage = "reject" if demand.gifts else "partial"
        _leave(supply, given_out)
    chosen, needs, left = _choose(supply, ranking.rule, shortage, demand)
    return Choice(looked_at, supply, ranking, chosen, needs, left, _short(supply) if left else ())


def _leave(supply: Supply, given_out: tuple[str, ...]) -> None:
    """Nothing of these is there."""
    if any(sku in given_out for sku in supply.skus):
        supply.promisable = [0 if sku in given_out else units for sku, units in zip(supply.skus, supply.promisable, strict=True)]
        supply.whole = []


def whole(plan: Plan, demand: Demand) -> list[tuple[str, tuple[Row, ...]]]:
    """Rows by node that together are all that is needed; none where that cannot be had now."""
    _, supply, ranking = _look(plan, demand)
    chosen, needs, _ = _choose(supply, ranking.rule, "backorder", demand)
    return list(by_node(supply, chosen, needs, demand)) if chosen else []


def _look(plan: Plan, demand: Demand) -> tuple[list[LookedAt], Supply, Ranking]:
    """Nodes best first, up to the first one that has all that is wanted, if all of it may be promised. Those behind it cannot be better
    unless their stock counts in the ranking."""
    ranking = rank(plan.pool, demand.segment, demand.region, demand.city)
    if demand.refused_by:
        ranking = ranking.without(demand.refused_by)
    skus, wanted = _totals(demand.needs)
    promisable, pots = _promisable(plan, demand, skus, wanted)
    supply = Supply(skus, wanted, promisable, pots, [], [], [])
    enough = ranking.final and promisable == wanted
    looked_at: list[LookedAt] = []
    for name, scores in zip(ranking.names, ranking.scores, strict=True):
        shelf = plan.shelf(name, skus)
        whole = min(map(sub, shelf, wanted)) >= 0
        covers = sum(wanted) if whole else sum(map(min, shelf, wanted))
        if not ranking.final:
            scores = with_stock(ranking.rule, scores, sum(shelf))
        looked_at.append((name, covers, scores))
        if covers:
            supply.nodes.append(name)
            supply.shelves.append(shelf)
            if whole and enough:
                supply.whole.append(len(supply.nodes) - 1)
                break
    if not ranking.final:
        _sort_by_stock(supply, looked_at)
    return looked_at, supply, ranking


def _sort_by_stock(supply: Supply, looked_at: Sequence[LookedAt]) -> None:
    """Best first, now that it is known what each node has."""
    scores = {name: found for name, _, found in looked_at}
    best = sorted(range(len(supply.nodes)), key=lambda i: (scores[supply.nodes[i]], supply.nodes[i]))
    supply.nodes, supply.shelves = [supply.nodes[i] for i in best], [supply.shelves[i] for i in best]


def _totals(needs: Sequence[Row]) -> tuple[list[str], list[int]]:
    """SKUs in the order of need, and units wanted of each."""
    skus = [need.sku for need in needs]
    if len(set(skus)) == len(skus):
        return skus, [need.quantity for need in needs]
    total = dict.fromkeys(skus, 0)
    for need in needs:
        total[need.sku] += need.quantity
    return list(total), list(total.values())


def _promisable(plan: Plan, demand: Demand, skus: Sequence[str], wanted: Sequence[int]) -> tuple[list[int], dict[str, list[Origin]]]:
    """Units of each SKU that the order's shop and segment may promise, up to what is wanted, and the pots they come from."""
    about = plan.pool.shops.get(demand.shop)
    quota = plan.pool.free.get(quota_of(demand.shop)) or (about and about.quotas)
    own = [0] * len(skus) if quota else plan.all_free(demand.segment, skus)
    if not quota and min(map(sub, own, wanted)) >= 0:
        return list(wanted), {}
    origins = drawing_order(plan.pool.segments, demand.segment, demand.shop)
    units: list[int] = []
    pots: dict[str, list[Origin]] = {}
    for sku, want, has in zip(skus, wanted, own, strict=True):
        if has >= want:
            units.append(want)
            continue
        drawn = draw(plan.free, origins, sku, want)
        units.append(sum(part for _, part in drawn))
        if drawn != [(demand.segment, want)]:
            pots[sku] = drawn
    return units, pots


def _short(supply: Supply) -> tuple[tuple[str, int], ...]:
    """(SKU, units missing) where segment or nodes have too little."""
    have = _have(supply)
    return tuple((sku, want - had) for sku, want, had in zip(supply.skus, supply.wanted, have, strict=True) if had < want)


def _have(supply: Supply) -> list[int]:
    """Units of each SKU that segment and nodes have."""
    return [min(units, sum(shelf[i] for shelf in supply.shelves)) for i, units in enumerate(supply.promisable)]


def _choose(supply: Supply, rule: Rule, shortage: Shortage, demand: Demand) -> tuple[list[int], tuple[Row, ...], tuple[Row, ...]]:
    """Indexes of the nodes that ship, what they ship, and what is left waiting."""
    limit = rule.max_splits + 1
    if chosen := supply.whole or (fewest(supply.shelves, supply.wanted, limit) if supply.promisable == supply.wanted else []):
        return chosen, demand.needs, ()
    if shortage != "partial" or not supply.nodes:
        return [], (), demand.needs
    chosen = greedy(supply.shelves, supply.promisable, limit)
    have = [min(units, sum(supply.shelves[n][i] for n in chosen)) for i, units in enumerate(supply.promisable)]
    needs, left = whole_units(demand, dict(zip(supply.skus, have, strict=True)), rule)
    return (chosen if needs else []), needs, left


def whole_units(demand: Demand, have: dict[str, int], rule: Rule) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """As many whole units of each line as `have` allows, first line first; the rest waits."""
    if demand.gifts:
        sets = Sets(demand.needs, demand.lines, demand.gifts)
        return sets.rows(sets.enough(have, rule.gifts))
    parts = {line.line: line.parts for line in demand.lines}
    by_line: dict[str, list[Row]] = {}
    for need in demand.needs:
        by_line.setdefault(need.line, []).append(need)
    now: list[Row] = []
    later: list[Row] = []
    for line, needs in by_line.items():
        per_unit = {sku: 0 for sku, _ in parts[line]}
        for sku, units in parts[line]:
            per_unit[sku] += units
        whole = min(min(need.quantity, have[need.sku]) // per_unit[need.sku] for need in needs)
        for need in needs:
            units = whole * per_unit[need.sku]
            have[need.sku] -= units
            if units:
                now.append(Row(line, need.sku, units))
            if need.quantity > units:
                later.append(Row(line, need.sku, need.quantity - units))
    return tuple(now), tuple(later)


def explained(
    looked_at: list[LookedAt], chosen: Sequence[str], order: str, ranking: Ranking, short: tuple[tuple[str, int], ...]
) -> Considered:
    """What was thought of, in words that stay in the log."""
    named = [
        Candidate(node, covers, scores, "chosen" if node in chosen else "not_needed" if covers else "no_stock")
        for node, covers, scores in looked_at
    ]
    behind = ranking.behind(len(looked_at) - 1)
    candidates = (*named, *behind, *ranking.excluded)
    more = ranking.more(len(looked_at) - 1)
    return Considered(order=order, criteria=ranking.rule.criteria, candidates=candidates, short=short, more=more)
