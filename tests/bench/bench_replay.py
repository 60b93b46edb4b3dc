"""All commands decided again and compared with the log to the byte, without a broker: in one process, and in one a core."""

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from streams.checks.crew import Several, Told
from streams.checks.meter import Meter
from streams.ledger import Ledger
from streams.read import MemoryLog, Record
from streams.replay import Again, Begun, replay, replay_with
from streams.topics import COMMANDS, DECISIONS
from tests.bench.history import Decided, decided, opened
from tests.bench.job import Job
from tests.bench.measure import Trial, measure
from tests.bench.section import Checks, Size, alone, progress
from tests.bench.shelf import FileLog, write

PARTITIONS = 4
BUSINESS = "business"  # a file beside the topics
Rows = list[tuple[int, bytes, bytes]]


def run(size: Size, checks: Checks) -> dict[str, Any]:
    progress("replay")
    job, orders = Job(), 2 * size.stage_orders
    made, business = decided(job, orders), opened(job).dump()
    found = log(made)
    one = measure(lambda: Trial(orders, made.lines, partial(identical, found, [begun(business, len(made.before))])), size.times)
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        shelve(made, business, Path(folder))
        took = min(several(Path(folder), len(made.before)) for _ in range(size.chain_times))
    return {
        "one_process": one.told(),
        "processes": os.cpu_count(),
        "orders_per_s_all_processes": round(PARTITIONS * orders / took),
        "byte_identical": True,
    }


def begun(business: bytes, position: int, partition: int = 0) -> Begun:
    """What a partition is once the business is in it, so that only orders are decided again."""
    ledger = Ledger.load(partition, business)
    assert ledger is not None
    return Begun(ledger, position)


def log(made: Decided) -> MemoryLog:
    commands, decisions = rows(made)
    return MemoryLog({topic: {0: _records(found)} for topic, found in ((COMMANDS.name, commands), (DECISIONS.name, decisions))})


def _records(found: Rows) -> list[Record]:
    return [Record(0, offset, at, key, (), value) for offset, (at, key, value) in enumerate(found)]


def rows(made: Decided) -> tuple[Rows, Rows]:
    """Commands, and the decisions on them."""
    commands = [*made.business, *made.commands]
    return [(0, key, value) for _, key, value in commands], [(0, b"", value) for value in (*made.before, *made.decisions)]


def identical(found: MemoryLog, beginning: list[Begun]) -> None:
    again = replay(found, progress=lambda what, done, total: None, beginnings=lambda partition: beginning)
    assert not again.violations, again.violations[:3]


# ---------------------------------------------------------------------------------------------- a process a core
def shelve(made: Decided, business: bytes, folder: Path) -> None:
    """The same log in each partition."""
    (folder / BUSINESS).write_bytes(business)
    commands, decisions = rows(made)
    for partition in range(PARTITIONS):
        write(folder, COMMANDS.name, partition, commands)
        write(folder, DECISIONS.name, partition, decisions)


def several(folder: Path, position: int) -> float:
    """Seconds, without those in which the processes start."""
    processes = os.cpu_count() or 1
    meter = Meter("replay", lambda what, done, total: None)
    with Several(partial(_again, folder, position, processes), meter, processes) as crew:
        crew.ask(Again.replay, {}, {})
        began = time.monotonic()
        again = replay_with(crew, meter, FileLog(folder))
        took = time.monotonic() - began
    assert not again.violations, again.violations[:3]
    return took


def _again(folder: Path, position: int, of: int, number: int, told: Told) -> Again:
    business = (folder / BUSINESS).read_bytes()
    return Again(FileLog(folder), told, lambda partition: [begun(business, position, partition)], number, of)


if __name__ == "__main__":
    alone(run, __doc__)
