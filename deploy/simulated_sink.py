"""The sink as a companion of the simulated pipeline: the very code, over a consumer and a ClickHouse in memory."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import xor
from random import Random
from typing import Any

from analytics.cuts import Cut, Limits, Received
from analytics.feeds import Feed
from analytics.sink import TABLES, run_sink
from analytics.store import Store
from analytics.tally import Tally, difference, tally
from deploy.simulated_clickhouse import ClickHouse, ClickHouseClient, Row, more, summed
from streams.read import MemoryLog, Record
from streams.simulation.broker import Place
from streams.simulation.consumers import GroupConsumer
from streams.simulation.loop import Process, pause
from streams.simulation.world import World

RECORDS, LONGEST_S = (6, 40), 1.0
# What each batch adds to, so that only the sums are the same however batches fall.
UNITS = {"flows": ("units",), "demand_daily": ("units", "cancelled")}


class Stop:
    """Stands for the event that asks a process to stop."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def is_set(self) -> bool:
        return self._process.stopping

    def wait(self, seconds: float) -> bool:
        pause(seconds)
        return self._process.stopping


class SinkCompanion:
    """`readers` processes share the group; each is started anew when it ends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._server = ClickHouse()
        chance = Random(f"{world.random.random()}")
        self._limits = Limits(chance.randint(*RECORDS), chance.uniform(0.1, LONGEST_S))
        self.readers = chance.randint(1, 2)

    def start(self, name: str) -> Process:
        process = self._world.loop.start(name)
        self._world.tell(f"{name} starts as process {process.born}")
        self._world.loop.run(process, self._work(process))
        return process

    async def _work(self, process: Process) -> None:
        stop: Any = Stop(process)
        store = Store(ClickHouseClient(self._world, self._server), stop)
        await asyncio.to_thread(run_sink, lambda: self._consumer(process), store, stop, self._limits, lambda: self._world.now)
        self._world.end(process, "stopped")

    def _consumer(self, process: Process) -> Any:
        return GroupConsumer(self._world, process, "sink", gapless=False)

    # ------------------------------------------------------------------------------------------ judging
    def quiet(self) -> bool:
        broker = self._world.broker
        for topic in TABLES:
            for place in broker.places(topic):
                found = broker.offsets.get(("sink", place))
                if (found.offset if found else 0) < broker.last(place) or (found and found.metadata):
                    return False
        return True

    def violations(self) -> Sequence[str]:
        log = self._world.broker.whole()
        held = {name: table.rows() for name, table in self._server.tables.items()}
        places = [(topic, place) for topic in TABLES for place in self._world.broker.places(topic)]
        wrong = [sentence for topic, place in places if (sentence := _taken_over(log, place, held[TABLES[topic]]))]
        wrong += _rows_differ(log, [place for _, place in places], held)
        return [f"clickhouse ({len(wrong)}x): {wrong[0]}"] if wrong else []


def _taken_over(log: MemoryLog, place: Place, held: Sequence[Row]) -> str:
    """As `yipan check --clickhouse` compares them."""
    topic, partition = place
    end = log.ends(topic)[partition]
    due = tally(topic, partition, 0, end, [record.value for record in _records(log, place)])
    # further rows of a decision are of orders that it changed by the way
    hashes = [row["record_hash"] for row in held if (row["k_topic"], row["k_part"]) == place and not row.get("rank")]
    return difference(due, Tally(topic, partition, 0, end, len(hashes), str(reduce(xor, hashes, 0))))


def _rows_differ(log: MemoryLog, places: Sequence[Place], held: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """All tables, not only those that name the records."""
    due: dict[str, list[Row]] = {name: [] for name in held}
    for place in places:
        for name, table in _whole(log, place).items():
            due[name] += table
    for name, rows in held.items():
        few, many = more(*(summed(some, UNITS[name]) if name in UNITS else some for some in (rows, due[name])))
        if few or many:
            yield f"table {name} has {few} rows too few and {many} too many"


def _whole(log: MemoryLog, place: Place) -> dict[str, list[Row]]:
    """The rows of a partition in one cut."""
    topic, partition = place
    received = [Received(record.offset, record.timestamp, record.value) for record in _records(log, place)]
    tables = Feed(topic).tables(Cut(topic, partition, 0, log.ends(topic)[partition]), received)
    return {name: table.to_pylist() for name, table in tables.items()}


def _records(log: MemoryLog, place: Place) -> list[Record]:
    topic, partition = place
    return [record for batch in log.read(topic, {partition: 0}, {partition: log.ends(topic)[partition]}) for record in batch]
