"""Makes the topics of the catalogue, and refuses a broker whose topics do not fit."""

import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.faults import Fault
from deploy.settings import Settings
from streams.topics import CATALOGUE, Topic

TIMEOUT_S = 30.0
ANSWER_S = 5.0


def ensure_topics(admin: AdminClient, settings: Settings) -> tuple[str, ...]:
    """Make what is missing and return its names once all of the catalogue can be used. Raises Fault when the broker is away, when it
    refuses, or when a topic has another number of partitions: that number decides which partition a pool lives in."""
    there = partitions(admin)
    for topic in CATALOGUE:
        found, wanted = there.get(topic.name), wanted_partitions(topic, settings)
        if found is not None and found != wanted:
            advice = "use" if topic.fixed else f"set YIPAN_PARTITIONS={found}, or use"
            raise Fault(
                f"Topic {topic.name} has {found} partitions where {wanted} are set, and a pool's partition must not change: "
                f"{advice} another broker or another YIPAN_HOME."
            )
    missing = [topic for topic in CATALOGUE if topic.name not in there]
    _create(admin, missing, settings)
    return tuple(topic.name for topic in missing)


def wanted_partitions(topic: Topic, settings: Settings) -> int:
    return 1 if topic.fixed else settings.partitions


def partitions(admin: AdminClient) -> dict[str, int]:
    """Topic -> number of partitions. Raises Fault when the broker does not answer."""
    try:
        metadata = admin.list_topics(timeout=ANSWER_S)
    except KafkaException as away:
        raise Fault(f"No Kafka broker answers ({away.args[0].str()}): start one with `yipan up`, or set YIPAN_KAFKA to yours.") from away
    return {name: len(topic.partitions) for name, topic in metadata.topics.items() if topic.error is None}


def _create(admin: AdminClient, missing: list[Topic], settings: Settings) -> None:
    if not missing:
        return
    new = [
        NewTopic(
            topic.name, num_partitions=wanted_partitions(topic, settings), replication_factor=settings.replication, config=topic.config()
        )
        for topic in missing
    ]
    for name, future in admin.create_topics(new, operation_timeout=TIMEOUT_S).items():
        try:
            future.result(TIMEOUT_S)
        except KafkaException as refused:
            # another process that starts at the same time may have been faster
            if refused.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Fault(f"The broker refuses to make topic {name}: {refused.args[0].str()}") from refused
    _await({topic.name for topic in missing}, admin)


def _await(names: set[str], admin: AdminClient) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not names <= partitions(admin).keys():
        if time.monotonic() > deadline:
            raise Fault(f"The broker made the topics but does not show them after {TIMEOUT_S:.0f} s: {', '.join(sorted(names))}")
        time.sleep(0.05)
