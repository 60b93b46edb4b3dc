"""`decisions` and `dead-letters` -> ClickHouse, exactly once in effect, whenever and wherever it is killed.

One cut of a partition at a time: written down, inserted under its token, confirmed. See `cuts.py` for why that is enough.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from analytics import metrics
from analytics.cuts import Buffer, Cut, Limits, Received, pending_end
from analytics.feeds import Feed
from analytics.store import Stopping, Store, Unfit
from streams.topics import DEAD_LETTERS, DECISIONS

log = logging.getLogger(__name__)

GROUP = "analytics"
TABLES = {DECISIONS.name: "decided", DEAD_LETTERS.name: "dead_letters"}
TIMEOUT = 30.0
AGAIN_AFTER = 2.0


class OtherLog(Unfit):
    """ClickHouse holds a log that is not the one in Kafka."""


class Sink:
    """`consumer`: read committed, group GROUP, tells of partition ends. All happens on the thread that calls `step`, the consumer's
    callbacks included, so a partition is never taken away in the middle of an insert."""

    def __init__(self, consumer: Consumer, store: Store, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._consumer = consumer
        self._store = store
        self._limits = limits or Limits()
        self._clock = clock
        self._feeds = {topic: Feed(topic) for topic in TABLES}
        self._buffers: dict[tuple[str, int], Buffer] = {}

    def start(self) -> None:
        self._consumer.subscribe(list(TABLES), on_assign=self._assigned, on_revoke=self._revoked)

    def step(self, wait: float) -> int:
        """Take what has come within `wait` seconds, write the cuts that are due; returns the records taken."""
        messages = self._consumer.consume(self._limits.records, wait)
        positions = dict[tuple[str, int], int]()
        for message in messages:
            self._take(message, positions)
        for place, position in positions.items():
            self._show_lag(place, position)
        for buffer in list(self._buffers.values()):
            while due := buffer.cut(self._clock(), self._limits):
                self._write(*due)
        return len(messages)

    def _take(self, message: Any, positions: dict[tuple[str, int], int]) -> None:
        """Notes in `positions` how far the message's partition is read."""
        place = message.topic(), message.partition()
        buffer = self._buffers.get(place)
        error = message.error()
        if error is None and buffer:
            buffer.add(Received(message.offset(), message.timestamp()[1], message.value() or b""), self._clock())
            positions[place] = buffer.next
        elif error is not None and error.code() == KafkaError._PARTITION_EOF:
            if buffer:
                positions[place] = max(message.offset(), buffer.next)
        # topics that are about to be made are no reason to end
        elif error is not None and not error.retriable() and error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise KafkaException(error)

    def _show_lag(self, place: tuple[str, int], position: int) -> None:
        marks = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
        # nothing is known before the first fetch has come back
        if marks:
            metrics.LAG.labels(*place).set(max(0, marks[1] - position))

    def _write(self, cut: Cut, records: Sequence[Received]) -> None:
        tables = self._feeds[cut.topic].tables(cut, records)
        # written down before the insert: from here on, whoever has the partition inserts exactly this cut first
        self._commit(cut, cut.start, cut.note)
        with metrics.INSERT_SECONDS.time():
            self._store.insert(cut, tables)
        self._commit(cut, cut.end, "")
        metrics.RECORDS.labels(cut.topic).inc(len(records))
        metrics.BATCH_RECORDS.observe(len(records))

    def _commit(self, cut: Cut, offset: int, note: str) -> None:
        """Raises KafkaException when the partition is no longer ours; then nothing may be inserted."""
        # synchronous, so that the broker can refuse it to a member that a rebalance has left behind
        done = self._consumer.commit(offsets=[TopicPartition(cut.topic, cut.partition, offset, note)], asynchronous=False)
        for place in done or ():
            if place.error is not None:
                raise KafkaException(place.error)

    # ------------------------------------------------------------------------------------------ assignment
    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        placed = []
        for place in consumer.committed(partitions, timeout=TIMEOUT):
            buffer = self._resume(place)
            self._buffers[place.topic, place.partition] = buffer
            metrics.LAG.labels(place.topic, place.partition).set(0)
            self._feeds[place.topic].anchor(place.partition, self._anchor(buffer))
            placed.append(TopicPartition(place.topic, place.partition, buffer.start))
        # the offsets are ours and not the group's: a pending cut is read again from its start
        consumer.assign(placed)

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for place in partitions:
            # abandoned, never cut at a new place: what was written down is the next owner's to insert
            if self._buffers.pop((place.topic, place.partition), None):
                metrics.LAG.remove(place.topic, place.partition)

    def _anchor(self, buffer: Buffer) -> int:
        if buffer.topic != DECISIONS.name:
            return -1
        return self._store.anchor(buffer.topic, buffer.partition, buffer.start)

    def _resume(self, place: TopicPartition) -> Buffer:
        """Where the committed offset and its note say; where the group's offsets have expired, after what ClickHouse has; from the
        start of `decisions`, which is never deleted, where ClickHouse has nothing of what was committed: it is a new one."""
        low, high = self._consumer.get_watermark_offsets(TopicPartition(place.topic, place.partition), timeout=TIMEOUT, cached=False)
        held = self._store.end(place.topic, place.partition, TABLES[place.topic])
        start, pending = (place.offset, pending_end(place.metadata)) if place.offset >= 0 else (held, None)
        # the first record always leaves a row
        if place.topic == DECISIONS.name and held == 0 and start > low:
            log.warning("%s/%s: ClickHouse has nothing of it and is filled from the start", place.topic, place.partition)
            start, pending = low, None
        if start > high:
            raise OtherLog(
                f"ClickHouse holds {place.topic}/{place.partition} up to offset {start}, but the topic ends at {high}: "
                "it is another log. Use an empty ClickHouse database (or remove its folder), or the Kafka it was filled from."
            )
        if start < low:
            metrics.GONE.labels(place.topic).inc(low - start)
            log.error("%s/%s: offsets %s to %s are gone from Kafka and were not taken over", place.topic, place.partition, start, low)
            start, pending = low, None if pending is None or pending <= low else pending
        return Buffer(place.topic, place.partition, start, pending)


def run_sink(
    consumers: Callable[[], Consumer],
    store: Store,
    stop: threading.Event,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Until `stop`: after whatever Kafka refuses, a new consumer goes on where the last one stood. Raises OtherLog."""
    while not stop.is_set():
        consumer = consumers()
        try:
            sink = Sink(consumer, store, limits, clock)
            sink.start()
            while not stop.is_set():
                sink.step(0.2)
        except Stopping:
            return
        except KafkaException as wrong:
            log.warning("Kafka: %s. Going on in %.0f s; nothing is lost.", wrong, AGAIN_AFTER)
            stop.wait(AGAIN_AFTER)
        finally:
            consumer.close()
