"""Reads all of the compacted topic `reference` with a plain consumer, and follows it."""

import threading

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from streams.reference import Reference, decode_reference
from streams.topics import REFERENCE


class Follower:
    """`load()` before the first lookup; `start()` keeps `reference` current from a thread of its own."""

    def __init__(self, consumer: Consumer) -> None:
        self.reference = Reference()
        self._consumer = consumer
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self, timeout: float = 30.0) -> Reference:
        """Read to the end as of now. Raises KafkaException when the broker does not answer in time."""
        here = TopicPartition(REFERENCE.name, 0, OFFSET_BEGINNING)
        _, end = self._consumer.get_watermark_offsets(here, timeout=timeout, cached=False)
        self._consumer.assign([here])
        while (position := self._consumer.position([TopicPartition(REFERENCE.name, 0)])[0].offset) < end:
            if not self._take(1.0) and position < 0 and end == 0:
                break
        return self.reference

    def start(self) -> None:
        self._thread = threading.Thread(target=self._follow, name="reference", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join(5)
        self._consumer.close()

    def _follow(self) -> None:
        while not self._stopped.is_set():
            self._take(0.2)

    def _take(self, wait: float) -> int:
        messages = self._consumer.consume(1_000, wait)
        for message in messages:
            if error := message.error():
                if error.code() == KafkaError._PARTITION_EOF or error.retriable():
                    continue
                raise KafkaException(error)
            if value := message.value():
                self.reference.apply(decode_reference(value))
        return len(messages)
