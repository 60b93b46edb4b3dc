"""The catalogue of topics as a broker has it: partitions, records and bytes."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from deploy.faults import Fault
from deploy.provision import TIMEOUT_S, partitions
from streams.topics import CATALOGUE, DAY_MS, FOREVER, Topic

UNSETTLED = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)


class TopicRow(msgspec.Struct, frozen=True, kw_only=True):
    """`partitions` None: the topic is not there. `records`: end positions less first kept offsets. `bytes`: on the disk
    of the local broker; a broker elsewhere does not say, None."""

    topic: str
    key: str
    value: str
    owner: str
    kept: str
    partitions: int | None
    records: int
    bytes: int | None


def inventory(admin: AdminClient, data: Path | None) -> tuple[TopicRow, ...]:
    """One row a topic of the catalogue. `data`: the folder of the local broker, if that is the one asked.
    Raises Fault when the broker does not answer."""
    there = partitions(admin)
    places = [TopicPartition(topic.name, number) for topic in CATALOGUE for number in range(there.get(topic.name, 0))]
    records = _settled(lambda: _records(admin, places))
    return tuple(_row(topic, there.get(topic.name), records.get(topic.name, 0), data) for topic in CATALOGUE)


def _row(topic: Topic, partitions: int | None, records: int, data: Path | None) -> TopicRow:
    return TopicRow(
        topic=topic.name,
        key=topic.key,
        value=topic.value.rpartition(".")[2],
        owner=topic.owner,
        kept=kept(topic),
        partitions=partitions,
        records=records,
        bytes=None if data is None else sum(file.stat().st_size for file in data.glob(f"{topic.name}-[0-9]*/*.log")),
    )


def kept(topic: Topic) -> str:
    if topic.cleanup == "compact":
        return "latest of each key"
    return "for ever" if topic.retention_ms == FOREVER else f"{topic.retention_ms // DAY_MS} days"


def _settled(ask: Callable[[], dict[str, int]]) -> dict[str, int]:
    """A topic just made has no leader for a moment, and the client does not ask again by itself."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            return ask()
        except KafkaException as failure:
            if failure.args[0].code() not in UNSETTLED or time.monotonic() > deadline:
                raise Fault(f"The broker does not tell how much it holds: {failure.args[0].str()}") from failure
            time.sleep(0.1)


def _records(admin: AdminClient, places: list[TopicPartition]) -> dict[str, int]:
    if not places:
        return {}
    found: dict[str, int] = {}
    for sign, spec in ((-1, OffsetSpec.earliest()), (1, OffsetSpec.latest())):
        for place, future in admin.list_offsets(dict.fromkeys(places, spec)).items():
            found[place.topic] = found.get(place.topic, 0) + sign * future.result(TIMEOUT_S).offset
    return found
