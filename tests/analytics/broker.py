"""Stands for Kafka's consumer in the sink's tests: a log in memory, committed offsets that outlive the consumer."""

from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, TopicPartition

from tests.analytics.teahouse import Log, LogRecord

Place = tuple[str, int]


class Message:
    def __init__(self, place: Place, record: LogRecord) -> None:
        self._place, self._record = place, record

    def topic(self) -> str:
        return self._place[0]

    def partition(self) -> int:
        return self._place[1]

    def offset(self) -> int:
        return self._record.offset

    def timestamp(self) -> tuple[int, int]:
        return 2, self._record.time

    def value(self) -> bytes:
        return self._record.value

    def error(self) -> KafkaError | None:
        return None


class Broker:
    """`low`: the first offset that retention has left."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.low: dict[Place, int] = {}
        self.committed: dict[Place, tuple[int, str]] = {}

    def end(self, place: Place) -> int:
        """One more than the last record: behind it lies the marker of its transaction."""
        return self.log[place][-1].offset + 2 if self.log.get(place) else 0


class FakeConsumer:
    """One group, one member. `sizes`: how many records a fetch gives; `calls` hears of every request that a kill may fall on."""

    def __init__(self, broker: Broker, sizes: Callable[[], int] = lambda: 500, calls: Callable[[str], None] = lambda name: None) -> None:
        self._broker, self._sizes, self._calls = broker, sizes, calls
        self._positions: dict[Place, int] = {}
        self._assign: Callable[[Any, list[TopicPartition]], None] | None = None
        self._topics: list[str] = []

    def subscribe(self, topics: list[str], on_assign: Any, on_revoke: Any) -> None:
        self._topics, self._assign = topics, on_assign

    def consume(self, count: int, wait: float) -> list[Message]:
        if self._assign:
            places = [TopicPartition(topic, part) for topic, part in self._broker.log if topic in self._topics]
            assign, self._assign = self._assign, None
            assign(self, places)
        size = min(count, self._sizes())
        return [message for place in self._positions for message in self._fetch(place, size)]

    def _fetch(self, place: Place, size: int) -> list[Message]:
        here = [record for record in self._broker.log[place] if record.offset >= self._positions[place]][:size]
        if here:
            self._positions[place] = here[-1].offset + 1
        return [Message(place, record) for record in here]

    def assign(self, places: list[TopicPartition]) -> None:
        self._positions = {(place.topic, place.partition): place.offset for place in places}

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        known = [((p.topic, p.partition), self._broker.committed.get((p.topic, p.partition))) for p in places]
        return [TopicPartition(*place, *(found or (-1001, ""))) for place, found in known]

    def commit(self, offsets: Sequence[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        self._calls("before commit")
        for place in offsets:
            self._broker.committed[place.topic, place.partition] = (place.offset, place.metadata or "")
        self._calls("after commit")
        return list(offsets)

    def get_watermark_offsets(self, place: TopicPartition, timeout: float = 0, cached: bool = False) -> tuple[int, int]:
        key = (place.topic, place.partition)
        return self._broker.low.get(key, 0), self._broker.end(key)

    def close(self) -> None:
        self._positions = {}
