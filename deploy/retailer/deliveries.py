"""How a shop's platform tells of an order: the body in its own form, signed as it signs."""

import hmac
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import msgspec

from deploy.retailer import amazon, canonical, shopify, woocommerce
from deploy.retailer.folder import secret_of
from deploy.retailer.orders import Order, Refund, utc
from deploy.retailer.shops import Shop

encode = msgspec.json.Encoder().encode
Headers = tuple[tuple[str, str], ...]
_FORMS: dict[str, Callable[[Order], dict[str, Any]]] = {
    "shopify": shopify.order,
    "woocommerce": woocommerce.order,
    "amazon": amazon.order,
    "canonical": canonical.order,
}


class Hook(NamedTuple):
    """A request to the gateway; `status` is what it must be answered, `order` the order it speaks of (0: of none that counts)."""

    path: str
    headers: Headers
    body: bytes
    status: int = 200
    order: int = 0


class Shown(NamedTuple):
    """What a polled platform shows of an order from now on; it sets the time itself."""

    shop: Shop
    order: Order


class Document(NamedTuple):
    """What the warehouse feed tells of a node: a receipt of (SKU, units), or a count from before the history."""

    kind: Literal["count", "receipt"]
    document: str
    node: str
    lines: tuple[tuple[str, int], ...]

    def form(self, began: int, now: int) -> dict[str, Any]:
        """In milliseconds: counted when the history began, or received now."""
        at = began if self.kind == "count" else now
        lines = [{"sku": sku, "quantity": units} for sku, units in self.lines]
        when = {"count": "counted_at", "receipt": "received_at"}[self.kind]
        return {"type": self.kind, "document": self.document, "node": self.node, when: f"{utc(at)}.{at % 1000:03}Z", "lines": lines}


Delivery = Hook | Shown | Document


def form(shop: Shop, order: Order) -> dict[str, Any]:
    return _FORMS[shop.channel](order)


def tell(shop: Shop, order: Order) -> Hook | Shown:
    """The order as it stands."""
    if shop.door == "poll":
        return Shown(shop, order)
    topic = "cancelled" if order.cancelled else "create" if order.updated_at == order.placed_at else "updated"
    return signed(shop, f"orders/{topic}", encode(form(shop, order)), order.number)


def tell_refund(shop: Shop, order: Order, refund: Refund) -> Hook:
    """A refund told on its own, where the platform does that."""
    body = shopify.refund(order, refund) if shop.channel == "shopify" else canonical.reduction(order, refund)
    return signed(shop, "refunds/create", encode(body), order.number)


def signed(shop: Shop, topic: str, body: bytes, order: int = 0, status: int = 200, secret: bytes = b"") -> Hook:
    """`secret` other than the shop's: a forger's."""
    digest = hmac.digest(secret or secret_of(shop.name), body, "sha256")
    headers = _headers(shop, topic, body, digest)
    return Hook(f"/hooks/{shop.channel}/{shop.name}", headers, body, status, order)


def _headers(shop: Shop, topic: str, body: bytes, digest: bytes) -> Headers:
    delivery = sha256(topic.encode() + body).hexdigest()[:32]
    match shop.channel:
        case "shopify":
            return (
                ("X-Shopify-Topic", topic),
                ("X-Shopify-Hmac-SHA256", b64encode(digest).decode()),
                ("X-Shopify-Webhook-Id", delivery),
                ("X-Shopify-Shop-Domain", f"{shop.name}.example.com"),
                ("X-Shopify-API-Version", "2025-10"),
            )
        case "woocommerce":
            return (
                ("X-WC-Webhook-Topic", "order.created" if topic == "orders/create" else "order.updated"),
                ("X-WC-Webhook-Resource", "order"),
                ("X-WC-Webhook-Signature", b64encode(digest).decode()),
                ("X-WC-Webhook-ID", "7"),
                ("X-WC-Webhook-Delivery-ID", delivery),
            )
        case _:
            return (("X-Yipan-Signature", digest.hex()), ("X-Yipan-Delivery", delivery))
