"""What is said to be published was acknowledged; everything else is Unavailable, and soon."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError

from connectors.contract import RawRecord
from connectors.publish import RAW_TOPIC, Publisher, Unavailable
from streams.topics import RAW
from tests.connectors.border import NOON, FakeProducer, Sent


@pytest.fixture
def broker() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def publisher(broker: FakeProducer) -> Iterator[Publisher]:
    publisher = broker.publisher()
    yield publisher
    publisher.close()


def order(number: int) -> RawRecord:
    return RawRecord(
        tenant="lin",
        shop="tea",
        channel="paper",
        kind="order",
        external_id=str(number),
        delivery_id=f"d-{number}",
        received_at=NOON,
        body=f"order {number} 🍵".encode(),
    )


def test_it_writes_the_topic_of_the_catalogue() -> None:
    assert RAW.name == RAW_TOPIC


def test_records_are_there_when_it_returns(broker: FakeProducer, publisher: Publisher) -> None:
    orders = [order(number) for number in range(100)]
    asyncio.run(publisher.publish(orders))
    assert [sent.raw() for sent in broker.log] == orders
    assert {(sent.topic, sent.key) for sent in broker.log[:1]} == {("raw", "lin/tea/0")}


def test_nothing_to_publish_is_published_at_once(publisher: Publisher) -> None:
    asyncio.run(publisher.publish([]))


def test_one_record_that_is_not_acknowledged_makes_the_batch_unavailable(broker: FakeProducer, publisher: Publisher) -> None:
    broker.answer = lambda sent: KafkaError(KafkaError._MSG_TIMED_OUT) if sent.key.endswith("/1") else None
    with pytest.raises(Unavailable, match="timed out"):
        asyncio.run(publisher.publish([order(number) for number in range(3)]))
    assert publisher.fatal == ""


def test_it_goes_on_after_the_broker_came_back(broker: FakeProducer, publisher: Publisher) -> None:
    broker.answer = lambda _: KafkaError(KafkaError._MSG_TIMED_OUT)
    with pytest.raises(Unavailable):
        asyncio.run(publisher.publish([order(1)]))
    broker.answer = lambda _: None
    asyncio.run(publisher.publish([order(1)]))
    assert [sent.key for sent in broker.log] == ["lin/tea/1"]


def test_a_broker_that_says_nothing_is_not_waited_for(broker: FakeProducer) -> None:
    broker.silent = True
    publisher = broker.publisher(patience=0.01)
    with pytest.raises(Unavailable, match="in time"):
        asyncio.run(publisher.publish([order(1)]))
    publisher.close()


def test_an_acknowledgement_that_comes_after_all_patience_hurts_nobody(broker: FakeProducer) -> None:
    late = threading.Event()

    def answer(_: Sent) -> None:
        assert late.wait(5)

    broker.answer = answer
    publisher = broker.publisher(patience=0.01)
    with pytest.raises(Unavailable):
        asyncio.run(publisher.publish([order(1)]))
    late.set()
    publisher.close()
    assert [sent.key for sent in broker.log] == ["lin/tea/1"]


def test_when_too_much_waits_for_the_broker_no_more_is_taken(broker: FakeProducer, publisher: Publisher) -> None:
    broker.full = True
    with pytest.raises(Unavailable, match="may wait"):
        asyncio.run(publisher.publish([order(1)]))


def test_a_producer_that_can_never_go_on_says_so(broker: FakeProducer, publisher: Publisher) -> None:
    broker.answer = lambda _: KafkaError(KafkaError._FENCED, "fenced", fatal=True)
    with pytest.raises(Unavailable):
        asyncio.run(publisher.publish([order(1)]))
    assert publisher.fatal == "fenced"


def test_many_callers_share_one_producer(broker: FakeProducer, publisher: Publisher) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(publisher.publish([order(number)]) for number in range(200)))

    asyncio.run(all_at_once())
    assert len({sent.key for sent in broker.log}) == 200
