"""Every client of Kafka and ClickHouse is built here and passed on; the stages never see an address."""

import logging
from typing import Any

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from deploy.faults import Fault
from deploy.settings import Settings
from streams.snapshots import StoredFiles

KafkaConfig = dict[str, Any]


def kafka_config(settings: Settings) -> KafkaConfig:
    """What every librdkafka client of this installation needs: where the broker is and how to log in."""
    config: KafkaConfig = {
        "bootstrap.servers": settings.bootstrap,
        "security.protocol": settings.kafka_security_protocol,
        # a broker that is away is tried again ten times a second, and each failure is a line of the log
        "reconnect.backoff.ms": 100,
        "logger": logging.getLogger("kafka"),
    }
    if settings.kafka_sasl_mechanism:
        config |= {
            "sasl.mechanism": settings.kafka_sasl_mechanism,
            "sasl.username": settings.kafka_sasl_username,
            "sasl.password": settings.kafka_sasl_password.get_secret_value(),
        }
    if settings.kafka_ssl_ca:
        config["ssl.ca.location"] = settings.kafka_ssl_ca
    return config


def producer(settings: Settings, **extra: Any) -> Producer:
    """An idempotent producer that keeps order without gaps. Names partitions as Java clients do (murmur2)."""
    config = kafka_config(settings) | {
        "acks": "all",
        "enable.idempotence": True,
        "enable.gapless.guarantee": True,
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": 5,
        "batch.num.messages": 20_000,
        "batch.size": 1 << 20,
        "message.max.bytes": 8 << 20,
        "queue.buffering.max.messages": 500_000,
        "delivery.timeout.ms": 30_000,
    }
    return Producer(config | {name.replace("_", "."): value for name, value in extra.items()})


def border_producer(settings: Settings) -> Producer:
    """The producer of the gateway and the poller: whoever sent a record is waiting, so it gives up early and is sent it again."""
    return producer(
        settings,
        # giving up leaves a gap in what was to be sent, which here is no fault
        enable_gapless_guarantee=False,
        delivery_timeout_ms=2_500,
        reconnect_backoff_max_ms=1_000,
        queue_buffering_max_kbytes=64 << 10,
    )


def consumer(settings: Settings, group: str, **extra: Any) -> Consumer:
    """A read-committed consumer that commits only when told to. Keyword names stand for librdkafka's, `_` for `.`."""
    config = kafka_config(settings) | {
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        # off by default: a bit that flipped on a disk would be taken for what was written
        "check.crcs": True,
        "session.timeout.ms": 6_000,
        "heartbeat.interval.ms": 1_500,
        # librdkafka's default of 1 s throttles a consumer that takes batches five-fold
        "fetch.queue.backoff.ms": 5,
        "fetch.wait.max.ms": 100,
        "fetch.message.max.bytes": 8 << 20,
        "queued.min.messages": 20_000,
    }
    return Consumer(config | {name.replace("_", "."): value for name, value in extra.items()})


def admin(settings: Settings) -> AdminClient:
    return AdminClient(kafka_config(settings))


def snapshot_files(settings: Settings) -> StoredFiles:
    """Raises Fault for a URL that nothing is installed for."""
    try:
        return StoredFiles(settings.snapshots_url)
    except (ValueError, ImportError) as wrong:
        raise Fault(
            f"YIPAN_SNAPSHOTS: {wrong}. It takes a path or a URL of fsspec, such as s3://bucket/folder with s3fs installed."
        ) from wrong


def clickhouse(settings: Settings) -> Any:
    """A clickhouse-connect client. chDB takes one process a path: only the analytics process may call this without a server."""
    import clickhouse_connect

    dsn = settings.clickhouse or f"chdb:///{(settings.home / 'clickhouse').resolve()}"
    return clickhouse_connect.get_client(dsn=dsn)
