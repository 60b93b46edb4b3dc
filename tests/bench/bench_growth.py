"""What grows and what an order then costs: SKUs, nodes, lines, open orders, each in the ledger alone; partitions, in the whole chain.

Memory is measured in processes of their own: per open order, and per stock cell (a SKU at a node).
"""

import gc
import multiprocessing
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from streams import commands as c
from streams.ledger import Ledger
from tables.state import WEEK_MS
from tests.bench.bench_chain import throughput
from tests.bench.history import decide, encoded, opened
from tests.bench.job import PLACED, Job
from tests.bench.measure import measure
from tests.bench.processes import rss_bytes
from tests.bench.section import Checks, Size, alone, progress
from tests.bench.stack import stack
from tests.bench.stages import ledger
from tests.bench.trade import TRADE

SKUS, NODES, LINES, PARTITIONS = (1_000, 10_000, 100_000), (1, 10, 50), (1, 10, 100), (1, 8)
ONE_POOL = Job(pools=1)
CELLS = Job(pools=1, nodes=10, skus=50_000, stock=1_000)
DRAWN, TIMED = 5_000, 3

T = TypeVar("T")


def run(size: Size, checks: Checks) -> dict[str, Any]:
    return {
        "skus": {str(number): _ledger(size, f"{number} SKUs", ONE_POOL._replace(skus=number)) for number in SKUS},
        "nodes": {str(number): _ledger(size, f"{number} nodes", ONE_POOL._replace(nodes=number)) for number in NODES},
        "nodes_one_serves": {
            str(number): _ledger(size, f"{number} nodes, the last one serves", ONE_POOL._replace(nodes=number, only_last=True))
            for number in NODES
        },
        "lines": {str(number): _ledger(size, f"{number} lines", ONE_POOL._replace(lines=number, exactly=True)) for number in LINES},
        "open_orders": apart(open_orders, size.open_orders),
        "cells": cells(CELLS),
        "partitions": {str(number): partitions(number, size, checks) for number in PARTITIONS},
    }


def _ledger(size: Size, what: str, job: Job) -> dict[str, Any]:
    progress(f"growth: {what}")
    return measure(ledger(job, size.stage_orders // 2), size.times).told()


def apart(work: Callable[[Any], T], given: object) -> T:
    """In a process that has done nothing else, so that its memory is what this takes."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as one:
        return one.apply(work, (given,))


# ---------------------------------------------------------------------------------------------- open orders
def open_orders(most: int) -> dict[str, Any]:
    """So many orders are placed, none of which ships. The last and the first few are timed."""
    progress(f"growth: {most} open orders")
    collect_as_in_a_worker()
    some, numbers = opened(ONE_POOL), count()
    drawn = list(islice(ONE_POOL.orders(), DRAWN))
    first = min(_some_more(some, drawn, numbers) for _ in range(TIMED))
    before = rss_bytes()
    while some.last < most:
        _some_more(some, drawn, numbers)
    held = rss_bytes() - before
    last = min(_some_more(some, drawn, numbers) for _ in range(TIMED))
    orders = len(some.pools["pool-0"].orders)
    return {
        "orders": orders,
        "us_per_order_at_first": round(first, 2),
        "us_per_order_at_last": round(last, 2),
        "bytes_per_open_order": round(held / (orders - 2 * TIMED * DRAWN)),
    }


def _some_more(some: Ledger, drawn: list[c.PlaceOrder], numbers: "count[int]") -> float:
    """CPU µs an order."""
    commands = encoded([_numbered(order, next(numbers)) for order in drawn], some.last + 1)
    begun = time.process_time()
    decide(some, commands)
    return (time.process_time() - begun) / len(drawn) * 1e6


def _numbered(order: c.PlaceOrder, number: int) -> c.PlaceOrder:
    return msgspec.structs.replace(order, order=f"acme/shop-0/{number}", cause=("raw", 0, number, 0), placed_at=PLACED + number)


def collect_as_in_a_worker() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


# ---------------------------------------------------------------------------------------------- stock cells
def cells(job: Job) -> dict[str, Any]:
    """Bytes of a cell: with its receipt, which is remembered for a week; after that week; and as a worker loads it from a snapshot."""
    progress(f"growth: {job.nodes * job.skus} stock cells")
    number = job.nodes * job.skus
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        dump = Path(folder) / "dump"
        received, rested = apart(_received, (job, dump))
        loaded = apart(_loaded, dump)
    found = {"received": received, "at_rest": rested, "loaded": loaded}
    return {"cells": number} | {f"bytes_per_cell_{state}": round(size / number) for state, size in found.items()}


def _received(given: tuple[Job, Path]) -> tuple[int, int]:
    job, dump = given
    tracemalloc.start()
    some = Ledger(0)
    for command in job.business():
        decide(some, encoded([command], some.last + 1))
    received = tracemalloc.get_traced_memory()[0]
    for day in range(1, 16):
        tick = c.Tick(pool="pool-0", cause=("tick", 0, day, 0), at=day * WEEK_MS // 7)
        decide(some, encoded([tick], some.last + 1))
    rested = tracemalloc.get_traced_memory()[0]
    dump.write_bytes(some.dump())
    return received, rested


def _loaded(dump: Path) -> int:
    tracemalloc.start()
    some = Ledger.load(0, dump.read_bytes())
    assert some is not None
    return tracemalloc.get_traced_memory()[0]


# ---------------------------------------------------------------------------------------------- partitions
def partitions(number: int, size: Size, checks: Checks) -> dict[str, Any]:
    progress(f"growth: {number} partitions")
    with stack(f"partitions-{number}", TRADE._replace(partitions=number), size.workers, checks) as made:
        return throughput(made, "canonical", size.chain_orders, size.chain_times)


if __name__ == "__main__":
    alone(run, __doc__)
