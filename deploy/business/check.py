"""What the files of an import folder say of each other must fit together: names that exist, nothing said twice, no more than there is."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from deploy.business.carriers import CarriersForm, WeightForm, table_problems
from deploy.business.flow import Seller, flow_problems
from deploy.business.forms import (
    BASIS_POINTS,
    Form,
    ListingForm,
    NodeForm,
    PolicyForm,
    RuleForm,
    SegmentForm,
    ShopForm,
    StockForm,
)
from deploy.business.incoming import IncomingForm
from deploy.business.partner_form import PartnerForm
from deploy.business.sheets import Entry, Problem, hint
from deploy.business.suppliers import PriceForm, price_problem

F = TypeVar("F", bound=Form)
# what sells nothing: warehouses, suppliers and carriers tell through these
FEEDS = frozenset({"warehouse", "qimen", "x12", "easypost", "kuaidi100"})


class Placed(msgspec.Struct, Generic[F], frozen=True):
    """A form that is right in itself, and where it stands."""

    entry: Entry
    form: F

    def problem(self, sentence: str, *path: str | int) -> Problem:
        return Problem(self.entry.file, self.entry.at(path), sentence)


class Anything(frozenset[str]):
    """The names of a file with wrong rows: any of them may be the one that is looked for."""

    def __contains__(self, name: object) -> bool:
        return True


class Sheets(msgspec.Struct, frozen=True):
    """The entries of a folder that are right in themselves. `broken`: files that have others too."""

    nodes: tuple[Placed[NodeForm], ...]
    shops: tuple[Placed[ShopForm], ...]
    segments: tuple[Placed[SegmentForm], ...]
    listings: tuple[Placed[ListingForm], ...]
    stock: tuple[Placed[StockForm], ...]
    policy: tuple[Placed[PolicyForm], ...]
    broken: frozenset[str] = frozenset()
    partners: tuple[Placed[PartnerForm], ...] = ()
    carriers: tuple[Placed[CarriersForm], ...] = ()
    items: tuple[Placed[WeightForm], ...] = ()
    prices: tuple[Placed[PriceForm], ...] = ()
    incoming: tuple[Placed[IncomingForm], ...] | None = None  # None: there is no such file

    def names(self, file: str, found: Iterable[str]) -> frozenset[str]:
        return Anything() if file in self.broken else frozenset(found)


def cross_check(sheets: Sheets, channels: Collection[str]) -> Iterator[Problem]:
    yield from _twice(sheets.nodes, lambda node: node.node, "node {} is said twice; a node belongs to one pool")
    yield from _twice(sheets.shops, lambda shop: shop.shop, "shop {} is said twice; shop names are unique over all pools and tenants")
    yield from _twice(sheets.segments, lambda at: (at.pool, at.segment), "segment {} is said twice; join the entries")
    yield from _twice(sheets.listings, lambda at: (at.shop, at.listing, at.sku), "{} is said twice; add the units up in one row")
    yield from _twice(sheets.stock, lambda at: (at.node, at.sku), "the stock of {} is said twice; leave one of the rows")
    for file, rows in (("nodes.csv", sheets.nodes), ("shops.yaml", sheets.shops)):
        if not rows and file not in sheets.broken:
            yield Problem(file, 0, "the file has no entries; a business has at least one")
    yield from _shops(sheets, channels)
    yield from _segments(sheets)
    yield from _unknown(
        sheets.listings, lambda at: at.shop, sheets.names("shops.yaml", (at.form.shop for at in sheets.shops)), "shop", "shops.yaml"
    )
    yield from _unknown(sheets.stock, lambda at: at.node, _nodes(sheets), "node", "nodes.csv")
    for policy in sheets.policy:
        yield from _policy(sheets, policy)
    for at in sheets.carriers:
        shops = sheets.names("shops.yaml", (shop.form.shop for shop in sheets.shops))
        yield from (at.problem(sentence, *path) for sentence, path in table_problems(at.form, shops, _nodes(sheets)))
    yield from _twice(sheets.items, lambda item: item.sku, "{} is weighed twice; leave one of the rows")
    yield from _twice(sheets.prices, lambda price: (price.node, price.sku), "the price of {} is said twice; leave one of the rows")
    yield from _prices(sheets)
    ordered = sheets.incoming or ()
    yield from _twice(ordered, lambda at: (at.node, at.reference, at.sku), "{} is on order twice; add the units up in one row")
    yield from _unknown(ordered, lambda at: at.node, _nodes(sheets), "node", "nodes.csv")
    yield from _partners_nodes(sheets)
    yield from _labels_heard_of(sheets)


def cross_check_partners(partners: Iterable[Placed[PartnerForm]], forms: Collection[str]) -> Iterator[Problem]:
    """What partners.yaml says must fit together in itself."""
    placed = tuple(partners)
    yield from _twice(placed, lambda at: at.partner, "partner {} is said twice; join the entries")
    whose: dict[str, str] = {}
    for at in placed:
        if at.form.form not in forms:
            yield at.problem(f"there is no form {at.form.form!r}; {hint(at.form.form, forms)}", "form")
        for name in (*(f"node {node}" for node in at.form.nodes), *(f"kind {kind}" for kind in at.form.kinds)):
            if (other := whose.setdefault(name, at.form.partner)) != at.form.partner:
                yield at.problem(f"{name} is partner {other}'s already; a node has one system")


def _twice(placed: Iterable[Placed[F]], key: Callable[[F], Hashable], sentence: str) -> Iterator[Problem]:
    first: dict[Hashable, int] = {}
    for at in placed:
        name = key(at.form)
        shown = " / ".join(map(str, name)) if isinstance(name, tuple) else name
        if (line := first.setdefault(name, at.entry.line)) != at.entry.line:
            yield at.problem(f"{sentence.format(shown)} (first in line {line})")


def _unknown(placed: Iterable[Placed[F]], key: Callable[[F], str], known: Collection[str], what: str, where: str) -> Iterator[Problem]:
    for at in placed:
        if (name := key(at.form)) not in known:
            yield at.problem(f"{what} {name!r} is not in {where}; {hint(name, known)}")


def _pools(sheets: Sheets) -> frozenset[str]:
    return sheets.names("nodes.csv", (at.form.pool for at in sheets.nodes))


def _nodes(sheets: Sheets) -> frozenset[str]:
    return sheets.names("nodes.csv", (at.form.node for at in sheets.nodes))


def _shops(sheets: Sheets, channels: Collection[str]) -> Iterator[Problem]:
    pools = _pools(sheets)
    for at in sheets.shops:
        shop = at.form
        if shop.pool not in pools:
            yield at.problem(f"pool {shop.pool!r} has no node in nodes.csv; {hint(shop.pool, pools)}", "pool")
        if shop.channel not in channels:
            yield at.problem(f"there is no channel {shop.channel!r}; {hint(shop.channel, channels)}", "channel")
        known = sheets.names("segments.yaml", (other.form.segment for other in sheets.segments if other.form.pool == shop.pool))
        if not shop.segment and shop.channel not in FEEDS:
            yield at.problem(f"the shop sells and needs a segment of pool {shop.pool!r}; {hint('', known)}")
        if shop.segment and shop.segment not in known:
            yield at.problem(
                f"segment {shop.segment!r} of pool {shop.pool!r} is not in segments.yaml; {hint(shop.segment, known)}", "segment"
            )


def _segments(sheets: Sheets) -> Iterator[Problem]:
    yield from _unknown(sheets.segments, lambda at: at.pool, _pools(sheets), "pool", "nodes.csv")
    total: dict[str, int] = {}
    for at in sheets.segments:
        pool, before = at.form.pool, total.get(at.form.pool, 0)
        total[pool] = before + at.form.ratio
        if before <= BASIS_POINTS < total[pool]:
            yield at.problem(f"the ratios of pool {pool!r} come to {total[pool] / 100:g} % here; they may be 100 % at most", "ratio")


def _partners_nodes(sheets: Sheets) -> Iterator[Problem]:
    nodes = _nodes(sheets)
    for at in sheets.partners:
        for index, node in enumerate(at.form.nodes):
            if node not in nodes:
                yield at.problem(f"node {node!r} is not in nodes.csv; {hint(node, nodes)}", "nodes", index)


def _labels_heard_of(sheets: Sheets) -> Iterator[Problem]:
    heard = sheets.names("shops.yaml", (at.form.pool for at in sheets.shops if at.form.channel == "warehouse"))
    for at in sheets.partners:
        theirs = [node.form for node in sheets.nodes if node.form.node in at.form.nodes or node.form.kind in at.form.kinds]
        for pool in dict.fromkeys(node.pool for node in theirs if at.form.labels):
            if pool not in heard:
                yield at.problem(f"pool {pool} cannot hear of labels; give it a shop of channel warehouse in shops.yaml", "labels")


def _prices(sheets: Sheets) -> Iterator[Problem]:
    if "nodes.csv" in sheets.broken:
        return
    nodes = {at.form.node: at.form for at in sheets.nodes}
    for at in sheets.prices:
        if sentence := price_problem(at.form, nodes):
            yield at.problem(sentence)


def _policy(sheets: Sheets, at: Placed[PolicyForm]) -> Iterator[Problem]:
    segments = sheets.names("segments.yaml", (segment.form.segment for segment in sheets.segments))
    nodes = _nodes(sheets)
    yield from _filters(at, at.form, nodes, ())
    for segment, rule in at.form.segments.items():
        if segment not in segments:
            yield at.problem(f"segment {segment!r} is not in segments.yaml; {hint(segment, segments)}", "segments", segment)
        yield from _filters(at, rule, nodes, ("segments", segment))
    sellers = [Seller(shop.form.shop, shop.form.tenant, shop.form.pool) for shop in sheets.shops if shop.form.segment]
    if "shops.yaml" not in sheets.broken:
        for sentence, path in flow_problems(at.form.flow, sellers):
            yield at.problem(sentence, *path)
    for node in at.form.flow.waves if at.form.flow else ():
        if node not in nodes:
            yield at.problem(f"node {node!r} is not in nodes.csv; {hint(node, nodes)}", "flow", "waves", node)
    for region, table in at.form.distances.items():
        for node in table:
            if node not in nodes:
                yield at.problem(f"node {node!r} is not in nodes.csv; {hint(node, nodes)}", "distances", region, node)


def _filters(at: Placed[PolicyForm], rule: RuleForm, nodes: Collection[str], path: tuple[str | int, ...]) -> Iterator[Problem]:
    if not rule.filters:
        return
    for field, names in (("nodes", rule.filters.nodes), ("exclude", rule.filters.exclude)):
        for index, name in enumerate(names):
            if name not in nodes:
                yield at.problem(f"node {name!r} is not in nodes.csv; {hint(name, nodes)}", *path, "filters", field, index)
