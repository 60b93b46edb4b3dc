"""Orders of real platforms on their whole way: signed bytes in, what each warehouse ships out. Pure, without a broker."""

import base64
import hashlib
import hmac
import json
from collections import Counter
from typing import Any

import pytest

from connectors.contract import Ignored, Millis, RawRecord, Received, ShopRef, Webhook
from connectors.registry import channels
from streams.reference import ListingRecord, Reference, ShopRecord
from streams.rules.normalize import normalize
from tests.story import POOL, Story, one_shop

SECRET = b"lighthouse"
HEADERS = {"shopify": ("x-shopify-hmac-sha256", "x-shopify-topic"), "woocommerce": ("x-wc-webhook-signature", "x-wc-webhook-topic")}


class Platform:
    """A shop `web` on a platform, whose webhooks go all the way into a pool with one warehouse of 10 kettles and 10 mugs."""

    def __init__(self, channel: str, stock: dict[str, dict[str, int]] | None = None) -> None:
        self.channel = channel
        self.story: Story = one_shop(stock or {"hamburg": {"KETTLE": 10, "MUG": 10}})
        self.reference = Reference()
        shop = ShopRef(tenant="acme", shop="web", channel=channel, pool=POOL, currency="EUR")
        self.reference.apply(ShopRecord(ref=shop, segment="b2c", unknown_listing="as_sku"))

    def says(self, payload: Any, topic: str) -> list[str]:
        """Sends a signed webhook. The kinds of events that follow, or why there are none."""
        body = json.dumps(payload).encode()
        signature, named = HEADERS[self.channel]
        signed = base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest()).decode()
        received = channels()[self.channel].receive(Webhook({signature: signed, named: topic}, body), SECRET)
        assert isinstance(received, Received)
        return self.brings(received.kind, received.external_id, received.delivery_id, body)

    def brings(self, kind: str, external_id: str, delivery_id: str, body: bytes) -> list[str]:
        """What a webhook or a poll brought, as the next raw record."""
        raw = RawRecord(
            tenant="acme",
            shop="web",
            channel=self.channel,
            kind=kind,
            external_id=external_id,
            delivery_id=delivery_id,
            received_at=Millis(1_772_366_400_000),
            body=body,
        )
        commands = normalize(raw, self.story.cause()[:3], self.reference, channels(), lambda person: person.name)
        if not isinstance(commands, tuple):
            return [commands.code if isinstance(commands, Ignored) else f"rejected: {commands.code}"]
        return [type(event).__name__ for command in commands for event in self.story.ask(command).events]

    def ships(self) -> dict[str, int]:
        """Units that the warehouse is to ship."""
        units: Counter[str] = Counter()
        for order in self.story.pool.orders.values():
            for fulfilment in order.open_fulfilments.values():
                for row in fulfilment.rows:
                    units[row.sku] += row.quantity
        return dict(units)


# ---------------------------------------------------------------------------------------------- Shopify
def shopify_order(updated: str = "10:00:00", **changes: Any) -> dict[str, Any]:
    address = {"name": "Ada Lighthouse", "address1": "1 Harbour Row", "country_code": "DE", "province_code": None}
    order = {"id": 42, "name": "#1042", "created_at": "2026-03-01T10:00:00+01:00", "updated_at": f"2026-03-01T{updated}+01:00"}
    money: dict[str, Any] = {"currency": "EUR", "financial_status": "paid", "fulfillment_status": None, "cancelled_at": None, "refunds": []}
    lines = [shopify_line(1, "KETTLE", 3), shopify_line(2, "MUG", 2), shopify_line(3, "", 1, title="Tip", requires_shipping=False)]
    return {**order, **money, "shipping_address": address, "line_items": lines, **changes}


def shopify_line(name: int, sku: str, quantity: int, **changes: Any) -> dict[str, Any]:
    return {"id": name, "sku": sku, "quantity": quantity, "price": "19.90", "requires_shipping": True, "title": sku, **changes}


@pytest.fixture
def shopify() -> Platform:
    return Platform("shopify")


def test_a_paid_order_is_shipped_once_however_often_shopify_tells_of_it(shopify: Platform) -> None:
    assert "Reserved" in shopify.says(shopify_order(), "orders/create")
    assert shopify.says(shopify_order(), "orders/paid") == ["Duplicate"]
    assert shopify.says(shopify_order(), "orders/updated") == ["Duplicate"]
    assert shopify.ships() == {"KETTLE": 3, "MUG": 2}


def test_an_unpaid_order_waits_and_leaves_when_it_is_paid(shopify: Platform) -> None:
    shopify.says(shopify_order(financial_status="pending"), "orders/create")
    assert shopify.ships() == {}

    shopify.says(shopify_order("10:05:00"), "orders/paid")
    assert shopify.ships() == {"KETTLE": 3, "MUG": 2}


def test_an_edited_order_ships_what_it_is_now(shopify: Platform) -> None:
    shopify.says(shopify_order(), "orders/create")

    edited = [shopify_line(1, "KETTLE", 3, current_quantity=1), shopify_line(2, "MUG", 2, current_quantity=0), shopify_line(4, "MUG", 4)]
    shopify.says(shopify_order("10:07:00", line_items=edited), "orders/updated")

    assert shopify.ships() == {"KETTLE": 1, "MUG": 4}


def test_a_cancelled_order_gives_everything_back_and_stays_cancelled(shopify: Platform) -> None:
    shopify.says(shopify_order(), "orders/create")
    shopify.says(shopify_order("10:08:00", cancelled_at="2026-03-01T10:08:00+01:00", cancel_reason="customer"), "orders/cancelled")
    assert shopify.ships() == {}

    shopify.says(shopify_order(), "orders/create")
    assert shopify.ships() == {}
    assert shopify.story.pool.stock["hamburg"].on_hand == {"KETTLE": 10, "MUG": 10}


def test_a_cancel_may_overtake_its_order(shopify: Platform) -> None:
    shopify.says(shopify_order("10:08:00", cancelled_at="2026-03-01T10:08:00+01:00"), "orders/cancelled")
    shopify.says(shopify_order(), "orders/create")

    assert shopify.ships() == {}


def test_an_older_version_that_comes_late_changes_nothing(shopify: Platform) -> None:
    shopify.says(shopify_order("10:09:00", line_items=[shopify_line(1, "KETTLE", 1)]), "orders/updated")

    assert shopify.says(shopify_order(), "orders/create") == ["Stale"]
    assert shopify.ships() == {"KETTLE": 1}


def test_an_order_of_gift_cards_only_is_nobodys_to_ship(shopify: Platform) -> None:
    cards = [shopify_line(1, "GIFT-25", 1, gift_card=True, requires_shipping=False)]

    assert shopify.says(shopify_order(line_items=cards), "orders/create") == ["no_goods"]


def test_a_variant_that_is_a_bundle_ships_its_parts(shopify: Platform) -> None:
    shopify.reference.apply(ListingRecord(shop="web", listing="8801", parts=(("KETTLE", 1), ("MUG", 2))))
    shopify.says(shopify_order(line_items=[shopify_line(1, "", 2, variant_id=8801)]), "orders/create")

    assert shopify.ships() == {"KETTLE": 2, "MUG": 4}


# ---------------------------------------------------------------------------------------------- WooCommerce
def woo_order(modified: str = "10:00:00", **changes: Any) -> dict[str, Any]:
    order = {"id": 727, "number": "727", "status": "processing", "currency": "EUR", "refunds": []}
    dates = {"date_created_gmt": "2026-03-01T10:00:00", "date_modified_gmt": f"2026-03-01T{modified}"}
    address = {"first_name": "Grete", "last_name": "Deich", "address_1": "Deichweg 4", "city": "Husum", "country": "DE", "state": "DE-SH"}
    lines = [woo_line(1, "KETTLE", 3), woo_line(2, "MUG", 2)]
    return {**order, **dates, "billing": address, "shipping": address, "line_items": lines, **changes}


def woo_line(name: int, sku: str, quantity: int) -> dict[str, Any]:
    return {
        "id": name,
        "sku": sku,
        "quantity": quantity,
        "price": 19.9,
        "total": str(19.9 * quantity),
        "product_id": name,
        "variation_id": 0,
    }


@pytest.fixture
def woo() -> Platform:
    return Platform("woocommerce")


def test_a_transfer_is_waited_for_and_then_the_order_leaves_once(woo: Platform) -> None:
    woo.says(woo_order(status="on-hold"), "order.created")
    assert woo.ships() == {}

    assert "Reserved" in woo.says(woo_order("10:05:00"), "order.updated")
    assert woo.says(woo_order("10:05:00"), "order.updated") == ["Duplicate"]
    assert woo.ships() == {"KETTLE": 3, "MUG": 2}


def test_a_completed_order_is_the_echo_of_what_was_shipped(woo: Platform) -> None:
    woo.says(woo_order(), "order.created")
    woo.story.ship(woo.story.fulfilment("727"))

    assert woo.says(woo_order("11:00:00", status="completed"), "order.updated") == ["already_fulfilled"]
    assert woo.ships() == {}


@pytest.mark.parametrize("status", ["cancelled", "refunded", "failed", "trash"])
def test_an_order_that_is_not_wanted_any_more_gives_everything_back(woo: Platform, status: str) -> None:
    woo.says(woo_order(), "order.created")
    woo.says(woo_order("10:06:00", status=status), "order.updated")

    assert woo.ships() == {}


def test_a_payment_that_failed_and_then_went_through_is_shipped(woo: Platform) -> None:
    for modified, status in (("10:00:00", "pending"), ("10:01:00", "failed"), ("10:02:00", "pending"), ("10:03:00", "processing")):
        woo.says(woo_order(modified, status=status), "order.updated")

    assert woo.ships() == {"KETTLE": 3, "MUG": 2}


def test_two_changes_of_one_second_both_count(woo: Platform) -> None:
    woo.says(woo_order(), "order.created")
    woo.says(woo_order(line_items=[woo_line(1, "KETTLE", 1)]), "order.updated")

    assert woo.ships() == {"KETTLE": 1}


def test_a_deleted_order_gives_everything_back(woo: Platform) -> None:
    woo.says(woo_order(), "order.created")
    woo.says({"id": 727}, "order.deleted")

    assert woo.ships() == {}
