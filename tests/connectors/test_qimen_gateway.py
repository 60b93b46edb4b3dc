"""A warehouse that speaks Qimen is answered in Qimen, whatever became of its message."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from confluent_kafka import KafkaError

from connectors.contract import ShopRef
from connectors.door import Door
from connectors.qimen import Account, Call, query
from connectors.registry import channels
from connectors.xml_tree import read_xml
from tests.connectors.border import NOON, FakeProducer, ask, door
from tests.connectors.border import SECRET as FEED_SECRET
from tests.connectors.qimen_told import fixture

ACCOUNT = Account(app_key="21000001", customer="c-lantern", owner="LANTERN")
FEED = ShopRef(tenant="lin", shop="lantern-wms", channel="qimen", pool="east")
BODY = fixture("delivered")


@pytest.fixture
def broker() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def inside(broker: FakeProducer) -> Iterator[Door]:
    made = msgspec.structs.replace(door(broker, {"lantern-wms": FEED}), channels=channels(), max_body=10_000)
    yield made
    made.publisher.close()


def tell(
    inside: Door, body: bytes | AsyncIterator[bytes] = BODY, feed: str = "lantern-wms", secret: bytes = FEED_SECRET
) -> tuple[int, str, str]:
    """(HTTP status, flag, code) of the answer."""
    signed = query(Call("deliveryorder.confirm", body if isinstance(body, bytes) else b""), ACCOUNT, NOON, secret)
    answered: httpx.Response = ask(inside, "POST", f"/hooks/qimen/{feed}?{urlencode(signed)}", body)
    assert answered.headers["content-type"] == "application/xml; charset=utf-8"
    told = read_xml(answered.content, "response")
    return answered.status_code, told["flag"], told["code"]


def test_a_signed_message_is_in_raw_when_success_is_said(broker: FakeProducer, inside: Door) -> None:
    assert tell(inside) == (200, "success", "0")
    (raw,) = [sent.raw() for sent in broker.log]
    assert (raw.key, raw.kind, raw.body) == ("lin/lantern-wms/F55e687fc4466fddf88e3", "deliveryorder.confirm", BODY)


def test_a_query_in_chinese_is_signed_as_it_was_written(broker: FakeProducer, inside: Door) -> None:
    signed = query(Call("deliveryorder.confirm", BODY), msgspec.structs.replace(ACCOUNT, customer="灯笼 & 仓+"), NOON, FEED_SECRET)

    assert b"success" in ask(inside, "POST", f"/hooks/qimen/lantern-wms?{urlencode(signed)}", BODY).content


@pytest.mark.parametrize(
    ("body", "feed", "secret", "code"),
    [
        (BODY, "lantern-wms", b"another secret", "bad_signature"),
        (BODY, "ghost", FEED_SECRET, "unknown_shop"),
        (b"<request>", "lantern-wms", FEED_SECRET, "malformed"),
        (b"<request>" + b" " * 10_000 + b"</request>", "lantern-wms", FEED_SECRET, "too_large"),
    ],
)
def test_a_message_that_is_not_taken_is_a_failure_with_a_code_and_a_sentence(
    broker: FakeProducer, inside: Door, body: bytes, feed: str, secret: bytes, code: str
) -> None:
    assert tell(inside, body, feed, secret) == (200, "failure", code)
    assert broker.log == []


def test_success_is_never_said_of_what_kafka_has_not_got(broker: FakeProducer, inside: Door) -> None:
    broker.answer = lambda _: KafkaError(KafkaError._MSG_TIMED_OUT)

    assert tell(inside) == (503, "failure", "unavailable")


def test_a_feed_without_a_secret_takes_nothing(broker: FakeProducer, inside: Door) -> None:
    assert tell(msgspec.structs.replace(inside, secret=lambda _: b""), secret=b"")[1:] == ("failure", "bad_signature")
    assert broker.log == []


def test_other_channels_are_answered_as_ever(inside: Door) -> None:
    assert ask(inside, "POST", "/hooks/canonical/ghost", b"{}").json()["code"] == "unknown_shop"
