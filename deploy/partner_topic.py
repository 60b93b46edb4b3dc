"""Topic `fulfilments` on Kafka, as deliveries read it: one member of the group, and a second consumer for lanes that are behind."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.courier import Consumed
from connectors.deliver import Chunk, Taken
from connectors.lanes import Commit, Progress, resume
from streams.topics import FULFILMENTS

log = logging.getLogger(__name__)

LOOK_S = 0.1
ANSWER_S = 15.0
BATCH = 500


class PartnerTopic:
    """`consumer` is a member of the group and commits by hand; `second` belongs to none and tells of partition ends. Each is used by one
    thread only. `routes` is the digest under which metadata of commits counts."""

    def __init__(self, consumer: Consumer, second: Consumer, routes: str) -> None:
        self._consumer = consumer
        self._second = second
        self._routes = routes
        self._front = ThreadPoolExecutor(1, "fulfilments")
        self._back = ThreadPoolExecutor(1, "fulfilments again")
        self._fronts: dict[int, int] = {}
        self._revoked: list[int] = []
        self._assigned: dict[int, Progress] = {}
        consumer.subscribe([FULFILMENTS.name], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke)

    async def take(self) -> Taken:
        return await asyncio.get_running_loop().run_in_executor(self._front, self._take)

    async def reread(self, partition: int, start: int, stop: int) -> Chunk:
        return await asyncio.get_running_loop().run_in_executor(self._back, self._reread, partition, start, stop)

    async def commit(self, commits: Mapping[int, Commit]) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._front, self._commit, commits)

    def close(self) -> None:
        for threads, consumer in ((self._front, self._consumer), (self._back, self._second)):
            threads.submit(consumer.close).result()
            threads.shutdown()

    # ------------------------------------------------------------------------------------------ the front
    def _take(self) -> Taken:
        # of one message, a change of the assignment comes before it; within more, it might have come anywhere among them
        messages = self._consumer.consume(1, LOOK_S)
        if messages:
            changes = len(self._revoked) + len(self._assigned)
            more = self._consumer.consume(BATCH - 1, 0.0)
            if len(self._revoked) + len(self._assigned) == changes:
                messages += more
            else:
                self._go_back(messages)
                messages = []
        taken = Taken(consumed(messages), self._revoked, self._assigned)
        self._revoked, self._assigned = [], {}
        for record in taken.records:
            self._fronts[record.partition] = record.offset + 1
        return taken

    def _go_back(self, messages: Sequence[Message]) -> None:
        log.info("The group shared out anew in the middle of a batch: %d records are read again", len(messages))
        self._consumer.assign([TopicPartition(FULFILMENTS.name, partition, front) for partition, front in self._fronts.items()])

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for place in consumer.committed(partitions, timeout=ANSWER_S):
            low, high = consumer.get_watermark_offsets(place, timeout=ANSWER_S, cached=False)
            # what is older is no longer kept, what is newer is of another topic that had this name
            at = place.offset if low <= place.offset <= high else low
            progress = resume(Commit(at, place.metadata or "" if at == place.offset else ""), self._routes)
            self._assigned[place.partition], self._fronts[place.partition] = progress, progress.front
        consumer.assign([TopicPartition(FULFILMENTS.name, place.partition, self._fronts[place.partition]) for place in partitions])

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for place in partitions:
            self._fronts.pop(place.partition, None)
            self._assigned.pop(place.partition, None)
            self._revoked.append(place.partition)

    def _commit(self, commits: Mapping[int, Commit]) -> bool:
        places = [TopicPartition(FULFILMENTS.name, partition, commit.offset, commit.metadata) for partition, commit in commits.items()]
        try:
            for place in self._consumer.commit(offsets=places, asynchronous=False):
                if place.error:
                    raise KafkaException(place.error)
        except KafkaException as failure:
            log.warning("Positions are not committed at the moment: %s", failure.args[0].str())
            return False
        return True

    # ------------------------------------------------------------------------------------------ behind it
    def _reread(self, partition: int, start: int, stop: int) -> Chunk:
        self._second.assign([TopicPartition(FULFILMENTS.name, partition, start)])
        records: list[Consumed] = []
        end, deadline = start, time.monotonic() + ANSWER_S
        while end < stop and len(records) < BATCH and time.monotonic() < deadline:
            messages = self._second.consume(min(BATCH, stop - end), LOOK_S)
            found = [record for record in consumed(messages) if record.offset < stop]
            records += found
            end = found[-1].offset + 1 if found else end
            if any(_is_end(message) for message in messages):
                # what lacks up to `stop` are holes
                end = stop
        self._second.unassign()
        return Chunk(records, end)


def consumed(messages: Sequence[Any]) -> list[Consumed]:
    """Raises KafkaException for what waiting does not cure."""
    records = []
    for message in messages:
        if error := message.error():
            if error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                raise KafkaException(error)
            continue
        place = (message.partition(), message.offset())
        records.append(Consumed(*place, message.key() or b"", message.headers() or (), message.value() or b""))
    return records


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF
