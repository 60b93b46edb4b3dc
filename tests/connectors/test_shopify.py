"""Shopify: what its webhooks mean for what is to be shipped."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.channels.shopify import CHANNEL
from connectors.contract import CancelDraft, Ignored, LineDraft, OrderDraft, Received, Reduction, ReductionDraft, Refusal, Rejected, Webhook
from tests.connectors.cases import FIXTURES, SHOP, raw_record

SECRET = b"shpss_keeper"
PAID = json.loads((FIXTURES / "shopify" / "paid.json").read_text())
KETTLE = PAID["line_items"][0]


def hook(body: bytes, topic: str = "orders/create", **headers: str) -> Webhook:
    signature = base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest()).decode()
    return Webhook({"x-shopify-topic": topic, "x-shopify-hmac-sha256": signature, "x-shopify-webhook-id": "w-1", **headers}, body)


def order(**changes: Any) -> OrderDraft:
    parsed = CHANNEL.parse(raw_record("shopify", PAID | changes), SHOP)
    assert isinstance(parsed, tuple)
    (draft,) = parsed
    assert isinstance(draft, OrderDraft)
    return draft


def line(**changes: Any) -> LineDraft:
    return order(line_items=[KETTLE | changes]).lines[0]


# ---------------------------------------------------------------------------------------------- webhooks
@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("orders/create", "order"),
        ("orders/updated", "order"),
        ("orders/paid", "order"),
        ("orders/cancelled", "cancel"),
        ("orders/delete", "delete"),
        ("products/update", "products/update"),
        ("orders/edited", "orders/edited"),
    ],
)
def test_a_webhook_is_named_by_its_topic_and_its_order(topic: str, kind: str) -> None:
    assert CHANNEL.receive(hook(b'{"id": 450789469}', topic), SECRET) == Received(kind, "450789469", "w-1")


def test_a_refund_is_named_by_the_order_it_is_of_so_that_they_stay_together() -> None:
    assert CHANNEL.receive(hook(b'{"id": 8801, "order_id": 42}', "refunds/create"), SECRET) == Received("refund", "42", "w-1")


def test_a_webhook_without_its_topic_is_known_by_its_body() -> None:
    signed = hook(b'{"id": 8801, "order_id": 42}')
    bare = Webhook({"x-shopify-hmac-sha256": signed.headers["x-shopify-hmac-sha256"]}, signed.body)

    received = CHANNEL.receive(bare, SECRET)

    assert isinstance(received, Received)
    assert (received.kind, received.external_id) == ("refund", "42")


def test_without_a_webhook_id_the_same_body_has_the_same_delivery_id() -> None:
    first, again, other = (
        CHANNEL.receive(hook(body, **{"x-shopify-webhook-id": ""}), SECRET) for body in (b'{"id":1}', b'{"id":1}', b'{"id":2}')
    )

    assert first == again != other


@pytest.mark.parametrize("signature", ["", "c2lnbmVk", "签名", "\0"])
def test_a_forged_signature_is_refused(signature: str) -> None:
    forged = hook(b'{"id": 1}', **{"x-shopify-hmac-sha256": signature})

    assert CHANNEL.receive(forged, SECRET) == Refusal(
        "bad_signature", "X-Shopify-Hmac-SHA256 does not fit the body and this shop's secret."
    )


def test_the_signature_is_of_the_bytes_and_not_of_what_they_mean() -> None:
    signed = hook(b'{"id": 1}')

    assert isinstance(CHANNEL.receive(Webhook(signed.headers, b'{"id":1}'), SECRET), Refusal)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"name": "#1"}', b'{"id": {}}', b"\xff"])
def test_a_signed_body_that_names_no_order_is_malformed(body: bytes) -> None:
    refusal = CHANNEL.receive(hook(body), SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


@pytest.mark.parametrize(
    ("lines", "method"),
    [
        ([{"code": "EXP", "title": "Express", "price": "9.00"}], "EXP"),
        ([{"code": None, "title": " Express "}], "Express"),
        ([{"code": "STD", "is_removed": True}, {"code": "EXP"}], "EXP"),
        ([{"code": "é" * 300}], "é" * 100),
        ([], ""),
        (None, ""),
    ],
)
def test_the_method_is_that_of_the_first_shipping_line_that_stands(lines: Any, method: str) -> None:
    assert order(shipping_lines=lines).shipping == method


# ---------------------------------------------------------------------------------------------- payment and other holds
@pytest.mark.parametrize(
    ("status", "holds"),
    [
        ("paid", ()),
        ("authorized", ()),
        ("partially_refunded", ()),
        ("pending", ("payment",)),
        ("partially_paid", ("payment",)),
        ("refunded", ("payment",)),
        ("voided", ("payment",)),
        ("expired", ("payment",)),
        ("invented_next_year", ("payment",)),
    ],
)
def test_goods_leave_when_the_money_is_there_or_promised(status: str, holds: tuple[str, ...]) -> None:
    assert order(financial_status=status).holds == holds


@pytest.mark.parametrize(
    ("pending", "holds"),
    [
        ({"payment_terms": {"payment_terms_type": "NET", "due_in_days": 30}}, ()),
        ({"payment_terms": {"payment_terms_type": "RECEIPT"}}, ("payment",)),
        ({"payment_gateway_names": ["Cash on Delivery (COD)"]}, ()),
        ({"payment_gateway_names": ["Bank Deposit"]}, ("payment",)),
    ],
)
def test_a_merchant_may_have_granted_credit(pending: dict[str, Any], holds: tuple[str, ...]) -> None:
    assert order(financial_status="pending", **pending).holds == holds


def test_a_test_order_waits_for_a_person() -> None:
    assert order(test=True).holds == ("test",)


def test_what_was_handed_over_already_is_not_shipped_again() -> None:
    assert isinstance(CHANNEL.parse(raw_record("shopify", PAID | {"fulfillment_status": "fulfilled"}), SHOP), Ignored)


# ---------------------------------------------------------------------------------------------- lines
def test_a_line_is_listed_under_its_sku_first_then_its_variant_then_its_product() -> None:
    assert line().listings == ("KETTLE-RED", "71", "7")
    assert line(sku=" ", variant_id=None).listings == ("7",)
    assert line(sku=None, variant_id=None, product_id=None).listings == ("Kettle",)


@pytest.mark.parametrize(
    ("changes", "goods"),
    [
        ({}, True),
        ({"requires_shipping": None}, True),
        ({"requires_shipping": False}, False),
        ({"gift_card": True}, False),
        ({"price": "-1.00"}, False),
    ],
)
def test_gift_cards_tips_and_discounts_are_no_goods(changes: dict[str, Any], goods: bool) -> None:
    assert line(**changes).goods is goods


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [("USD", "199.00", 19900), ("JPY", "1990", 1990), ("KRW", "1990.00", 1990), ("KWD", "1.250", 1250), ("EUR", "0", 0)],
)
def test_prices_are_minor_units_of_their_currency(currency: str, price: str, minor: int) -> None:
    assert order(currency=currency, line_items=[KETTLE | {"price": price}]).lines[0].price == minor


def test_an_edit_that_takes_units_away_shows_in_the_current_quantity() -> None:
    assert line(quantity=5, current_quantity=3).quantity == 3
    assert line(quantity=5, current_quantity=5).quantity == 5


def test_a_refund_lowers_the_current_quantity_too_but_is_not_taken_off_twice() -> None:
    refund = {"id": 8801, "refund_line_items": [{"line_item_id": 9001, "quantity": 2, "restock_type": "cancel"}]}
    draft = order(line_items=[KETTLE | {"quantity": 5, "current_quantity": 3}], refunds=[refund])

    assert draft.lines[0].quantity == 5
    assert draft.reductions == (Reduction(id="8801", lines=(("9001", 2),)),)


def test_an_order_that_lost_all_its_lines_is_cancelled() -> None:
    parsed = CHANNEL.parse(raw_record("shopify", PAID | {"line_items": [KETTLE | {"current_quantity": 0}]}), SHOP)

    assert isinstance(parsed, tuple)
    assert isinstance(parsed[0], CancelDraft)
    assert parsed[0].reason == "all_lines_removed"


# ---------------------------------------------------------------------------------------------- refunds and cancels
def test_a_refund_told_inside_the_order_and_on_its_own_is_the_same_refund() -> None:
    refund = {
        "id": 8801,
        "order_id": PAID["id"],
        "refund_line_items": [{"line_item_id": 9001, "quantity": 1, "restock_type": "no_restock"}],
    }

    (alone,) = CHANNEL.parse(raw_record("shopify", refund, "refund"), SHOP)  # type: ignore[misc]

    assert alone == ReductionDraft(order=str(PAID["id"]), reduction=order(refunds=[refund]).reductions[0])


def test_goods_that_came_back_were_shipped_so_nothing_less_is_to_ship() -> None:
    refund = {"id": 8801, "order_id": 1, "refund_line_items": [{"line_item_id": 9001, "quantity": 1, "restock_type": "return"}]}

    assert order(refunds=[refund]).reductions == ()
    assert isinstance(CHANNEL.parse(raw_record("shopify", refund, "refund"), SHOP), Ignored)


@pytest.mark.parametrize("odd", [{"line_items": "none"}, {"currency": "doubloons"}, {"created_at": None}, {"shipping_address": 7}])
def test_a_cancelled_order_is_cancelled_however_odd_the_rest_of_it_is(odd: dict[str, Any]) -> None:
    parsed = CHANNEL.parse(raw_record("shopify", PAID | odd | {"cancelled_at": "2026-03-02T09:00:00Z", "cancel_reason": "fraud"}), SHOP)

    assert parsed == (CancelDraft(order=str(PAID["id"]), updated_at=1772442000000, reason="fraud"),)  # type: ignore[arg-type]


def test_a_reason_in_words_is_not_repeated() -> None:
    cancelled = PAID | {"cancelled_at": "2026-03-02T09:00:00Z", "cancel_reason": "Ada called, 555 0100"}
    parsed = CHANNEL.parse(raw_record("shopify", cancelled, "cancel"), SHOP)

    assert isinstance(parsed, tuple)
    assert isinstance(parsed[0], CancelDraft)
    assert parsed[0].reason == "cancelled"


# ---------------------------------------------------------------------------------------------- what cannot be used
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "XXX"}, "unknown_currency"),
        ({"updated_at": "2026-03-01T19:00:03"}, "naive_time"),
        ({"updated_at": 1772409603}, "bad_time"),
        ({"created_at": "0001-01-01T00:00:00Z"}, "bad_time"),
        ({"line_items": [KETTLE | {"quantity": 0}]}, "bad_quantity"),
        ({"line_items": [KETTLE | {"quantity": -2}]}, "bad_quantity"),
        ({"line_items": [KETTLE | {"quantity": 1.5}]}, "bad_quantity"),
        ({"line_items": [KETTLE | {"quantity": True}]}, "bad_quantity"),
        ({"line_items": [KETTLE | {"quantity": 10**30}]}, "bad_quantity"),
        ({"line_items": [KETTLE | {"price": "1e999999"}]}, "bad_price"),
        ({"line_items": [KETTLE | {"price": "NaN"}]}, "bad_price"),
        ({"line_items": [KETTLE | {"price": "twelve"}]}, "bad_price"),
        ({"line_items": [KETTLE, KETTLE]}, "repeated_line"),
        ({"line_items": None}, "malformed"),
        ({"note": "\0"}, "null_byte"),
        ({"id": ""}, "bad_id"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_a_reason(changes: dict[str, Any], code: str) -> None:
    rejected = CHANNEL.parse(raw_record("shopify", PAID | changes), SHOP)

    assert isinstance(rejected, Rejected)
    assert rejected.code == code


def test_a_number_that_is_none_is_rejected() -> None:
    body = json.dumps(PAID).replace('"49.50"', "NaN").encode()

    assert isinstance(CHANNEL.parse(raw_record("shopify", body), SHOP), Rejected)


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    assert order(note="\\u0000").number == "#2041"


def test_an_order_of_2000_lines_is_taken_and_of_2001_is_not() -> None:
    lines = [KETTLE | {"id": ordinal} for ordinal in range(1, 2_002)]

    assert len(order(line_items=lines[:2_000]).lines) == 2_000
    rejected = CHANNEL.parse(raw_record("shopify", PAID | {"line_items": lines}), SHOP)
    assert isinstance(rejected, Rejected)
    assert rejected.code == "too_many_lines"
