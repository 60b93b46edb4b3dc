"""The chain of stages, measured: orders a second from a full `raw`, and the time an order takes at a steady rate."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from confluent_kafka import TopicPartition

from connectors.contract import RawRecord
from deploy import clients
from deploy.settings import Settings
from streams.commands import Cause
from streams.read import Record
from streams.topics import COMMANDS, FULFILMENTS, RAW
from tests.chain import Business, Worker, deliver, furnish, orders, read
from tests.conftest import until

MEAN_LINES = 9.5  # of an exponential that is cut off: 9.4 come out
PATIENCE_S = 300.0
WARM_UP_S = 3.0
TICK_S = 0.002
CLOCK = os.sysconf("SC_CLK_TCK")


class Chain:
    """Workers with all stages over an empty broker, warmed up."""

    def __init__(self, settings: Settings, business: Business, workers: int) -> None:
        self.settings = settings
        self.business = business
        self.sent = 0
        self.workers: list[Worker] = []
        self._wanted = workers
        self._watch = clients.consumer(settings, "bench")

    def __enter__(self) -> "Chain":
        furnish(self.settings, self.business)
        for _ in range(self._wanted):
            self.workers.append(Worker(self.settings).await_ready())
        self.take(500)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self.workers:
            worker.end()
        self._watch.close()

    def orders(self, count: int) -> list[RawRecord]:
        """The next ones, each of a number of its own."""
        made = orders(self.business, count, first=self.sent, mean_lines=MEAN_LINES)
        self.sent += count
        return made

    def take(self, count: int) -> None:
        before = self.fulfilled()
        deliver(self.settings, self.orders(count))
        until(lambda: self.fulfilled() >= before + count, PATIENCE_S)

    def fulfilled(self) -> int:
        places = [TopicPartition(FULFILMENTS.name, partition) for partition in range(self.business.partitions)]
        return sum(self._watch.get_watermark_offsets(place, timeout=15, cached=False)[1] for place in places)

    def cpu_seconds(self) -> dict[str, float]:
        pids = {f"worker-{number}": worker.process.pid for number, worker in enumerate(self.workers, 1)}
        pids["kafka"] = int((self.settings.home / "run" / "kafka.pid").read_text().split()[0])
        return {name: cpu_seconds(pid) for name, pid in pids.items()}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK


# ---------------------------------------------------------------------------------------------- orders a second
def throughput(chain: Chain, count: int) -> dict[str, Any]:
    """The workers stand still while `raw` is filled, and no longer than their session allows."""
    made = chain.orders(count)
    lines = sum(record.body.count(b'"sku"') for record in made)
    before, cpu = chain.fulfilled(), chain.cpu_seconds()
    for worker in chain.workers:
        worker.signal(signal.SIGSTOP)
    deliver(chain.settings, made)
    for worker in chain.workers:
        worker.signal(signal.SIGCONT)
    began = time.monotonic()
    until(lambda: chain.fulfilled() >= before + count, PATIENCE_S)
    took = time.monotonic() - began
    used = {name: seconds - cpu[name] for name, seconds in chain.cpu_seconds().items()}
    return {
        "orders": count,
        "lines_per_order": round(lines / count, 1),
        "workers": len(chain.workers),
        "orders_per_s": round(count / took),
        "lines_per_s": round(lines / took),
        "cpu_us_per_order": {name: round(seconds / count * 1e6) for name, seconds in used.items()},
    }


# ---------------------------------------------------------------------------------------------- time of an order
class Caused(msgspec.Struct):
    cause: Cause


class Followed(msgspec.Struct):
    src_offset: int


def latency(chain: Chain, rate: int, seconds: int) -> dict[str, Any]:
    """From the append of a raw record to that of its fulfilment, by the broker's clock."""
    steadily(chain, rate, WARM_UP_S)
    begun = time.time_ns() // 1_000_000
    steadily(chain, rate, seconds)
    until(lambda: chain.fulfilled() >= chain.sent, PATIENCE_S)
    took = sorted(times(chain.settings, begun))
    return {
        "rate": rate,
        "orders": len(took),
        "p50_ms": took[len(took) // 2],
        "p99_ms": took[len(took) * 99 // 100],
        "max_ms": took[-1],
    }


def steadily(chain: Chain, rate: int, seconds: float) -> None:
    made = chain.orders(int(rate * seconds))
    producer = clients.producer(chain.settings)
    began, sent = time.monotonic(), 0
    while sent < len(made):
        due = min(len(made), int((time.monotonic() - began) * rate))
        for record in made[sent:due]:
            producer.produce(RAW.name, record.body, record.key, headers=[*record.headers()])
        sent = due
        producer.poll(0)
        time.sleep(TICK_S)
    assert producer.flush(30) == 0


def times(settings: Settings, begun: int) -> list[int]:
    """Milliseconds from raw record to fulfilment, of the raw records since `begun`."""
    came = {(record.partition, record.offset): record.timestamp for record in read(settings, RAW.name) if record.timestamp >= begun}
    told = first_of_each(read(settings, FULFILMENTS.name))
    caused = msgspec.json.Decoder(Caused).decode
    found = []
    for command in read(settings, COMMANDS.name):
        source, partition, offset, _ = caused(command.value).cause
        done = told.get((command.partition, command.offset))
        if source == "raw" and done is not None and (partition, offset) in came:
            found.append(done - came[partition, offset])
    return found


def first_of_each(records: Sequence[Record]) -> dict[tuple[int, int], int]:
    """When the fulfilment of each command was appended."""
    follows = msgspec.json.Decoder(Followed).decode
    first: dict[tuple[int, int], int] = {}
    for record in records:
        first.setdefault((record.partition, follows(record.value).src_offset), record.timestamp)
    return first
