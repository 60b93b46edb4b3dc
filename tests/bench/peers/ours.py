"""The fixed job as Yipan's ledger gets it: what an import writes of the stores and their stock, then the orders as `normalize` makes
commands of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

import msgspec

from connectors.contract import Millis, Person, RawRecord, ShopRef
from connectors.registry import channels
from deploy.retailer.people import customer
from streams import commands as c
from streams.ledger import Ledger
from streams.produce import Outgoing
from streams.reference import PoolRecord, Reference, ShopRecord
from streams.rules.normalize import Seal, normalize
from streams.topics import COMMANDS, DECISIONS, RAW
from tables.events import Node, Segment, Shop
from tables.policy import Policy, Rule, encode_policy
from tests.bench.peers.job import PARTITIONS, STOCK, Order
from tests.chain import PER_DOCUMENT

CHANNEL, CURRENCY = "canonical", "USD"
# The shops' segment borrows of the dealers' when its own part is sold out, so that all of the stock can be promised.
SEGMENTS = (Segment(segment="b2c", ratio=7_000, may_borrow=True, rank=1), Segment(segment="b2b", ratio=2_000, rank=2))
POLICY = Policy(rule=Rule(kinds=("warehouse", "store"), shortage="partial"))


class Stocked(NamedTuple):
    """The decisions on the business, and the ledger after them, by partition, as it is dumped: orders start from a full store."""

    decisions: list[Outgoing]
    ledgers: list[bytes]


def stocked(business: Iterable[Outgoing]) -> Stocked:
    """What a worker would have decided on an empty partition."""
    ledgers = [Ledger(partition) for partition in range(PARTITIONS)]
    decisions = []
    for command in business:
        ledger = ledgers[command.partition]
        [(key, record)] = ledger.decide([(ledger.last + 1, command.key, command.value)])
        decisions.append(Outgoing(DECISIONS.name, command.partition, key, record))
    return Stocked(decisions, [ledger.dump() for ledger in ledgers])


def placed(orders: Sequence[Order], seal: Seal) -> Iterator[Outgoing]:
    """Each order, raw and as a command; all commands of a pool in one partition."""
    shops, known = reference({order.pool for order in orders}), channels()
    for number, order in enumerate(orders):
        delivered, partition, offset = raw(order), number % PARTITIONS, number // PARTITIONS
        yield Outgoing(RAW.name, partition, delivered.key.encode(), delivered.body, [*delivered.headers()])
        made = normalize(delivered, ("raw", partition, offset), shops, known, seal)
        assert isinstance(made, tuple), made
        for command in made:
            yield outgoing(order, command)


def outgoing(order: Order, command: c.AnyCommand) -> Outgoing:
    return Outgoing(COMMANDS.name, order.partition, order.pool.encode(), c.encode_command(command))


def reference(pools: Iterable[str]) -> Reference:
    """Every store is a pool with one shop. Its listings are our SKUs."""
    found = Reference()
    for pool in pools:
        found.apply(PoolRecord(pool=pool, partition=0, partitions=PARTITIONS))
        ref = ShopRef(tenant="t1", shop=shop(pool), channel=CHANNEL, pool=pool, currency=CURRENCY)
        found.apply(ShopRecord(ref=ref, segment="b2c", unknown_listing="as_sku"))
    return found


def shop(pool: str) -> str:
    return f"shop-{pool}"


# ---------------------------------------------------------------------------------------------- the business
def business(orders: Sequence[Order]) -> Iterator[Outgoing]:
    cells: dict[str, dict[str, int]] = {}
    first = {order.pool: order for order in reversed(orders)}
    for order in orders:
        cells.setdefault(order.pool, {}).update((line.sku, STOCK) for line in order.lines)
    rising = count(1)
    for pool, skus in cells.items():
        at = first[pool]
        for command in store(pool, list(skus.items()), (("import", at.partition, number, 0) for number in rising), at.placed_at):
            yield outgoing(at, command)


def store(pool: str, stock: Sequence[tuple[str, int]], causes: Iterator[c.Cause], at: int) -> Iterator[c.AnyCommand]:
    """A store that is stocked at `at`."""
    yield c.SetNode(pool=pool, cause=next(causes), version=1, node=Node(node=pool, kind="store", region="US-OH"))
    for segment in SEGMENTS:
        yield c.SetSegment(pool=pool, cause=next(causes), version=1, segment=segment)
    facts = Shop(shop=shop(pool), tenant="t1", channel=CHANNEL, segment="b2c")
    yield c.SetShop(pool=pool, cause=next(causes), version=1, shop=facts)
    yield c.SetPolicy(pool=pool, cause=next(causes), version=1, policy=msgspec.Raw(encode_policy(POLICY)))
    for start in range(0, len(stock), PER_DOCUMENT):
        lines = tuple(stock[start : start + PER_DOCUMENT])
        yield c.ReceiveStock(pool=pool, cause=next(causes), document=f"{pool}/{start}", node=pool, at=at, lines=lines)


# ---------------------------------------------------------------------------------------------- an order
def raw(order: Order) -> RawRecord:
    """In our own order form, with the household as an invented person."""
    at = datetime.fromtimestamp(order.placed_at / 1000, UTC).isoformat()
    buyer = customer(int(order.buyer))
    body = {
        "type": "order",
        "order": order.order_id,
        "placed_at": at,
        "updated_at": at,
        "currency": CURRENCY,
        "region": buyer.region,
        "lines": [
            {"line": str(number), "sku": line.sku, "quantity": line.qty, "price": round(100 * line.price)}
            for number, line in enumerate(order.lines)
        ],
        "recipient": Person(name=f"{buyer.first} {buyer.last}", street=(buyer.street,), city=buyer.place.city, country="US"),
    }
    return RawRecord(
        tenant=order.tenant,
        shop=shop(order.pool),
        channel=CHANNEL,
        kind="order",
        external_id=order.order_id,
        delivery_id=order.order_id,
        received_at=Millis(order.placed_at),
        body=msgspec.json.encode(body),
    )
