"""Who may come in, and that a 2xx is never said of what Kafka has not got."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, NoReturn

import msgspec
import pytest
from confluent_kafka import KafkaError
from prometheus_client import REGISTRY

from connectors.contract import Channel, Received, Refusal, ShopRef, Webhook
from connectors.door import Door
from connectors.gateway import create_gateway
from connectors.publish import Unavailable
from connectors.registry import channels
from tests.connectors.border import NOON, TEA, FakeProducer, Paper, ask, door, post, sign

ORDER = b'{"id": "1001"}'
TEA_HOOKS = "/hooks/paper/tea"
DEALER = msgspec.structs.replace(TEA, shop="dealer", channel="file", currency="EUR")


@pytest.fixture
def broker() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def dealers(broker: FakeProducer) -> Iterator[Door]:
    made = msgspec.structs.replace(door(broker, {"dealer": DEALER}), channels=channels())
    yield made
    made.publisher.close()


@pytest.fixture
def inside(broker: FakeProducer) -> Iterator[Door]:
    made = door(broker)
    yield made
    made.publisher.close()


def test_a_signed_webhook_is_in_raw_when_it_is_answered(broker: FakeProducer, inside: Door) -> None:
    answer = post(inside, TEA_HOOKS, ORDER, sign(ORDER) | {"x-delivery": "d-7"})
    assert (answer.status_code, answer.json()["code"]) == (200, "taken")
    (raw,) = [sent.raw() for sent in broker.log]
    assert raw.key == broker.log[0].key == "lin/tea/1001"
    assert (raw.kind, raw.delivery_id, raw.received_at, raw.body) == ("order", "d-7", NOON, ORDER)


def test_the_bytes_are_kept_as_they_came(broker: FakeProducer, inside: Door) -> None:
    body = '{ "id" : "1001",\r\n "note": "茶 🍵 \\u0000" }'.encode()
    assert post(inside, TEA_HOOKS, body).status_code == 200
    assert broker.log[0].value == body


@pytest.mark.parametrize("path", ["/hooks/paper/ghost", "/hooks/fax/tea", "/hooks/paper/%00", "/files/tea", "/files/ghost"])
def test_an_unknown_shop_or_one_of_another_channel_is_not_found(broker: FakeProducer, inside: Door, path: str) -> None:
    answer = post(inside, path, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_shop")
    assert broker.log == []


@pytest.mark.parametrize(
    "signature", [{"x-yipan-signature": "0" * 64}, {"x-other": "1"}, sign(ORDER, b"another secret"), sign(b'{"id": "1002"}')]
)
def test_a_forged_signature_is_unauthorized(broker: FakeProducer, inside: Door, signature: dict[str, str]) -> None:
    answer = post(inside, TEA_HOOKS, ORDER, signature)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert broker.log == []


def test_a_replayed_webhook_is_taken_again_because_the_ledger_knows_it(broker: FakeProducer, inside: Door) -> None:
    assert [post(inside, TEA_HOOKS, ORDER).status_code for _ in range(2)] == [200, 200]
    assert broker.log[0].value == broker.log[1].value


def test_a_shop_without_a_secret_takes_nothing_and_tells_only_the_operator(
    broker: FakeProducer, inside: Door, caplog: pytest.LogCaptureFixture
) -> None:
    answer = post(msgspec.structs.replace(inside, secret=lambda _: None), TEA_HOOKS, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert "secret file" not in answer.json()["sentence"]
    assert "Shop tea has no secret" in caplog.text
    assert broker.log == []


def test_a_body_that_says_it_is_too_large_is_not_read(broker: FakeProducer, inside: Door) -> None:
    answered: list[Any] = []
    gateway = create_gateway(inside)

    async def ask() -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/hooks/paper/tea",
            "raw_path": b"/hooks/paper/tea",
            "query_string": b"",
            "headers": [(b"content-length", b"1001")],
        }

        async def receive() -> NoReturn:
            raise AssertionError("the body was read")

        async def send(message: Any) -> None:
            answered.append(message.get("status"))

        await gateway(scope, receive, send)

    asyncio.run(ask())
    assert answered[0] == 413
    assert broker.log == []


def test_a_body_that_grows_too_large_while_it_comes_is_refused(broker: FakeProducer, inside: Door) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 400

    answer = ask(inside, "POST", TEA_HOOKS, chunks())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert broker.log == []


def test_a_body_of_just_the_largest_size_is_taken(broker: FakeProducer, inside: Door) -> None:
    body = b'{"id": "1001", "note": "%s"}' % (b"x" * 974)
    assert len(body) == 1_000
    assert post(inside, TEA_HOOKS, body).status_code == 200


@pytest.mark.parametrize("body", [b"", b'{"id": "10', b"\xff\xfe"])
def test_a_malformed_webhook_is_answered_400(broker: FakeProducer, inside: Door, body: bytes) -> None:
    answer = post(inside, TEA_HOOKS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert broker.log == []


@pytest.mark.parametrize("name", ["", "x" * 501, "\\ud83d"])
def test_a_thing_without_a_usable_name_is_malformed(broker: FakeProducer, inside: Door, name: str) -> None:
    answer = post(inside, TEA_HOOKS, f'{{"id": "{name}"}}'.encode())
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert broker.log == []


def test_a_ping_is_answered_and_leaves_no_record(broker: FakeProducer, inside: Door) -> None:
    assert post(inside, f"{TEA_HOOKS}?ping=1", b"").json()["code"] == "ping"
    assert broker.log == []


def test_a_broker_that_is_away_is_answered_503_with_retry_after(broker: FakeProducer, inside: Door) -> None:
    broker.answer = lambda _: KafkaError(KafkaError._MSG_TIMED_OUT)
    answer = post(inside, TEA_HOOKS, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_until_the_shops_are_known_everything_is_answered_503(broker: FakeProducer, inside: Door) -> None:
    def unknown_yet(name: str) -> ShopRef:
        raise Unavailable("The gateway does not know its shops yet.")

    starting = msgspec.structs.replace(inside, shop=unknown_yet)
    assert post(starting, TEA_HOOKS, ORDER).status_code == 503
    assert ask(starting, "GET", "/health").status_code == 503


def test_health_says_ready_until_the_producer_cannot_go_on(broker: FakeProducer, inside: Door) -> None:
    assert ask(inside, "GET", "/health").status_code == 200
    broker.answer = lambda _: KafkaError(KafkaError._FENCED, "fenced", fatal=True)
    post(inside, TEA_HOOKS, ORDER)
    assert ask(inside, "GET", "/health").status_code == 503


def test_a_channel_that_fails_is_answered_500_and_quotes_nobody(
    broker: FakeProducer, inside: Door, caplog: pytest.LogCaptureFixture
) -> None:
    class Torn(Paper):
        def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
            raise ValueError("Wu Tai, Jade Road 8")

    answer = post(msgspec.structs.replace(inside, channels=dict[str, Channel](paper=Torn())), TEA_HOOKS, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "ValueError" in caplog.text
    assert "Wu Tai" not in caplog.text + answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/", 404), ("GET", "/hooks/paper/tea", 405), ("POST", "/health", 405)])
def test_other_addresses_say_where_to_go(inside: Door, method: str, path: str, status: int) -> None:
    answer = ask(inside, method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, "no_such_page")


def test_requests_are_counted_by_channel_and_answer_under_names_of_ours_only(inside: Door) -> None:
    def counted(channel: str, answer: str) -> float:
        return REGISTRY.get_sample_value("yipan_gateway_requests_total", {"channel": channel, "answer": answer}) or 0.0

    taken, unknown = counted("paper", "taken"), counted("unknown", "unknown_shop")
    post(inside, TEA_HOOKS, ORDER)
    post(inside, "/hooks/invented/tea", ORDER)
    assert (counted("paper", "taken"), counted("unknown", "unknown_shop")) == (taken + 1, unknown + 1)
    assert counted("invented", "unknown_shop") == 0


# ------------------------------------------------------------------------------------------------ order files
HEADER = "order,ordered at,sku,quantity,price"


def test_an_order_file_becomes_a_raw_record_for_each_of_its_orders(broker: FakeProducer, dealers: Door) -> None:
    answer = post(
        dealers,
        "/files/dealer?name=week.csv",
        f"{HEADER}\nD-1,2026-03-01,OOLONG,10,4.50\nD-1,2026-03-01,CUP,2,3.00\nD-2,2026-03-01,OOLONG,5,4.50\n".encode(),
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["orders"], answer.json()["refused"]) == (200, "taken", 2, [])
    assert [(sent.key, sent.raw().kind, sent.raw().channel) for sent in broker.log] == [
        ("lin/dealer/D-1", "order", "file"),
        ("lin/dealer/D-2", "order", "file"),
    ]


def test_a_file_answers_row_by_row_what_was_refused_and_takes_the_rest(broker: FakeProducer, dealers: Door) -> None:
    answer = post(dealers, "/files/dealer", f"{HEADER}\nD-1,2026-03-01,OOLONG,minus two,4.50\nD-2,2026-03-01,OOLONG,5,4.50\n".encode())
    assert (answer.status_code, answer.json()["orders"]) == (200, 1)
    (problem,) = answer.json()["refused"]
    assert (problem["row"], problem["column"]) == (2, "quantity")
    assert [sent.key for sent in broker.log] == ["lin/dealer/D-2"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 torn", b"\x00\x01\x02", f"{HEADER}\nD-1,,,,\n".encode()])
def test_a_file_of_which_nothing_can_be_taken_is_unprocessable_and_says_why(broker: FakeProducer, dealers: Door, data: bytes) -> None:
    answer = post(dealers, "/files/dealer", data)
    assert (answer.status_code, answer.json()["code"], answer.json()["orders"]) == (422, "nothing_taken", 0)
    assert all(problem["sentence"] for problem in answer.json()["refused"])
    assert answer.json()["refused"]
    assert broker.log == []


def test_the_same_file_again_has_the_same_delivery_ids(broker: FakeProducer, dealers: Door) -> None:
    data = f"{HEADER}\nD-1,2026-03-01,OOLONG,10,4.50\nD-2,2026-03-01,OOLONG,5,4.50\n".encode()
    post(dealers, "/files/dealer", data)
    post(dealers, "/files/dealer", data)
    ids = [sent.raw().delivery_id for sent in broker.log]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_an_order_file_must_be_signed(broker: FakeProducer, dealers: Door) -> None:
    data = f"{HEADER}\nD-1,2026-03-01,OOLONG,10,4.50\n".encode()
    assert post(dealers, "/files/dealer", data, sign(data + b" ")).status_code == 401
    assert post(dealers, "/files/dealer", data, {}).status_code == 401
    assert post(dealers, "/files/dealer", b"x" * 1_001).status_code == 413
    assert broker.log == []
