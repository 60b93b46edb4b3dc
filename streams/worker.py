"""One process of the pipeline: the chosen stages, built from settings and clients that are passed in."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec
from confluent_kafka import Consumer, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AdminClient

from connectors.contract import Channel, Person
from streams.agents.allocate import Owned
from streams.agents.announce import Announce
from streams.agents.aside import Asides, Wanted
from streams.agents.desk import Desk
from streams.agents.fulfil import Fulfil
from streams.agents.normalize import Normalize
from streams.agents.rebuild import READ_OPTIONS
from streams.agents.turns import Turns
from streams.app import Hosted, Hosting, Login, OnThread, create_app, run_app
from streams.fenced import CONSUMER_OPTIONS, FencedLedger
from streams.follow import Follower
from streams.intake import Intake
from streams.produce import Deliveries, transactions
from streams.read import KafkaLog
from streams.snapshots import Files, Origin, Snapshots
from streams.topics import CATALOGUE, DECISIONS, RAW, REFERENCE

log = logging.getLogger(__name__)

StageName = Literal["normalize", "allocate", "fulfil", "announce"]
STAGES: tuple[StageName, ...] = get_args(StageName)

BROKER_RETRY_S = 2.0
SWITCH_S = 0.001
APP, LEDGER = "app", "ledger"  # what a process may run, and readiness waits for


class Clients(NamedTuple):
    """Factories. A consumer is made from its group; options are librdkafka's own, `_` for `.`. `snapshots`: where they are kept.
    `fold_aside`: has another process fold a partition of that log and leave a snapshot, see streams.agents.aside."""

    consumer: Callable[..., Consumer]
    producer: Callable[..., Producer]
    admin: Callable[[], AdminClient]
    snapshots: Callable[[], Files]
    fold_aside: Callable[[Origin, int, Wanted], None]


class WorkerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`name` begins every consumer group and transactional id. `folder`: for what Faust keeps. See Settings for the others."""

    brokers: tuple[str, ...]
    partitions: int
    folder: Path
    name: str = "yipan"
    login: Login = Login()
    transaction_records: int = 2_000
    transaction_wait_ms: int = 20
    dead_letter_limit: int = 1_000
    session_s: float = 6.0


class Outside(NamedTuple):
    """What `normalize` needs of the world beyond Kafka."""

    channels: Mapping[str, Channel]
    seal: Callable[[Person], str]


class WrongPartitions(Exception):
    """A topic has another number of partitions than is set: a pool would be looked for in the wrong place."""


def run_worker(config: WorkerConfig, clients: Clients, outside: Outside, ready: Callable[[], None], stages: Sequence[StageName]) -> None:
    """Run the stages until SIGTERM or Ctrl-C, which leave the groups in order. `ready` is told once the work has begun. Waits for a
    broker that is away. Raises WrongPartitions."""
    admin = clients.admin()
    origin = await_broker(admin, config.partitions)
    build = Build(config, clients, Snapshots(clients.snapshots(), origin))
    # what is there by now stays: the collector need not look at it again
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    # A thread that decides gets the interpreter back from one that folds after so long. The default of 5 ms, at each of the few
    # hand-overs of a decision, is longer than deciding takes.
    sys.setswitchinterval(SWITCH_S)
    hosted = [stage for stage in STAGES if stage in stages and stage != "allocate"]
    gate = Gate([name for name, runs in ((APP, hosted), (LEDGER, "allocate" in stages)) if runs], ready)
    ledger = build.ledger(partial(gate.passed, LEDGER)) if "allocate" in stages else None
    if hosted:
        host(build, outside, hosted, ledger, partial(gate.passed, APP))
    elif ledger:
        alone(ledger)


class Gate:
    """Tells `ready` once, when everything of these names has passed; from any thread."""

    def __init__(self, names: Iterable[str], ready: Callable[[], None]) -> None:
        self._waiting = set(names)
        self._ready = ready
        self._lock = threading.Lock()

    def passed(self, name: str) -> None:
        with self._lock:
            if name in self._waiting:
                self._waiting.discard(name)
                if not self._waiting:
                    self._ready()


def await_broker(admin: AdminClient, partitions: int) -> Origin:
    """Which log `decisions` is, once the broker answers. Raises WrongPartitions."""
    while True:
        try:
            cluster = admin.list_topics(timeout=10)
            described = admin.describe_topics(TopicCollection([DECISIONS.name]))[DECISIONS.name].result(10)
        except KafkaException as away:
            log.warning("the broker or its topics are not there yet (%s); trying again", away.args[0].name())
            time.sleep(BROKER_RETRY_S)
            continue
        for name in (topic.name for topic in CATALOGUE if not topic.fixed and topic.name in cluster.topics):
            if (found := len(cluster.topics[name].partitions)) != partitions:
                raise WrongPartitions(f"{name} has {found} partitions, but {partitions} are set")
        return Origin(cluster.cluster_id or "", str(described.topic_id))


class Build:
    """Makes the stages of one process."""

    def __init__(self, config: WorkerConfig, clients: Clients, snapshots: Snapshots) -> None:
        self.config = config
        self.clients = clients
        self.snapshots = snapshots
        self.turns = Turns()
        self.asides = Asides(partial(clients.fold_aside, snapshots.origin), os.cpu_count() or 1)

    def log(self) -> KafkaLog:
        """Each user gets its own: the client behind it serves one thread."""
        return KafkaLog(partial(self.clients.consumer, f"{self.config.name}-read", **READ_OPTIONS))

    def ledger(self, ready: Callable[[], None]) -> FencedLedger:
        config = self.config
        consumer = self.clients.consumer(f"{config.name}-allocate", **CONSUMER_OPTIONS, **session(config.session_s))
        return FencedLedger(consumer, self._own, self.clients.producer(), lambda: time.time_ns() // 1_000_000, ready)

    def _own(self, partition: int) -> Owned:
        config = self.config
        writer = transactions(self.clients.producer, f"{config.name}-allocate-{partition}")
        source, records = self.turns.of_ledger(self.log()), config.transaction_records
        desk = Desk(partition, writer, source, self.snapshots, records, self.asides.for_ledger)
        return Owned(desk, wait_s=config.transaction_wait_ms / 1000)

    def normalize(self, outside: Outside, reference: Follower, out: Deliveries) -> Hosted:
        stage = Normalize(reference.reference, outside.channels, outside.seal, out, self.config.dead_letter_limit)
        return Hosted(RAW, Intake(stage))

    def fulfil(self, out: Deliveries) -> Hosted:
        return Hosted(DECISIONS, Intake(Fulfil(self.log(), out)))

    def announce(self) -> Hosted:
        name, producer = self.config.name, self.clients.producer
        source = self.turns.of_view(self.log())
        stage = Announce(
            source,
            self.snapshots,
            lambda partition: transactions(producer, f"{name}-announce-{partition}"),
            aside=self.asides.for_view,
        )
        return Hosted(DECISIONS, Intake(stage))

    def hosting(self) -> Hosting:
        config = self.config
        return Hosting(
            name=f"{config.name}-stages",
            brokers=config.brokers,
            partitions=config.partitions,
            folder=config.folder,
            login=config.login,
            session_s=config.session_s,
        )


def session(seconds: float) -> dict[str, int]:
    return {"session_timeout_ms": int(seconds * 1000), "heartbeat_interval_ms": int(seconds * 250)}


def host(build: Build, outside: Outside, stages: Sequence[StageName], ledger: FencedLedger | None, ready: Callable[[], None]) -> None:
    """The stages in a Faust app, the ledger as a service beside it."""
    follower = Follower(build.clients.consumer(f"{build.config.name}-{REFERENCE.name}")) if "normalize" in stages else None
    # never given up: of records that were, those behind them may land all the same
    out = Deliveries(build.clients.producer(delivery_timeout_ms=0))
    out.start()
    hosted: list[Hosted] = []
    if follower:
        # before the first raw record: a listing that is not known yet would be taken for an unknown one
        follower.load()
        follower.start()
        hosted.append(build.normalize(outside, follower, out))
    if "fulfil" in stages:
        hosted.append(build.fulfil(out))
    if "announce" in stages:
        hosted.append(build.announce())
    app = create_app(build.hosting(), hosted, ready)
    services = [OnThread("ledger", ledger.run, ledger.stop)] if ledger else []
    run_app(app, *services)
    out.close()
    if follower:
        follower.stop()


def alone(ledger: FencedLedger) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ledger.stop())
    ledger.run()
