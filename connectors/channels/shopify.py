"""Shopify: signed webhooks of orders, refunds and returns (REST order resource, as webhooks of every API version carry it)."""

from collections import Counter
from typing import Any

import msgspec

from connectors import shopify_form as form
from connectors import shopify_quick as quick
from connectors.contract import (
    LONGEST_METHOD,
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
from connectors.payload import UNDECODABLE, deleted, distinct, read_object, usable
from connectors.regions import region
from connectors.shopify_money import amount, line_discount, line_tax, order_discount, shipping
from connectors.shopify_returns import parse_return
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
    **dict.fromkeys([f"returns/{what}" for what in ("request", "approve", "decline", "cancel", "close", "reopen")], "return"),
}
# Authorized money is captured when the goods leave. Money that is partly paid may never come, and all of it given back means that
# nobody expects goods: a person decides about these. What Shopify may invent later waits too.
_SHIPS = frozenset({"", "paid", "authorized", "partially_refunded"})
_CANCEL_REASONS = frozenset({"customer", "inventory", "fraud", "declined", "staff", "other"})
_PAID_LATER = frozenset({"net", "fixed", "fulfillment"})


Order = form.Order | quick.Order
Refund = form.Refund | quick.Refund


class _Glance(msgspec.Struct):
    id: int | str | None = None
    order_id: int | str | None = None


class _Named(msgspec.Struct):
    id: int | str | None = None


class _ReturnGlance(_Glance):
    order: _Named | None = None


_glance = msgspec.json.Decoder(_Glance).decode
_return_glance = msgspec.json.Decoder(_ReturnGlance).decode


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
            topic = hook.headers.get("x-shopify-topic", "orders/updated" if seen.order_id is None else "refunds/create").lower()
            kind = _KINDS.get(topic, topic)
            subject = _subject(kind, seen, hook.body)
        except UNDECODABLE:
            return Refusal("malformed", "The body is not a JSON object with an id.")
        if subject is None and kind != topic:
            return Refusal("malformed", "The body does not say which order it speaks of.")
        delivery = hook.headers.get("x-shopify-webhook-id") or fingerprint(topic.encode(), hook.body)
        return Received(kind, str(subject or topic), delivery)

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        return usable(lambda: _parse(raw))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """Shopify tells everything by webhook."""
        return Polled(items=(), cursor=cursor, more=False)


def _subject(kind: str, seen: _Glance, body: bytes) -> int | str | None:
    """What a record is filed under: the order, so that all that is told of it stays together."""
    if kind == "return" and seen.order_id is None:
        order = _return_glance(body).order
        return order.id if order else None
    return seen.order_id if kind in ("refund", "return") else seen.id


def _parse(raw: RawRecord) -> Parsed:
    match raw.kind:
        case "order" | "cancel":
            order = quick.read_quickly(raw.body)
            return _order(order) if order is not None else _unusual_order(_inner(read_object(raw.body), "order"))
        case "refund":
            return _refund(form.Refund.model_validate(_inner(read_object(raw.body), "refund")))
        case "return":
            return parse_return(raw)
        case "delete":
            return deleted(raw, {"created_at", "updated_at"})
        case _:
            return Ignored("other_topic", "Webhooks of this topic do not speak of what is to be shipped.")


def _inner(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """REST answers wrap the resource in its name, webhooks do not."""
    inner = payload.get(name)
    return inner if isinstance(inner, dict) and "id" not in payload else payload


def _unusual_order(payload: dict[str, Any]) -> Parsed:
    head = form.Head.model_validate(payload)
    return _order(form.Order.model_validate(payload)) if head.cancelled_at is None else _cancelled(head)


def _order(order: Order) -> Parsed:
    """A cancelled order says so itself. The topic that says it too is not signed: who replays an order could call it a cancel."""
    if order.cancelled_at is not None:
        return _cancelled(order)
    if order.fulfillment_status == "fulfilled":
        return Ignored("already_fulfilled", "Shopify says that all of the order was shipped already.")
    distinct([line.id for line in order.line_items])
    lines = _lines(order)
    return (_draft(order, lines),) if lines else _cancel(order, "all_lines_removed")


def _cancelled(head: form.Head | quick.Order) -> Parsed:
    return _cancel(head, head.cancel_reason if head.cancel_reason in _CANCEL_REASONS else "cancelled")


def _cancel(head: form.Head | quick.Order, reason: str) -> Parsed:
    return (CancelDraft(order=str(head.id), updated_at=_millis(max(head.updated_at, head.cancelled_at or 0)), reason=reason),)


def _draft(order: Order, lines: tuple[LineDraft, ...]) -> OrderDraft:
    address = order.shipping_address
    return OrderDraft(
        order=str(order.id),
        number=order.name or str(order.id),
        updated_at=_millis(order.updated_at),
        placed_at=_millis(order.updated_at if order.created_at is None else order.created_at),
        currency=order.currency,
        lines=lines,
        reductions=tuple([taken for refund in order.refunds or () if (taken := _reduction(refund)).lines]),
        holds=_holds(order),
        region=region(address.country_code or "", address.province_code or "") if address else "",
        recipient=_person(address, order) if address else None,
        discount=order_discount(order),
        charges=shipping(order),
        shipping=_method(order),
    )


def _method(order: Order) -> str:
    """Its code stays the same in every language of the shop, where the carrier or the merchant gave it one."""
    chosen = next((line for line in order.shipping_lines or () if not line.is_removed), None)
    return ((chosen.code or "").strip() or (chosen.title or "").strip())[:LONGEST_METHOD] if chosen else ""


def _millis(moment: int) -> Millis:
    return Millis(int(moment))


def _lines(order: Order) -> tuple[LineDraft, ...]:
    """Those that are left after edits. An edit shows in `current_quantity` only, which refunds have lowered too."""
    drafts, refunded = [], _refunded(order)
    for line in order.line_items:
        ordered = line.quantity
        if line.current_quantity is not None:
            ordered = min(ordered, line.current_quantity + refunded.get(line.id, 0))
        if ordered < 1:
            continue
        price = amount(line.price, order.currency)
        # tips and services need no shipping; a negative price is a discount in the shape of a line
        goods = not line.gift_card and line.requires_shipping is not False and price >= 0
        off = line_discount(line, ordered, order.currency) - line_tax(order, line, ordered)
        drafts.append(LineDraft(str(line.id), _listings(line), ordered, price, goods, off))
    return tuple(drafts)


def _listings(line: form.Line | quick.Line) -> tuple[str, ...]:
    names = (line.sku or "").strip(), str(line.variant_id or ""), str(line.product_id or "")
    if all(names):
        return names
    return tuple([name for name in names if name]) or ((line.title or "").strip() or str(line.id),)


def _refunded(order: Order) -> Counter[int | str]:
    """Units by line."""
    units: Counter[int | str] = Counter()
    for refund in order.refunds or ():
        for part in refund.refund_line_items:
            units[part.line_item_id] += part.quantity
    return units


def _refund(refund: Refund) -> Parsed:
    reduction = _reduction(refund)
    if not reduction.lines:
        return Ignored("nothing_reduced", "The refund takes nothing off what is still to be shipped: money only, or goods that came back.")
    if not refund.order_id:
        return Ignored("no_order", "The refund does not name its order.")
    return (ReductionDraft(order=str(refund.order_id), reduction=reduction),)


def _reduction(refund: Refund) -> Reduction:
    """`return` is said of units that were shipped: they come back, and what is still to be shipped stays as it is."""
    units: dict[str, int] = {}
    for part in refund.refund_line_items:
        if part.restock_type != "return" and part.quantity > 0:
            line = str(part.line_item_id)
            units[line] = units.get(line, 0) + part.quantity
    return Reduction(id=str(refund.id), lines=tuple(units.items()))


def _holds(order: Order) -> tuple[str, ...]:
    holds = [] if (order.financial_status or "") in _SHIPS or _on_credit(order) else ["payment"]
    return tuple(holds + (["test"] if order.test else []))


def _on_credit(order: Order) -> bool:
    """Pending on purpose: the merchant granted payment terms, or the carrier collects the money."""
    if order.financial_status != "pending":
        return False
    terms = (order.payment_terms.payment_terms_type or "").lower() if order.payment_terms else ""
    gateways = " ".join(order.payment_gateway_names or ()).lower()
    return terms in _PAID_LATER or "cash on delivery" in gateways or "(cod)" in gateways


def _person(address: form.Address | quick.Address, order: Order) -> Person:
    return Person(
        name=address.name or f"{address.first_name or ''} {address.last_name or ''}".strip(),
        company=address.company or "",
        phone=address.phone or order.phone or "",
        email=order.email or "",
        street=tuple([street for street in (address.address1, address.address2) if street]),
        city=address.city or "",
        postcode=address.zip or "",
        country=address.country_code or "",
    )


CHANNEL = Shopify()
