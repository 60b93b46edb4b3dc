"""How fast `yipan check` is, and how much it remembers, on a log of real decisions of baskets: no broker, nothing else at work.

`python -m tests.bench.bench_check` prints JSON; `--decisions` says how long the log is.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from streams import commands as c
from streams.agents.fulfil import encode_fulfilment
from streams.check import check, check_with
from streams.checks.crew import Several, Told
from streams.checks.meter import Meter
from streams.checks.part import Part
from streams.decisions import decode_decision
from streams.ledger import Ledger
from streams.replay import Again, from_the_start, replay_with
from streams.rules.announce import status
from streams.rules.fulfil import fulfil
from tables.events import OrderLine
from tests.bench.job import MEAN_LINES, place
from tests.bench.shelf import FileLog, write
from tests.chain import Business, order

# Ten nodes and 9.4 lines an order, as the retailer of the demo has it.
BUSINESS = Business(partitions=4, nodes=10, skus=5_000, stock=1_000_000)
BEGAN = 1_700_000_000_000
OPEN, SHIPPED_EVERY, CANCELLED_EVERY = 1_000, 5, 50  # orders


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_check", description=__doc__)
    parser.add_argument("--decisions", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=None, help="keep the log here, and take it if it is there")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as temporary:
        folder = asked.folder or Path(temporary)
        if not folder.exists() or not any(folder.iterdir()):
            make(folder, asked.decisions)
        found = measure(folder, asked.processes)
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as apart:
            some, whole = apart.starmap(memory, [(folder, asked.decisions // 16), (folder, 1 << 62)], chunksize=1)
    found |= {"peak_mb": whole[1], "mb_per_million_orders": per_million(some, whole)}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if found["invariants"] == "ok" else 1


# ---------------------------------------------------------------------------------------------- the log
def make(folder: Path, decisions: int) -> None:
    with multiprocessing.get_context("spawn").Pool() as several:
        several.starmap(make_partition, [(folder, number, decisions // BUSINESS.partitions) for number in range(BUSINESS.partitions)])


def make_partition(folder: Path, partition: int, decisions: int, business: Business = BUSINESS) -> None:
    """All topics of one partition, as the stages would have written them."""
    ledger, raw, asked, decided, told, statuses = Ledger(partition), [], [], [], [], []
    pool = f"pool-{partition}"
    for offset, command in enumerate(_commands(business, partition, decisions, ledger)):
        value = c.encode_command(command)
        [(key, record)] = ledger.decide([(offset, pool.encode(), value)])
        asked.append((BEGAN + offset, pool.encode(), value))
        decided.append((BEGAN + offset + 1, key, record))
        if isinstance(command, c.PlaceOrder | c.CancelOrder | c.ConfirmShipment):
            raw.append((BEGAN + offset, b"", order(offset, [(line.listing, line.quantity) for line in _lines(command)]).body))
        for event in fulfil(decode_decision(record), partition):
            told.append((BEGAN + offset + 20, f"{event.tenant}/{event.shop}/{event.order}".encode(), encode_fulfilment(event)))
        if isinstance(command, c.PlaceOrder):
            said = status(ledger.pools[pool], command.order, offset)
            statuses.append((BEGAN + offset + 25, command.order.encode(), msgspec.json.encode(said)))
    for topic, rows in (("raw", raw), ("commands", asked), ("decisions", decided), ("fulfilments", told), ("order-status", statuses)):
        write(folder, topic, partition, rows)


def _lines(command: c.AnyCommand) -> tuple[OrderLine, ...]:
    return command.lines if isinstance(command, c.PlaceOrder) else ()


def _commands(business: Business, partition: int, decisions: int, ledger: Ledger) -> Iterator[c.AnyCommand]:
    """The business, then orders; of those a while ago some are cancelled and some shipped."""
    pool, random, number, open_since = f"pool-{partition}", Random(partition), 0, list[tuple[str, str]]()
    for number, command in enumerate(business.commands(partition)):  # noqa: B007 -- goes on from there
        yield command
    for offset in range(decisions - number - 1):
        cause = ("raw", partition, offset, 0)
        if len(open_since) > OPEN and offset % SHIPPED_EVERY == 0:
            key, fulfilment = open_since.pop(0)
            if offset % CANCELLED_EVERY == 0:
                yield c.CancelOrder(pool=pool, cause=cause, order=key, shop=f"shop-{partition}", updated_at=BEGAN + offset, digest="c")
            else:
                yield c.ConfirmShipment(pool=pool, cause=cause, document=f"d{offset}", fulfilment=fulfilment, shipped_at=BEGAN + offset)
            continue
        placed = _order(business, partition, offset, cause, random)
        yield placed
        found = ledger.pools[pool].orders[placed.order].open_fulfilments
        open_since.append((placed.order, next(iter(found))))


def _order(business: Business, partition: int, offset: int, cause: c.Cause, random: Random) -> c.PlaceOrder:
    wanted = min(60, business.skus, 1 + int(random.expovariate(1 / (MEAN_LINES - 0.5))))
    basket = [(business.sku(sku), random.randint(1, 3)) for sku in random.sample(range(business.skus), wanted)]
    return msgspec.structs.replace(place(offset, partition, basket), cause=cause)


# ---------------------------------------------------------------------------------------------- the check of it
def measure(folder: Path, processes: int) -> dict[str, Any]:
    log, began = FileLog(folder), time.monotonic()
    meter = Meter("check", lambda what, done, total: None)
    with Several(partial(_part, folder, processes), meter, processes) as parts:
        report = check_with(parts, meter, log)
    checked = time.monotonic() - began
    with Several(partial(_again, folder, processes), meter, processes) as several:
        again = replay_with(several, meter, log)
    both = time.monotonic() - began
    return {
        "decisions": report.decisions,
        "orders": report.orders_decided,
        "processes": processes,
        "decisions_per_s": round(report.decisions / checked),
        "with_replay": round(again.decisions / both),
        "invariants": report.invariants if not again.violations else "replay",
    }


def _part(folder: Path, of: int, number: int, told: Told) -> Part:
    return Part(FileLog(folder), told, number, of)


def _again(folder: Path, of: int, number: int, told: Told) -> Again:
    return Again(FileLog(folder), told, from_the_start, number, of)


def memory(folder: Path, most: int) -> tuple[int, int]:
    """(orders, MB at the peak) of one process that checks all partitions, up to so many records of each."""
    report = check(FileLog(folder, most))
    return report.orders_decided, _peak_mb()


def per_million(some: tuple[int, int], whole: tuple[int, int]) -> int:
    """MB per million orders, from what more orders needed more."""
    return round((whole[1] - some[1]) * 1_000_000 / (whole[0] - some[0]))


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    sys.exit(main())
