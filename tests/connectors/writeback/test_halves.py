"""What each platform is asked, in its own form, and how its answers are read."""

import json
import random
from typing import Any

import pytest

from connectors.contract import ShopRef
from connectors.writeback.amazon import reference
from connectors.writeback.halves import HALVES
from connectors.writeback.outward import Again, Cancel, Done, Fact, Level, Refund, Refused, Reply, Request, Shipment
from connectors.writeback.woocommerce import TRACKING

URLS = {
    "shopify": "https://tea.example?location=9",
    "woocommerce": "https://tea.example",
    "amazon": "https://sp.example?sellerId=A1&marketplaceIds=M1,M2",
}
SHIPPED = Shipment(id="F1@4", order="1001", lines=(("10", 2),), shipped_at=1_760_000_000_000, carrier="UPS", tracking="1Z 9")
CANCELLED = Cancel(id="lin/tea/1001@5", order="1001", reason="short")
OWED = Refund(id="R0123456789abcdef0123", order="1001", amount=1_250, currency="EUR", cause="returned")
NOTE = "Yipan R0123456789abcdef0123: returned"
WORKS = Reply(200, {}, b"{}")


def shop(channel: str) -> ShopRef:
    return ShopRef(tenant="lin", shop="tea", channel=channel, pool="east", url=URLS[channel])


def levels(channel: str, *levels: Level) -> Request:
    return HALVES[channel].levels(shop(channel), levels)


def chosen(channel: str, fact: Fact, seen: Any = None) -> Any:
    return HALVES[channel].choose(shop(channel), fact, Reply(200, {}, json.dumps(seen).encode()))


def body(request: Any) -> Any:
    assert isinstance(request, Request)
    return json.loads(request.body)


# ---------------------------------------------------------------------------------------------- Shopify
def order(**changes: Any) -> Any:
    line = {"id": "gid://shopify/FulfillmentOrderLineItem/7", "remainingQuantity": 3, "lineItem": {"id": "gid://shopify/LineItem/10"}}
    lines = {"pageInfo": {"hasNextPage": False}, "nodes": [line]}
    orders = [{"id": "gid://shopify/FulfillmentOrder/5", "status": "OPEN", "lineItems": lines}]
    plain = {"cancelledAt": None, "metafield": None, "fulfillmentOrders": {"pageInfo": {"hasNextPage": False}, "nodes": orders}}
    return {"data": {"order": plain | changes}}


def marked(units: int) -> Any:
    return {"value": json.dumps({SHIPPED.id: {"10": units}})}


def test_shopify_sets_levels_in_one_mutation_whatever_they_were_before() -> None:
    asked = body(levels("shopify", Level("71", 5, 8), Level("72@3", 0, 9)))

    assert asked["variables"]["input"]["quantities"] == [
        {
            "inventoryItemId": "gid://shopify/InventoryItem/71",
            "locationId": "gid://shopify/Location/9",
            "quantity": 5,
            "changeFromQuantity": None,
        },
        {
            "inventoryItemId": "gid://shopify/InventoryItem/72",
            "locationId": "gid://shopify/Location/3",
            "quantity": 0,
            "changeFromQuantity": None,
        },
    ]


def test_a_level_that_comes_back_to_what_it_was_is_no_repetition_to_shopify() -> None:
    first, again, later = (body(levels("shopify", Level("71", 5, version)))["variables"]["key"] for version in (1, 1, 3))

    assert first == again != later


def test_one_unknown_item_does_not_keep_the_others_from_being_told() -> None:
    errors = [{"code": "INVALID_INVENTORY_ITEM", "field": ["input", "quantities", "1", "inventoryItemId"], "message": "unknown"}]
    reply = Reply(200, {}, json.dumps({"data": {"inventorySetQuantities": {"userErrors": errors}}}).encode())
    good, bad, also = HALVES["shopify"].leveled([Level(item, 1, 1) for item in ("71", "72", "73")], reply)

    assert isinstance(bad, Refused)
    assert isinstance(good, Again)
    assert isinstance(also, Again)


def test_a_shipment_says_at_shopify_what_was_open_before_it() -> None:
    asked = body(chosen("shopify", SHIPPED, order()))["variables"]

    assert json.loads(asked["mark"][0]["value"]) == {"F1@4": {"10": 3}}
    assert asked["fulfillment"]["trackingInfo"] == {"company": "UPS", "number": "1Z 9"}
    assert asked["fulfillment"]["lineItemsByFulfillmentOrder"] == [
        {
            "fulfillmentOrderId": "gid://shopify/FulfillmentOrder/5",
            "fulfillmentOrderLineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/7", "quantity": 2}],
        }
    ]


@pytest.mark.parametrize(("before", "told"), [(5, True), (4, False), (3, False)])
def test_shopify_has_heard_of_a_shipment_once_less_is_open_than_when_it_was_told(before: int, told: bool) -> None:
    assert (chosen("shopify", SHIPPED, order(metafield=marked(before))) == Done()) is told


def test_what_was_fulfilled_by_hand_is_not_fulfilled_again() -> None:
    assert chosen("shopify", SHIPPED, order(fulfillmentOrders={"nodes": []})) == Done()


def test_goods_of_an_order_that_shopify_cancelled_are_for_a_person() -> None:
    assert chosen("shopify", SHIPPED, order(cancelledAt="2026-03-01T00:00:00Z")).code == "cancelled"


def test_a_cancel_that_shopify_has_is_done() -> None:
    assert chosen("shopify", CANCELLED, order(cancelledAt="2026-03-01T00:00:00Z")) == Done()
    assert body(chosen("shopify", CANCELLED, order()))["variables"]["reason"] == "INVENTORY"


def test_an_order_too_large_to_be_read_at_once_is_for_a_person() -> None:
    more = {"pageInfo": {"hasNextPage": True}, "nodes": []}

    assert chosen("shopify", SHIPPED, order(fulfillmentOrders=more)).code == "too_large"


def test_a_throttled_query_is_asked_again_and_is_no_fault_of_the_platform() -> None:
    throttled = Reply(200, {}, json.dumps({"errors": [{"extensions": {"code": "THROTTLED"}}]}).encode())

    assert HALVES["shopify"].answered(SHIPPED, throttled) == Again("too_fast", 1.0, limited=True)


def payment(number: int, amount: str, kind: str = "SALE", parent: int = 0, status: str = "SUCCESS") -> Any:
    money = {"amountSet": {"shopMoney": {"amount": amount}}, "gateway": "teapay", "kind": kind, "status": status}
    return money | {"id": f"T{number}", "parentTransaction": {"id": f"T{parent}"} if parent else None}


def paid(*payments: Any, **changes: Any) -> Any:
    plain = {"currencyCode": "EUR", "presentmentCurrencyCode": "EUR", "refunds": [], "transactions": payments}
    return {"data": {"order": plain | changes}}


# ---------------------------------------------------------------------------------------------- WooCommerce
def test_woocommerce_takes_products_in_batches_and_variations_under_their_product() -> None:
    plain, variation = levels("woocommerce", Level("12", 4, 1)), levels("woocommerce", Level("12:34", 7, 1))

    assert (plain.path, body(plain)) == (
        "/wp-json/wc/v3/products/batch",
        {"update": [{"id": 12, "manage_stock": True, "stock_quantity": 4}]},
    )
    assert variation.path == "/wp-json/wc/v3/products/12/variations/batch"
    assert HALVES["woocommerce"].group("12:34") == "12"


def woo(status: str = "processing", units: int = 2, **changes: Any) -> Any:
    plain = {"id": 1001, "status": status, "line_items": [{"id": 10, "quantity": units}], "meta_data": []}
    return plain | {"currency": "EUR", "total": "50.00"} | changes


def test_the_shipment_that_leaves_nothing_open_completes_the_order() -> None:
    assert body(chosen("woocommerce", SHIPPED, woo(units=2)))["status"] == "completed"
    assert "status" not in body(chosen("woocommerce", SHIPPED, woo(units=3)))


def test_a_tracking_that_is_there_is_done_and_others_stay() -> None:
    first = body(chosen("woocommerce", SHIPPED, woo()))["meta_data"]
    other = Shipment(id="F1@9", order="1001", lines=(("10", 1),), shipped_at=0)

    assert chosen("woocommerce", SHIPPED, woo(meta_data=first)) == Done()
    assert len(body(chosen("woocommerce", other, woo(meta_data=first)))["meta_data"][0]["value"]) == 2


@pytest.mark.parametrize(("status", "code"), [("completed", "completed"), ("cancelled", ""), ("refunded", "")])
def test_a_cancel_at_woocommerce_goes_by_where_the_order_stands(status: str, code: str) -> None:
    answer = chosen("woocommerce", CANCELLED, woo(status))

    assert getattr(answer, "code", "") == code
    assert not isinstance(answer, Request)


# ---------------------------------------------------------------------------------------------- Amazon
def test_amazon_is_told_the_quantity_of_a_seller_sku_and_nothing_else_of_it() -> None:
    asked = levels("amazon", Level("TEA/1 kg", 4, 1))

    assert (asked.method, asked.path) == ("PATCH", "/listings/2021-08-01/items/A1/TEA%2F1%20kg")
    assert dict(asked.query) == {"marketplaceIds": "M1"}
    assert body(asked)["patches"] == [
        {
            "op": "merge",
            "path": "/attributes/fulfillment_availability",
            "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 4}],
        }
    ]


def test_a_package_has_the_same_reference_whenever_it_is_confirmed() -> None:
    package = body(chosen("amazon", SHIPPED))["packageDetail"]

    assert package["packageReferenceId"] == reference("F1@4") != reference("F1@5")
    assert package["packageReferenceId"].isdigit()
    assert (package["carrierCode"], package["trackingNumber"], package["shipDate"]) == ("UPS", "1Z 9", "2025-10-09T08:53:20Z")


def test_what_amazon_cannot_be_told_is_for_a_person() -> None:
    assert chosen("amazon", CANCELLED).code == "by_hand"
    assert chosen("amazon", OWED).code == "told_elsewhere"
    assert chosen("amazon", Shipment(id="F1@4", order="1", lines=(("1", 1),), shipped_at=0)).code == "no_tracking"


# ---------------------------------------------------------------------------------------------- all
@pytest.mark.parametrize("channel", HALVES)
@pytest.mark.parametrize(("status", "what"), [(429, Again), (503, Again), (401, Again), (404, Refused)])
def test_a_status_says_whether_to_come_back(channel: str, status: int, what: type) -> None:
    reply = Reply(status, {"retry-after": "3"})
    half = HALVES[channel]

    assert isinstance(half.answered(SHIPPED, reply), what)
    assert all(isinstance(answer, what) for answer in half.leveled([Level("7", 1, 1)], reply))
    if status == 429:
        assert half.answered(SHIPPED, reply) == Again("too_fast", 3.0, limited=True)


RECORDED: dict[str, list[Any]] = {
    "shopify": [
        order(),
        order(metafield=marked(3)),
        paid(payment(1, "50.00"), payment(2, "1.00", "REFUND", 1), refunds=[{"note": "sorry"}]),
        {"data": {"refundCreate": {"userErrors": [{"message": "no"}]}}},
        {"data": {"inventorySetQuantities": {"userErrors": [{"code": "X", "field": ["input", "quantities", "0"], "message": "no"}]}}},
        {"data": {"fulfillmentCreate": {"userErrors": [{"message": "no"}]}, "orderCancel": {"orderCancelUserErrors": [{"code": "X"}]}}},
        {
            "errors": [{"extensions": {"code": "X"}}],
            "extensions": {"cost": {"actualQueryCost": 3, "throttleStatus": {"currentlyAvailable": 3}}},
        },
    ],
    "woocommerce": [
        woo(meta_data=[{"key": TRACKING, "value": [{"tracking_id": "x", "products_list": [{"item_id": "10", "qty": 1}]}]}]),
        woo(refunds=[{"id": 1, "reason": NOTE, "total": "-1.00"}]),
        {"update": [{"id": 7, "error": {"code": "X", "message": "no"}}]},
        {"code": "woocommerce_rest_cannot_create_order_refund", "message": "no"},
    ],
    "amazon": [{"status": "INVALID", "issues": [{"code": "X", "message": "no"}]}, {"errors": [{"message": "no"}]}],
}
JUNK: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", "9" * 30, [], {}, [None], [[]], {"a": 1}, 10**25, [1], "{}", "[1]", '{"F1@4":[]}')


def spoilt(value: Any, chance: random.Random) -> Any:
    """The same with something else in places."""
    if chance.random() < 0.12:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        return {name: spoilt(inner, chance) for name, inner in value.items()}
    return [spoilt(inner, chance) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("channel", HALVES)
def test_whatever_a_platform_answers_nothing_raises(channel: str) -> None:
    half, chance = HALVES[channel], random.Random(8)
    for _ in range(3_000):
        answer = json.dumps(spoilt(chance.choice(RECORDED[channel]), chance)).encode()
        headers = {"retry-after": chance.choice(("nan", "inf", "-1", "x", "3"))}
        reply = Reply(chance.choice((200, 200, 400, 429)), headers, answer[: chance.choice((None, None, 20))])
        half.leveled([Level("7", 1, 1)], reply)
        for fact in (SHIPPED, CANCELLED, OWED):
            half.choose(shop(channel), fact, reply)
            half.answered(fact, reply)
        half.spent(reply)
