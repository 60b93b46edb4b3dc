"""Logs as the checker reads them: from the low watermark to the committed end, markers and open transactions included."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer

from deploy import clients
from deploy.settings import Settings
from streams.read import KafkaLog, MemoryLog, Record, read_topic

TOPIC = "decisions"


def record(offset: int, partition: int = 0) -> Record:
    return Record(partition, offset, offset, b"", (), b"%d" % offset)


def test_a_log_in_memory_has_gaps_and_a_beginning() -> None:
    log = MemoryLog({TOPIC: {0: [record(3), record(4), record(7)], 1: []}})

    assert log.low(TOPIC) == {0: 3, 1: 0}
    assert log.ends(TOPIC) == {0: 8, 1: 0}
    assert [[r.offset for r in batch] for batch in log.read(TOPIC, {0: 4}, {0: 8})] == [[4, 7]]
    assert list(log.read("raw", log.low("raw"), log.ends("raw"))) == []


@pytest.fixture
def written(fresh_topics: Settings) -> Iterator[Settings]:
    """Partition 0 of `decisions`: two committed records and their marker, an aborted one with its marker, a committed one, and one
    in a transaction that stays open until the test is over."""
    producer = _transactional(fresh_topics, "ours")
    _transaction(producer, b"a", b"b")
    producer.begin_transaction()
    producer.produce(TOPIC, b"aborted", partition=0)
    producer.flush()
    producer.abort_transaction()
    _transaction(producer, b"c")
    producer.begin_transaction()
    producer.produce(TOPIC, b"open", partition=0)
    producer.flush()
    yield fresh_topics
    producer.abort_transaction()


def _transactional(settings: Settings, name: str) -> Producer:
    producer = clients.producer(settings, transactional_id=name)
    producer.init_transactions()
    return producer


def _transaction(producer: Producer, *values: bytes) -> None:
    producer.begin_transaction()
    for value in values:
        producer.produce(TOPIC, value, partition=0)
    producer.commit_transaction()


def reader(settings: Settings) -> Consumer:
    return clients.consumer(settings, "test-read", enable_partition_eof=True)


def test_only_what_is_committed_is_read_and_the_end_is_reached(written: Settings) -> None:
    assert [record.value for record in read_topic(reader(written), TOPIC)] == [b"a", b"b", b"c"]


def test_the_end_is_that_of_what_is_committed(written: Settings) -> None:
    log = KafkaLog(lambda: reader(written))

    assert log.ends(TOPIC)[0] == 7  # a, b, marker, aborted, marker, c, marker; what follows is open
    assert [r.value for batch in log.read(TOPIC, {0: 1}, log.ends(TOPIC)) for r in batch] == [b"b", b"c"]
    assert list(log.read(TOPIC, {0: 6}, {0: 7})) == []  # nothing but a marker
    log.close()


def test_a_topic_that_is_not_there_has_no_partitions(kafka: Settings) -> None:
    log = KafkaLog(lambda: reader(kafka))

    assert log.ends("no-such-topic") == {}
    assert list(log.read("no-such-topic", {}, {})) == []
    log.close()


def test_all_partitions_are_read_each_in_its_order(fresh_topics: Settings) -> None:
    producer = clients.producer(fresh_topics)
    for number in range(400):
        producer.produce("raw", b"%d" % number, partition=number % 4, headers=[("shop", b"web")])
    producer.flush()

    found = list(read_topic(reader(fresh_topics), "raw"))

    assert len(found) == 400
    for partition in range(4):
        assert [int(r.value) for r in found if r.partition == partition] == list(range(partition, 400, 4))
    assert found[0].headers == [("shop", b"web")]
    assert [r.partition for r in read_topic(reader(fresh_topics), "raw", [2])] == [2] * 100
