"""A long log of commands with their decisions, as years of a retailer's orders would have left it: decided in memory, written at once."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import count, islice
from typing import NamedTuple

import msgspec

from deploy import clients
from deploy.lookup import topic_log
from deploy.retailer.assortment import Assortment
from deploy.retailer.orders import Order
from deploy.retailer.shops import DEPOTS, SHOPS, Shop
from deploy.retailer.stocking import stock
from deploy.settings import Settings
from streams import commands as c
from streams.agents.rebuild import Rebuilt, from_snapshots
from streams.ledger import Ledger
from streams.produce import Outgoing, transactions
from streams.snapshots import Origin, Snapshot, Snapshots, StoredFiles
from streams.topics import COMMANDS, DECISIONS
from tables.events import Node, OrderLine, Segment
from tables.events import Shop as ShopFacts
from tables.policy import Policy, Rule, encode_policy
from tests.chain import PER_DOCUMENT

TENANT = "juniper"
YEAR_MS = 365 * 86_400_000
AT_ONCE = 500
BASKETS = 100_000  # of a year
# Of a hundred orders so many are cancelled; all others ship, when so many more have come.
CANCELLED, LATER = 3, 1_500
STOCKED = 4
TICK_EVERY = 200  # orders
SEALED = "k1:" + "0123456789abcdef" * 12


class Waiting(NamedTuple):
    order: str
    at: int


@cache
def assortment() -> Assortment:
    return Assortment(BASKETS)


class Years:
    """The retailer's year over and over, in one pool of its own: every fourth basket in each of four pools."""

    def __init__(self, partition: int, partitions: int) -> None:
        self.pool = f"pool-{partition}"
        self.ledger = Ledger(partition)
        self._partition, self._partitions = partition, partitions
        self._assortment = assortment()
        self._rising = count(1)
        self._open: deque[Waiting] = deque()

    def cause(self) -> c.Cause:
        return ("import", self._partition, next(self._rising), 0)

    def commands(self) -> Iterator[c.AnyCommand]:
        """Endless. Each batch must be decided before the next one is drawn."""
        yield from self._business()
        for year in count():
            yield from self._receipts(year)
            for number, (shop, order) in enumerate(self._assortment.orders()):
                if number % self._partitions == self._partition:
                    yield from self._order(year, number, shop, order)

    def _business(self) -> Iterator[c.AnyCommand]:
        for at in DEPOTS:
            node = Node(node=at.name, kind=at.kind, region=f"US-{at.state}", priority=at.priority)
            yield c.SetNode(pool=self.pool, cause=self.cause(), version=1, node=node)
        for segment, ratio in (("b2c", 7_000), ("b2b", 2_000)):
            yield c.SetSegment(pool=self.pool, cause=self.cause(), version=1, segment=Segment(segment=segment, ratio=ratio))
        for shop in SHOPS:
            facts = ShopFacts(shop=shop.name, tenant=TENANT, channel=shop.channel, segment=shop.segment)
            yield c.SetShop(pool=self.pool, cause=self.cause(), version=1, shop=facts)

        policy = Policy(rule=Rule(kinds=("warehouse", "store"), shortage="partial"))
        yield c.SetPolicy(pool=self.pool, cause=self.cause(), version=1, policy=msgspec.Raw(encode_policy(policy)))

    def _receipts(self, year: int) -> Iterator[c.AnyCommand]:
        """Most of what the year will ask for, so that little has to wait."""
        for node, held in stock(self._assortment.demand, seed=1).initial.items():
            lines = [(sku, STOCKED * -(-units // self._partitions)) for sku, units in held.items()]
            for start in range(0, len(lines), PER_DOCUMENT):
                some = tuple(lines[start : start + PER_DOCUMENT])
                document = f"{node}/{year}/{start}"
                yield c.ReceiveStock(pool=self.pool, cause=self.cause(), document=document, node=node, at=year * YEAR_MS, lines=some)

    # ------------------------------------------------------------------------------------------ orders
    def _order(self, year: int, number: int, shop: Shop, order: Order) -> Iterator[c.AnyCommand]:
        lines = tuple(
            OrderLine(str(line.line), line.code, line.quantity, line.cents, parts)
            for line in order.lines
            if (parts := self._assortment.skus(shop, line))
        )
        if not lines:
            return
        at = order.placed_at + year * YEAR_MS
        placed = Waiting(f"{TENANT}/{shop.name}/{order.number}-{year}", at)
        yield c.PlaceOrder(
            pool=self.pool,
            cause=self.cause(),
            order=placed.order,
            shop=shop.name,
            channel=shop.channel,
            number=f"#{order.number}-{year}",
            updated_at=at,
            digest=f"{order.number:028x}{year:04x}",
            placed_at=at,
            received_at=at,
            currency="USD",
            region=f"US-{order.customer.place.state}",
            lines=lines,
            sealed=SEALED,
        )
        if number // self._partitions % 100 < CANCELLED:
            yield c.CancelOrder(pool=self.pool, cause=self.cause(), order=placed.order, shop=shop.name, updated_at=at + 1, digest="cancel")
        else:
            self._open.append(placed)
        if len(self._open) > LATER:
            yield from self._ship(self._open.popleft(), at)
        if number // self._partitions % TICK_EVERY == 0:
            yield c.Tick(pool=self.pool, cause=("tick", self._partition, at, 0), at=at)

    def _ship(self, placed: Waiting, at: int) -> Iterator[c.AnyCommand]:
        for fulfilment in list(self.ledger.pools[self.pool].orders[placed.order].open_fulfilments):
            yield c.ConfirmShipment(pool=self.pool, cause=self.cause(), document=f"d-{fulfilment}", fulfilment=fulfilment, shipped_at=at)


Decided = tuple[bytes, bytes, bytes]  # key, command, decision


def decided(years: Years, decisions: int) -> Iterator[Sequence[Decided]]:
    """The first so many, in batches."""
    coming = years.commands()
    for done in range(0, decisions, AT_ONCE):
        batch = [(offset, years.pool.encode(), c.encode_command(command)) for offset, command in _some(coming, done, decisions)]
        records = years.ledger.decide(batch)
        yield [(key, command, record) for (_, key, command), (_, record) in zip(batch, records, strict=True)]


def _some(coming: Iterator[c.AnyCommand], done: int, decisions: int) -> Iterator[tuple[int, c.AnyCommand]]:
    return enumerate(islice(coming, min(AT_ONCE, decisions - done)), done)


def fill(settings: Settings, partition: int, decisions: int) -> int:
    """Write that many commands and decisions to a partition. Returns the bytes of the decisions."""
    years, size = Years(partition, settings.partitions), 0
    commands = clients.producer(settings)
    writer = transactions(partial(clients.producer, settings), f"yipan-allocate-{partition}")
    assert writer.fence(lambda: True)
    for batch in decided(years, decisions):
        for key, command, _ in batch:
            commands.produce(COMMANDS.name, command, key, partition)
        writer.write([Outgoing(DECISIONS.name, partition, key, record) for key, _, record in batch])
        commands.flush()
        size += sum(len(record) for _, _, record in batch)
    return size


def shelve(settings: Settings, origin: Origin, partition: int, behind: int, folder: str) -> int:
    """Save a snapshot that so many records follow; what is there of an earlier one is gone on with. Returns its bytes."""
    shelf, source = Snapshots(StoredFiles(folder), origin), topic_log(settings)
    ledger, position, *_ = next(from_snapshots(shelf, partition), Rebuilt(Ledger(partition), 0, 0))
    stop = source.ends(DECISIONS.name)[partition] - behind
    for batch in source.read(DECISIONS.name, {partition: position}, {partition: stop}):
        for record in batch:
            ledger.fold(record.offset, record.value)
            position = record.offset + 1
    source.close()
    dump = ledger.dump()
    shelf.save(partition, Snapshot(position, ledger.chain, dump))
    return len(dump)
