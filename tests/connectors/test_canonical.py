"""Canonical: our own order form, as docs/canonical.md promises it."""

import hashlib
import hmac
import json
import re
from typing import Any

import pytest

from connectors.channels.canonical import CHANNEL
from connectors.contract import OrderDraft, Received, Refusal, Rejected, Webhook
from tests.connectors.cases import DOCS, FIXTURES, SHOP, raw_record

SECRET = b"one-pool"
ORDER = json.loads((FIXTURES / "canonical" / "order.json").read_text())
LINE = ORDER["lines"][0]


def signed(body: bytes, **headers: str) -> Webhook:
    return Webhook({"x-yipan-signature": hmac.new(SECRET, body, hashlib.sha256).hexdigest(), **headers}, body)


def rejection(changes: dict[str, Any]) -> Rejected:
    rejected = CHANNEL.parse(raw_record("canonical", ORDER | changes), SHOP)
    assert isinstance(rejected, Rejected)
    return rejected


@pytest.mark.parametrize("kind", ["order", "cancel", "reduction"])
def test_a_signed_form_is_named_by_its_type_and_its_order(kind: str) -> None:
    received = CHANNEL.receive(signed(json.dumps({"order": "PO/1", "type": kind}).encode(), **{"x-yipan-delivery": "d-9"}), SECRET)

    assert received == Received(kind, "PO/1", "d-9")


@pytest.mark.parametrize("kind", ["reservation", "release"])
def test_a_reservation_and_its_release_are_named_alike_so_that_they_stay_in_order(kind: str) -> None:
    received = CHANNEL.receive(signed(json.dumps({"reservation": "cart-1", "type": kind}).encode()), SECRET)

    assert isinstance(received, Received)
    assert (received.kind, received.external_id) == (kind, "cart-1")


def test_the_same_form_sent_again_is_the_same_delivery() -> None:
    again = [CHANNEL.receive(signed(b'{"type":"order","order":"1"}'), SECRET) for _ in range(2)]

    assert again[0] == again[1]


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"type":"order"}', b'{"type":"order","order":""}', b'{"type":"party","order":"1"}', b'{"type":1,"order":"1"}']
)
def test_a_signed_body_that_is_no_form_is_malformed(body: bytes) -> None:
    refusal = CHANNEL.receive(signed(body), SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


@pytest.mark.parametrize("signature", ["", "0" * 64, "签名"])
def test_a_forged_signature_is_refused(signature: str) -> None:
    refusal = CHANNEL.receive(Webhook({"x-yipan-signature": signature}, b'{"type":"order","order":"1"}'), SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_signature"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"currency": "eur"}, "unknown_currency", "currency"),
        ({"currency": "XXX"}, "unknown_currency", "currency"),
        ({"updated_at": "2026-03-01T10:00:00"}, "naive_time", "updated_at"),
        ({"placed_at": "yesterday"}, "bad_time", "placed_at"),
        ({"updated_at": 1772366400}, "bad_time", "updated_at"),
        ({"updated_at": "1969-12-31T23:59:59Z"}, "bad_time", "time"),
        ({"updated_at": "9999-12-31T23:59:59-14:00"}, "bad_time", "time"),
        ({"lines": []}, "no_lines", "lines"),
        ({"lines": [LINE, LINE]}, "repeated_line", "lines"),
        ({"lines": [LINE | {"line": str(ordinal)} for ordinal in range(2_001)]}, "too_many_lines", "lines"),
        ({"lines": [LINE | {"quantity": 0}]}, "bad_quantity", "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": -1}]}, "bad_quantity", "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": 1_000_001}]}, "bad_quantity", "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": 10**40}]}, "bad_quantity", "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": "2"}]}, "bad_quantity", "lines[0].quantity"),
        ({"lines": [LINE | {"price": 49.5}]}, "bad_price", "lines[0].price"),
        ({"lines": [{"line": "1", "quantity": 1}]}, "missing_field", "sku"),
        ({"lines": [LINE | {"sku": "a\0b"}]}, "null_byte", "null byte"),
        ({"reductions": [{"id": "r", "lines": []}]}, "no_lines", "reductions[0].lines"),
        ({"type": "party"}, "unknown_type", "type"),
        ({"order": 7}, "malformed", "order"),
        ({"recipient": "Hanne"}, "malformed", "recipient"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_the_field_and_a_reason(changes: dict[str, Any], code: str, field: str) -> None:
    rejected = rejection(changes)

    assert rejected.code == code
    assert field in rejected.sentence


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5_000])
def test_numbers_that_are_none_are_rejected(number: str) -> None:
    body = json.dumps(ORDER).replace("4950", number, 1).encode()

    assert isinstance(CHANNEL.parse(raw_record("canonical", body), SHOP), Rejected)


def test_an_order_of_2000_lines_with_emoji_and_chinese_is_taken() -> None:
    lines = [LINE | {"line": f"行{ordinal}", "sku": f"灯塔🏮-{ordinal}"} for ordinal in range(2_000)]

    drafts = CHANNEL.parse(raw_record("canonical", ORDER | {"lines": lines}), SHOP)

    assert isinstance(drafts, tuple)
    assert isinstance(drafts[0], OrderDraft)
    assert drafts[0].lines[1_999].listings == ("灯塔🏮-1999",)


def test_every_example_of_the_documentation_is_what_it_says_it_is() -> None:
    examples = re.findall(r"```json\n(.*?)```", (DOCS / "canonical.md").read_text(), re.DOTALL)

    kinds = [json.loads(example)["type"] for example in examples]
    assert kinds == ["order", "cancel", "reduction", "return", "return_end", "reissue", "reservation", "release"]
    for example in examples:
        assert isinstance(CHANNEL.parse(raw_record("canonical", example.encode()), SHOP), tuple)
