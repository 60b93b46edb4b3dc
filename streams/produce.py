"""Writing to Kafka so that the whole batch counts: acknowledged together, or in one transaction behind a fence."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from confluent_kafka import KafkaException, Producer

from streams.fatal import die
from streams.read import Log

log = logging.getLogger(__name__)

Headers = list[tuple[str, str | bytes | None]]
Place = tuple[str, int]  # topic, partition
Reached = Mapping[Place, int]  # the last offset written
End = Callable[[str, int], int]  # of a topic's partition: the position after the last committed record
# librdkafka's own option names, `_` for `.`
MakeProducer = Callable[..., Producer]

FULL_QUEUE_PAUSE_S = 0.005
COMMIT_TIMEOUT_S = 30.0
FENCE_TIMEOUT_S = 30.0
LOOK_S, PATIENT_LOOKS = 0.01, 500
RETRY_S = (0.5, 1.0, 2.0, 5.0)


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers | None = None


class Deliveries:
    """A plain idempotent producer, its delivery reports counted per batch. One thread, begun by `start`, polls it; the event loop hands
    batches over.
    A record that cannot be delivered ends the process: nothing that was read for it has been committed."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="deliveries", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def send(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        """Hand over all records, in order. The future is done once every one of them is acknowledged."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not records:
            done.set_result(None)
            return done
        report = _countdown(len(records), lambda: loop.call_soon_threadsafe(_finish, done))
        handed = self._hand_over(records, report)
        while handed < len(records):
            await asyncio.sleep(FULL_QUEUE_PAUSE_S)
            handed += self._hand_over(records[handed:], report)
        return done

    def _hand_over(self, records: Sequence[Outgoing], report: Callable[[Any, Any], None]) -> int:
        """How many of them the producer's queue had room for."""
        produce = self._producer.produce
        for number, record in enumerate(records):
            try:
                produce(record.topic, record.value, record.key, record.partition, report, headers=record.headers)
            except BufferError:
                return number
        return len(records)

    def _poll(self) -> None:
        while not self._stopped.is_set():
            self._producer.poll(0.1)

    def close(self, timeout: float = 10.0) -> None:
        self._producer.flush(timeout)
        self._stopped.set()
        self._thread.join()


def _countdown(total: int, then: Callable[[], object]) -> Callable[[Any, Any], None]:
    """A delivery report that calls `then` at the last one. Only the polling thread calls it, so the count needs no lock."""
    acknowledged = 0

    def report(error: Any, _: Any) -> None:
        nonlocal acknowledged
        if error is not None:
            die(f"a record could not be delivered: {error}")
        acknowledged += 1
        if acknowledged == total:
            then()

    return report


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


class Transactions:
    """The only writer under its `transactional.id`: taking over shuts out whoever wrote under it before, and undoes what they left open.

    Kafka acknowledges a commit before its marker is in the log. A broker that dies in between has been seen to come back believing that the
    marker is there: the transaction is over for whoever asks, the fence too, and yet hangs in the log, read by nobody, until the same
    producer ends another, and then it ends as that one does. So what is acknowledged is not yet `settled`."""

    def __init__(self, producer: Producer, sleep: Callable[[float], None] = time.sleep) -> None:
        self._producer = producer
        self._sleep = sleep
        self._reached: dict[Place, int] = {}
        self._unseen: dict[Place, int] = {}  # the last record that was written to a place, until it was seen there

    def take_over(self, places: Sequence[Place], end: End, wanted: Callable[[], bool]) -> bool:
        """Returns True once nobody else can append to these places, and all that ever was has an end and can be read or never will be;
        False when it is no longer `wanted`. A broker that is away at first is waited for. Raises KafkaException when waiting would not
        help, TimeoutError when a record is not taken."""
        return self.fence(wanted) and self._end_what_hangs(places, end, wanted)

    def fence(self, wanted: Callable[[], bool]) -> bool:
        """The first half of `take_over`."""
        attempt = 0
        while wanted():
            try:
                self._producer.init_transactions(FENCE_TIMEOUT_S)
                return True
            except KafkaException as failure:
                if not failure.args[0].retriable():
                    raise
                pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                attempt += 1
                log.warning("the broker does not answer (%s); trying again in %.1f s", failure.args[0].name(), pause)
                self._sleep(pause)
        return False

    def _end_what_hangs(self, places: Sequence[Place], end: End, wanted: Callable[[], bool]) -> bool:
        """By a transaction that is aborted: nobody has read it. Its records also show how far the log must reach."""
        self._producer.begin_transaction()
        for topic, partition in places:
            self._producer.produce(topic, b"", b"", partition, self._landed)
        self._producer.flush(FENCE_TIMEOUT_S)
        self._producer.abort_transaction(COMMIT_TIMEOUT_S)
        if missing := [place for place in places if place not in self._reached]:
            raise TimeoutError(f"the broker did not take the records that show the ends of {missing}")
        while not self.await_settled(end, wanted):
            if not wanted():
                return False
            log.warning("a transaction does not end before %s; waiting for it", self._reached)
        return wanted()

    def write(self, records: Sequence[Outgoing]) -> None:
        """All of the records, or none. Raises KafkaException when they are not durable, among others when fenced."""
        produce = self._producer.produce
        ends = {(record.topic, record.partition): number for number, record in enumerate(records)}
        last = set(ends.values())
        self._producer.begin_transaction()
        for number, record in enumerate(records):
            produce(record.topic, record.value, record.key, record.partition, self._landed if number in last else None)
        # flushes, and fails when any record of it did
        self._producer.commit_transaction(COMMIT_TIMEOUT_S)
        self._unseen.update({place: self._reached[place] for place in ends})

    @property
    def reached(self) -> Reached:
        """Up to where was written by now."""
        return dict(self._reached)

    def await_settled(self, end: End, wanted: Callable[[], bool]) -> bool:
        """Looks for a few seconds whether all is settled that was written by now: markers come some milliseconds late."""
        for _ in range(PATIENT_LOOKS):
            if self.settled(end, self._reached):
                return True
            if not wanted():
                return False
            self._sleep(LOOK_S)
        return False

    def is_there(self, source: Log) -> bool:
        """Whether all that was written can be read, once it is settled: whoever took over meanwhile has undone what hung."""
        for (topic, partition), offset in self._unseen.items():
            found = source.read(topic, {partition: offset}, {partition: offset + 1})
            if not any(record.offset == offset for batch in found for record in batch):
                return False
        self._unseen.clear()
        return True

    def settled(self, end: End, reached: Reached) -> bool:
        """Whether all up to there can be read, or never will be; False also when the broker does not say."""
        try:
            return all(end(topic, partition) > offset for (topic, partition), offset in reached.items())
        except KafkaException as failure:
            log.warning("the broker does not say where a log ends (%s)", failure.args[0].name())
            return False

    def _landed(self, error: Any, record: Any) -> None:
        if error is None:
            self._reached[record.topic(), record.partition()] = record.offset()


def transactions(make_producer: MakeProducer, transactional_id: str) -> Transactions:
    return Transactions(
        make_producer(
            transactional_id=transactional_id,
            transaction_timeout_ms=15_000,
            # a transaction has no gaps anyway
            enable_gapless_guarantee=False,
            # a commit flushes; sending earlier would only make smaller batches
            linger_ms=1_000,
            # must not exceed the transaction's own
            delivery_timeout_ms=15_000,
        )
    )
