"""Bad input of every kind, over every way in: signed to the gateway, through `raw`, to the commands. Each gets a clear answer, or a
reason code and a sentence for the dead letters; none gets through, and none is lost."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from connectors.contract import Rejected
from streams.commands import CancelOrder, CountStock, PlaceOrder, encode_command
from streams.reference import ListingRecord
from tests.connectors.border import post
from tests.connectors.ways import CANONICAL, SHOPIFY, WAREHOUSE, WAYS, WOOCOMMERCE, Border, Way

NOT_SENT = "0" * 64
ORDER_WAYS = (SHOPIFY, WOOCOMMERCE, CANONICAL)
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.channel)
every_order_way = pytest.mark.parametrize("way", ORDER_WAYS, ids=lambda way: way.channel)


@pytest.fixture
def border() -> Iterator[Border]:
    made = Border()
    yield made
    made.door.publisher.close()


REFUSED = (400, "malformed")


@every_way
def test_what_is_right_becomes_a_command(border: Border, way: Way) -> None:
    assert border.end(way, json.dumps(way.payload).encode()) == (200, "")


@every_way
@pytest.mark.parametrize("length", [1, 40, -1])
def test_truncated_json(border: Border, way: Way, length: int) -> None:
    assert border.end(way, json.dumps(way.payload).encode()[:length]) in {REFUSED, (200, "not_json")}


@every_way
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"order"', b"12", b"{}", b"\xff\xfe\x00", b"[" * 100_000, b'{"id":NaN}'])
def test_json_that_is_no_order(border: Border, way: Way, body: bytes) -> None:
    assert border.end(way, body) == REFUSED


@every_way
@pytest.mark.parametrize("value", [None, [], {}, True, "many"])
def test_wrong_types_of_a_quantity(border: Border, way: Way, value: object) -> None:
    status, code = border.end(way, way.changed(way.quantity, value))
    assert (status, code) in {(200, "bad_quantity"), (200, "malformed"), (200, "missing_field")}


@every_way
@pytest.mark.parametrize("field", ["lines", "name", "time"])
def test_wrong_types_of_what_must_be_there(border: Border, way: Way, field: str) -> None:
    status, code = border.end(way, way.changed(getattr(way, field), {"no": "sense"}))
    assert (status, code) == REFUSED or (status == 200 and code in {"malformed", "bad_time", "bad_id"})


@every_way
@pytest.mark.parametrize("value", [10**12, 10**40, 1e300, 2.5, "9" * 400])
def test_huge_and_broken_quantities(border: Border, way: Way, value: object) -> None:
    status, code = border.end(way, way.changed(way.quantity, value))
    assert (status, code) in {(200, "bad_quantity"), (200, "malformed")}


@every_order_way
@pytest.mark.parametrize("value", [10**40, "1" * 400, "1e999999999", "NaN", "Infinity"])
def test_huge_prices(border: Border, way: Way, value: object) -> None:
    body = way.changed("total", value) if way is WOOCOMMERCE else way.changed("price", value)
    assert border.end(way, body) in {(200, "bad_price"), (200, "malformed")}


@every_way
def test_a_number_of_a_million_digits_is_refused_and_quickly(border: Border, way: Way) -> None:
    body = json.dumps(way.payload).encode().replace(b'"quantity": 2', b'"quantity": ' + b"9" * 1_000_000)
    status, code = border.end(way, body)
    assert (status, code) == REFUSED or code in {"bad_quantity", "malformed", "not_json"}


@every_way
def test_a_negative_quantity(border: Border, way: Way) -> None:
    assert border.end(way, way.changed(way.quantity, -2)) == (200, "bad_quantity")


@every_order_way
def test_a_quantity_of_zero(border: Border, way: Way) -> None:
    assert border.end(way, way.changed(way.quantity, 0)) == (200, "bad_quantity")


def test_a_count_of_zero_is_a_count(border: Border) -> None:
    assert border.end(WAREHOUSE, WAREHOUSE.changed("quantity", 0)) == (200, "")


@every_order_way
def test_an_order_of_2000_lines_is_one_order(border: Border, way: Way) -> None:
    assert border.end(way, way.with_lines(2_000)) == (200, "")
    ((command,),) = [outcome for outcome in border.outcomes() if isinstance(outcome, tuple)]
    assert isinstance(command, PlaceOrder)
    assert len(command.lines) == 2_000


@every_order_way
def test_an_order_of_more_lines_than_that_is_asked_to_be_split(border: Border, way: Way) -> None:
    assert border.end(way, way.with_lines(2_001)) == (200, "too_many_lines")


def test_a_count_of_2000_lines_is_split(border: Border) -> None:
    assert border.end(WAREHOUSE, WAREHOUSE.with_lines(2_000)) == (200, "")
    (commands,) = [outcome for outcome in border.outcomes() if isinstance(outcome, tuple)]
    assert [len(command.lines) for command in commands if isinstance(command, CountStock)] == [500] * 4


@every_way
def test_a_body_of_5_mb(border: Border, way: Way) -> None:
    assert border.end(way, way.changed("note", "x" * (5 << 20))) == (413, "too_large")


@every_order_way
@pytest.mark.parametrize("value", ["XXQ", "", "US$", "Ł" * 3, None, 840])
def test_an_unknown_currency(border: Border, way: Way, value: object) -> None:
    assert border.end(way, way.changed(way.currency, value)) in {(200, "unknown_currency"), (200, "malformed")}


@pytest.mark.parametrize("way", [SHOPIFY, CANONICAL, WAREHOUSE], ids=lambda way: way.channel)
def test_a_time_without_a_zone(border: Border, way: Way) -> None:
    assert border.end(way, way.changed(way.time, "2026-03-01T14:00:00")) == (200, "naive_time")


def test_a_woocommerce_order_that_has_local_times_only(border: Border) -> None:
    payload = {name: value for name, value in WOOCOMMERCE.payload.items() if not name.endswith("_gmt")}
    body = json.dumps(payload | {"date_modified": "2026-03-01T09:00:00"}).encode()
    assert border.end(WOOCOMMERCE, body) == (200, "naive_time")


@every_way
@pytest.mark.parametrize("value", ["yesterday", "2026-13-45T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", 0, 10**30])
def test_a_time_that_is_none(border: Border, way: Way, value: object) -> None:
    assert border.end(way, way.changed(way.time, value)) in {REFUSED, (200, "bad_time"), (200, "malformed")}


@every_way
def test_null_bytes(border: Border, way: Way) -> None:
    assert border.end(way, way.changed("note", "a\0b")) == (200, "null_byte")


@every_way
def test_a_raw_null_byte(border: Border, way: Way) -> None:
    assert border.end(way, json.dumps(way.payload).encode().replace(b"OOLONG", b"OO\0LONG")) in {REFUSED, (200, "null_byte")}


@every_way
def test_half_of_a_surrogate_pair_as_a_name(border: Border, way: Way) -> None:
    """It is JSON, and no text: it could be neither a key nor a row."""
    status, code = border.end(way, way.changed(way.name, "\ud83d"))
    assert (status, code) == REFUSED or code in {"malformed", "bad_id", "not_json"}


@pytest.mark.parametrize("text", ["乌龙茶 一号", "🍵 tea 👨‍👩‍👧", "Grüße, Łódź", "شاي"])
def test_emoji_and_chinese_text_arrive_as_they_were_written(border: Border, text: str) -> None:
    border.reference.apply(ListingRecord(shop="canonical-shop", listing=text, parts=(("SKU-OOLONG", 1),)))
    payload = CANONICAL.payload | {"order": text, "lines": [CANONICAL.payload["lines"][0] | {"sku": text}], "recipient": {"city": text}}
    assert border.end(CANONICAL, json.dumps(payload, ensure_ascii=False).encode()) == (200, "")
    ((command,),) = [outcome for outcome in border.outcomes() if isinstance(outcome, tuple)]
    assert isinstance(command, PlaceOrder)
    assert (command.order, command.lines[0].listing, command.sealed) == (f"lin/canonical-shop/{text}", text, f"sealed {text}")
    assert text in encode_command(command).decode()
    assert border.broker.log[0].key == f"lin/canonical-shop/{text}"


@every_way
def test_a_replayed_webhook_gives_the_same_command_again(border: Border, way: Way) -> None:
    body = json.dumps(way.payload).encode()
    headers = way.signed(body)
    assert [border.send(way, body, headers).status_code for _ in range(2)] == [200, 200]
    first, second = border.outcomes()
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert second == tuple(msgspec.structs.replace(command, cause=("raw", 0, 1, 0)) for command in first)


@every_way
def test_forged_signatures(border: Border, way: Way) -> None:
    body = json.dumps(way.payload).encode()
    genuine, other = way.signed(body)[way.header], way.signed(body, b"another secret")[way.header]
    forged = ("", NOT_SENT, other, genuine[:-1], genuine + "0", genuine.swapcase(), "签" * 22)
    for signature in forged:
        answer = border.send(way, body, way.topic | {way.header: signature})
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature"), signature
    assert border.send(way, body + b" ", way.signed(body)).status_code == (200 if way is WOOCOMMERCE else 401)
    assert border.send(way, body, way.topic).status_code == 401


@every_way
def test_one_shops_signature_opens_no_other(border: Border, way: Way) -> None:
    strangers = msgspec.structs.replace(border.door, secret={f"{way.channel}-shop": b"another secret"}.get)
    body = json.dumps(way.payload).encode()
    assert post(strangers, way.hooks, body, way.signed(body)).status_code == 401


@every_way
def test_an_order_for_an_unknown_shop(border: Border, way: Way) -> None:
    body = json.dumps(way.payload).encode()
    assert post(border.door, f"/hooks/{way.channel}/ghost", body, way.signed(body)).status_code == 404
    assert border.send(way, body).status_code == 200
    border.reference.forget(f"shop/{way.channel}-shop")
    (outcome,) = border.outcomes()
    assert isinstance(outcome, Rejected)
    assert outcome.code == "unknown_shop"


def test_a_count_for_an_unknown_node(border: Border) -> None:
    assert border.end(WAREHOUSE, WAREHOUSE.changed("node", "atlantis")) == (200, "unknown_node")


def test_a_cancel_that_comes_before_its_order_is_a_cancel(border: Border) -> None:
    body = json.dumps({"type": "cancel", "order": "1002", "updated_at": "2026-03-01T14:00:00Z"}).encode()
    assert border.end(CANONICAL, body) == (200, "")
    ((command,),) = [outcome for outcome in border.outcomes() if isinstance(outcome, tuple)]
    assert isinstance(command, CancelOrder)


def test_what_is_bad_delays_nothing_else(border: Border) -> None:
    good = json.dumps(CANONICAL.payload).encode()
    for body in (CANONICAL.changed("quantity", -1), good, CANONICAL.changed("currency", "XXQ"), good):
        assert border.send(CANONICAL, body).status_code == 200
    assert [type(outcome) for outcome in border.outcomes()] == [Rejected, tuple, Rejected, tuple]


@every_way
def test_no_answer_and_no_sentence_repeats_what_was_sent(border: Border, way: Way, caplog: pytest.LogCaptureFixture) -> None:
    for field in (way.quantity, way.time, way.lines):
        answer = border.send(way, way.changed(field, "Wu Tai"))
        assert "Wu Tai" not in answer.text
    sentences = [outcome.sentence for outcome in border.outcomes() if isinstance(outcome, Rejected)]
    assert len(sentences) >= 2
    assert "Wu Tai" not in "".join(sentences) + caplog.text
