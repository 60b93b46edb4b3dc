"""What of Kafka the pages show beside the tables: how many raw records wait, and where a raw record came from."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.topics import RAW

TIMEOUT = 5.0


class RawView(msgspec.Struct, frozen=True):
    """A raw record without its body, which may hold personal data. `found` False: retention has taken it."""

    partition: int
    offset: int
    found: bool
    time: int = 0
    bytes: int = 0
    headers: Mapping[str, str] = {}


class Peek:
    """Reads single records and end positions with one consumer of its own, made when first asked; used by one thread at a time."""

    def __init__(self, consumers: Callable[[], Consumer]) -> None:
        self._consumers = consumers
        self._consumer: Consumer | None = None
        self._lock = threading.Lock()

    def raw_ends(self) -> dict[int, int]:
        """The end offset of each partition of `raw`. Raises KafkaException when the broker does not answer."""
        with self._lock:
            consumer = self._open()
            partitions = consumer.list_topics(RAW.name, timeout=TIMEOUT).topics[RAW.name].partitions
            places = [TopicPartition(RAW.name, partition) for partition in sorted(partitions)]
            return {p.partition: consumer.get_watermark_offsets(p, timeout=TIMEOUT, cached=False)[1] for p in places}

    def raw(self, partition: int, offset: int) -> RawView:
        """Raises KafkaException when the broker does not answer."""
        with self._lock:
            message = self._read(TopicPartition(RAW.name, partition, offset))
        if message is None:
            return RawView(partition, offset, found=False)
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers() or ()}
        return RawView(partition, offset, True, message.timestamp()[1], len(message.value() or b""), headers)

    def close(self) -> None:
        with self._lock:
            if self._consumer:
                self._consumer.close()
                self._consumer = None

    def _open(self) -> Consumer:
        if self._consumer is None:
            self._consumer = self._consumers()
        return self._consumer

    def _read(self, place: TopicPartition) -> Any:
        consumer = self._open()
        # beyond either end a consumer waits, or jumps elsewhere
        low, high = consumer.get_watermark_offsets(place, timeout=TIMEOUT, cached=False)
        if not low <= place.offset < high:
            return None
        consumer.assign([place])
        try:
            message = next(iter(consumer.consume(1, TIMEOUT)), None)
        finally:
            consumer.unassign()
        if message is not None and message.error():
            raise KafkaException(message.error())
        return message if message is not None and message.offset() == place.offset else None
