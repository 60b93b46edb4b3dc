"""Producers over the broker in memory, with their calls struck by faults."""

from collections import deque
from typing import Any, Literal, NamedTuple

from confluent_kafka import KafkaError, KafkaException

from streams.simulation.broker import Place, Transaction, refused
from streams.simulation.faults import Point
from streams.simulation.loop import Process
from streams.simulation.world import World

SENT_EARLY = 0.1
LATEST_S = 4.0


class Sent(NamedTuple):
    offset_: int
    topic_: str = ""
    partition_: int = 0

    def offset(self) -> int:
        return self.offset_

    def topic(self) -> str:
        return self.topic_

    def partition(self) -> int:
        return self.partition_


class Waiting(NamedTuple):
    key: bytes
    value: bytes
    headers: Any
    report: Any


class PlainProducer:
    """Idempotent: each record lands once, and those of a partition in order; partitions do not wait for each other. What was on its way
    when the process died may land or not, but with no gaps."""

    def __init__(self, world: World, process: Process, ack: Literal["ack", "ticked"] = "ack") -> None:
        self._world = world
        self._process = process
        self._ack: Literal["ack", "ticked"] = ack
        self._waiting: dict[Place, deque[Waiting]] = {}
        self._far: dict[Place, bool] = {}

    def produce(self, topic: str, value: bytes, key: bytes, partition: int, report: Any = None, headers: Any = None) -> None:
        late = self._world.strike("send")
        if sum(map(len, self._waiting.values())) >= self._world.tempo.room:
            raise BufferError
        queue = self._waiting.setdefault((topic, partition), deque())
        queue.append(Waiting(key, value, headers or (), report))
        if len(queue) == 1:
            self._next((topic, partition), late)

    def poll(self, _: float) -> None:
        """Reports come by themselves."""

    def flush(self, _: float) -> int:
        return 0

    def _next(self, place: Place, late: float = 0.0) -> None:
        world = self._world
        far = self._far.setdefault(place, world.random.random() < 0.3)
        takes = world.takes(world.tempo.network) * (world.tempo.apart if far else 1.0)
        world.after(late + min(takes, LATEST_S), lambda: self._land(place))

    def _land(self, place: Place) -> None:
        """A batch of what is waiting for a partition, as a request on the wire has it."""
        world, queue = self._world, self._waiting[place]
        if not self._process.alive and world.random.random() < 0.5:
            return
        if world.broker.away or self._process.frozen:
            self._next(place, 0.1)
            return
        try:
            late = world.strike("land")
        except Exception as refusal:
            self._give_up(place, refusal)
            return
        if late:
            self._next(place, late)
            return
        first = offset = -1
        for _ in range(min(len(queue), world.random.randint(1, 30))):
            key, value, headers, report = queue[0]
            offset = world.broker.append(place, key, value, headers, world.now, None)
            first = offset if first < 0 else first
            self._report(report, None, offset)
            queue.popleft()
        world.tell(f"{self._process} → {place[0]}[{place[1]}]@{first}{f'–{offset}' if offset > first else ''}")
        if queue:
            self._next(place)

    def _give_up(self, place: Place, refusal: Exception) -> None:
        """None of what is waiting for the partition lands."""
        for waiting in self._waiting.pop(place):
            self._report(waiting.report, refusal, -1)

    def _report(self, report: Any, error: Exception | None, offset: int) -> None:
        world = self._world
        if report is not None:
            takes = world.takes(world.tempo.network)
            world.loop.call_later(takes, self._acknowledge, report, error, offset, context=self._process.context)

    def _acknowledge(self, report: Any, error: Exception | None, offset: int) -> None:
        """Lost, it is one that never comes: the client gives the record up."""
        try:
            late = self._world.strike(self._ack)
        except Exception as lost:
            report(lost, Sent(offset))
            return
        if error is not None:
            report(error, Sent(offset))
            return
        if late:
            self._world.loop.call_later(late, report, None, Sent(offset))
        else:
            report(None, Sent(offset))


class TransactionalProducer:
    """Records wait here until the commit, or until there are many of them. Between the calls of one transaction others go on, and its
    process may die or be frozen."""

    def __init__(self, world: World, process: Process, name: str) -> None:
        self._world = world
        self._process = process
        self._name = name
        self._epoch = -1
        self._waiting: list[tuple[Place, bytes, bytes, Any]] = []
        self._transaction: Transaction | None = None

    def init_transactions(self, _: float) -> None:
        self._world.wait(self._world.tempo.network)
        self._call("fence")
        self._epoch = self._world.broker.fence(self._name)
        self._world.tell(f"{self._process} fences {self._name}")

    def begin_transaction(self) -> None:
        self._call("begin")
        # the broker hears of it with the first record
        self._transaction = None
        self._waiting.clear()

    def produce(self, topic: str, value: bytes, key: bytes, partition: int, report: Any = None) -> None:
        self._call("write")
        self._waiting.append(((topic, partition), key, value, report))
        if self._world.random.random() < SENT_EARLY:
            self._flush()

    def flush(self, _: float) -> int:
        self._world.wait(self._world.tempo.network)
        self._call("flushed")
        self._flush()
        return 0

    def abort_transaction(self, _: float) -> None:
        self._world.wait(self._world.tempo.network)
        self._call("commit")
        if self._transaction:
            self._world.broker.abort(self._transaction)
            self._transaction = None

    def commit_transaction(self, _: float) -> None:
        self._world.wait(self._world.tempo.network)
        self._call("commit")
        self._flush()
        self._world.wait(self._world.tempo.network)
        self._call("flushed")
        if self._transaction:
            self._end(self._transaction)
            where = ", ".join(f"{topic}[{p}]@{first}" for (topic, p), first in self._transaction.places.items())
            self._world.tell(f"{self._process} commits {where}")
            self._transaction = None
        self._world.strike("committed")

    def _end(self, transaction: Transaction) -> None:
        """The broker may restart before the marker is written, and whoever waits for an answer hears that all is well, or gives up."""
        try:
            self._world.strike("marker")
        except KafkaException as lost:
            self._world.broker.lose_marker(transaction)
            if self._world.random.random() < 0.5:
                raise lost
        else:
            self._world.broker.commit(transaction)

    def _flush(self) -> None:
        broker, now = self._world.broker, self._world.now
        try:
            broker.check_epoch(self._name, self._epoch)
        except Exception:
            self._world.tell(f"{self._process} is shut out of {self._name}")
            raise
        if self._transaction is None and self._waiting:
            self._transaction = broker.begin(self._name, self._epoch, now)
        for place, key, value, report in self._waiting:
            offset = broker.append(place, key, value, (), now, self._transaction)
            if report:
                report(None, Sent(offset, *place))
        self._waiting.clear()

    def _call(self, point: Point) -> None:
        self._world.strike(point)
        if self._world.broker.away:
            raise refused(KafkaError._ALL_BROKERS_DOWN)
