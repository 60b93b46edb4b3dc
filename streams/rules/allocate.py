"""Which nodes ship an order: candidates, their ranks, the choice, and what happens when stock is short. Pure.

All or nothing first: one node that has everything, then the fewest nodes within the policy's limit, best ranks first. Short of
that the policy's rule says backorder (promise nothing yet), partial (promise what there is, in whole units of a line) or reject.
"""

from collections.abc import Iterator, Sequence
from operator import sub

import msgspec

from streams.rules.cover import fewest, greedy
from streams.rules.plan import Plan
from streams.rules.rank import Ranking, Scores, rank, with_stock
from tables.events import Candidate, Considered, OrderLine, OrderRejected, Origin, Row
from tables.policy import Rule, Shortage
from tables.tiers import draw, drawing_order, quota_of


class Demand(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order still needs, in rows that have no origins yet. `lines` say the components of a bundle, which is promised whole or
    not at all. `refused_by`: nodes that would not ship it before. `sealed`, `shipping`: where the fulfilment has to carry
    them."""

    order: str
    shop: str
    segment: str
    region: str
    needs: tuple[Row, ...]
    lines: tuple[OrderLine, ...]
    placed_at: int = 0
    refused_by: tuple[str, ...] = ()
    sealed: str = ""
    shipping: str = ""


class Supply(msgspec.Struct, gc=False):
    """What there is for a demand: SKUs in the order of need, units wanted and promisable of each, eligible nodes best first with
    what they have. `pots`: by SKU, the origins its units are drawn from; a SKU that comes from the order's own segment alone has
    none here. `whole`: the last of the nodes, where looking ended because it has all of it."""

    skus: list[str]
    wanted: list[int]
    promisable: list[int]
    pots: dict[str, list[Origin]]
    nodes: list[str]
    shelves: list[list[int]]
    whole: list[int]


LookedAt = tuple[str, int, Scores]  # node, units it covers, scores


def allocate(plan: Plan, demand: Demand) -> tuple[Row, ...]:
    """Reserve what the policy allows. Emits Considered and one Reserved a node, or OrderRejected. Returns what is left to wait for."""
    looked_at, supply, ranking = _look(plan, demand)
    rule = ranking.rule
    shortage = rule.shortage_after(plan.now - demand.placed_at)
    chosen, needs, left = _choose(supply, rule, shortage, demand)
    short = _short(supply) if left else ()
    plan.emit(explained(looked_at, [supply.nodes[i] for i in chosen], demand.order, ranking, short))
    for node, rows in _by_node(supply, chosen, needs) if chosen else ():
        plan.reserve(demand.order, demand.segment, node, rows, demand.sealed, demand.shipping)
    if left and rule.shortage == "reject":
        plan.emit(OrderRejected(order=demand.order, reason="short" if short else "too_many_splits"))
        return ()
    return left


def can_fill(plan: Plan, demand: Demand) -> bool:
    """Whether `allocate` would reserve anything now."""
    _, supply, ranking = _look(plan, demand)
    shortage = ranking.rule.shortage_after(plan.now - demand.placed_at)
    return bool(_choose(supply, ranking.rule, shortage, demand)[0])


def whole(plan: Plan, demand: Demand) -> list[tuple[str, tuple[Row, ...]]]:
    """Rows by node that together are all that is needed; none where that cannot be had now."""
    _, supply, ranking = _look(plan, demand)
    chosen, needs, _ = _choose(supply, ranking.rule, "backorder", demand)
    return list(_by_node(supply, chosen, needs)) if chosen else []


def _look(plan: Plan, demand: Demand) -> tuple[list[LookedAt], Supply, Ranking]:
    """Nodes best first, up to the first one that has all that is wanted, if all of it may be promised. Those behind it cannot be better
    unless their stock counts in the ranking."""
    ranking = rank(plan.pool, demand.segment, demand.region)
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
    have = [min(units, sum(shelf[i] for shelf in supply.shelves)) for i, units in enumerate(supply.promisable)]
    return tuple((sku, want - had) for sku, want, had in zip(supply.skus, supply.wanted, have, strict=True) if had < want)


def _choose(supply: Supply, rule: Rule, shortage: Shortage, demand: Demand) -> tuple[list[int], tuple[Row, ...], tuple[Row, ...]]:
    """Indexes of the nodes that ship, what they ship, and what is left waiting."""
    limit = rule.max_splits + 1
    if chosen := supply.whole or (fewest(supply.shelves, supply.wanted, limit) if supply.promisable == supply.wanted else []):
        return chosen, demand.needs, ()
    if shortage != "partial" or not supply.nodes:
        return [], (), demand.needs
    chosen = greedy(supply.shelves, supply.promisable, limit)
    have = [min(units, sum(supply.shelves[n][i] for n in chosen)) for i, units in enumerate(supply.promisable)]
    needs, left = whole_units(demand, dict(zip(supply.skus, have, strict=True)))
    return (chosen if needs else []), needs, left


def whole_units(demand: Demand, have: dict[str, int]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """As many whole units of each line as `have` allows, first line first; the rest waits."""
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


def _by_node(supply: Supply, chosen: Sequence[int], needs: tuple[Row, ...]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Each node ships what it has, best first; free units are taken in the segment's drawing order."""
    if len(chosen) == 1 and not supply.pots:
        yield supply.nodes[chosen[0]], needs
        return
    place = {sku: i for i, sku in enumerate(supply.skus)}
    left = [need.quantity for need in needs]
    for n in chosen:
        shelf = supply.shelves[n]
        rows = []
        for i, need in enumerate(needs):
            spot = place[need.sku]
            if units := min(left[i], shelf[spot]):
                shelf[spot] -= units
                left[i] -= units
                rows.append(Row(need.line, need.sku, units, pour(supply.pots.get(need.sku), units)))
        if rows:
            yield supply.nodes[n], tuple(rows)


def pour(pot: list[Origin] | None, units: int) -> tuple[Origin, ...]:
    """Take `units` out of a pot, front first; () stands for all of them from the order's own segment."""
    poured: list[Origin] = []
    while pot and units:
        origin, there = pot[0]
        part = min(units, there)
        units -= part
        poured.append((origin, part))
        if part == there:
            del pot[0]
        else:
            pot[0] = (origin, there - part)
    return tuple(poured)


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
