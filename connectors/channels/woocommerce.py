"""WooCommerce: signed webhooks of orders, and polling of the REST API (connectors/woo_poll.py) for what webhooks lose.

A webhook is sent once, and a shop that answers five of them badly gets no more. Its delivery id is made of the shop's clock second,
so two orders may share one: ours is made of the order, its modification time and the body.
"""

import re
from decimal import Decimal
from typing import Any

from connectors import woo_form as form
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
from connectors.payload import (
    UNDECODABLE,
    deleted,
    distinct,
    price_each,
    read_object,
    usable,
)
from connectors.refund_notes import noted
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
    head = form.Head.model_validate(payload)
    status = head.status.removeprefix("wc-").lower()
    if status in _CANCELLED:
        return (CancelDraft(order=head.id, updated_at=head.updated_at, reason=status),)
    if status in _SHIPPED:
        return _given_back(payload) or Ignored("already_fulfilled", "The shop says that all of the order was shipped already.")
    if status in _BASKETS:
        return Ignored("basket", "The order is a basket that nobody has ordered yet.")
    order = form.Order.model_validate(payload)
    if not order.line_items:
        return (CancelDraft(order=order.id, updated_at=order.updated_at, reason="all_lines_removed"),)
    distinct([line.id for line in order.line_items])
    return (_draft(order, status),)


def _given_back(payload: dict[str, Any]) -> tuple[ReductionDraft, ...]:
    """What was refunded of an order that has left: its money is back, whether its goods are or not. Lines that are not told yet wait
    for the shop to be polled."""
    order = form.Refunded.model_validate(payload)
    told = [_reduction(refund) for refund in order.refunds]
    return tuple([ReductionDraft(order=order.id, reduction=taken) for taken in told if taken and taken.lines])


def _draft(order: form.Order, status: str) -> OrderDraft:
    address = order.shipping if _is_there(order.shipping) else order.billing
    told = [_reduction(refund) for refund in order.refunds if not _money_only(refund, order)]
    fees = _fees(order)
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
        discount=-sum(fee for fee in fees if fee < 0),
        charges=sum(fee for fee in fees if fee > 0),
        shipping=_method(order),
    )


def _method(order: form.Order) -> str:
    """Its title: the id says no more than what kind of rate it is."""
    chosen = next(iter(order.shipping_lines or ()), form.ShippingLine())
    return (chosen.method_title.strip() or chosen.method_id.strip())[:LONGEST_METHOD]


def _holds(status: str, lines_unknown: bool) -> tuple[str, ...]:
    """A status of some plugin may mean anything, so a person decides. So for a refund whose lines are not told: the refunded goods
    must not leave, and which they are is not known until the shop is polled."""
    refund = ["refund"] if lines_unknown else []
    if status in _UNPAID:
        return ("payment", *refund)
    if status in _SHIPS:
        return tuple(refund)
    return ("status:" + re.sub(r"[^a-z0-9-]+", "-", status)[:40], *refund)


def _fees(order: form.Order) -> list[int]:
    """Postage and fees, each with its tax; a fee below zero is a discount."""
    told = [(order.shipping_total, order.shipping_tax), *[(fee.total, fee.total_tax) for fee in order.fee_lines or ()]]
    return [sum(price_each(amount, 1, order.currency) for amount in amounts if amount) for amounts in told]


def _line(line: form.Line, currency: str) -> LineDraft:
    """`price` and `total` are what coupons have left of the `subtotal`; taxes are in none of them, whatever the shop shows."""
    each, off = _each(line, currency), 0
    if line.total is not None and line.total >= 0:
        if line.subtotal is not None and line.subtotal != line.total:
            each = price_each(line.subtotal, line.quantity, currency)
        off = each * line.quantity - price_each(line.total, 1, currency)
    if line.total_tax is not None and line.total_tax > 0 and each >= 0:
        off -= price_each(line.total_tax, 1, currency)
    named = tuple([name for name in (line.sku.strip(), line.variation_id, line.product_id) if name])
    # a negative price is a discount in the shape of a line
    return LineDraft(line.id, named or (line.name.strip() or line.id,), line.quantity, each, each >= 0, off)


def _each(line: form.Line, currency: str) -> int:
    if line.price is None:
        return price_each(line.total or Decimal(0), line.quantity, currency)
    return price_each(line.price, 1, currency)


def _money_only(refund: form.Refund, order: form.Order) -> bool:
    """Less was given back than the cheapest unit cost, so whatever it was for, every unit is still wanted."""
    cheapest = min(abs(_each(line, order.currency)) for line in order.line_items)
    return refund.line_items is None and refund.total is not None and price_each(abs(refund.total), 1, order.currency) < cheapest


def _reduction(refund: form.Refund) -> Reduction | None:
    """None: its lines are not told. A refund of money alone has lines, but takes no units off; one that we made has no need to."""
    if noted(refund.reason):
        return Reduction(id=refund.id, lines=())
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


def _is_there(address: form.Address) -> bool:
    """Shops that ship to the billing address leave the other one empty."""
    return bool(address.address_1 or address.city or address.postcode)


def _subdivision(address: form.Address) -> str:
    number = address.state.upper().removeprefix("CN")
    if address.country.upper() == "CN" and re.fullmatch(r"[1-9][0-9]?", number):
        return _CHINA[2 * int(number) - 2 : 2 * int(number)]
    return address.state


def _person(address: form.Address, billing: form.Address) -> Person:
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
