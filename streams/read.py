"""Topics as finite logs: where they start and end, and their records in order. On Kafka, or in memory for tests and simulations."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

Positions = dict[int, int]  # partition -> the offset that is read next

BATCH = 5_000
STUCK_AFTER = 60.0
ANSWER_S = 15.0
ASK_AGAIN_S = 0.1


class Unreadable(Exception):
    """What the broker keeps is not what was written: its checksum says so. The text names the place."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """`timestamp` is the broker's own (LogAppendTime), milliseconds."""

    partition: int
    offset: int
    timestamp: int
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes


class Log(Protocol):
    """What the checker and the inspecting commands need of a broker. A topic that does not exist has no partitions."""

    def low(self, topic: str) -> Positions:
        """The first offset that is still kept, by partition."""
        ...

    def ends(self, topic: str) -> Positions:
        """The position after the last committed record, by partition."""
        ...

    def end(self, topic: str, partition: int) -> int:
        """… of one that is there."""
        ...

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        """Committed records from `start` up to (not including) `stop`, in batches; each partition in its order."""
        ...


class KafkaLog:
    """Builds a consumer for each read, so that several topics can be read side by side. The factory's consumers must read
    committed and tell of partition ends (`enable.partition.eof`): a transaction's marker is an offset without a record, so only
    the position says that the end is reached."""

    def __init__(self, consumer: Callable[[], Consumer]) -> None:
        self._consumer = consumer
        self._asking: Consumer | None = None

    def low(self, topic: str) -> Positions:
        return {partition: low for partition, (low, _) in self._watermarks(topic).items()}

    def ends(self, topic: str) -> Positions:
        return {partition: high for partition, (_, high) in self._watermarks(topic).items()}

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        return _read(self._consumer(), topic, start, stop)

    def end(self, topic: str, partition: int) -> int:
        return _marks(self._client(), TopicPartition(topic, partition))[1]

    def close(self) -> None:
        if self._asking:
            self._asking.close()
            self._asking = None

    def _watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        return watermarks(self._client(), topic)

    def _client(self) -> Consumer:
        if self._asking is None:
            self._asking = self._consumer()
        return self._asking


def watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """(first kept offset, end position) by partition; of a read-committed consumer the end is that of what is committed."""
    found = consumer.list_topics(topic, timeout=ANSWER_S).topics[topic]
    if found.error is not None:
        if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return {}
        raise KafkaException(found.error)
    return {partition: _marks(consumer, TopicPartition(topic, partition)) for partition in sorted(found.partitions)}


def _marks(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """Asked again for a while: a leader that was only just made, or moved, does not know of it at once."""
    deadline = time.monotonic() + ANSWER_S
    while True:
        try:
            return consumer.get_watermark_offsets(place, timeout=ANSWER_S, cached=False)
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(ASK_AGAIN_S)


def read_topic(consumer: Consumer, topic: str, partitions: Sequence[int] | None = None) -> Iterator[Record]:
    """All committed records from the low watermark to the end as of now. The consumer must tell of partition ends; it is closed
    after. Raises KafkaException, or TimeoutError when the broker stops answering."""
    marks = watermarks(consumer, topic)
    chosen = {partition: marks[partition] for partition in (marks if partitions is None else partitions)}
    start, stop = {p: low for p, (low, _) in chosen.items()}, {p: high for p, (_, high) in chosen.items()}
    for batch in _read(consumer, topic, start, stop):
        yield from batch


def _read(consumer: Consumer, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
    try:
        left = {partition: stop[partition] for partition, at in start.items() if at < stop.get(partition, 0)}
        if left:
            consumer.assign([TopicPartition(topic, partition, start[partition]) for partition in left])
        heard = time.monotonic()
        while left:
            # waits that long for a full batch, even at the end of the log
            messages = consumer.consume(BATCH, 0.05)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > STUCK_AFTER:
                raise TimeoutError(f"{topic}: nothing more of partitions {sorted(left)} for {STUCK_AFTER:.0f} s; is the broker up?")
            if batch := list(_take(messages, left)):
                yield batch
    finally:
        consumer.close()


def _take(messages: Sequence[Any], left: dict[int, int]) -> Iterator[Record]:
    """The records among the messages that are wanted; partitions that are through leave `left`."""
    for message in messages:
        partition, offset = message.partition(), message.offset()
        if error := message.error():
            if error.code() == KafkaError._PARTITION_EOF:
                left.pop(partition, None)
            elif error.code() == KafkaError._BAD_MSG:
                raise Unreadable(f"{message.topic()}[{partition}]: {error.str()}")
            elif not error.retriable():
                raise KafkaException(error)
            continue
        end = left.get(partition)
        if end is None or offset >= end:
            left.pop(partition, None)
            continue
        if offset == end - 1:
            del left[partition]
        yield Record(partition, offset, message.timestamp()[1], message.key() or b"", message.headers() or (), message.value() or b"")


class MemoryLog:
    """Records by topic and partition, as a simulator or a test wrote them: offsets rise, gaps are what a marker or retention left."""

    def __init__(self, topics: Mapping[str, Mapping[int, Sequence[Record]]], low: Mapping[str, Mapping[int, int]] | None = None) -> None:
        self._topics = topics
        self._low = low or {}

    def low(self, topic: str) -> Positions:
        told = self._low.get(topic, {})
        return {p: told.get(p, records[0].offset if records else 0) for p, records in self._topics.get(topic, {}).items()}

    def ends(self, topic: str) -> Positions:
        return {p: records[-1].offset + 1 if records else 0 for p, records in self._topics.get(topic, {}).items()}

    def end(self, topic: str, partition: int) -> int:
        return self.ends(topic)[partition]

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        for partition, records in self._topics.get(topic, {}).items():
            first, last = start.get(partition), stop.get(partition, 0)
            if first is not None and (batch := [record for record in records if first <= record.offset < last]):
                yield batch
