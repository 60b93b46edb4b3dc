"""The time of an order at a steady rate, from the append of its raw record to that of its fulfilment, by the broker's clock; and what the
processes take while nothing comes."""

import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec

from deploy import clients
from deploy.lookup import topic_log
from streams.commands import Cause
from streams.read import Positions, Record
from streams.topics import COMMANDS, FULFILMENTS, RAW
from tests.bench.section import Checks, Size, alone, progress
from tests.bench.stack import Stack, stack
from tests.bench.trade import TRADE

WARM_UP_S = 3.0
IDLE_S = 10.0
TICK_S = 0.002
WITH_SINK = 1_000  # orders/s


class Caused(msgspec.Struct):
    cause: Cause


class Followed(msgspec.Struct):
    src_offset: int


def run(size: Size, checks: Checks) -> dict[str, Any]:
    with stack("latency", TRADE, size.workers, checks) as made:
        found: dict[str, Any] = {"idle": idle(made)}
        found["rates"] = [latency(made, rate, size.seconds) for rate in size.rates]
        made.start_sink()
        found["with_sink"] = [latency(made, WITH_SINK, size.seconds)]
    return found


# ---------------------------------------------------------------------------------------------- the time of an order
def latency(stack: Stack, rate: int, seconds: int) -> dict[str, Any]:
    progress(f"latency at {rate} orders/s")
    steadily(stack, rate, WARM_UP_S)
    log = topic_log(stack.settings)
    since = {topic.name: log.ends(topic.name) for topic in (RAW, COMMANDS, FULFILMENTS)}
    before, told = stack.cpu_seconds(), stack.told()
    steadily(stack, rate, seconds)
    stack.settle(told + rate * seconds)
    used = {name: round(used - before[name], 2) for name, used in stack.cpu_seconds().items()}
    took = sorted(times(stack, since))
    log.close()
    return {
        "rate": rate,
        "orders": len(took),
        "p50_ms": quantile(took, 0.5),
        "p99_ms": quantile(took, 0.99),
        "p99_9_ms": quantile(took, 0.999),
        "max_ms": took[-1],
        "cpu_us_per_order": {name: round(spent / (rate * seconds) * 1e6, 1) for name, spent in used.items()},
    }


def quantile(took: list[int], share: float) -> int:
    return took[min(len(took) - 1, int(len(took) * share))]


def steadily(stack: Stack, rate: int, seconds: float) -> None:
    """Orders at that rate; returns once all of them are fulfilled."""
    before, made = stack.fulfilled(), stack.orders("canonical", int(rate * seconds))
    producer = clients.producer(stack.settings)
    began, sent = time.monotonic(), 0
    while sent < len(made):
        due = min(len(made), int((time.monotonic() - began) * rate))
        for record in made[sent:due]:
            producer.produce(RAW.name, record.body, record.key, headers=[*record.headers()])
        sent = due
        producer.poll(0)
        time.sleep(TICK_S)
    assert producer.flush(30) == 0
    stack.await_fulfilled(before + len(made))


def times(stack: Stack, since: dict[str, Positions]) -> list[int]:
    """Milliseconds from raw record to fulfilment, of the records behind these positions."""
    came = {(record.partition, record.offset): record.timestamp for record in read(stack, RAW.name, since)}
    follows, told = msgspec.json.Decoder(Followed).decode, dict[tuple[int, int], int]()
    for record in read(stack, FULFILMENTS.name, since):
        told.setdefault((record.partition, follows(record.value).src_offset), record.timestamp)
    caused, found = msgspec.json.Decoder(Caused).decode, []
    for command in read(stack, COMMANDS.name, since):
        source, partition, offset, _ = caused(command.value).cause
        if source == "raw" and (partition, offset) in came:
            found.append(told[command.partition, command.offset] - came[partition, offset])
    return found


def read(stack: Stack, topic: str, since: dict[str, Positions]) -> Iterator[Record]:
    log = topic_log(stack.settings)
    return chain.from_iterable(log.read(topic, since[topic], log.ends(topic)))


# ---------------------------------------------------------------------------------------------- nothing to do
def idle(stack: Stack) -> dict[str, float]:
    """Per cent of a core that each process takes while nothing comes."""
    progress("idle")
    stack.settle()
    before = stack.cpu_seconds()
    time.sleep(IDLE_S)
    return {name: round(100 * (used - before[name]) / IDLE_S, 1) for name, used in stack.cpu_seconds().items()}


if __name__ == "__main__":
    alone(run, __doc__)
