"""Every way in over HTTP, with an order or count that is right; and a border with a shop for each."""

import base64
import copy
import hashlib
import hmac
import json
from typing import Any

import httpx
import msgspec

from connectors.contract import Ignored, Rejected, ShopRef
from connectors.door import Door
from connectors.registry import channels
from streams.commands import AnyCommand
from streams.reference import ListingRecord, NodeRecord, Reference, ShopRecord
from streams.rules.normalize import normalize
from tests.connectors.border import SECRET, FakeProducer, door, post


class Way(msgspec.Struct, frozen=True):
    """A way in: how it signs, an order (or count) that is right, and where its quantity, currency, time and name stand."""

    channel: str
    header: str
    payload: dict[str, Any]
    lines: str
    quantity: str
    time: str
    name: str
    currency: str = "currency"
    topic: dict[str, str] = {}

    @property
    def hooks(self) -> str:
        return f"/hooks/{self.channel}/{self.channel}-shop"

    def signed(self, body: bytes, secret: bytes = SECRET) -> dict[str, str]:
        digest = hmac.digest(secret, body, hashlib.sha256)
        ours = self.header == "x-yipan-signature"
        return {self.header: digest.hex() if ours else base64.b64encode(digest).decode(), **self.topic}

    def changed(self, field: str, value: object) -> bytes:
        payload = copy.deepcopy(self.payload)
        inside = payload[self.lines][0] if field in payload[self.lines][0] else payload
        inside[field] = value
        return json.dumps(payload).encode()

    def with_lines(self, count: int) -> bytes:
        line = self.payload[self.lines][0]
        named = "sku" if self.channel == "warehouse" else "line" if "line" in line else "id"
        return json.dumps(self.payload | {self.lines: [line | {named: f"{number}"} for number in range(count)]}).encode()


SHOPIFY = Way(
    channel="shopify",
    header="x-shopify-hmac-sha256",
    topic={"x-shopify-topic": "orders/create", "x-shopify-webhook-id": "w-1"},
    payload={
        "id": 1001,
        "name": "#1001",
        "created_at": "2026-03-01T09:00:00-05:00",
        "updated_at": "2026-03-01T09:00:00-05:00",
        "currency": "USD",
        "financial_status": "paid",
        "line_items": [{"id": 11, "quantity": 2, "price": "4.50", "sku": "OOLONG"}],
    },
    lines="line_items",
    quantity="quantity",
    time="updated_at",
    name="id",
)
WOOCOMMERCE = Way(
    channel="woocommerce",
    header="x-wc-webhook-signature",
    topic={"x-wc-webhook-topic": "order.created"},
    payload={
        "id": 1001,
        "number": "1001",
        "status": "processing",
        "date_created_gmt": "2026-03-01T14:00:00",
        "date_modified_gmt": "2026-03-01T14:00:00",
        "currency": "USD",
        "line_items": [{"id": 11, "quantity": 2, "price": 4.5, "total": "9.00", "sku": "OOLONG", "product_id": 7}],
    },
    lines="line_items",
    quantity="quantity",
    time="date_modified_gmt",
    name="id",
)
CANONICAL = Way(
    channel="canonical",
    header="x-yipan-signature",
    payload={
        "type": "order",
        "order": "1001",
        "updated_at": "2026-03-01T14:00:00Z",
        "currency": "USD",
        "lines": [{"line": "11", "sku": "OOLONG", "quantity": 2, "price": 450}],
    },
    lines="lines",
    quantity="quantity",
    time="updated_at",
    name="order",
)
WAREHOUSE = Way(
    channel="warehouse",
    header="x-yipan-signature",
    payload={
        "type": "count",
        "document": "C-1",
        "node": "shanghai",
        "counted_at": "2026-03-01T14:00:00Z",
        "lines": [{"sku": "OOLONG", "quantity": 2}],
    },
    lines="lines",
    quantity="quantity",
    time="counted_at",
    name="node",
    currency="",
)
WAYS = (SHOPIFY, WOOCOMMERCE, CANONICAL, WAREHOUSE)


class Border:
    """The gateway with all channels and a shop for each, `raw` behind it, and normalize behind that."""

    def __init__(self) -> None:
        self.broker = FakeProducer()
        self.reference = Reference()
        for way in WAYS:
            ref = ShopRef(tenant="lin", shop=f"{way.channel}-shop", channel=way.channel, pool="east", currency="USD")
            self.reference.apply(ShopRecord(ref=ref))
            self.reference.apply(ListingRecord(shop=ref.shop, listing="OOLONG", parts=(("SKU-OOLONG", 1),)))
        self.reference.apply(NodeRecord(node="shanghai", pool="east"))
        shops = {name: record.ref for name, record in self.reference.shops.items()}
        self.door: Door = msgspec.structs.replace(door(self.broker, shops), channels=channels(), max_body=4 << 20)

    def send(self, way: Way, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        return post(self.door, way.hooks, body, way.signed(body) if headers is None else headers)

    def outcomes(self) -> list[tuple[AnyCommand, ...] | Ignored | Rejected]:
        """Of every record in `raw`, in order."""
        return [
            normalize(sent.raw(), ("raw", 0, offset), self.reference, channels(), lambda person: f"sealed {person.city}")
            for offset, sent in enumerate(self.broker.log)
        ]

    def end(self, way: Way, body: bytes) -> tuple[int, str]:
        """Where a body ends: the status it is answered, and the code of the answer or of the dead letter ("" when it became commands)."""
        answer = self.send(way, body)
        if answer.status_code != 200:
            assert self.broker.log == [], "what is refused leaves no record"
            assert answer.json()["sentence"]
            return answer.status_code, answer.json()["code"]
        (outcome,) = self.outcomes()
        if isinstance(outcome, tuple):
            return 200, ""
        assert outcome.sentence.endswith("."), outcome
        return 200, outcome.code
