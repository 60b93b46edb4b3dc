"""A broker of its own with workers and, if wanted, the sink: the whole chain as a machine runs it. Checked when it is left."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import TopicPartition

from analytics.cuts import Limits
from connectors.contract import RawRecord
from deploy import clients
from deploy.broker import Broker
from deploy.checking import run_check
from deploy.provision import ensure_topics
from deploy.settings import Settings
from streams.topics import AVAILABILITY, COMMANDS, DECISIONS, FULFILMENTS, ORDER_STATUS, RAW
from tests.bench.processes import cpu_seconds, peak_mb
from tests.bench.section import Checks
from tests.bench.trade import Trade, raw_orders
from tests.chain import Worker, deliver, furnish
from tests.conftest import free_port, make_settings, until

PATIENCE_S = 300.0
QUIET, QUIET_S = 0.15, 1.2  # of a core; for so long
WARM_UP = 2_000  # orders of each channel
SINK = ("-m", "deploy.cli", "sink")
MEASURED = (RAW, COMMANDS, DECISIONS, FULFILMENTS, ORDER_STATUS, AVAILABILITY)


class Stack:
    """`sent`: orders delivered so far; `checks`: what `yipan check` found, as it was left."""

    def __init__(self, settings: Settings, trade: Trade, workers: int) -> None:
        self.settings = settings
        self.trade = trade
        self.sent = 0
        self.workers = [Worker(settings) for _ in range(workers)]
        self.sink: Worker | None = None
        self._watch = clients.consumer(settings, "bench")

    def begin(self) -> None:
        for worker in self.workers:
            worker.await_ready()
        self.take(self.orders("canonical", WARM_UP))
        self.take(self.orders("shopify", WARM_UP))
        self.settle()

    def start_sink(self) -> None:
        self.sink = Worker(self.settings.model_copy(update={"pages_port": free_port()}), program=SINK).await_ready()
        self.settle()

    def end_sink(self) -> None:
        if self.sink:
            self.sink.end()
        self.sink = None

    def end(self) -> None:
        self.end_sink()
        for worker in self.workers:
            worker.end()
        self._watch.close()

    # ------------------------------------------------------------------------------------------ orders
    def orders(self, channel: str, count: int, pools: int = 0) -> list[RawRecord]:
        """The next ones, of so many pools (0: of all), each of a number of its own."""
        made = raw_orders(channel, self.sent, count, pools or self.trade.partitions)
        self.sent += count
        return made

    def take(self, records: Sequence[RawRecord]) -> None:
        before = self.fulfilled()
        deliver(self.settings, records)
        self.await_fulfilled(before + len(records))

    def fulfilled(self) -> int:
        return self._records(FULFILMENTS.name)

    def told(self) -> int:
        """Statuses; a few are transactions' markers."""
        return self._records(ORDER_STATUS.name)

    def _records(self, topic: str) -> int:
        places = [TopicPartition(topic, partition) for partition in range(self.trade.partitions)]
        return sum(self._watch.get_watermark_offsets(place, timeout=15, cached=False)[1] for place in places)

    def await_fulfilled(self, count: int) -> None:
        until(lambda: self.fulfilled() >= count, PATIENCE_S)

    # ------------------------------------------------------------------------------------------ what it takes
    def pids(self) -> dict[str, int]:
        found = {f"worker-{number}": worker.process.pid for number, worker in enumerate(self.workers, 1)}
        if self.sink:
            found["sink"] = self.sink.process.pid
        return found | {"kafka": int((self.settings.home / "run" / "kafka.pid").read_text().split()[0])}

    def cpu_seconds(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self.pids().items()}

    def peak_mb(self) -> dict[str, int]:
        return {name: round(peak_mb(pid)) for name, pid in self.pids().items()}

    def topic_bytes(self) -> dict[str, int]:
        """What the broker keeps of each topic, compressed as it is; compaction has not been at it yet."""
        data = self.settings.home / "kafka" / "data"
        return {topic.name: sum(file.stat().st_size for file in data.glob(f"{topic.name}-*/*.log")) for topic in MEASURED}

    def settle(self, told: int = 0) -> None:
        """Until what follows from the orders is told (so often at least), written and sunk: no process does much, no topic grows,
        nothing waits."""
        deadline = time.monotonic() + PATIENCE_S
        # the sink may hold records that long before it writes them
        seconds = QUIET_S + (Limits().seconds if self.sink else 0.0)
        while time.monotonic() < deadline:
            cpu, size = self.cpu_seconds(), self.topic_bytes()
            time.sleep(seconds)
            busy = any(used - cpu[name] > QUIET * seconds for name, used in self.cpu_seconds().items())
            if not busy and self.topic_bytes() == size and not self.unsunk() and self.told() >= told:
                return

    def unsunk(self) -> int:
        """Records that the sink has not taken over."""
        if self.sink is None:
            return 0
        address = f"http://127.0.0.1:{self.sink.settings.metrics_port}/metrics"
        told = httpx.get(address, params={"name[]": "yipan_sink_lag_records"}, timeout=PATIENCE_S)
        return round(sum(float(line.rpartition(" ")[2]) for line in told.text.splitlines() if line.startswith("yipan_sink_lag_records{")))


@contextmanager
def stack(name: str, trade: Trade, workers: int, checks: Checks) -> Iterator[Stack]:
    """Left in order: what `yipan check` says of all that it did is put into `checks`."""
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        home = Path(folder)
        broker = Broker(home, free_port(), make_settings().cache)
        broker.start()
        try:
            settings = make_settings(home=home, kafka=f"127.0.0.1:{broker.port}", partitions=trade.partitions)
            ensure_topics(clients.admin(settings), settings)
            furnish(settings, trade)
            made = Stack(settings, trade, workers)
            try:
                made.begin()
                yield made
                checks[name] = check(settings)
            finally:
                made.end()
        finally:
            broker.stop()


def check(settings: Settings, progress: Callable[[str, int, int], None] = lambda topic, done, total: None) -> dict[str, Any]:
    report = run_check(settings, 60.0, progress)
    return {
        "invariants": report.invariants,
        "lost": report.lost,
        "oversold": report.oversold,
        "decisions": report.decisions,
        "ok": (report.invariants, report.lost, report.oversold) == ("ok", 0, 0),
    }
