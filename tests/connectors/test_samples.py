"""The channels over payloads that platforms published themselves. They lie beside the project, not in it."""

import json
import unicodedata
from typing import Any

import pytest

from connectors.channels.file import read_orders
from connectors.contract import Ignored, OrderDraft, Parsed, ReductionDraft, Rejected
from connectors.registry import channels
from connectors.signing import hex_signed
from tests.connectors.cases import SAMPLES, SHOP, raw_record

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the platforms' samples are not there (../shared/data beside the project)")


def sample(path: str) -> Any:
    return json.loads((SAMPLES / path).read_text())


def parse(channel: str, payload: Any, kind: str = "order") -> Parsed:
    return channels()[channel].parse(raw_record(channel, payload, kind), SHOP)


def drafted(channel: str, payload: Any) -> OrderDraft:
    parsed = parse(channel, payload)
    assert isinstance(parsed, tuple), parsed
    (draft,) = parsed
    assert isinstance(draft, OrderDraft)
    return draft


# ---------------------------------------------------------------------------------------------- Shopify
def test_shopifys_order() -> None:
    draft = drafted("shopify", sample("shopify/order.json"))

    assert (draft.order, draft.number, draft.region, draft.currency, draft.holds) == ("450789469", "#1001", "US-KY", "USD", ())
    assert [(line.listings[0], line.quantity, line.price) for line in draft.lines] == [
        ("IPOD2008GREEN", 1, 19900),
        ("IPOD2008RED", 1, 19900),
        ("IPOD2008BLACK", 1, 19900),
    ]


def test_shopifys_refund_is_of_lines_of_its_order() -> None:
    parsed = parse("shopify", sample("shopify/refund.json"), "refund")

    assert isinstance(parsed, tuple)
    (draft,) = parsed
    assert isinstance(draft, ReductionDraft)
    order = drafted("shopify", sample("shopify/order.json"))
    assert draft.order == order.order
    assert {line for line, _ in draft.reduction.lines} <= {line.line for line in order.lines}


def test_shopifys_order_without_lines_is_rejected() -> None:
    assert isinstance(parse("shopify", sample("shopify/orders.json")["orders"][0]), Rejected)


# ---------------------------------------------------------------------------------------------- WooCommerce
def woo_orders() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted((SAMPLES / "woocommerce").glob("orders.*.json")):
        held = json.loads(path.read_text())
        groups = [held] if isinstance(held, list) else [[held]] if "id" in held else list(held.values())
        found += [order for group in groups for order in group if "line_items" in order]
    return found


def test_woocommerces_orders() -> None:
    for order in woo_orders():
        parsed = parse("woocommerce", order)
        if order["status"] == "completed":
            assert isinstance(parsed, Ignored)
            continue
        draft = drafted("woocommerce", order)
        assert sum(line.quantity * line.price for line in draft.lines) == sum(
            round(float(line["total"]) * 100) for line in order["line_items"]
        )
        assert draft.holds == (("payment",) if order["status"] == "pending" else ())
        assert draft.region == "US-CA"


# ---------------------------------------------------------------------------------------------- Amazon
def amazon_orders() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in ("get", "search"):
        for case in sample(f"amazon/orders_2026-01-01.{name}.sandbox.json")["static"]:
            found += case["response"].get("orders") or [case["response"]["order"]]
    return found


def test_amazons_orders_of_2026() -> None:
    for order in amazon_orders():
        told = order["fulfillment"]
        parsed = parse("amazon", order)
        if told["fulfilledBy"] == "AMAZON" or told["fulfillmentStatus"] == "SHIPPED":
            assert isinstance(parsed, Ignored)
        else:
            assert {line.listings[0] for line in drafted("amazon", order).lines} == {
                item["product"]["sellerSku"] for item in order["orderItems"]
            }


def test_amazons_orders_of_v0_with_items_and_address() -> None:
    items, address = (
        sample(f"amazon/ordersV0.{name}.sandbox.json")["static"][0]["response"]["payload"] for name in ("orderItems", "address")
    )
    (first, _) = sample("amazon/ordersV0.orders.sandbox.json")["static"][0]["response"]["payload"]["Orders"]

    draft = drafted("amazon", {"order": first | address, "items": items["OrderItems"]})

    assert (draft.order, draft.holds, draft.region, draft.lines[0].price) == ("902-1845936-5435065", ("cancel_requested",), "US-WA", 1000)


# ---------------------------------------------------------------------------------------------- signatures
def vector(platform: str) -> dict[str, str]:
    found: dict[str, str] = next(known for known in sample("signature_vectors.json") if known["platform"] == platform)
    return found


def test_easyposts_published_digest_is_ours() -> None:
    known = vector("easypost")
    body = json.dumps(sample("tracking/easypost.event-body.json"), separators=(",", ":"), ensure_ascii=False).encode()
    secret = unicodedata.normalize("NFKD", known["secret"]).encode()

    assert hex_signed(body, secret, known["expected"].removeprefix("hmac-sha256-hex="))


def test_tiktoks_known_digest_is_ours() -> None:
    known = vector("tiktok_shop_webhook")

    assert hex_signed((known["app_key"] + known["body"]).encode(), known["secret"].encode(), known["expected"])


# ---------------------------------------------------------------------------------------------- a year of a real retailer
def test_a_day_of_online_retail_is_read_as_an_order_file() -> None:
    """Order numbers, codes and quantities as they were; its cancels and corrections are rows that are told of."""
    path = SAMPLES / "online_retail" / "2011-01-04.csv"
    text = (
        path.read_text()
        .replace("InvoiceNo", "order")
        .replace("StockCode", "sku")
        .replace("InvoiceDate", "ordered_at")
        .replace("UnitPrice", "price")
    )

    report = read_orders(text.encode(), path.name, SHOP)

    rows = text.count("\n") - 1
    taken = sum(len(json.loads(body)["lines"]) for _, body in report.orders)
    assert taken + len({problem.row for problem in report.refused}) in (rows, rows + 1)
    assert taken > rows // 2
