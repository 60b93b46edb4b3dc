"""The ledger on Kafka: which partitions of `commands` are ours, what is read of them, and what may be committed.

A plain cooperative-sticky consumer. State is dropped on every revoke: a partition that comes back is rebuilt from the log, because
another owner's records may lie behind what was known. A partition is paused until it is rebuilt, so the others go on.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from streams.agents.allocate import Own, Owner
from streams.commands import decode_command
from streams.fatal import die
from streams.ledger import Hole
from streams.metrics import HOLES, LAG, OWNED, TICKS
from streams.topics import COMMANDS

log = logging.getLogger(__name__)

FETCH = 2_000
# consume() waits this long for FETCH messages: for the other partitions of a fetch. The first one of a quiet time is taken by poll(),
# which waits for just one
FILL_S = 0.001
IDLE_S = 0.1
EVERY_S = 1.0

# What this consumer must be made with, beside its group.
CONSUMER_OPTIONS = {
    "partition_assignment_strategy": "cooperative-sticky",
    "auto_offset_reset": "error",
    # a fetch costs the broker more than the append that it waits for: it gathers for so long or up to so many bytes
    "fetch_wait_max_ms": 10,
    "fetch_min_bytes": 256 << 10,
}


class FencedLedger:
    """Everything but `stop` runs on the one thread that calls `run`, or its steps. `ticker` is an idempotent producer; `ready` is told when
    the first assignment is rebuilt."""

    def __init__(
        self,
        consumer: Consumer,
        own: Own,
        ticker: Producer,
        now_ms: Callable[[], int],
        ready: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._own = own
        self._ticker = ticker
        self._now_ms = now_ms
        self._ready = ready
        self._clock = clock
        self._joined = False
        self._owned: dict[int, Owner] = {}
        self._loading: set[int] = set()
        self._sought: dict[int, int] = {}
        self._tick_at: dict[int, int | None] = {}
        self._stopped = threading.Event()

    def stop(self) -> None:
        """From any thread. `run` leaves the group, so that the next owner starts now and not a session later."""
        self._stopped.set()

    def run(self) -> None:
        try:
            self.join()
            due = 0.0
            while not self._stopped.is_set():
                self.step()
                if self._clock() > due:
                    due = self._clock() + EVERY_S
                    self.housekeep()
            self.leave()
        except BaseException as error:
            die("the ledger's consumer failed", error)

    def join(self) -> None:
        self._consumer.subscribe([COMMANDS.name], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def step(self) -> None:
        """What has come is decided; what was rebuilt meanwhile begins."""
        self._take(self._poll())
        self._resume_rebuilt()

    def leave(self) -> None:
        """Leaving revokes: what is being written is finished and committed on the way."""
        self._consumer.close()
        self._ticker.flush(5)

    # ------------------------------------------------------------------------------------------ assignment
    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """An exception here would be lost in the client library."""
        try:
            # where they really start is known once they are rebuilt
            consumer.incremental_assign([TopicPartition(COMMANDS.name, found.partition, 0) for found in partitions])
            consumer.pause([TopicPartition(COMMANDS.name, found.partition) for found in partitions])
            for found in partitions:
                self._owned[found.partition] = self._own(found.partition)
                self._loading.add(found.partition)
            self._joined = True
        except BaseException as error:
            die("partitions of the ledger could not be taken", error)

    def _revoked(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        try:
            for found in partitions:
                # None where the assignment was lost before it was taken
                if owned := self._owned.pop(found.partition, None):
                    owned.close()
                    log.info("partition %d of %s is left after offset %d", found.partition, COMMANDS.name, owned.desk.durable)
                self._loading.discard(found.partition)
                self._sought.pop(found.partition, None)
                self._tick_at.pop(found.partition, None)
            OWNED.set(len(self._owned))
        except BaseException as error:
            die("partitions of the ledger could not be left", error)

    def _resume_rebuilt(self) -> None:
        for partition in [found for found in self._loading if self._owned[found].desk.ready]:
            owned = self._owned[partition]
            self._refuse_a_shorter_log(partition, owned.desk.next)
            if not self._seek(partition, owned.desk.next):
                continue
            self._consumer.resume([TopicPartition(COMMANDS.name, partition)])
            self._loading.discard(partition)
            OWNED.set(len(self._owned) - len(self._loading))
        if self._joined and not self._loading:
            self._ready()

    def _seek(self, partition: int, offset: int) -> bool:
        """False where the client has not come round to the assignment yet: then it is tried again."""
        try:
            self._consumer.seek(TopicPartition(COMMANDS.name, partition, offset))
        except KafkaException as early:
            if early.args[0].code() != KafkaError._STATE:
                raise
            return False
        return True

    def _refuse_a_shorter_log(self, partition: int, start: int) -> None:
        committed = self._consumer.committed([TopicPartition(COMMANDS.name, partition)], 15)[0].offset
        if committed > start:
            die(f"decisions[{partition}] ends with command {start - 1}, but commands up to {committed - 1} were decided: it lost records")

    # ------------------------------------------------------------------------------------------ commands
    def _poll(self) -> list[Message]:
        messages = self._consumer.consume(FETCH, FILL_S)
        if messages:
            return messages
        first = self._consumer.poll(FILL_S if self._loading else IDLE_S)
        return [first, *self._consumer.consume(FETCH - 1, FILL_S)] if first else []

    def _take(self, messages: Sequence[Message]) -> None:
        by_partition: defaultdict[int, list[Any]] = defaultdict(list)
        for message in messages:
            if error := message.error():
                if not error.retriable():
                    raise KafkaException(error)
                log.warning("reading %s: %s", COMMANDS.name, error)
            else:
                by_partition[message.partition() or 0].append((message.offset(), message.key() or b"", message.value() or b""))
        for partition, batch in by_partition.items():
            owned = self._owned.get(partition)
            # neither: revoked within this very poll, or fetched before the pause
            if owned is not None and partition not in self._loading:
                self._decide(partition, owned, batch)

    def _decide(self, partition: int, owned: Owner, batch: Sequence[tuple[int, bytes, bytes]]) -> None:
        try:
            owned.decide(batch)
        except Hole as hole:
            self._fetch_again(partition, hole.expected)

    def _fetch_again(self, partition: int, expected: int) -> None:
        """Something fetched was dropped around a rebalance. The same hole twice is real."""
        if self._sought.get(partition) == expected:
            die(f"commands[{partition}] has no record at offset {expected}, though later ones are there: it lost records")
        log.warning("commands[%d]: offset %d was not fetched; going back to it", partition, expected)
        HOLES.labels(COMMANDS.name).inc()
        self._sought[partition] = expected
        self._consumer.seek(TopicPartition(COMMANDS.name, partition, expected))

    # ------------------------------------------------------------------------------------------ once a second
    def housekeep(self) -> None:
        self._commit()
        for partition, owned in self._owned.items():
            if partition not in self._loading:
                self._tick(partition, owned)
                _, end = self._consumer.get_watermark_offsets(TopicPartition(COMMANDS.name, partition), cached=True)
                LAG.labels(COMMANDS.name, partition).set(max(0, end - owned.desk.next))
        self._ticker.poll(0)

    def _commit(self) -> None:
        """For whoever watches the lag, and as the lower bound that `_refuse_a_shorter_log` checks."""
        offsets = [TopicPartition(COMMANDS.name, p, owned.desk.settled + 1) for p, owned in self._owned.items() if owned.desk.settled >= 0]
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as failure:
            log.warning("offsets could not be committed: %s", failure.args[0])

    def _tick(self, partition: int, owned: Owner) -> None:
        """Ticks go through a producer of their own: `commands` must have no gaps, and a transaction would leave some. None is sent
        while the last one is not decided yet."""
        sent = self._tick_at.get(partition, -1)
        if sent is None or sent >= owned.desk.next:
            return
        for tick in owned.desk.due(self._now_ms()):
            self._tick_at[partition] = None
            self._ticker.produce(
                COMMANDS.name, tick, decode_command(tick).pool.encode(), partition, lambda error, sent: self._ticked(partition, error, sent)
            )
            TICKS.inc()

    def _ticked(self, partition: int, error: Any, message: Message) -> None:
        if error is not None:
            log.warning("a tick for partition %d could not be sent: %s", partition, error)
        offset = message.offset()
        self._tick_at[partition] = -1 if error is not None or offset is None else offset
