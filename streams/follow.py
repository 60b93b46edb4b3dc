"""Reads all of the compacted topic `reference` with a plain consumer, and follows it."""

import logging
import threading
import time

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.reference import Reference, decode_reference
from streams.topics import REFERENCE

log = logging.getLogger(__name__)


RETRY_SECONDS = 2.0


class Follower:
    """`load()` before the first lookup; `start()` keeps `reference` current from a thread of its own, which alone then uses the
    consumer. Started without a load, the thread loads first, as often as it takes: `loaded` says when. Lookups need no lock: each
    is one look into a dict."""

    def __init__(self, consumer: Consumer) -> None:
        self.reference = Reference()
        self.loaded = threading.Event()
        self._consumer = consumer
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self, timeout: float = 30.0) -> Reference:
        """Read to the end as of now. Raises KafkaException when the broker does not answer, TimeoutError when it stops to."""
        here = TopicPartition(REFERENCE.name, 0)
        low, end = self._watermarks(here, timeout)
        self._consumer.assign([TopicPartition(REFERENCE.name, 0, OFFSET_BEGINNING)])
        deadline = time.monotonic() + timeout
        # positions, not offsets: compaction and transaction markers leave gaps
        while low < end and self._consumer.position([here])[0].offset < end:
            if self._take(1.0):
                deadline = time.monotonic() + timeout
            elif time.monotonic() > deadline:
                raise TimeoutError(f"Topic {REFERENCE.name} could not be read to its end in {timeout:.0f} s.")
        self.loaded.set()
        return self.reference

    def start(self) -> None:
        self._thread = threading.Thread(target=self._follow, name="reference", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join()
        self._consumer.close()

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                if self.loaded.is_set():
                    self._take(0.2)
                else:
                    self.load(RETRY_SECONDS)
            except (KafkaException, TimeoutError) as failure:
                # a thread that ends here would leave the stage on old reference data without a word
                log.warning("Topic %s cannot be read at the moment: %s", REFERENCE.name, failure)
                self._stopped.wait(RETRY_SECONDS)

    def _watermarks(self, here: TopicPartition, timeout: float) -> tuple[int, int]:
        """Asked again until `timeout`: the leader of a topic that was only just made does not know of it at once."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self._consumer.get_watermark_offsets(here, timeout=max(deadline - time.monotonic(), 0.1), cached=False)
            except KafkaException:
                if time.monotonic() > deadline or self._stopped.wait(0.1):
                    raise

    def _take(self, wait: float) -> int:
        messages = self._consumer.consume(1_000, wait)
        for message in messages:
            if error := message.error():
                if error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                    raise KafkaException(error)
            else:
                self._apply(message)
        return len(messages)

    def _apply(self, message: Message) -> None:
        key, value = message.key() or b"", message.value()
        if not value:
            self.reference.forget(key.decode(errors="replace"))
            return
        try:
            self.reference.apply(decode_reference(value))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # a kind of record that a newer version writes: those we know still hold
            log.warning("Record %s of topic %s is not understood by this version and left out", message.offset(), REFERENCE.name)
