"""What an import has to tell: the business of the folder against what imports before it said. Pure.

An item is named `import/<pool>/<what>`, like its record in `reference`. Stock is remembered in buckets of SKUs, because a record per
cell would make every process read hundreds of thousands of them before it starts.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from zlib import crc32

import msgspec

from connectors.contract import ShopRef
from deploy.business.book import Business, PoolBook
from deploy.business.incoming import Remembered
from deploy.business.sheets import Problem
from streams.commands import Command, CountStock, SetCarriers, SetListing, SetNode, SetPolicy, SetPrices, SetSegment, SetShop, SetWeights
from streams.reference import AnyReference, ImportRecord, ListingRecord, NodeRecord, PoolRecord, Reference, ShopRecord, record_id
from tables.carriers import decode_rates, encode_rates
from tables.events import Node
from tables.policy import decode_policy, encode_policy

DOCUMENT_LINES = 500
STOCK_BUCKETS = 64
KINDS = ("segment", "node", "shop", "policy", "prices", "weights", "carriers", "listing", "stock", "incoming")

canonical = msgspec.json.Encoder(order="deterministic").encode
Told = Mapping[str, str]


class Pending(msgspec.Struct, frozen=True):
    """An import that has begun. `digest` names its business; `changed`: items that were known otherwise before; `heard`: every command
    was acknowledged."""

    version: int
    digest: str
    changed: tuple[str, ...]
    heard: bool = False


class Item(msgspec.Struct, frozen=True):
    """One thing an import says: its name, canonical value, the command that tells the ledger (None: not its business) and the records
    that tell `reference`."""

    kind: str
    name: str
    value: str
    command: Command | None = None
    records: tuple[AnyReference, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """`commands` in the order they are to be heard in; `changed`: names of items known otherwise before."""

    version: int
    commands: tuple[Command, ...]
    records: tuple[AnyReference, ...]
    partitions: dict[str, int]
    published: dict[str, int]
    unchanged: dict[str, int]
    changed: tuple[str, ...]


# ---------------------------------------------------------------------------------------------- what is known
def told(reference: Reference, pending: Pending | None) -> dict[str, str]:
    """Item -> value as the ledger is sure to know it. What an unfinished import changed counts as unknown."""
    found = {f"listing/{shop}/{listing}": _listed(record.parts, record.item) for (shop, listing), record in reference.listings.items()}
    for name, record in reference.imports.items():
        if record.what.startswith("stock/"):
            prefix = name.rpartition("/")[0]
            found |= {f"{prefix}/{sku}": str(units) for sku, units in msgspec.json.decode(record.value).items()}
        else:
            found[name] = record.value
    for name in pending.changed if pending else ():
        found.pop(name, None)
    return found


def pending_record(version: int, pending: Pending | None) -> ImportRecord:
    return ImportRecord(pool="", what="pending", value=_json(pending) if pending else "", version=version)


def pending_of(reference: Reference) -> Pending | None:
    record = reference.imports.get(record_id(pending_record(0, None)))
    return msgspec.json.decode(record.value, type=Pending) if record and record.value else None


def last_version(reference: Reference) -> int:
    return max((record.version for record in reference.imports.values()), default=0)


def digest(business: Business) -> str:
    return hashlib.blake2b(canonical(business.pools), digest_size=16).hexdigest()


def refusals(business: Business, reference: Reference, partitions: int) -> Iterator[Problem]:
    """What no import may change: the pool of a shop or node, the tenant of a shop, the number of partitions."""
    for book in business.pools:
        for record in book.shops:
            if known := reference.shops.get(record.ref.shop):
                yield from _moved(business, known.ref, record.ref)
        for node in book.nodes:
            if (there := reference.nodes.get(node.node)) and there.pool != book.pool:
                said = f"node {node.node!r} belongs to pool {there.pool!r} for life, its stock lies there; give it a new name"
                yield business.problem(f"node/{node.node}", said)
        yield from _same_version(book, reference)
    for made in reference.pools.values():
        if made.partitions != partitions:
            advice = f"set YIPAN_PARTITIONS={made.partitions}"
            yield Problem("settings", 0, f"pool {made.pool!r} was made for {made.partitions} partitions, not {partitions}; {advice}")


def _same_version(book: PoolBook, reference: Reference) -> Iterator[Problem]:
    """A choice of carrier names its table by this version."""
    record, table = reference.imports.get(f"import/{book.pool}/carriers"), book.carriers
    if record and table and record.value != _json(table) and table.version <= (last := decode_rates(record.value).version):
        yield Problem("carriers.yaml", 0, f"the table differs from the one imported as version {last}; raise its version above that")


def _moved(business: Business, before: ShopRef, now: ShopRef) -> Iterator[Problem]:
    what, advice = f"shop/{now.shop}", "give it a new name to sell otherwise"
    if before.pool != now.pool:
        yield business.problem(what, f"shop {now.shop!r} belongs to pool {before.pool!r} for life; {advice}")
    if before.tenant != now.tenant:
        yield business.problem(
            what, f"shop {now.shop!r} belongs to tenant {before.tenant!r} for life, its orders are named by it; {advice}"
        )


# ---------------------------------------------------------------------------------------------- what is new
def difference(business: Business, reference: Reference, known: Told, version: int, partitions: int) -> Difference:
    """Commands and records that turn what is known into the business. The same arguments give the same causes, so an import that was
    cut off can be repeated under its version without effect on what was heard."""
    pools = {record.pool: record.partition for record in reference.pools.values()}
    records: list[AnyReference] = list(_assign(business, pools, partitions))
    commands: list[Command] = []
    published, unchanged, changed = Counter[str](), Counter[str](), list[str]()
    for book in business.pools:
        items = list(_items(_with_distances(book, reference), version))
        new = [item for item in items if known.get(item.name) != item.value]
        unchanged.update(item.kind for item in items if known.get(item.name) == item.value)
        published.update(item.kind for item in new)
        changed += [item.name for item in new if item.name in known]
        before = _announced_before(book, reference, version)
        coming = before.changes(book.incoming)
        published["incoming"] += len(coming)
        unchanged["incoming"] += sum(map(len, (book.incoming or {}).values())) - sum(map(bool, coming.values()))
        changed += map(before.name, coming)  # those that are new as well: another folder would not know to call them off
        commands += [item.command for item in new if item.command]
        commands += _counts(book.pool, new, version)
        commands += before.announcements(coming, version)
        records += [record for item in new for record in item.records]
        records += _stock_records(book.pool, new, reference, version)
        records += before.records(coming, version)
    numbered = tuple(msgspec.structs.replace(at, cause=("import", 0, version, ordinal)) for ordinal, at in enumerate(commands))
    return Difference(version, numbered, _ordered(records), pools, dict(+published), dict(+unchanged), tuple(changed))


def _assign(business: Business, pools: dict[str, int], partitions: int) -> Iterator[PoolRecord]:
    """New pools go to the partition that has the fewest; `pools` learns of them."""
    for book in business.pools:
        if book.pool not in pools:
            load = Counter(pools.values())
            pools[book.pool] = min(range(partitions), key=lambda partition: (load[partition], partition))
            yield PoolRecord(pool=book.pool, partition=pools[book.pool], partitions=partitions)


def _with_distances(book: PoolBook, reference: Reference) -> PoolBook:
    """A node that the folder leaves out is not removed by it: it stays as far away as the policy before had it."""
    before = reference.imports.get(f"import/{book.pool}/policy")
    named = {node.node for node in book.nodes}
    left_out = {node.node for node in reference.nodes.values() if node.pool == book.pool} - named
    if not before or not left_out:
        return book
    distances = dict(book.policy.distances)
    for region, table in decode_policy(before.value.encode()).distances.items():
        if kept := {node: km for node, km in table.items() if node in left_out}:
            distances[region] = kept | distances.get(region, {})
    return msgspec.structs.replace(book, policy=msgspec.structs.replace(book.policy, distances=distances))


def _items(book: PoolBook, version: int) -> Iterator[Item]:
    """In the order the ledger has to hear of them."""
    pool, cause = book.pool, ("import", 0, version, 0)
    for segment in book.segments:
        yield _item(f"segment/{segment.segment}", pool, segment, SetSegment(pool=pool, cause=cause, version=version, segment=segment))
    for node in book.nodes:
        command = SetNode(pool=pool, cause=cause, version=version, node=node)
        yield _item(f"node/{node.node}", pool, node, command, _node_record(pool, node, version))
    sellers = {shop.shop: shop for shop in book.sellers}
    for shop in book.shops:
        seller = sellers.get(shop.ref.shop)
        told_shop = SetShop(pool=pool, cause=cause, version=version, shop=seller) if seller else None
        record = msgspec.structs.replace(shop, version=version)
        yield _item(f"shop/{shop.ref.shop}", pool, (shop, seller), told_shop, record, version=version)
    policy = SetPolicy(pool=pool, cause=cause, version=version, policy=msgspec.Raw(encode_policy(book.policy)))
    yield _item("policy", pool, book.policy, policy)
    for node in book.nodes:
        for part, prices in book.prices.get(node.node, ()):
            listed = SetPrices(pool=pool, cause=cause, version=version, node=node.node, part=part, prices=prices)
            yield _item(f"prices/{node.node}/{part}", pool, (node.bills_in, prices), listed)
    for part, weights in book.weights:
        weighed = SetWeights(pool=pool, cause=cause, version=version, part=part, weights=weights)
        yield _item(f"weights/{part}", pool, weights, weighed)
    if book.carriers is not None:
        table = msgspec.Raw(encode_rates(book.carriers))
        yield _item("carriers", pool, book.carriers, SetCarriers(pool=pool, cause=cause, version=version, table=table))
    for shop_name, listings in book.listings.items():
        for listing, parts in listings.items():
            named = SetListing(pool=pool, cause=cause, version=version, shop=shop_name, listing=listing, parts=parts)
            item = book.items.get(shop_name, {}).get(listing, "")
            kept = ListingRecord(shop=shop_name, listing=listing, parts=parts, version=version, item=item)
            yield Item("listing", f"listing/{shop_name}/{listing}", _listed(parts, item), named, (kept,))
    for node_name, cells in book.stock.items():
        for sku, units in cells.items():
            yield Item("stock", f"import/{pool}/stock/{node_name}/{sku}", str(units))


def _item(what: str, pool: str, value: object, command: Command | None, *records: AnyReference, version: int = 0) -> Item:
    text = _json(value)
    remembered = ImportRecord(pool=pool, what=what, value=text, version=command.cause[2] if command else version)
    return Item(what.partition("/")[0], f"import/{pool}/{what}", text, command, (*records, remembered))


def _listed(parts: tuple[tuple[str, int], ...], item: str) -> str:
    return _json((parts, item) if item else parts)


def _node_record(pool: str, node: Node, version: int) -> NodeRecord:
    return NodeRecord(
        node=node.node, pool=pool, kind=node.kind, region=node.region, city=node.city, sellable=node.sellable, version=version
    )


# ---------------------------------------------------------------------------------------------- stock
def _cells(items: Iterable[Item]) -> Iterator[tuple[str, str, int]]:
    """(node, SKU, units) of the stock items; a SKU may hold slashes, a node does not."""
    for item in items:
        if item.kind == "stock":
            _, _, _, node, sku = item.name.split("/", 4)
            yield node, sku, int(item.value)


def _counts(pool: str, new: list[Item], version: int) -> Iterator[CountStock]:
    for node, cells in groupby(_cells(new), key=itemgetter(0)):
        lines = [(sku, units) for _, sku, units in cells]
        for number, start in enumerate(range(0, len(lines), DOCUMENT_LINES), 1):
            yield CountStock(
                pool=pool,
                cause=("import", 0, version, 0),
                document=f"import/{version}/{node}#{number}",
                node=node,
                counted_at=0,
                lines=tuple(lines[start : start + DOCUMENT_LINES]),
            )


def _stock_records(pool: str, new: list[Item], reference: Reference, version: int) -> Iterator[ImportRecord]:
    """The buckets that change, whole: what they held and what is new."""
    buckets: dict[str, dict[str, int]] = {}
    for node, sku, units in _cells(new):
        buckets.setdefault(f"stock/{node}/{crc32(sku.encode()) % STOCK_BUCKETS}", {})[sku] = units
    for what, cells in buckets.items():
        before = reference.imports.get(f"import/{pool}/{what}")
        held = msgspec.json.decode(before.value, type=dict[str, int]) if before else {}
        yield ImportRecord(pool=pool, what=what, value=_json(held | cells), version=version)


# ---------------------------------------------------------------------------------------------- what is on order
def _announced_before(book: PoolBook, reference: Reference, version: int) -> Remembered:
    pending = pending_of(reference)
    doubtful = dict.fromkeys(pending.changed, pending.version) if pending and pending.version != version else {}
    return Remembered(book.pool, [node.node for node in book.nodes], reference, doubtful)


def _ordered(records: list[AnyReference]) -> tuple[AnyReference, ...]:
    """Shops after what their orders need, and what was imported last of all."""
    order = (PoolRecord, NodeRecord, ListingRecord, ShopRecord, ImportRecord)
    return tuple(sorted(records, key=lambda record: order.index(type(record))))


def _json(value: object) -> str:
    return canonical(value).decode()
