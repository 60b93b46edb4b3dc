"""Amazon: what its orders mean for what is to be shipped, and how they are polled."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from connectors import amazon_poll
from connectors.amazon_poll import ORDERS, ORDERS_V0
from connectors.channels.amazon import CHANNEL
from connectors.contract import CancelDraft, Fetched, Ignored, Millis, OrderDraft, Polled, Rejected, ShopRef, Webhook
from connectors.times import zoned
from tests.connectors.cases import FIXTURES, NOON, SHOP, raw_record

MODERN = json.loads((FIXTURES / "amazon" / "unshipped.json").read_text())
OLD = json.loads((FIXTURES / "amazon" / "v0-unshipped.json").read_text())
LAMP = MODERN["orderItems"][0]
V0_SHOP = ShopRef(
    tenant="acme", shop="fen", channel="amazon", pool="north", url="https://spapi.example?orders=v0&marketplaceIds=A1&marketplaceIds=A2"
)


def parsed(payload: Any, shop: ShopRef = SHOP) -> OrderDraft:
    drafts = CHANNEL.parse(raw_record("amazon", payload), shop)
    assert isinstance(drafts, tuple), drafts
    (draft,) = drafts
    assert isinstance(draft, OrderDraft)
    return draft


def modern(**changes: Any) -> OrderDraft:
    return parsed(MODERN | changes)


def old(item: dict[str, Any] | None = None, **changes: Any) -> OrderDraft:
    return parsed({"order": OLD["order"] | changes, "items": [OLD["items"][0] | (item or {})]})


# ---------------------------------------------------------------------------------------------- parsing
@pytest.mark.parametrize(
    ("status", "holds"),
    [
        ("UNSHIPPED", ()),
        ("PARTIALLY_SHIPPED", ()),
        ("PENDING", ("payment",)),
        ("PENDING_AVAILABILITY", ("preorder",)),
        ("ON_THE_MOON", ("status:onthemoon",)),
    ],
)
def test_goods_leave_when_amazon_has_the_money(status: str, holds: tuple[str, ...]) -> None:
    assert modern(fulfillment={"fulfillmentStatus": status, "fulfilledBy": "MERCHANT"}, orderItems=[LAMP]).holds == holds


@pytest.mark.parametrize(
    ("status", "holds"), [("Unshipped", ()), ("PartiallyShipped", ()), ("Pending", ("payment",)), ("PendingAvailability", ("preorder",))]
)
def test_v0_says_the_same_in_other_letters(status: str, holds: tuple[str, ...]) -> None:
    assert old(OrderStatus=status).holds == holds


@pytest.mark.parametrize("status", ["Shipped", "InvoiceUnconfirmed"])
def test_what_was_shipped_already_is_ignored(status: str) -> None:
    assert isinstance(CHANNEL.parse(raw_record("amazon", {"order": OLD["order"] | {"OrderStatus": status}, "items": []}), SHOP), Ignored)


@pytest.mark.parametrize("by", [{"FulfillmentChannel": "AFN"}, {"FulfillmentChannel": "AFN", "OrderStatus": "Canceled"}])
def test_what_amazon_ships_itself_is_ignored(by: dict[str, str]) -> None:
    assert isinstance(CHANNEL.parse(raw_record("amazon", {"order": OLD["order"] | by, "items": OLD["items"]}), SHOP), Ignored)


def test_a_cancelled_order_is_cancelled_without_its_items() -> None:
    cancelled = CHANNEL.parse(raw_record("amazon", {"order": OLD["order"] | {"OrderStatus": "Canceled"}}), SHOP)

    assert cancelled == (CancelDraft(order="902-0000001-0000001", updated_at=Millis(1_569_512_000), reason="cancelled"),)


def test_a_buyer_who_asks_to_cancel_stops_the_order_but_does_not_cancel_it() -> None:
    asked = {"cancellation": {"cancellationRequest": {"requester": "BUYER", "cancelReason": "found cheaper"}}}

    assert modern(orderItems=[LAMP | asked]).holds == ("cancel_requested",)
    assert old({"BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true"}}).holds == ("cancel_requested",)
    assert old({"BuyerRequestedCancel": {"IsBuyerRequestedCancel": True}}).holds == ("cancel_requested",)
    assert old({"BuyerRequestedCancel": {"IsBuyerRequestedCancel": "false"}}).holds == ()


def test_units_that_were_cancelled_are_no_line_any_more() -> None:
    lines = modern(orderItems=[LAMP | {"orderItemId": "1", "quantityOrdered": 0}, LAMP | {"orderItemId": "2"}]).lines

    assert [line.line for line in lines] == ["2"]


def test_an_order_all_of_whose_units_were_cancelled_is_cancelled() -> None:
    drafts = CHANNEL.parse(raw_record("amazon", MODERN | {"orderItems": [LAMP | {"quantityOrdered": 0}]}), SHOP)

    assert isinstance(drafts, tuple)
    assert isinstance(drafts[0], CancelDraft)


def test_yen_have_no_decimals_and_v0_tells_the_price_of_all_units_together() -> None:
    assert modern(orderItems=[LAMP]).lines[0].price == 6980
    assert old({"QuantityOrdered": 3, "ItemPrice": {"CurrencyCode": "GBP", "Amount": "31.00"}}).lines[0].price == 1033


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1.569521782042E9", 1_569_521_782_042),
        ("1569521782", 1_569_521_782_000),
        ("1970-01-19T03:58:32Z", 1_569_512_000),
        ("2026-03-01T12:00:00.5+01:00", NOON - 3_600_000 + 500),
    ],
)
def test_a_time_may_be_a_float_in_letters_or_in_1970(text: str, millis: int) -> None:
    assert old(LastUpdateDate=text).updated_at == millis


def test_a_pending_order_without_a_price_is_in_the_currency_of_its_shop() -> None:
    priceless = {name: value for name, value in OLD["items"][0].items() if name != "ItemPrice"}
    order = {name: value for name, value in OLD["order"].items() if name != "OrderTotal"}

    assert parsed({"order": order, "items": [priceless]}).currency == SHOP.currency
    assert isinstance(CHANNEL.parse(raw_record("amazon", {"order": order, "items": [priceless]}), V0_SHOP), Rejected)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lastUpdatedTime": "2026-03-01T10:00:00"}, "naive_time"),
        ({"orderItems": []}, "no_lines"),
        ({"orderItems": [LAMP, LAMP]}, "repeated_line"),
        ({"orderItems": [LAMP | {"quantityOrdered": -1}]}, "bad_quantity"),
        ({"orderItems": [LAMP | {"orderItemId": str(ordinal)} for ordinal in range(2_001)]}, "too_many_lines"),
        ({"proceeds": {"grandTotal": {"amount": "1", "currencyCode": "USD"}}}, "mixed_currencies"),
        ({"orderItems": [LAMP | {"product": {"price": {"unitPrice": {"amount": "1e13", "currencyCode": "JPY"}}}}]}, "bad_price"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_a_reason(changes: dict[str, Any], code: str) -> None:
    rejected = CHANNEL.parse(raw_record("amazon", MODERN | changes), SHOP)

    assert isinstance(rejected, Rejected)
    assert rejected.code == code


def test_amazon_sends_no_webhooks() -> None:
    refusal = CHANNEL.receive(Webhook({}, b"{}"), b"secret")

    assert getattr(refusal, "code", None) == "no_webhooks"


# ---------------------------------------------------------------------------------------------- polling
class Amazon:
    """Answers requests in the order they come, and keeps what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._answers = list(answers)

    def __call__(self, path: str, query: Mapping[str, str]) -> Fetched:
        self.asked.append((path, dict(query)))
        answer = self._answers.pop(0)
        return answer if isinstance(answer, Fetched) else Fetched(200, {}, json.dumps(answer, ensure_ascii=False).encode())

    def poll(self, cursor: str = "", now: int = NOON, shop: ShopRef = SHOP) -> Polled:
        return CHANNEL.poll(self, shop, cursor, Millis(now))


def page(*orders: Any, token: str = "") -> dict[str, Any]:
    return {"orders": orders, **({"pagination": {"nextToken": token}} if token else {})}


def test_pages_are_followed_by_their_token_within_one_window() -> None:
    amazon = Amazon(page(MODERN, token="next"), page(MODERN))
    first = amazon.poll()
    second = amazon.poll(first.cursor, NOON + 60_000)

    assert (first.more, second.more) == (True, False)
    assert [name for _, name, _, _ in first.items] == ["503-7654321-1234567"]
    (_, asked), (_, then) = amazon.asked
    assert then == asked | {"paginationToken": "next"}
    assert zoned(asked["lastUpdatedBefore"]) == NOON - 120_000


def test_the_next_window_begins_before_the_last_one_ended() -> None:
    amazon = Amazon(page(), page())
    amazon.poll(amazon.poll().cursor, NOON + 600_000)

    (_, first), (_, second) = amazon.asked
    assert zoned(second["lastUpdatedAfter"]) < zoned(first["lastUpdatedBefore"]) < zoned(second["lastUpdatedBefore"])


def test_a_token_that_expired_begins_the_window_anew() -> None:
    amazon = Amazon(page(MODERN, token="old"), Fetched(400, {}, b'{"errors": []}'), page(MODERN))
    expired = amazon.poll(amazon.poll().cursor, NOON + 86_400_000)
    amazon.poll(expired.cursor, NOON + 86_400_000)

    assert (expired.items, expired.more) == ((), True)
    assert amazon.asked[2] == amazon.asked[0]


@pytest.mark.parametrize(
    "answer", [Fetched(429, {}, b""), Fetched(400, {}, b"{}"), Fetched(200, {}, b"<html>"), Fetched(200, {}, b"\xff"), {"errors": []}]
)
@pytest.mark.parametrize("shop", [SHOP, V0_SHOP], ids=["2026-01-01", "v0"])
def test_an_answer_that_is_no_page_is_no_answer(answer: Any, shop: ShopRef) -> None:
    with pytest.raises(ConnectionError):
        Amazon(answer).poll(shop=shop)


def test_amazon_is_not_asked_again_before_anything_can_have_settled() -> None:
    amazon = Amazon(page())
    cursor = amazon.poll().cursor

    assert amazon.poll(cursor, NOON - 60_000) == Polled(items=(), cursor=cursor, more=False)
    assert len(amazon.asked) == 1


def test_v0_is_asked_for_the_items_of_each_order_that_is_not_cancelled() -> None:
    orders = [OLD["order"], OLD["order"] | {"AmazonOrderId": "902-0000001-0000002", "OrderStatus": "Canceled"}]
    amazon = Amazon(
        {"payload": {"Orders": orders, "NextToken": "next"}},
        {"payload": {"OrderItems": OLD["items"], "NextToken": "more"}},
        {"payload": {"OrderItems": [OLD["items"][0] | {"OrderItemId": "2"}]}},
    )
    polled = amazon.poll(shop=V0_SHOP)

    assert [path for path, _ in amazon.asked] == [ORDERS_V0, *[f"{ORDERS_V0}/902-0000001-0000001/orderItems"] * 2]
    assert amazon.asked[0][1]["MarketplaceIds"] == "A1,A2"
    assert amazon.asked[2][1] == {"NextToken": "more"}
    assert polled.more
    bodies = [body for _, _, _, body in polled.items]
    assert [line.line for line in parsed(bodies[0]).lines] == ["05015851154158", "2"]
    assert isinstance(CHANNEL.parse(raw_record("amazon", bodies[1]), SHOP), tuple)


def test_items_without_an_end_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amazon_poll, "MOST_ITEM_PAGES", 2)
    endless = {"payload": {"OrderItems": [], "NextToken": "again"}}

    with pytest.raises(ConnectionError):
        Amazon({"payload": {"Orders": [OLD["order"]]}}, endless, endless, endless).poll(shop=V0_SHOP)


def test_the_version_of_today_is_asked_for_unless_the_shop_says_otherwise() -> None:
    amazon = Amazon(page())
    amazon.poll()

    assert amazon.asked[0][0] == ORDERS
