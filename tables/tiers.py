"""The logical tier and the shop tier: who may promise the free units of a SKU.

Free units have an origin: a segment, UNASSIGNED, or a shop's exclusive quota "@shop". Over all origins they add up to what lies
`on_hand` at the sellable nodes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tables.events import UNASSIGNED, Origin, Segment, Shop
from tables.stock import Cells

if TYPE_CHECKING:
    from tables.pool import Pool

Free = Callable[[str, str], int]
WHOLE = 10_000  # basis points


def quota_of(shop: str) -> str:
    """The origin that names a shop's exclusive units."""
    return "@" + shop


def declared(segments: Mapping[str, Segment]) -> list[Segment]:
    """Segments in declared order."""
    return sorted(segments.values(), key=lambda segment: (segment.rank, segment.segment))


def drawing_order(segments: Mapping[str, Segment], segment: str, shop: str) -> tuple[str, ...]:
    """Origins an order of this segment and shop may draw on, in this order: its shop's quota, its segment's own free units, the
    unassigned, and, where it may borrow, those of unprotected segments as declared. A protected segment is never borrowed from."""
    own = segments.get(segment)
    lenders = [other.segment for other in declared(segments) if not other.protected and other.segment != segment]
    borrowed = lenders if own is not None and own.may_borrow else []
    return (quota_of(shop), segment, UNASSIGNED, *borrowed)


def draw(free: Free, origins: Sequence[str], sku: str, units: int) -> list[Origin]:
    """Where `units` come from; fewer than asked when there are no more."""
    taken: list[Origin] = []
    for origin in origins:
        part = min(units, free(origin, sku))
        if part > 0:
            taken.append((origin, part))
            units -= part
            if not units:
                break
    return taken


def largest_remainder(units: int, weights: Sequence[int]) -> list[int]:
    """Integer shares of `units` by weight that add up to `units` exactly; ties go to the earlier weight. All weights 0: all 0."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    shares = [units * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(units * weights[i] % total), i))
    for i in order[: units - sum(shares)]:
        shares[i] += 1
    return shares


def grants(free: Free, segments: Mapping[str, Segment], shops: Iterable[Shop], sku: str, units: int) -> list[Origin]:
    """How new sellable units are granted: fixed quotas are filled first in declared order, the rest goes by ratio with the largest
    remainder, and what the ratios leave stays unassigned. A segment passes units on to its shops' exclusive quotas."""
    given: dict[str, int] = {}
    left = units
    ranked = declared(segments)
    for segment in ranked:
        if segment.quota:
            part = min(left, max(0, segment.quota - free(segment.segment, sku)))
            given[segment.segment] = part
            left -= part
    by_ratio = [segment for segment in ranked if not segment.quota]
    weights = [segment.ratio for segment in by_ratio]
    rest = max(0, WHOLE - sum(weights))
    *shares, unassigned = largest_remainder(left, [*weights, rest]) if weights or rest else [left]
    for segment, share in zip(by_ratio, shares, strict=True):
        given[segment.segment] = share
    given[UNASSIGNED] = unassigned
    _pass_on(free, shops, sku, given)
    return [(origin, part) for origin, part in given.items() if part]


def _pass_on(free: Free, shops: Iterable[Shop], sku: str, given: dict[str, int]) -> None:
    for shop in shops:
        for quota_sku, quota in shop.quotas:
            if quota_sku == sku and given.get(shop.segment):
                origin = quota_of(shop.shop)
                part = min(given[shop.segment], max(0, quota - free(origin, sku)))
                given[shop.segment] -= part
                given[origin] = given.get(origin, 0) + part


def losses(free: Free, segments: Mapping[str, Segment], shops: Iterable[Shop], sku: str, units: int) -> list[Origin]:
    """Which free units go when `units` of a SKU do: the unassigned first, then segments by reverse priority, each before the
    exclusive quotas of its shops. Returns negative units; the caller makes sure there are enough."""
    by_segment: dict[str, list[str]] = {}
    for shop in shops:
        by_segment.setdefault(shop.segment, []).append(quota_of(shop.shop))
    order = [UNASSIGNED]
    for segment in sorted(segments.values(), key=lambda s: (-s.priority, -s.rank, s.segment)):
        order += [segment.segment, *sorted(by_segment.pop(segment.segment, []))]
    order += sorted(quota for quotas in by_segment.values() for quota in quotas)
    return [(origin, -part) for origin, part in draw(free, order, sku, units)]


def available(pool: "Pool", shop: str, sku: str) -> int:
    """Available-to-promise: units of `sku` that `shop` may offer now. Its segment's free units count by the shop's share and less
    its buffer (safety stock against slow channels): offers of several shops may overlap, quotas may not. Unknown shop: 0."""
    return offers(pool, shop, (sku,))[0]


def offers(pool: "Pool", shop: str, skus: Sequence[str]) -> list[int]:
    """`available` of this shop for each of the SKUs."""
    about = pool.shops.get(shop)
    if about is None or not about.active:
        return [0] * len(skus)
    quota, segment, *lent = drawing_order(pool.segments, about.segment, shop)
    own = pool.free.get(segment, {})
    units = [own.get(sku, 0) for sku in skus]
    if about.buffer or about.share != 100:
        units = [max(0, free - about.buffer) * about.share // 100 for free in units]
    for origin in (quota, *lent):
        if cells := pool.free.get(origin):
            units = [offered + cells.get(sku, 0) for offered, sku in zip(units, skus, strict=True)]
    shelves = _shelves(pool, about)
    if shelves is None:
        return units
    return [min(offered, sum([shelf.get(sku, 0) for shelf in shelves])) for offered, sku in zip(units, skus, strict=True)]


def _shelves(pool: "Pool", about: Shop) -> list[Cells] | None:
    """What lies at the nodes that may serve a shop. None where those are all that are sellable: then the free units add up to what lies
    there, and no offer is more."""
    rule = pool.policy.for_segment(about.segment)
    sellable = [node for node in pool.nodes.values() if node.sellable]
    serving = [node.node for node in sellable if not rule.excludes(node.node, node.kind, node.sellable)]
    if len(serving) == len(sellable):
        return None
    return [pool.stock[node].on_hand for node in serving if node in pool.stock]
