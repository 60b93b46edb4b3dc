"""Which nodes ship an order: candidates, their ranks, the choice, and what happens when stock is short. Pure.

All or nothing first: one node that has everything, then the fewest nodes within the policy's limit, best ranks first. Short of
that the policy's rule says backorder (promise nothing yet), partial (promise what there is, in whole units of a line) or reject.
"""

from collections.abc import Mapping, Sequence

import msgspec

from streams.rules.cover import fewest, greedy
from streams.rules.plan import Plan
from tables.events import Candidate, Considered, Node, OrderRejected, Origin, Row, Waiting
from tables.policy import Policy, Rule
from tables.tiers import draw, drawing_order

Parts = Mapping[str, Sequence[tuple[str, int]]]


class Demand(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order still needs. `parts`: components per unit of each line, so that a bundle is promised whole or not at all.
    `refused_by`: nodes that would not ship it before. `sealed`: the recipient, where the fulfilment has to carry it."""

    order: str
    shop: str
    segment: str
    region: str
    needs: tuple[Waiting, ...]
    parts: Parts
    refused_by: tuple[str, ...] = ()
    sealed: str = ""


class Supply(msgspec.Struct, gc=False):
    """What there is for a demand: SKUs in the order of need, units wanted and promisable of each, eligible nodes best first with
    what they have. `pots`: by SKU, the origins its units are drawn from; a SKU that comes from the order's own segment alone has
    none here."""

    skus: list[str]
    wanted: list[int]
    promisable: list[int]
    pots: dict[str, list[Origin]]
    nodes: list[str]
    shelves: list[list[int]]


def allocate(plan: Plan, demand: Demand) -> tuple[Waiting, ...]:
    """Reserve what the policy allows. Emits Considered and one Reserved a node, or OrderRejected. Returns what is left to wait for."""
    considered, supply, rule = _consider(plan, demand)
    chosen, needs, left = _choose(supply, rule, demand)
    short = _short(supply) if left else ()
    plan.emit(_explained(considered, [supply.nodes[i] for i in chosen], demand, rule, short))
    if chosen:
        _reserve(plan, demand, supply, chosen, needs)
    if left and rule.shortage == "reject":
        plan.emit(OrderRejected(order=demand.order, reason="short" if short else "too_many_splits"))
        return ()
    return left


def can_fill(plan: Plan, demand: Demand) -> bool:
    """Whether `allocate` would reserve anything now."""
    _, supply, rule = _consider(plan, demand)
    return bool(_choose(supply, rule, demand)[0])


def _consider(plan: Plan, demand: Demand) -> tuple[list[Candidate], Supply, Rule]:
    pool = plan.pool
    rule = pool.policy.for_segment(demand.segment)
    total: dict[str, int] = {}
    for need in demand.needs:
        total[need.sku] = total.get(need.sku, 0) + need.quantity
    skus, wanted = list(total), list(total.values())
    ranked: list[tuple[tuple[int, ...], str, list[int]]] = []
    candidates: list[Candidate] = []
    for name in sorted(pool.nodes):
        node = pool.nodes[name]
        verdict = rule.excludes(name, node.kind, node.sellable) or ("refused_before" if name in demand.refused_by else "")
        if verdict:
            candidates.append(Candidate(name, 0, (), verdict))
            continue
        shelf = plan.shelf(name, skus)
        covers = sum(map(min, shelf, wanted))
        if not covers:
            candidates.append(Candidate(name, 0, (), "no_stock"))
            continue
        scores = _scores(pool.policy, rule, node, demand.region, sum(shelf))
        candidates.append(Candidate(name, covers, scores, ""))
        ranked.append((scores, name, shelf))
    ranked.sort(key=lambda entry: entry[:2])
    promisable, pots = _promisable(plan, demand, skus, wanted)
    return candidates, Supply(skus, wanted, promisable, pots, [r[1] for r in ranked], [r[2] for r in ranked]), rule


def _scores(policy: Policy, rule: Rule, node: Node, region: str, stock: int) -> tuple[int, ...]:
    """One score a criterion, less is better."""
    scores = []
    for criterion in rule.criteria:
        match criterion:
            case "distance":
                scores.append(policy.distance(region, node.node, node.region))
            case "priority":
                scores.append(node.priority)
            case "most_stock":
                scores.append(-stock)
    return tuple(scores)


def _promisable(plan: Plan, demand: Demand, skus: Sequence[str], wanted: Sequence[int]) -> tuple[list[int], dict[str, list[Origin]]]:
    """Units of each SKU that the order's shop and segment may promise, up to what is wanted, and the pots they come from."""
    origins = drawing_order(plan.pool.segments, demand.segment, demand.shop)
    about = plan.pool.shops.get(demand.shop)
    quota = plan.pool.free.get(origins[0]) or (about and about.quotas)
    units: list[int] = []
    pots: dict[str, list[Origin]] = {}
    for sku, want in zip(skus, wanted, strict=True):
        if not quota and plan.free(demand.segment, sku) >= want:
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


def _choose(supply: Supply, rule: Rule, demand: Demand) -> tuple[list[int], tuple[Waiting, ...], tuple[Waiting, ...]]:
    """Indexes of the nodes that ship, what they ship, and what is left waiting."""
    limit = rule.max_splits + 1
    if supply.promisable == supply.wanted and (chosen := fewest(supply.shelves, supply.wanted, limit)):
        return chosen, demand.needs, ()
    if rule.shortage != "partial" or not supply.nodes:
        return [], (), demand.needs
    chosen = greedy(supply.shelves, supply.promisable, limit)
    have = [min(units, sum(supply.shelves[n][i] for n in chosen)) for i, units in enumerate(supply.promisable)]
    needs, left = _whole_units(demand, dict(zip(supply.skus, have, strict=True)))
    return (chosen if needs else []), needs, left


def _whole_units(demand: Demand, have: dict[str, int]) -> tuple[tuple[Waiting, ...], tuple[Waiting, ...]]:
    """As many whole units of each line as `have` allows, first line first; the rest waits."""
    by_line: dict[str, list[Waiting]] = {}
    for need in demand.needs:
        by_line.setdefault(need.line, []).append(need)
    now: list[Waiting] = []
    later: list[Waiting] = []
    for line, needs in by_line.items():
        per_unit = {sku: 0 for sku, _ in demand.parts[line]}
        for sku, units in demand.parts[line]:
            per_unit[sku] += units
        whole = min(min(need.quantity, have[need.sku]) // per_unit[need.sku] for need in needs)
        for need in needs:
            units = whole * per_unit[need.sku]
            have[need.sku] -= units
            if units:
                now.append(Waiting(line, need.sku, units))
            if need.quantity > units:
                later.append(Waiting(line, need.sku, need.quantity - units))
    return tuple(now), tuple(later)


def _reserve(plan: Plan, demand: Demand, supply: Supply, chosen: Sequence[int], needs: Sequence[Waiting]) -> None:
    """Each node ships what it has, best first; free units are taken in the segment's drawing order."""
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
                rows.append(Row(need.line, need.sku, units, _pour(supply.pots.get(need.sku), units)))
        if rows:
            plan.reserve(demand.order, demand.segment, supply.nodes[n], tuple(rows), demand.sealed)


def _pour(pot: list[Origin] | None, units: int) -> tuple[Origin, ...]:
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


def _explained(considered: list[Candidate], chosen: list[str], demand: Demand, rule: Rule, short: Sequence[tuple[str, int]]) -> Considered:
    verdict = dict.fromkeys(chosen, "chosen")
    named = [c if c.verdict else Candidate(c.node, c.covers, c.scores, verdict.get(c.node, "not_needed")) for c in considered]
    return Considered(order=demand.order, criteria=rule.criteria, candidates=tuple(named), short=tuple(short))
