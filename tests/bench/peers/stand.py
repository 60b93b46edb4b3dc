"""The test stand: a broker whose input topics are full, on which one engine after the other runs alone."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from confluent_kafka.admin import NewTopic

from deploy import clients, process
from deploy.checking import run_check, run_replay
from deploy.provision import ensure_topics
from deploy.sealing import Sealer, create_key
from deploy.settings import Settings, environment
from streams.produce import Outgoing
from streams.read import read_topic
from streams.topics import DECISIONS
from tests.bench.peers.engines import ENGINES, LEDGERS, Engine, Run
from tests.bench.peers.feeds import Feed, Full, full, records
from tests.bench.peers.job import PARTITIONS, Order
from tests.bench.peers.measure import Result, Sample, Stalled, cpu_seconds, peak_mb, result, watch
from tests.bench.peers.ours import business, stocked
from tests.bench.peers.outputs import Written, of_a_peer, of_ours
from tests.conftest import delete_topics, free_port

STOP_S = 20.0
GROUP = "yipan-allocate"


class Wrong(Exception):
    """What an engine decided is not what the job comes to."""


class Stand:
    """`few` orders for a slow engine, `streams`: settings of Kafka Streams. `say` hears of progress. An engine must be prepared before
    it runs."""

    def __init__(self, settings: Settings, orders: list[Order], few: int, streams: Sequence[str], say: Callable[[str], None]) -> None:
        self.settings = settings
        self._orders = orders
        self._few = few
        self._streams = streams
        self._say = say
        self._numbers = count(1)
        self._full: dict[Feed, Full] = {}
        self._decided: list[Outgoing] = []  # on what the import wrote
        create_key(settings.keys_dir)
        self._sealer = Sealer(settings.keys_dir)
        self._admin = clients.admin(settings)
        ensure_topics(self._admin, settings)

    def prepare(self, name: str) -> None:
        """Install what it needs and fill the topic it reads."""
        engine = ENGINES[name]
        self._say(f"{name}: installing what it needs")
        engine.install(self.settings.cache)
        if engine.feed not in self._full:
            self._say(f"{name}: filling its input")
            self._full[engine.feed] = self._fill(engine.feed)

    def run(self, name: str) -> Result:
        """Raises Stalled, or Wrong."""
        engine, number = ENGINES[name], next(self._numbers)
        given = self._full[engine.feed]
        output = self._renew_decisions() if name == "yipan" else self._create(f"{name}-{number}")
        folder = self.settings.home / f"{name}-{number}"
        run = Run(self.settings.bootstrap, given.topic, output, folder, self.settings.cache, self._streams)
        samples, peak = self._work(engine, run, given)
        written = self._read(engine, output)
        if not written.agrees(given.expected) or len(written.stamps) != given.total:
            raise Wrong(f"{name}: {len(written.stamps)} outputs, {written.orders} orders, {written.lines} lines; expected {given.expected}")
        return result(written.stamps, samples, given.outputs, given.records, peak)

    def check(self) -> dict[str, Any]:
        """What the ledger left behind, proven as `yipan check --replay` does, but for the stages that did not run."""
        report = run_replay(self.settings, run_check(self.settings, None, _silent), _silent, "start")
        told = ("invariants", "lost", "oversold", "decisions", "duplicates", "allocated", "backordered", "replayed")
        return {name: getattr(report, name) for name in told}

    # ------------------------------------------------------------------------------------------ input
    def _fill(self, feed: Feed) -> Full:
        orders = self._orders[: self._few] if feed == "few" else self._orders
        if feed == "commands":
            self._stock(orders)
        else:
            self._create(feed)
        self._produce(records(feed, orders, self._sealer.seal))
        return full(feed, orders)

    def _stock(self, orders: list[Order]) -> None:
        self._decided, ledgers = stocked(business(orders))
        folder = self.settings.home / LEDGERS
        folder.mkdir()
        for partition, dump in enumerate(ledgers):
            (folder / str(partition)).write_bytes(dump)

    def _produce(self, records: Iterable[Outgoing]) -> None:
        producer = clients.producer(self.settings)
        for record in records:
            while True:
                try:
                    producer.produce(record.topic, record.value, record.key, record.partition, headers=record.headers)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(60) == 0

    # ------------------------------------------------------------------------------------------ work
    def _work(self, engine: Engine, run: Run, given: Full) -> tuple[list[Sample], int]:
        """Samples of it, and its greatest size in MB."""
        log, pid_file = run.folder.with_suffix(".log"), run.folder.with_suffix(".pid")
        its_own = environment(self.settings.model_copy(update={"metrics_port": free_port()}))
        child = process.spawn(engine.program(run), log, pid_file, environment=its_own)
        consumer = clients.consumer(self.settings, "peers-watch", isolation_level="read_uncommitted")
        try:
            samples = watch(run.output, PARTITIONS, consumer, given.total, lambda: (cpu_seconds(child.pid), cpu_seconds(self._kafka)))
            return samples, peak_mb(child.pid)
        except Stalled as stalled:
            raise Stalled(f"{run.output}: {stalled}; {process.last_words(log)}") from None
        finally:
            consumer.close()
            process.stop(child, pid_file, STOP_S)

    @property
    def _kafka(self) -> int:
        return int((self.settings.home / "run" / "kafka.pid").read_text().split()[0])

    # ------------------------------------------------------------------------------------------ output
    def _create(self, topic: str) -> str:
        new = NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1, config=DECISIONS.config())
        self._admin.create_topics([new])[topic].result(30)
        return topic

    def _renew_decisions(self) -> str:
        """As a worker would have left it that has decided on the business, and on no order yet."""
        if any(group.group_id == GROUP for group in self._admin.list_consumer_groups().result(30).valid):
            self._admin.delete_consumer_groups([GROUP])[GROUP].result(30)
        delete_topics(self.settings, {DECISIONS.name})
        ensure_topics(self._admin, self.settings)
        self._produce(self._decided)
        return DECISIONS.name

    def _read(self, engine: Engine, topic: str) -> Written:
        consumer = clients.consumer(self.settings, "peers-read", enable_partition_eof=True)
        return (of_ours if engine.feed == "commands" else of_a_peer)(read_topic(consumer, topic))


def _silent(what: str, done: int, total: int) -> None:
    pass
