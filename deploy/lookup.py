"""One-time reads of a command: what is in `reference`, and topics as logs."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException

from deploy import clients
from deploy.faults import Fault
from deploy.settings import Settings
from streams.follow import Follower
from streams.read import KafkaLog
from streams.reference import Reference

ANSWER_S = 10.0


def read_reference(settings: Settings) -> Reference:
    """All of `reference` as of now. Raises Fault when the broker does not answer, or no topic is there."""
    follower = Follower(clients.consumer(settings, "yipan-command"))
    try:
        return follower.load(ANSWER_S)
    except (KafkaException, TimeoutError) as away:
        raise Fault(f"No Kafka broker answers ({away}): start one with `yipan up`, or set YIPAN_KAFKA to yours.") from away
    finally:
        follower.stop()


def topic_log(settings: Settings) -> KafkaLog:
    return KafkaLog(lambda: clients.consumer(settings, "yipan-command", enable_partition_eof=True))


@contextmanager
def asking(settings: Settings) -> Iterator[KafkaLog]:
    """Topics as logs, to be read at once. Raises Fault when the broker does not answer."""
    log = topic_log(settings)
    try:
        yield log
    except (KafkaException, TimeoutError) as away:
        raise Fault(f"No Kafka broker answers ({away}): start one with `yipan up`, or set YIPAN_KAFKA to yours.") from away
    finally:
        log.close()
