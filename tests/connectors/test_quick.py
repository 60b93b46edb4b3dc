"""Shopify's orders are read in one pass where nothing in them is unusual: whatever a body holds, that must change nothing."""

import json
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import shopify_quick
from connectors.channels.shopify import CHANNEL
from connectors.contract import Parsed, Rejected
from tests.bench import storefront
from tests.connectors.cases import SHOP, cases, raw_record

LINE = {
    "id": 9001,
    "quantity": 2,
    "price": "49.50",
    "sku": "KETTLE",
    "variant_id": 71,
    "product_id": 7,
    "title": "Kettle",
    "tax_lines": [{"price": "1.20", "rate": 0.1}],
}
REFUND = {"id": 8801, "order_id": 1, "refund_line_items": [{"line_item_id": 9001, "quantity": 1, "restock_type": "cancel"}]}
ADDRESS = {"name": "Zoë Lindqvist", "address1": "1 Quay", "city": "Malmö", "zip": "211 19", "country_code": "SE", "province_code": None}
ORDER: dict[str, Any] = {
    "id": 1001,
    "updated_at": "2026-03-01T09:00:00-05:00",
    "created_at": "2026-03-01T08:59:59.123-05:00",
    "cancelled_at": None,
    "cancel_reason": None,
    "currency": "USD",
    "name": "#1001",
    "financial_status": "pending",
    "fulfillment_status": None,
    "payment_terms": {"payment_terms_type": "net"},
    "payment_gateway_names": ["Cash on Delivery (COD)"],
    "test": False,
    "email": "zoe@example.com",
    "phone": None,
    "note": "ring twice",
    "total_weight": 1.5,
    "shipping_lines": [
        {"code": "EXP", "title": "Express", "price": "9.00", "discounted_price": "8.00", "is_removed": False, "tax_lines": []}
    ],
    "taxes_included": False,
}
TIMES = (
    "2026-03-01T09:00:00",
    "2026-03-01 09:00:00Z",
    "2026-03-01T09:00+00:00",
    "1969-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "20260301",
)
AMOUNTS = ("12", "-1.00", " 3.20 ", "1e3", "1_0", "NaN", "٣.٥٠", "0.005", "999999999999.99", "1e13", "9999999999.99", "twelve", "")
TEXTS = (
    "",
    " ",
    "0",
    "2",
    "paid",
    "refunded",
    "fulfilled",
    "customer",
    "usd",
    "JPY",
    "KWD",
    "\x00",
    "\x07",
    "\u2003",
    "茶",
    "🔔",
    "a" * 201,
)
ODD = st.sampled_from(
    [
        *(None, True, False, 0, 1, 2, -1, 2.0, 1.5, 1e300, 10**6, 10**6 + 1, 2**63, 10**30, [], {}, [None], {"id": 1}, [LINE, LINE]),
        *TIMES,
        *AMOUNTS,
        *TEXTS,
    ]
)
# what JSON may be written like, for a value, or right before a comma
WRITTEN = st.sampled_from(
    [
        *(b"NaN", b"-Infinity", b"1.0", b"2e0", b"-0", b"01", b"1.", b"9" * 5_000, b"1E99999999999999999999", b"0" * 30, b'"\\u0000"'),
        *(
            b'"\\ud83d\\udd14"',
            b'"\\ud83d"',
            b'"\xff"',
            b'"\t"',
            b'"\\x"',
            b'"\\\\u0000"',
            b"[" * 2_000,
            b'"2026-03-01T09:00:00Z"',
            b" \n 1",
        ),
        *(b'1,"id":2', b'null,"price":"1.00"', b'1,"\\u0071uantity":3', b"", b"//", b"'1'"),
    ]
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Orders with up to three odd values, written oddly at up to two places."""
    lines = [LINE | {"id": 9001 + place} for place in range(draw(st.integers(0, 3)))]
    order = ORDER | {"line_items": lines, "refunds": [REFUND] * draw(st.integers(0, 2)), "shipping_address": dict(ADDRESS)}
    order = json.loads(json.dumps(order))
    inside = [order, order["shipping_address"], *order["shipping_lines"], *order["line_items"], *order["refunds"], order["payment_terms"]]
    inside += [part for refund in order["refunds"] for part in refund["refund_line_items"]]
    inside += order["line_items"] * 3
    for _ in range(draw(st.integers(0, 3))):
        where = draw(st.sampled_from(inside))
        more = ["current_quantity", "gift_card", "requires_shipping"] if "price" in where else []
        where[draw(st.sampled_from(sorted(where) + more))] = draw(ODD)
    body = json.dumps(order, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 2)) * draw(st.integers(0, 1))):
        body = _rewritten(body, draw(st.integers(0, 1 << 30)), draw(WRITTEN))
    return body


def _rewritten(body: bytes, seed: int, written: bytes) -> bytes:
    """Another value behind one of the colons."""
    at = Random(seed).choice([place + 1 for place, byte in enumerate(body) if byte == ord(":")])
    end = min((place for place in (body.find(b",", at), body.find(b"}", at)) if place > 0), default=at)
    return body[:at] + written + body[end:]


def parsed(body: bytes, kind: str = "order") -> Parsed:
    return CHANNEL.parse(raw_record("shopify", body, kind), SHOP)


def slowly(body: bytes, kind: str = "order") -> Parsed:
    with patch.object(shopify_quick, "read_quickly", return_value=None):
        return parsed(body, kind)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(bodies())
def test_what_is_read_quickly_is_read_as_the_models_read_it(body: bytes) -> None:
    assert parsed(body) == slowly(body)


def test_every_sample_is_read_alike() -> None:
    for case in cases("shopify"):
        assert parsed(case.raw.body, case.raw.kind) == slowly(case.raw.body, case.raw.kind)


def test_orders_of_storefronts_are_read_quickly() -> None:
    for raw in storefront.orders("shopify", 50):
        assert shopify_quick.read_quickly(raw.body) is not None
        assert parsed(raw.body) == slowly(raw.body)


def test_an_order_cut_anywhere_is_not_json() -> None:
    (raw,) = storefront.orders("shopify", 1)
    for end in range(1, len(raw.body), 97):
        found = parsed(raw.body[:end])
        assert isinstance(found, Rejected)
        assert found == slowly(raw.body[:end])
