"""Each stage with all its work on, but without a broker: what it is given is in memory, what it sends is acknowledged at once."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from connectors.registry import channels
from deploy.sealing import Sealer, create_key
from streams.agents.announce import Announce
from streams.agents.fulfil import Fulfil
from streams.agents.normalize import Normalize
from streams.decisions import link
from streams.intake import SLICE, Stage
from streams.ledger import Ledger
from streams.produce import Deliveries, End, Outgoing, Place, Transactions
from streams.read import Log, MemoryLog, Record
from streams.reference import PoolRecord, Reference, ShopRecord
from streams.snapshots import Origin, Snapshot, Snapshots, StoredFiles
from streams.topics import ORDER_STATUS
from tests.bench import storefront
from tests.bench.history import NOW, decide, decided, opened
from tests.bench.job import Job
from tests.bench.measure import Prepare, Trial
from tests.bench.stage_sink import rows, sink

# Orders a second of each partition that `announce` has, and how often some of them come.
PARTITIONS, RATE, FETCH_S = 2, 2_000, 0.02
NO_LIMIT = 1 << 40


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
        reader.follow(offset, record)


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

    def take_over(self, places: Sequence[Place], end: End, wanted: Callable[[], bool]) -> bool:
        return wanted()

    def await_settled(self, end: End, wanted: Callable[[], bool]) -> bool:
        return True

    def is_there(self, source: Log) -> bool:
        return True

    def write(self, records: Sequence[Outgoing]) -> None:
        for topic, told in Counter([record.topic for record in records]).items():
            self.told[topic] = self.told.get(topic, 0) + told
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, holds: Callable[[dict[str, int]], bool]) -> None:
        while not holds(self.told):
            self._changed.clear()
            await self._changed.wait()


def announce(job: Job, orders: int) -> Prepare:
    """decisions -> the folded state, order-status and availability, snapshots. Fed in real time, because what is told together depends
    on it: as one of two workers that share four partitions and 8,000 orders/s."""
    made, dump = decided(job, orders), opened(job).dump()
    records, log = made.records(), made.log(range(PARTITIONS))
    begun = Snapshot(len(made.before), link(made.before[-1]), dump)

    def prepare() -> Trial:
        runner, folder = asyncio.Runner(), tempfile.TemporaryDirectory(prefix="yipan-bench-")
        stage, out = runner.run(_announcing(log, begun, Path(folder.name), records[:1]))

        def work() -> None:
            runner.run(_announce_all(stage, out, records[1:]))
            runner.close()
            folder.cleanup()

        return Trial(PARTITIONS * orders, PARTITIONS * made.lines, work)

    return prepare


async def _announcing(log: MemoryLog, begun: Snapshot, folder: Path, first: Sequence[Record]) -> tuple[Announce, Published]:
    """The stage, once it has begun where the business is in, and told of the first order."""
    out, snapshots = Published(), Snapshots(StoredFiles(folder), Origin("bench", "bench"))
    for partition in range(PARTITIONS):
        snapshots.save(partition, begun)
    stage = Announce(log, snapshots, lambda partition: out)
    await stage.assign(range(PARTITIONS))
    for partition in range(PARTITIONS):
        await stage.take(partition, first)
    await out.until(lambda told: told.get(ORDER_STATUS.name, 0) >= PARTITIONS)
    return stage, out


async def _announce_all(stage: Announce, out: Published, records: Sequence[Record]) -> None:
    clock = asyncio.get_running_loop().time
    began, done = clock(), 0
    while done < len(records):
        await asyncio.sleep(FETCH_S)
        due = min(len(records), int((clock() - began) * RATE))
        for partition in range(PARTITIONS):
            for start in range(done, due, SLICE):
                await stage.take(partition, records[start : min(due, start + SLICE)])
        done = due
    await out.until(lambda told: told.get(ORDER_STATUS.name, 0) >= PARTITIONS * (1 + len(records)))
    await stage.drop()


STAGES: dict[str, Callable[[Job, int], Prepare]] = {
    "normalize_canonical": lambda job, orders: normalize("canonical", orders),
    "normalize_shopify": lambda job, orders: normalize("shopify", orders),
    "ledger": ledger,
    "fold": fold,
    "fulfil": fulfil,
    "announce": announce,
    "rows": rows,
    "sink": sink,
}
