"""What `normalize` costs an order: raw bytes -> command bytes, in one process, with everything on but the broker.

`python -m tests.bench.stage_normalize` prints JSON: CPU µs an order, and of that the share of parsing, sealing and encoding.
One order in a hundred names a listing nobody knows (it is held), one in two hundred is damaged (it becomes a dead letter).
"""

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from connectors.contract import Channel, OrderDraft, Person, RawRecord
from connectors.registry import channels
from deploy.sealing import Sealer, create_key
from streams.agents.normalize import Normalize
from streams.commands import decode_command, encode_command
from streams.intake import SLICE
from streams.produce import Deliveries, Outgoing
from streams.read import Record
from streams.reference import ListingRecord, PoolRecord, Reference, ShopRecord
from streams.topics import COMMANDS
from tests.bench.storefront import LISTINGS, POOL, orders, shop, sku

GOAL_US = {"canonical": 30, "shopify": 150}
PARTITION = 0
UNKNOWN_EVERY, DAMAGED_EVERY = 100, 200
NO_LIMIT = 1 << 40

T = TypeVar("T")


class Handed(Deliveries):
    """A producer that acknowledges at once; `records` is the last batch."""

    def __init__(self) -> None:
        self.records: Sequence[Outgoing] = ()

    async def send(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        self.records = records
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stage_normalize", description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7, help="the best one counts")
    asked = parser.parse_args()
    found = {channel: measure(channel, asked.orders, asked.rounds) for channel in GOAL_US}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


def measure(channel: str, count: int, rounds: int) -> dict[str, Any]:
    """CPU µs an order, best of the rounds; parse, seal and encode are measured apart over the same orders."""
    known, records = channels(), damaged(orders(channel, count))
    taken = [as_record(offset, raw) for offset, raw in enumerate(records)]
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        create_key(Path(folder))
        seal = Sealer(Path(folder)).seal
        out, sent = Handed(), list[Outgoing]()
        stage = Normalize(reference(), known, seal, out, NO_LIMIT)
        _quiet()
        with asyncio.Runner() as runner:
            runner.run(_take(stage, taken, lambda: sent.extend(out.records)))
            whole = best(lambda: runner.run(_take(stage, taken, lambda: None)), rounds)
        made = [record.value for record in sent if record.topic == COMMANDS.name]
        parts = _apart(known[channel], channel, records, made, seal, rounds)
    return {
        "orders": count,
        "lines_per_order": round(sum(raw.body.count(b'"quantity"') for raw in records) / count, 1),
        "raw_bytes": sum(len(raw.body) for raw in records) // count,
        "command_bytes": sum(map(len, made)) // len(made),
        "dead_letters": len(sent) - len(made),
        "cpu_us_per_order": round(whole / count * 1e6, 1),
        "goal_us": GOAL_US[channel],
        "of_it_us": {part: round(seconds / count * 1e6, 1) for part, seconds in parts.items()},
    }


def _apart(
    channel: Channel, name: str, records: Sequence[RawRecord], made: Sequence[bytes], seal: Callable[[Person], str], rounds: int
) -> dict[str, float]:
    of, commands = shop(name), [decode_command(value) for value in made]
    parsed = [channel.parse(raw, of) for raw in records]
    people = [draft.recipient for found in parsed if isinstance(found, tuple) for draft in found if isinstance(draft, OrderDraft)]
    return {
        "parse": best(lambda: _each(lambda raw: channel.parse(raw, of), records), rounds),
        "seal": best(lambda: _each(seal, filter(None, people)), rounds),
        "encode": best(lambda: _each(encode_command, commands), rounds),
    }


def _each(work: Callable[[T], object], things: Iterable[T]) -> None:
    for thing in things:
        work(thing)


async def _take(stage: Normalize, records: Sequence[Record], taken: Callable[[], None]) -> None:
    for start in range(0, len(records), SLICE):
        await stage.take(PARTITION, records[start : start + SLICE])
        taken()


def reference() -> Reference:
    found = Reference()
    found.apply(PoolRecord(pool=POOL, partition=PARTITION, partitions=1))
    for channel in GOAL_US:
        found.apply(ShopRecord(ref=shop(channel)))
        for number in range(LISTINGS):
            found.apply(ListingRecord(shop=shop(channel).shop, listing=sku(number), parts=((f"SKU-{number}", 1),)))
    return found


def damaged(records: Iterable[RawRecord]) -> list[RawRecord]:
    """Some name what nobody knows, some are cut."""
    return [_damaged(number, raw) for number, raw in enumerate(records)]


def _damaged(number: int, raw: RawRecord) -> RawRecord:
    body = raw.body
    if number % UNKNOWN_EVERY == 1:
        body = body.replace(b'"TEA-', b'"NEW-', 1)
    if number % DAMAGED_EVERY == 2:
        body = body[: len(body) // 2]
    return RawRecord.from_record(raw.headers(), body)


def as_record(offset: int, raw: RawRecord) -> Record:
    return Record(PARTITION, offset, raw.received_at, raw.key.encode(), tuple(raw.headers()), raw.body)


def best(work: Callable[[], object], rounds: int) -> float:
    """CPU seconds of the round that was disturbed least."""
    return min(_once(work) for _ in range(rounds))


def _once(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _quiet() -> None:
    """The collector as a worker has it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


if __name__ == "__main__":
    sys.exit(main())
