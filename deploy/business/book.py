"""The forms of a folder -> a business: what is published, pool by pool."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from connectors.contract import ShopRef
from deploy.business.carriers import Weights, table_of, weights_of
from deploy.business.check import Placed, Sheets
from deploy.business.flow import Seller
from deploy.business.forms import ListingForm, NodeForm, SegmentForm, ShopForm, StockForm
from deploy.business.incoming import orders_of
from deploy.business.partner_form import KnownPartner
from deploy.business.policy import policy_of
from deploy.business.sheets import Problem
from deploy.business.suppliers import Prices, prices_of
from streams.reference import ShopRecord
from tables.carriers import RateTable
from tables.events import Node, Segment, Shop
from tables.policy import Policy

Parts = tuple[tuple[str, int], ...]


class PoolBook(msgspec.Struct, frozen=True, kw_only=True):
    """One pool of a business, in the order it is published. `sellers`: the shops that take orders. `listings`: shop -> listing -> parts;
    `items`: shop -> listing -> what the platform calls it; `stock`: node -> SKU -> units; `weights`: part by part, SKUs and what a unit of
    them weighs; `prices`: node -> part -> SKUs and what the node wants for one. `carriers` None: as it was before;
    `incoming` (node -> reference -> SKU -> units, expected at) too."""

    pool: str
    segments: tuple[Segment, ...]
    nodes: tuple[Node, ...]
    shops: tuple[ShopRecord, ...]
    sellers: tuple[Shop, ...]
    policy: Policy
    listings: dict[str, dict[str, Parts]]
    stock: dict[str, dict[str, int]]
    items: dict[str, dict[str, str]]
    carriers: RateTable | None = None
    weights: tuple[tuple[int, Weights], ...] = ()
    prices: dict[str, tuple[tuple[int, Prices], ...]] = {}
    incoming: dict[str, dict[str, dict[str, tuple[int, int]]]] | None = None


class Business(msgspec.Struct, frozen=True):
    """`secrets`: shop -> the file that holds its secret. `notes`: what is allowed but may be a slip. `places`: where a `shop/…` or
    `node/…` is said, for problems found later. `partners`: each with the file that holds its secret."""

    pools: tuple[PoolBook, ...]
    secrets: dict[str, Path]
    notes: tuple[str, ...]
    places: dict[str, tuple[str, int]]
    partners: tuple[KnownPartner, ...] = ()

    def problem(self, what: str, sentence: str) -> Problem:
        file, line = self.places.get(what, ("nodes.csv", 0))
        return Problem(file, line, sentence)


def business_of(sheets: Sheets, secrets: dict[str, Path]) -> Business:
    pools = dict.fromkeys(at.form.pool for at in sheets.nodes)
    books = tuple(_book(pool, sheets) for pool in pools)
    places = {f"node/{at.form.node}": (at.entry.file, at.entry.line) for at in sheets.nodes}
    places |= {f"shop/{at.form.shop}": (at.entry.file, at.entry.line) for at in sheets.shops}
    return Business(books, secrets, tuple(_notes(books, secrets)), places)


def _book(pool: str, sheets: Sheets) -> PoolBook:
    nodes = [at.form for at in sheets.nodes if at.form.pool == pool]
    shops = [at.form for at in sheets.shops if at.form.pool == pool]
    segments = [at.form for at in sheets.segments if at.form.pool == pool]
    return PoolBook(
        pool=pool,
        segments=tuple(_segment(form, rank) for rank, form in enumerate(segments)),
        nodes=tuple(_node(form) for form in nodes),
        shops=tuple(_shop_record(form) for form in shops),
        sellers=tuple(_shop(form) for form in shops if form.segment),
        policy=policy_of(sheets.policy[0].form, nodes, pool, [Seller(form.shop, form.tenant, pool) for form in shops if form.segment]),
        listings=_listings({form.shop for form in shops}, sheets.listings),
        stock=_stock({form.node for form in nodes}, sheets.stock),
        items=_items({form.shop for form in shops}, sheets.listings),
        carriers=table_of(sheets.carriers[0].form) if sheets.carriers else None,
        weights=weights_of(at.form for at in sheets.items),
        incoming=None
        if sheets.incoming is None
        else orders_of(at.form for at in sheets.incoming if at.form.node in {node.node for node in nodes}),
        prices=prices_of(at.form for at in sheets.prices if at.form.node in {node.node for node in nodes}),
    )


def _segment(form: SegmentForm, rank: int) -> Segment:
    return Segment(
        segment=form.segment,
        ratio=form.ratio,
        quota=form.quota,
        protected=form.protected,
        may_borrow=form.may_borrow,
        priority=form.priority,
        rank=rank,
    )


def _node(form: NodeForm) -> Node:
    return Node(
        node=form.node,
        kind=form.kind,
        region=form.region,
        city=form.city,
        priority=form.priority,
        cancel=form.cancel,
        sellable=form.sellable,
        accept_minutes=form.accept_minutes,
        bills_in=form.bills_in,
        freight=form.freight,
        arrivals=form.arrivals,
    )


def _shop(form: ShopForm) -> Shop:
    return Shop(
        shop=form.shop,
        tenant=form.tenant,
        channel=form.channel,
        segment=form.segment,
        share=form.share,
        buffer=form.buffer,
        quotas=tuple(sorted(form.quotas.items())),
        active=form.active,
    )


def _shop_record(form: ShopForm) -> ShopRecord:
    ref = ShopRef(
        tenant=form.tenant,
        shop=form.shop,
        channel=form.channel,
        pool=form.pool,
        currency=form.currency,
        timezone=form.timezone,
        url=form.url,
    )
    return ShopRecord(
        ref=ref,
        segment=form.segment,
        unknown_listing=form.unknown_listing,
        non_goods=form.non_goods,
        poll_seconds=form.poll_seconds,
        active=form.active,
        tell=form.tell,
    )


def _listings(shops: set[str], listings: Iterable[Placed[ListingForm]]) -> dict[str, dict[str, Parts]]:
    found: dict[str, dict[str, Parts]] = {}
    for at in listings:
        if at.form.shop in shops:
            parts = found.setdefault(at.form.shop, {})
            parts[at.form.listing] = (*parts.get(at.form.listing, ()), (at.form.sku, at.form.units))
    return found


def _items(shops: set[str], listings: Iterable[Placed[ListingForm]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for at in listings:
        if at.form.shop in shops and at.form.item:
            found.setdefault(at.form.shop, {})[at.form.listing] = at.form.item
    return found


def _stock(nodes: set[str], stock: Iterable[Placed[StockForm]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for at in stock:
        if at.form.node in nodes:
            found.setdefault(at.form.node, {})[at.form.sku] = at.form.on_hand
    return found


def _notes(books: tuple[PoolBook, ...], secrets: dict[str, Path]) -> Iterator[str]:
    for book in books:
        held = Counter[str]()
        for node in book.nodes:
            if node.sellable:
                held.update(book.stock.get(node.node, {}))
        wanted = Counter[str]()
        for shop in book.sellers:
            wanted.update(dict(shop.quotas))
        for sku, units in sorted(wanted.items()):
            if units > held[sku]:
                yield f"pool {book.pool}: the shops' quotas of {sku} come to {units} units, stock.csv has {held[sku]} on sellable nodes"
        for record in book.shops:
            if record.ref.shop not in secrets:
                yield f"shop {record.ref.shop} has no secret_file here; without a secret of before, its webhooks are refused"
