"""WooCommerce: signed webhooks of orders, and polling of the REST API (connectors/woo_poll.py) for what webhooks lose.

A webhook is sent once, and a shop that answers five of them badly gets no more. Its delivery id is made of the shop's clock second,
so two orders may share one: ours is made of the order, its modification time and the body.
"""

import re
from decimal import Decimal
from typing import Any

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
    Refusal,
    ShopRef,
    Webhook,
)
from connectors.payload import (
    MOST_LINES,
    UNDECODABLE,
    Amount,
    Currency,
    Gmt,
    Name,
    Payload,
    Reference,
    Text,
    Units,
    Unusable,
    deleted,
    distinct,
    price_each,
    read_object,
    usable,
)
from connectors.regions import region
from connectors.signing import base64_signed
from connectors.woo_poll import delivery_id, glance, poll_orders

_PING = re.compile(rb"webhook_id=[0-9]+")
_SPACE = b" \t\n\r\0\x0b"  # what PHP's trim takes off
# WordPress keeps secrets HTML-escaped and undoes this much of it before it signs
_ESCAPES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&#039;", b"'"), (b"&amp;", b"&"))

_SHIPS = frozenset({"processing", "partial-shipped", "partially-shipped"})
_UNPAID = frozenset({"pending", "on-hold"})
_CANCELLED = frozenset({"cancelled", "failed", "refunded", "trash"})
_SHIPPED = frozenset({"completed", "shipped", "dispatched", "in-transit", "delivered"})
_BASKETS = frozenset({"checkout-draft", "auto-draft", "draft"})

# Elsewhere WooCommerce's codes are those of ISO 3166-2; China's provinces it numbers, CN1 to CN32. Two letters each:
_CHINA = "YNBJTJHESXNMLNJLHLSHJSZJAHFJJXSDHAHBHNGDGXHICQSCGZSNGSQHNXMOXZXJ"


# ---------------------------------------------------------------------------------------------- the payload
class _Address(Payload):
    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Text = ""
    state: Text = ""
    postcode: Text = ""
    country: Text = ""
    email: Text = ""
    phone: Text = ""


class _Line(Payload):
    id: Name
    quantity: Units
    price: Amount | None = None
    total: Amount | None = None
    sku: Text = ""
    product_id: Reference = ""
    variation_id: Reference = ""
    name: Text = ""


class _Meta(Payload):
    key: Text = ""
    value: Any = None


class _RefundLine(Payload):
    quantity: Amount
    meta_data: tuple[_Meta, ...] = ()


class _Refund(Payload):
    """Webhooks and lists tell of a refund without its lines; polling asks for them."""

    id: Name
    total: Amount | None = None
    line_items: tuple[_RefundLine, ...] | None = None


class _Head(Payload):
    """What must be readable to know whether the order is still wanted, however odd the rest is."""

    id: Name
    status: Text
    date_modified_gmt: Gmt | None = None
    date_created_gmt: Gmt | None = None

    @property
    def updated_at(self) -> Millis:
        moment = self.date_modified_gmt if self.date_modified_gmt is not None else self.date_created_gmt
        if moment is None:
            raise Unusable("naive_time", "The order has no date_modified_gmt; the other dates are local times of an unknown zone.")
        return Millis(moment)


class _Order(_Head):
    currency: Currency
    number: Text = ""
    line_items: tuple[_Line, ...] = Field(max_length=MOST_LINES)
    refunds: tuple[_Refund, ...] = ()
    billing: _Address = _Address()
    shipping: _Address = _Address()


# ---------------------------------------------------------------------------------------------- the channel
class WooCommerce:
    name = "woocommerce"
    polls = True

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        if _PING.fullmatch(hook.body):
            return Refusal("ping", "The webhook is set up.")
        signature = hook.headers.get("x-wc-webhook-signature", "")
        if not any(base64_signed(body, _unescaped(secret), signature) for body in (hook.body, hook.body.strip(_SPACE))):
            return Refusal("bad_signature", "X-WC-Webhook-Signature does not fit the body and this shop's secret.")
        try:
            seen = glance(hook.body)
        except UNDECODABLE:
            return Refusal("malformed", "The body is not a JSON object with an id.")
        topic = hook.headers.get("x-wc-webhook-topic", "order.updated").lower()
        if not topic.startswith("order."):
            return Received(topic, str(seen.id or topic), delivery_id(topic, seen, hook.body))
        if seen.id is None:
            return Refusal("malformed", "The body does not say which order it speaks of.")
        kind = "delete" if topic == "order.deleted" else "order"
        return Received(kind, str(seen.id), delivery_id(kind, seen, hook.body))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        return usable(lambda: _parse(raw))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        return poll_orders(fetch, cursor, now)


def _unescaped(secret: bytes) -> bytes:
    for escape, character in _ESCAPES:
        secret = secret.replace(escape, character)
    return secret


def _parse(raw: RawRecord) -> Parsed:
    match raw.kind:
        case "order":
            return _order(read_object(raw.body))
        case "delete":
            return deleted(raw, {"status", "date_created_gmt"})
        case _:
            return Ignored("other_topic", "Webhooks of this topic do not speak of what is to be shipped.")


def _order(payload: dict[str, Any]) -> Parsed:
    head = _Head.model_validate(payload)
    status = head.status.removeprefix("wc-").lower()
    if status in _CANCELLED:
        return (CancelDraft(order=head.id, updated_at=head.updated_at, reason=status),)
    if status in _SHIPPED:
        return Ignored("already_fulfilled", "The shop says that all of the order was shipped already.")
    if status in _BASKETS:
        return Ignored("basket", "The order is a basket that nobody has ordered yet.")
    order = _Order.model_validate(payload)
    if not order.line_items:
        return (CancelDraft(order=order.id, updated_at=order.updated_at, reason="all_lines_removed"),)
    distinct([line.id for line in order.line_items])
    return (_draft(order, status),)


def _draft(order: _Order, status: str) -> OrderDraft:
    address = order.shipping if _is_there(order.shipping) else order.billing
    told = [_reduction(refund) for refund in order.refunds if not _money_only(refund, order)]
    return OrderDraft(
        order=order.id,
        number=order.number or order.id,
        updated_at=order.updated_at,
        placed_at=order.updated_at if order.date_created_gmt is None else Millis(order.date_created_gmt),
        currency=order.currency,
        lines=tuple([_line(line, order.currency) for line in order.line_items]),
        reductions=tuple([taken for taken in told if taken and taken.lines]),
        holds=_holds(status, None in told),
        region=region(address.country, _subdivision(address)),
        recipient=_person(address, order.billing) if _is_there(address) else None,
    )


def _holds(status: str, lines_unknown: bool) -> tuple[str, ...]:
    """A status of some plugin may mean anything, so a person decides. So for a refund whose lines are not told: the refunded goods
    must not leave, and which they are is not known until the shop is polled."""
    refund = ["refund"] if lines_unknown else []
    if status in _UNPAID:
        return ("payment", *refund)
    if status in _SHIPS:
        return tuple(refund)
    return ("status:" + re.sub(r"[^a-z0-9-]+", "-", status)[:40], *refund)


def _line(line: _Line, currency: str) -> LineDraft:
    each = _each(line, currency)
    named = tuple([name for name in (line.sku.strip(), line.variation_id, line.product_id) if name])
    # a negative price is a discount in the shape of a line
    return LineDraft(line=line.id, listings=named or (line.name.strip() or line.id,), quantity=line.quantity, price=each, goods=each >= 0)


def _each(line: _Line, currency: str) -> int:
    if line.price is None:
        return price_each(line.total or Decimal(0), line.quantity, currency)
    return price_each(line.price, 1, currency)


def _money_only(refund: _Refund, order: _Order) -> bool:
    """Less was given back than the cheapest unit cost, so whatever it was for, every unit is still wanted."""
    cheapest = min(abs(_each(line, order.currency)) for line in order.line_items)
    return refund.line_items is None and refund.total is not None and price_each(abs(refund.total), 1, order.currency) < cheapest


def _reduction(refund: _Refund) -> Reduction | None:
    """None: its lines are not told. A refund of money alone has lines, but takes no units off."""
    if refund.line_items is None:
        return None
    units: dict[str, int] = {}
    for part in refund.line_items:
        line = next((str(meta.value) for meta in part.meta_data if meta.key == "_refunded_item_id"), "")
        if part.quantity % 1 or (part.quantity and not line):
            return None
        if part.quantity:
            units[line] = units.get(line, 0) + abs(int(part.quantity))
    return Reduction(id=refund.id, lines=tuple(units.items()))


def _is_there(address: _Address) -> bool:
    """Shops that ship to the billing address leave the other one empty."""
    return bool(address.address_1 or address.city or address.postcode)


def _subdivision(address: _Address) -> str:
    number = address.state.upper().removeprefix("CN")
    if address.country.upper() == "CN" and re.fullmatch(r"[1-9][0-9]?", number):
        return _CHINA[2 * int(number) - 2 : 2 * int(number)]
    return address.state


def _person(address: _Address, billing: _Address) -> Person:
    return Person(
        name=f"{address.first_name} {address.last_name}".strip(),
        company=address.company,
        phone=address.phone or billing.phone,
        email=address.email or billing.email,
        street=tuple([street for street in (address.address_1, address.address_2) if street]),
        city=address.city,
        postcode=address.postcode,
        country=address.country,
    )


CHANNEL = WooCommerce()
