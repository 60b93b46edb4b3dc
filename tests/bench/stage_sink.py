"""The sink without a broker: decisions in memory -> rows -> Arrow -> a chDB of this process."""

import tempfile
import threading
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

from confluent_kafka import TopicPartition

from analytics.cuts import Cut, Limits, Received
from analytics.feeds import Feed
from analytics.migrate import migrate
from analytics.sink import Sink
from analytics.store import Store
from streams.read import Record
from streams.topics import DECISIONS
from tests.bench.history import decided
from tests.bench.job import Job
from tests.bench.measure import Prepare, Trial

# Of a partition with a quarter of 8,000 orders/s: what it has by the time that a cut is made.
CUT = min(Limits().records, round(2_000 * Limits().seconds))


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
    """decisions -> rows -> Arrow -> chDB, in cuts as large as they are at a steady rate."""
    import clickhouse_connect

    made = decided(job, orders)
    records = made.records()

    def prepare() -> Trial:
        dsn, engine, _ = _engine()
        database = f"bench_{next(_databases)}"
        engine.command(f"CREATE DATABASE {database}")
        client = clickhouse_connect.get_client(dsn=dsn, database=database)
        migrate(client)
        found = Sink(Fetching(records), Store(client, threading.Event()), Limits(records=CUT, seconds=0.0))  # type: ignore[arg-type]
        found.start()
        return Trial(orders, made.lines, partial(_sink_all, found))

    return prepare


def _sink_all(found: Sink) -> None:
    while found.step(0.0):
        pass


def rows(job: Job, orders: int) -> Prepare:
    """The part of the sink that is ours: decisions -> rows -> Arrow."""
    made = decided(job, orders)
    received = [Received(record.offset, record.timestamp, record.value) for record in made.records()]
    cuts = [received[start : start + CUT] for start in range(0, orders, CUT)]

    def prepare() -> Trial:
        feed = Feed(DECISIONS.name)
        return Trial(
            orders, made.lines, lambda: [feed.tables(Cut(DECISIONS.name, 0, cut[0].offset, cut[-1].offset + 1), cut) for cut in cuts]
        )

    return prepare
