"""Each stage with all its work on, but without a broker: what it is given is in memory, what it sends is acknowledged at once."""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import TopicPartition

from analytics.cuts import Limits
from analytics.migrate import migrate
from analytics.sink import Sink
from analytics.store import Store
from connectors.registry import channels
from deploy.sealing import Sealer, create_key
from streams import commands as c
from streams.agents.announce import Announce
from streams.agents.fulfil import Fulfil
from streams.agents.normalize import Normalize
from streams.intake import SLICE, Stage
from streams.ledger import Ledger, Message
from streams.produce import Deliveries, Outgoing, Transactions
from streams.read import MemoryLog, Record
from streams.reference import PoolRecord, Reference, ShopRecord
from streams.snapshots import Origin, Snapshots, StoredFiles
from streams.topics import DECISIONS, ORDER_STATUS
from tests.bench import storefront
from tests.bench.job import Job
from tests.bench.measure import Trial

Prepare = Callable[[], Trial]

AT_ONCE = 500
# What `announce` publishes together: a second of a partition that takes a quarter of 8,000 orders/s.
TOLD_TOGETHER = 2_000
NO_LIMIT = 1 << 40
NOW = 1_700_000_000_000


# ---------------------------------------------------------------------------------------------- the log
class Decided(NamedTuple):
    """The log of one partition: the job's business, and behind it so many of its orders."""

    business: list[Message]
    commands: list[Message]
    lines: int
    before: list[bytes]
    decisions: list[bytes]

    def records(self) -> list[Record]:
        """The orders' decisions as a consumer has them."""
        return _records(self.decisions, len(self.before))

    def log(self) -> MemoryLog:
        """What is there when a stage begins."""
        return MemoryLog({DECISIONS.name: {0: _records(self.before, 0)}})


@cache
def decided(job: Job, orders: int) -> Decided:
    business, placed = encoded(job.business()), list(islice(job.orders(), orders))
    commands, writer = encoded(placed, len(business)), Ledger(0)
    before = decide(writer, business)
    return Decided(business, commands, sum(len(order.lines) for order in placed), before, decide(writer, commands))


def encoded(commands: Iterable[c.AnyCommand], first: int = 0) -> list[Message]:
    return [(offset, command.pool.encode(), c.encode_command(command)) for offset, command in enumerate(commands, first)]


def decide(ledger: Ledger, commands: Sequence[Message]) -> list[bytes]:
    return [record for start in range(0, len(commands), AT_ONCE) for _, record in ledger.decide(commands[start : start + AT_ONCE])]


def opened(job: Job) -> Ledger:
    ledger = Ledger(0)
    decide(ledger, encoded(job.business()))
    return ledger


def _records(decisions: Sequence[bytes], first: int) -> list[Record]:
    return [Record(0, offset, NOW + offset, b"pool-0", (), value) for offset, value in enumerate(decisions, first)]


# ---------------------------------------------------------------------------------------------- the ledger
def ledger(job: Job, orders: int) -> Prepare:
    """commands -> decisions, every one of them anchored, hashed and explained."""
    made = decided(job, orders)

    def prepare() -> Trial:
        return Trial(orders, made.lines, partial(decide, opened(job), made.commands))

    return prepare


def fold(job: Job, orders: int) -> Prepare:
    """decisions -> state, as whoever takes a partition over has to."""
    made = decided(job, orders)

    def prepare() -> Trial:
        return Trial(orders, made.lines, partial(fold_all, opened(job), made.decisions))

    return prepare


def fold_all(reader: Ledger, decisions: Sequence[bytes]) -> None:
    for offset, record in enumerate(decisions):
        reader.fold(offset, record)


# ---------------------------------------------------------------------------------------------- the stages that Faust hosts
class Acknowledged(Deliveries):
    """A producer's deliveries, acknowledged at once; `size`: bytes of the values."""

    def __init__(self) -> None:
        self.records = self.size = 0

    async def send(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        self.records += len(records)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


async def take_all(stage: Stage, records: Sequence[Record]) -> None:
    for start in range(0, len(records), SLICE):
        await stage.take(0, records[start : start + SLICE])
        await asyncio.sleep(0)


def normalize(channel: str, orders: int) -> Prepare:
    """raw -> commands: parsed, validated, sealed."""
    raw = [Record(0, at, NOW, r.key.encode(), r.headers(), r.body) for at, r in enumerate(storefront.orders(channel, orders))]
    lines, known, reference = sum(record.value.count(b'"sku"') for record in raw), channels(), Reference()
    reference.apply(PoolRecord(pool=storefront.POOL, partition=0, partitions=1))
    reference.apply(ShopRecord(ref=storefront.shop(channel), unknown_listing="as_sku"))
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        create_key(Path(folder))
        seal = Sealer(Path(folder)).seal

    def prepare() -> Trial:
        stage = Normalize(reference, known, seal, Acknowledged(), NO_LIMIT)
        return Trial(orders, lines, lambda: asyncio.run(take_all(stage, raw)))

    return prepare


def fulfil(job: Job, orders: int) -> Prepare:
    """decisions -> fulfilments."""
    made = decided(job, orders)
    records = made.records()

    def prepare() -> Trial:
        stage = Fulfil(MemoryLog({}), Acknowledged())
        return Trial(orders, made.lines, lambda: asyncio.run(take_all(stage, records)))

    return prepare


class Published(Transactions):
    """A writer behind a fence that nobody contests. `told`: records by topic."""

    def __init__(self) -> None:
        self.told: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def fence(self, wanted: Callable[[], bool]) -> bool:
        return wanted()

    def write(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            self.told[record.topic] = self.told.get(record.topic, 0) + 1
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, holds: Callable[[dict[str, int]], bool]) -> None:
        while not holds(self.told):
            self._changed.clear()
            await self._changed.wait()


def announce(job: Job, orders: int) -> Prepare:
    """decisions -> the folded state, order-status and availability, snapshots."""
    made = decided(job, orders)
    records, log = made.records(), made.log()

    def prepare() -> Trial:
        runner, folder = asyncio.Runner(), tempfile.TemporaryDirectory(prefix="yipan-bench-")
        stage, out = runner.run(_announcing(job, log, Path(folder.name)))

        def work() -> None:
            runner.run(_announce_all(stage, out, records))
            runner.close()
            folder.cleanup()

        return Trial(orders, made.lines, work)

    return prepare


async def _announcing(job: Job, log: MemoryLog, folder: Path) -> tuple[Announce, Published]:
    """The stage, once it has told of the whole business."""
    out = Published()
    stage = Announce(log, Snapshots(StoredFiles(folder), Origin("bench", "bench")), lambda partition: out, pause_s=0.0)
    await stage.assign([0])
    await out.until(lambda told: sum(told.values()) >= job.pools * job.skus)
    return stage, out


async def _announce_all(stage: Announce, out: Published, records: Sequence[Record]) -> None:
    for start in range(0, len(records), TOLD_TOGETHER):
        some = records[start : start + TOLD_TOGETHER]
        for first in range(0, len(some), SLICE):
            await stage.take(0, some[first : first + SLICE])
        end = start + len(some)
        await out.until(lambda told, end=end: told.get(ORDER_STATUS.name, 0) >= end)  # type: ignore[misc]
    await stage.drop()


# ---------------------------------------------------------------------------------------------- the sink
class Fetched(NamedTuple):
    """A message of confluent-kafka's consumer."""

    record: Record

    def topic(self) -> str:
        return DECISIONS.name

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.record.offset

    def timestamp(self) -> tuple[int, int]:
        return 2, self.record.timestamp

    def value(self) -> bytes:
        return self.record.value

    def error(self) -> None:
        return None


class Fetching:
    """One partition of `decisions`, which a consumer of its group has from the start."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._messages = [Fetched(record) for record in records]
        self._at = 0

    def subscribe(self, topics: Sequence[str], on_assign: Callable[[Any, list[TopicPartition]], None], on_revoke: object) -> None:
        on_assign(self, [TopicPartition(DECISIONS.name, 0)])

    def consume(self, most: int, wait: float) -> Sequence[Fetched]:
        some = self._messages[self._at : self._at + most]
        self._at += len(some)
        return some

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        return places

    def assign(self, places: list[TopicPartition]) -> None: ...

    def commit(self, offsets: object, asynchronous: bool) -> None: ...

    def get_watermark_offsets(self, place: TopicPartition, timeout: float = 0, cached: bool = False) -> tuple[int, int]:
        return 0, len(self._messages)


@cache
def _engine() -> tuple[str, Any, tempfile.TemporaryDirectory[str]]:
    """chDB takes one folder a process."""
    import clickhouse_connect

    folder = tempfile.TemporaryDirectory(prefix="yipan-bench-")
    dsn = f"chdb://{folder.name}"
    return dsn, clickhouse_connect.get_client(dsn=dsn), folder


_databases = count(1)


def sink(job: Job, orders: int) -> Prepare:
    """decisions -> rows -> Arrow -> chDB, in cuts as large as when there is much to do."""
    import clickhouse_connect

    made = decided(job, orders)
    records = made.records()

    def prepare() -> Trial:
        dsn, engine, _ = _engine()
        database = f"bench_{next(_databases)}"
        engine.command(f"CREATE DATABASE {database}")
        client = clickhouse_connect.get_client(dsn=dsn, database=database)
        migrate(client)
        found = Sink(Fetching(records), Store(client, threading.Event()), Limits(seconds=0.0))  # type: ignore[arg-type]
        found.start()
        return Trial(orders, made.lines, partial(_sink_all, found))

    return prepare


def _sink_all(found: Sink) -> None:
    while found.step(0.0):
        pass


STAGES: dict[str, Callable[[Job, int], Prepare]] = {
    "normalize_canonical": lambda job, orders: normalize("canonical", orders),
    "normalize_shopify": lambda job, orders: normalize("shopify", orders),
    "ledger": ledger,
    "fold": fold,
    "fulfil": fulfil,
    "announce": announce,
    "sink": sink,
}
