"""Shopify: signed webhooks of orders and refunds (REST order resource, as webhooks of every API version carry it)."""

from typing import Any

import msgspec
from pydantic import Field

from connectors.contract import (
    CancelDraft,
    Fetch,
    Ignored,
    LineDraft,
    Millis,
    OrderDraft,
    Parsed,
    Person,
    Polled,
    RawRecord,
    Received,
    Reduction,
    ReductionDraft,
    Refusal,
    ShopRef,
    Webhook,
)
from connectors.payload import (
    MOST_LINES,
    UNDECODABLE,
    Amount,
    Currency,
    Name,
    Payload,
    Reference,
    Text,
    Units,
    Whole,
    Zoned,
    deleted,
    distinct,
    price_each,
    read_object,
    usable,
)
from connectors.regions import region
from connectors.signing import base64_signed, fingerprint

_KINDS = {
    "orders/create": "order",
    "orders/updated": "order",
    "orders/paid": "order",
    "orders/fulfilled": "order",
    "orders/partially_fulfilled": "order",
    "orders/cancelled": "cancel",
    "orders/delete": "delete",
    "refunds/create": "refund",
}
# Authorized money is captured when the goods leave. Money that is partly paid may never come, and all of it given back means that
# nobody expects goods: a person decides about these. What Shopify may invent later waits too.
_SHIPS = frozenset({"", "paid", "authorized", "partially_refunded"})
_CANCEL_REASONS = frozenset({"customer", "inventory", "fraud", "declined", "staff", "other"})
_PAID_LATER = frozenset({"net", "fixed", "fulfillment"})


# ---------------------------------------------------------------------------------------------- the payload
class _Address(Payload):
    name: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    phone: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    zip: Text = ""
    country_code: Text = ""
    province_code: Text = ""


class _Line(Payload):
    id: Name
    quantity: Units
    price: Amount
    current_quantity: Whole | None = None
    sku: Text = ""
    variant_id: Reference = ""
    product_id: Reference = ""
    title: Text = ""
    gift_card: bool | None = None
    requires_shipping: bool | None = None


class _RefundLine(Payload):
    line_item_id: Name
    quantity: Whole
    restock_type: Text = ""


class _Refund(Payload):
    id: Name
    order_id: Reference = ""
    refund_line_items: tuple[_RefundLine, ...] = ()


class _Terms(Payload):
    payment_terms_type: Text = ""


class _Head(Payload):
    """What must be readable to know whether the order is still wanted, however odd the rest is."""

    id: Name
    updated_at: Zoned
    cancelled_at: Zoned | None = None
    cancel_reason: Text = ""


class _Order(_Head):
    created_at: Zoned | None = None
    currency: Currency
    name: Text = ""
    financial_status: Text = ""
    fulfillment_status: Text = ""
    payment_terms: _Terms | None = None
    payment_gateway_names: tuple[Text, ...] | None = None
    test: bool | None = None
    email: Text = ""
    phone: Text = ""
    shipping_address: _Address | None = None
    line_items: tuple[_Line, ...] = Field(max_length=MOST_LINES)
    refunds: tuple[_Refund, ...] | None = None


class _Glance(msgspec.Struct):
    id: int | str | None = None
    order_id: int | str | None = None


_glance = msgspec.json.Decoder(_Glance).decode


# ---------------------------------------------------------------------------------------------- the channel
class Shopify:
    name = "shopify"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        """The delivery id is X-Shopify-Webhook-Id, the same in every retry. X-Shopify-Event-Id is not used: webhooks of several
        topics share one, with different bodies."""
        if not base64_signed(hook.body, secret, hook.headers.get("x-shopify-hmac-sha256", "")):
            return Refusal("bad_signature", "X-Shopify-Hmac-SHA256 does not fit the body and this shop's secret.")
        try:
            seen = _glance(hook.body)
        except UNDECODABLE:
            return Refusal("malformed", "The body is not a JSON object with an id.")
        topic = hook.headers.get("x-shopify-topic", "orders/updated" if seen.order_id is None else "refunds/create").lower()
        kind = _KINDS.get(topic, topic)
        subject = seen.order_id if kind == "refund" else seen.id
        if subject is None and kind != topic:
            return Refusal("malformed", "The body does not say which order it speaks of.")
        delivery = hook.headers.get("x-shopify-webhook-id") or fingerprint(topic.encode(), hook.body)
        return Received(kind, str(subject or topic), delivery)

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        return usable(lambda: _parse(raw))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """Shopify tells everything by webhook."""
        return Polled(items=(), cursor=cursor, more=False)


def _parse(raw: RawRecord) -> Parsed:
    match raw.kind:
        case "order" | "cancel":
            return _order(_inner(read_object(raw.body), "order"))
        case "refund":
            return _refund(_Refund.model_validate(_inner(read_object(raw.body), "refund")))
        case "delete":
            return deleted(raw, {"created_at", "updated_at"})
        case _:
            return Ignored("other_topic", "Webhooks of this topic do not speak of what is to be shipped.")


def _inner(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """REST answers wrap the resource in its name, webhooks do not."""
    inner = payload.get(name)
    return inner if isinstance(inner, dict) and "id" not in payload else payload


def _order(payload: dict[str, Any]) -> Parsed:
    """A cancelled order says so itself. The topic that says it too is not signed: who replays an order could call it a cancel."""
    head = _Head.model_validate(payload)
    if head.cancelled_at is not None:
        reason = head.cancel_reason if head.cancel_reason in _CANCEL_REASONS else "cancelled"
        return _cancel(head, reason)
    order = _Order.model_validate(payload)
    if order.fulfillment_status == "fulfilled":
        return Ignored("already_fulfilled", "Shopify says that all of the order was shipped already.")
    distinct([line.id for line in order.line_items])
    lines = tuple([draft for line in order.line_items if (draft := _line(line, order)) is not None])
    return (_draft(order, lines),) if lines else _cancel(head, "all_lines_removed")


def _cancel(head: _Head, reason: str) -> Parsed:
    return (CancelDraft(order=head.id, updated_at=Millis(max(head.updated_at, head.cancelled_at or 0)), reason=reason),)


def _draft(order: _Order, lines: tuple[LineDraft, ...]) -> OrderDraft:
    address = order.shipping_address
    return OrderDraft(
        order=order.id,
        number=order.name or order.id,
        updated_at=Millis(order.updated_at),
        placed_at=Millis(order.updated_at if order.created_at is None else order.created_at),
        currency=order.currency,
        lines=lines,
        reductions=tuple([taken for refund in order.refunds or () if (taken := _reduction(refund)).lines]),
        holds=_holds(order),
        region=region(address.country_code, address.province_code) if address else "",
        recipient=_person(address, order) if address else None,
    )


def _line(line: _Line, order: _Order) -> LineDraft | None:
    quantity = _ordered(line, order)
    if quantity < 1:
        return None
    price = price_each(line.price, 1, order.currency)
    named = tuple([name for name in (line.sku.strip(), line.variant_id, line.product_id) if name])
    return LineDraft(
        line=line.id,
        listings=named or (line.title.strip() or line.id,),
        quantity=quantity,
        price=price,
        # tips and services need no shipping; a negative price is a discount in the shape of a line
        goods=not line.gift_card and line.requires_shipping is not False and price >= 0,
    )


def _ordered(line: _Line, order: _Order) -> int:
    """Units before refunds. An edit of the order shows in `current_quantity` only, which refunds have lowered too."""
    if line.current_quantity is None:
        return line.quantity
    refunded = sum(part.quantity for refund in order.refunds or () for part in refund.refund_line_items if part.line_item_id == line.id)
    return min(line.quantity, line.current_quantity + refunded)


def _refund(refund: _Refund) -> Parsed:
    reduction = _reduction(refund)
    if not reduction.lines:
        return Ignored("nothing_reduced", "The refund takes nothing off what is still to be shipped: money only, or goods that came back.")
    if not refund.order_id:
        return Ignored("no_order", "The refund does not name its order.")
    return (ReductionDraft(order=refund.order_id, reduction=reduction),)


def _reduction(refund: _Refund) -> Reduction:
    """`return` is said of units that were shipped: they come back, and what is still to be shipped stays as it is."""
    units: dict[str, int] = {}
    for part in refund.refund_line_items:
        if part.restock_type != "return" and part.quantity > 0:
            units[part.line_item_id] = units.get(part.line_item_id, 0) + part.quantity
    return Reduction(id=refund.id, lines=tuple(units.items()))


def _holds(order: _Order) -> tuple[str, ...]:
    holds = [] if order.financial_status in _SHIPS or _on_credit(order) else ["payment"]
    return tuple(holds + (["test"] if order.test else []))


def _on_credit(order: _Order) -> bool:
    """Pending on purpose: the merchant granted payment terms, or the carrier collects the money."""
    if order.financial_status != "pending":
        return False
    terms = order.payment_terms.payment_terms_type.lower() if order.payment_terms else ""
    gateways = " ".join(order.payment_gateway_names or ()).lower()
    return terms in _PAID_LATER or "cash on delivery" in gateways or "(cod)" in gateways


def _person(address: _Address, order: _Order) -> Person:
    return Person(
        name=address.name or f"{address.first_name} {address.last_name}".strip(),
        company=address.company,
        phone=address.phone or order.phone,
        email=order.email,
        street=tuple([street for street in (address.address1, address.address2) if street]),
        city=address.city,
        postcode=address.zip,
        country=address.country_code,
    )


CHANNEL = Shopify()
