"""WooCommerce: what its webhooks mean for what is to be shipped."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.channels.woocommerce import CHANNEL
from connectors.contract import CancelDraft, Ignored, OrderDraft, Received, Reduction, Refusal, Rejected, Webhook
from tests.connectors.cases import FIXTURES, SHOP, raw_record

SECRET = b"ck_dyke & sluice"
PROCESSING = json.loads((FIXTURES / "woocommerce" / "processing.json").read_text())
MUG = PROCESSING["line_items"][0]


def hook(body: bytes, topic: str = "order.updated", secret: bytes = SECRET) -> Webhook:
    signature = base64.b64encode(hmac.new(secret, body.strip(), hashlib.sha256).digest()).decode()
    return Webhook({"x-wc-webhook-topic": topic, "x-wc-webhook-signature": signature, "x-wc-webhook-delivery-id": "same"}, body)


def order(**changes: Any) -> OrderDraft:
    parsed = CHANNEL.parse(raw_record("woocommerce", PROCESSING | changes), SHOP)
    assert isinstance(parsed, tuple)
    (draft,) = parsed
    assert isinstance(draft, OrderDraft)
    return draft


def delivered(body: bytes, topic: str = "order.updated") -> Received:
    received = CHANNEL.receive(hook(body, topic), SECRET)
    assert isinstance(received, Received)
    return received


# ---------------------------------------------------------------------------------------------- webhooks
@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("order.created", "order"),
        ("order.updated", "order"),
        ("order.restored", "order"),
        ("order.deleted", "delete"),
        ("product.updated", "product.updated"),
    ],
)
def test_a_webhook_is_named_by_its_topic_and_its_order(topic: str, kind: str) -> None:
    received = delivered(b'{"id": 727}', topic)

    assert (received.kind, received.external_id) == (kind, "727")


def test_two_orders_of_one_second_are_two_deliveries_though_woocommerce_calls_them_the_same() -> None:
    one = b'{"id": 727, "date_modified_gmt": "2026-03-01T10:00:00"}'
    two = b'{"id": 728, "date_modified_gmt": "2026-03-01T10:00:00"}'

    assert len({delivered(body).delivery_id for body in (one, two, one.replace(b":00:00", b":00:01"), one)}) == 3


def test_the_ping_of_a_new_webhook_is_not_signed_and_is_no_record() -> None:
    refusal = CHANNEL.receive(Webhook({}, b"webhook_id=17"), SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "ping"


def test_the_signature_is_of_the_body_without_the_space_around_it() -> None:
    assert delivered(b' {"id": 727}\n').external_id == "727"


def test_a_secret_is_unescaped_as_wordpress_does_before_it_signs() -> None:
    kept = b"ck_dyke &amp; sluice"

    assert isinstance(CHANNEL.receive(hook(b'{"id": 727}'), kept), Received)


@pytest.mark.parametrize("forged", [hook(b'{"id": 1}', secret=b"guess"), Webhook({}, b'{"id": 1}'), Webhook({}, b"webhook_id=17&id=1")])
def test_a_forged_signature_is_refused(forged: Webhook) -> None:
    refusal = CHANNEL.receive(forged, SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_signature"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": null}', b"\xff"])
def test_a_signed_body_that_names_no_order_is_malformed(body: bytes) -> None:
    refusal = CHANNEL.receive(hook(body), SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


# ---------------------------------------------------------------------------------------------- statuses
@pytest.mark.parametrize(
    ("status", "holds"),
    [
        ("processing", ()),
        ("wc-processing", ()),
        ("partial-shipped", ()),
        ("pending", ("payment",)),
        ("on-hold", ("payment",)),
        ("awaiting-engraving", ("status:awaiting-engraving",)),
        ("Ada's choice", ("status:ada-s-choice",)),
    ],
)
def test_goods_leave_when_the_order_is_processed_and_a_plugins_status_waits_for_a_person(status: str, holds: tuple[str, ...]) -> None:
    assert order(status=status).holds == holds


@pytest.mark.parametrize("status", ["cancelled", "failed", "refunded", "trash"])
@pytest.mark.parametrize("odd", [{}, {"line_items": "none"}, {"currency": "doubloons"}])
def test_an_order_that_is_not_wanted_any_more_is_cancelled_however_odd_it_is(status: str, odd: dict[str, Any]) -> None:
    parsed = CHANNEL.parse(raw_record("woocommerce", PROCESSING | odd | {"status": status}), SHOP)

    assert parsed == (CancelDraft(order="4711", updated_at=1772359207000, reason=status),)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["completed", "shipped", "delivered", "checkout-draft", "auto-draft"])
def test_what_was_shipped_or_never_ordered_is_ignored(status: str) -> None:
    assert isinstance(CHANNEL.parse(raw_record("woocommerce", PROCESSING | {"status": status}), SHOP), Ignored)


def test_an_order_without_lines_is_cancelled() -> None:
    parsed = CHANNEL.parse(raw_record("woocommerce", PROCESSING | {"line_items": []}), SHOP)

    assert isinstance(parsed, tuple)
    assert isinstance(parsed[0], CancelDraft)


# ---------------------------------------------------------------------------------------------- times, money, listings
def test_times_are_read_where_they_are_utc_and_not_where_they_are_local() -> None:
    draft = order(date_created="1999-01-01T00:00:00", date_modified="1999-01-01T00:00:00")

    assert (draft.placed_at, draft.updated_at) == (1772359200000, 1772359207000)


def test_an_order_with_local_times_only_is_rejected() -> None:
    local = {name: value for name, value in PROCESSING.items() if not name.endswith("_gmt")}

    rejected = CHANNEL.parse(raw_record("woocommerce", local), SHOP)

    assert isinstance(rejected, Rejected)
    assert rejected.code == "naive_time"


@pytest.mark.parametrize(
    ("price", "minor"),
    [
        ("3.3333333333333335", 333),
        ("0.285", 29),
        ("2.675", 268),
        ("1.005", 101),
        ("12", 1200),
        ('"19.9"', 1990),
        ("8999999999.99", 899999999999),
    ],
)
def test_a_price_is_a_json_number_and_is_read_without_binary_fractions(price: str, minor: int) -> None:
    body = json.dumps(PROCESSING).replace("3.3333333333333335", price).encode()

    (draft,) = CHANNEL.parse(raw_record("woocommerce", body), SHOP)  # type: ignore[misc]

    assert isinstance(draft, OrderDraft)
    assert draft.lines[0].price == minor


def test_without_a_price_the_total_is_divided() -> None:
    assert order(line_items=[MUG | {"price": None, "total": "10.00", "quantity": 3}]).lines[0].price == 333


def test_a_line_is_listed_under_its_sku_first_then_its_variation_then_its_product() -> None:
    assert order(line_items=[MUG]).lines[0].listings == ("MUG-BLUE", "94", "93")
    assert order(line_items=[MUG | {"sku": "", "variation_id": 0}]).lines[0].listings == ("93",)


@pytest.mark.parametrize(
    ("country", "state", "region"),
    [
        ("US", "CA", "US-CA"),
        ("JP", "JP13", "JP-13"),
        ("TH", "TH-10", "TH-10"),
        ("EG", "EGALX", "EG-ALX"),
        ("CN", "CN20", "CN-GD"),
        ("CN", "CN2", "CN-BJ"),
        ("CN", "CN33", "CN"),
        ("GB", "Greater London", "GB"),
        ("DE", "", "DE"),
        ("", "", ""),
    ],
)
def test_regions_are_iso_codes(country: str, state: str, region: str) -> None:
    assert order(shipping=PROCESSING["shipping"] | {"country": country, "state": state}).region == region


def test_a_shop_that_ships_to_the_billing_address_leaves_the_other_one_empty() -> None:
    recipient = order(shipping=dict.fromkeys(PROCESSING["shipping"], "")).recipient

    assert recipient is not None
    assert (recipient.name, recipient.street) == ("Grete Deich", ("Deichweg 4",))


# ---------------------------------------------------------------------------------------------- refunds
def test_refunds_with_lines_take_units_off() -> None:
    refund = {"id": 9, "line_items": [{"quantity": -2, "meta_data": [{"key": "_refunded_item_id", "value": 51}]}]}

    assert order(refunds=[refund]).reductions == (Reduction(id="9", lines=(("51", 2),)),)
    assert order(refunds=[refund]).holds == ()


@pytest.mark.parametrize(
    "refund",
    [
        {"id": 9, "total": "-24.99"},
        {"id": 9},
        {"id": 9, "line_items": [{"quantity": -1, "meta_data": []}]},
        {"id": 9, "line_items": [{"quantity": -0.5, "meta_data": [{"key": "_refunded_item_id", "value": "51"}]}]},
    ],
)
def test_a_refund_that_does_not_tell_its_lines_holds_the_order(refund: dict[str, Any]) -> None:
    assert order(refunds=[refund], line_items=[MUG]).holds == ("refund",)


def test_a_refund_of_less_than_any_unit_costs_is_of_money_and_holds_nothing() -> None:
    assert order(refunds=[{"id": 9, "total": "-2.50"}], line_items=[MUG]).holds == ()
    assert order(refunds=[{"id": 9, "line_items": []}], line_items=[MUG]).holds == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": ""}, "unknown_currency"),
        ({"line_items": [MUG | {"quantity": 0}]}, "bad_quantity"),
        ({"line_items": [MUG | {"quantity": -1}]}, "bad_quantity"),
        ({"line_items": [MUG | {"quantity": 1.5}]}, "bad_quantity"),
        ({"line_items": [MUG | {"quantity": 1_000_001}]}, "bad_quantity"),
        ({"line_items": [MUG | {"price": 1e300}]}, "bad_price"),
        ({"line_items": [MUG, MUG]}, "repeated_line"),
        ({"line_items": [MUG | {"id": ordinal} for ordinal in range(1, 2_002)]}, "too_many_lines"),
        ({"status": None, "id": "\u0007"}, "bad_id"),
        ({"customer_note": "\0"}, "null_byte"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_a_reason(changes: dict[str, Any], code: str) -> None:
    rejected = CHANNEL.parse(raw_record("woocommerce", PROCESSING | changes), SHOP)

    assert isinstance(rejected, Rejected)
    assert rejected.code == code
