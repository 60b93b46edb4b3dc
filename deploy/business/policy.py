"""The policy file -> the policy of a pool: overrides laid over what holds for all, distances computed from coordinates."""

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt

from deploy.business.flow import Seller, flow_of
from deploy.business.forms import NodeForm, PolicyForm, RuleForm
from tables.policy import Policy, Presale, Rule, Tolerance

EARTH_KM = 6_371
Point = tuple[float, float]


def kilometres(here: Point, there: Point) -> int:
    """Great-circle distance of two (latitude, longitude) in degrees, rounded to km (haversine formula)."""
    lat, other = radians(here[0]), radians(there[0])
    half = sin((other - lat) / 2) ** 2 + cos(lat) * cos(other) * sin(radians(there[1] - here[1]) / 2) ** 2
    return round(2 * EARTH_KM * asin(min(1.0, sqrt(half))))


def policy_of(form: PolicyForm, nodes: Iterable[NodeForm], pool: str = "", sellers: Iterable[Seller] = ()) -> Policy:
    """The policy as the nodes and shops of one pool need it."""
    nodes = tuple(nodes)
    rule = _over(Rule(), form)
    return Policy(
        name=form.name,
        rule=rule,
        segments={segment: _over(rule, override) for segment, override in form.segments.items()},
        distances=_distances(form, nodes),
        fills_per_decision=form.fills_per_decision,
        remember_days=form.remember_days,
        remember_parcels_days=form.remember_parcels_days,
        flow=flow_of(form.flow, pool, sellers, {node.node for node in nodes}),
        return_days=form.return_days,
        lost=form.lost,
        returned_to_sender=form.returned_to_sender,
        aging_hours=form.aging_hours,
        no_carrier=form.no_carrier,
        bill_tolerance=Tolerance(basis_points=form.bill_tolerance.ratio, minor_units=form.bill_tolerance.minor_units),
    )


def _over(base: Rule, form: RuleForm) -> Rule:
    return Rule(
        kinds=form.filters.kinds if form.filters else base.kinds,
        nodes=form.filters.nodes if form.filters else base.nodes,
        exclude=form.filters.exclude if form.filters else base.exclude,
        criteria=form.criteria or base.criteria,
        max_splits=base.max_splits if form.max_splits is None else form.max_splits,
        shortage=form.shortage or base.shortage,
        patience_days=base.patience_days if form.patience_days is None else form.patience_days,
        refund_cancelled=base.refund_cancelled if form.refund_cancelled is None else form.refund_cancelled,
        refund_on=form.refund_on or base.refund_on,
        gifts=form.gifts or base.gifts,
        gift_returns=form.gift_returns or base.gift_returns,
        presale=Presale(days=form.presale.days, percent=form.presale.percent) if form.presale else base.presale,
    )


def _distances(form: PolicyForm, nodes: tuple[NodeForm, ...]) -> dict[str, dict[str, int]]:
    """Computed ones first, those of the table over them; only nodes of the pool."""
    places = {node.node: (node.lat, node.lon) for node in nodes if node.lat is not None and node.lon is not None}
    centres = _centres(nodes) | dict(form.regions)
    found = {region: {node: kilometres(centre, place) for node, place in places.items()} for region, centre in centres.items() if places}
    ours = {node.node for node in nodes}
    for region, table in form.distances.items():
        found[region] = found.get(region, {}) | {node: km for node, km in table.items() if node in ours}
    return {region: table for region, table in sorted(found.items()) if table}


def _centres(nodes: tuple[NodeForm, ...]) -> dict[str, Point]:
    """The centre of a region that the file does not give: the middle of the nodes that lie in it."""
    places: dict[str, list[Point]] = {}
    for node in nodes:
        if node.region and node.lat is not None and node.lon is not None:
            places.setdefault(node.region, []).append((node.lat, node.lon))
    return {region: (sum(lat for lat, _ in at) / len(at), sum(lon for _, lon in at) / len(at)) for region, at in places.items()}
