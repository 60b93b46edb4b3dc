"""Amazon: orders polled from the Selling Partner API (connectors/amazon_poll.py), in the form of version 2026-01-01 or of v0.

The official samples have booleans and times as text, dates in 1970, amounts without decimals, orders without a price yet. Orders
that Amazon ships itself are of no concern to us. A v0 record is {"order": …, "items": […]}.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BeforeValidator, Field

from connectors.amazon_poll import poll_orders
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
    Refusal,
    ShopRef,
    Webhook,
)
from connectors.payload import (
    MOST_LINES,
    Amount,
    Currency,
    Name,
    Payload,
    Text,
    Unusable,
    Whole,
    Zoned,
    distinct,
    price_each,
    read_object,
    usable,
)
from connectors.regions import region
from connectors.times import iso

# Both versions' statuses in capitals and without underscores.
_HOLDS: dict[str, tuple[str, ...]] = {
    "UNSHIPPED": (),
    "PARTIALLYSHIPPED": (),
    "PENDING": ("payment",),
    "PENDINGAVAILABILITY": ("preorder",),
}
_CANCELLED = frozenset({"CANCELLED", "CANCELED"})
_SHIPPED = frozenset({"SHIPPED", "INVOICEUNCONFIRMED"})
# Of an item's proceeds, which are ITEM, TAX and OTHER besides.
_CHARGES, _DISCOUNT = frozenset({"SHIPPING", "GIFT_WRAP", "COD_FEE"}), frozenset({"DISCOUNT"})
_AMAZON_SHIPS = frozenset({"AMAZON", "AFN"})


# ---------------------------------------------------------------------------------------------- the payload
def _seconds(value: object) -> object:
    """Some times are seconds since the epoch in the shape of a float: "1.569521782042E9"."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,15})?([eE]\+?[0-9]{1,2})?", value):
        seconds = Decimal(value)
        return iso(int(seconds * 1000)) if seconds < 10**11 else value
    return value


def _flag(value: object) -> bool:
    return str(value).lower() == "true"


def _either(modern: str, v0: str) -> Any:
    """A field under its names in the two versions; dots lead into objects."""
    return Field("", validation_alias=_names(modern, v0))


def _names(*names: str) -> AliasChoices:
    return AliasChoices(*(AliasPath(*name.split(".")) for name in names))


_Moment = Annotated[Zoned, BeforeValidator(_seconds)]
_Flag = Annotated[bool, BeforeValidator(_flag)]


class _Money(Payload):
    amount: Amount = Field(validation_alias=_names("amount", "Amount"))
    currency: Currency = Field(validation_alias=_names("currencyCode", "CurrencyCode"))


class _Breakdown(Payload):
    type: Text = ""
    subtotal: _Money | None = None


class _Item(Payload):
    id: Name = Field(validation_alias=_names("orderItemId", "OrderItemId"))
    # units that were cancelled are no longer counted, so this may be 0
    quantity: Whole = Field(validation_alias=_names("quantityOrdered", "QuantityOrdered"))
    sku: Text = _either("product.sellerSku", "SellerSKU")
    asin: Text = _either("product.asin", "ASIN")
    unit_price: _Money | None = Field(None, validation_alias=_names("product.price.unitPrice"))
    line_price: _Money | None = Field(None, validation_alias=_names("ItemPrice"))
    discount: _Money | None = Field(None, validation_alias=_names("PromotionDiscount"))
    shipping: _Money | None = Field(None, validation_alias=_names("ShippingPrice"))
    shipping_discount: _Money | None = Field(None, validation_alias=_names("ShippingDiscount"))
    breakdowns: tuple[_Breakdown, ...] | None = Field(None, validation_alias=_names("proceeds.breakdowns"))
    cancel_requester: Text = Field("", validation_alias=_names("cancellation.cancellationRequest.requester"))
    cancel_requested: _Flag = Field(False, validation_alias=_names("BuyerRequestedCancel.IsBuyerRequestedCancel"))


class _Address(Payload):
    name: Text = _either("name", "Name")
    company: Text = _either("companyName", "CompanyName")
    line1: Text = _either("addressLine1", "AddressLine1")
    line2: Text = _either("addressLine2", "AddressLine2")
    line3: Text = _either("addressLine3", "AddressLine3")
    city: Text = _either("city", "City")
    state: Text = _either("stateOrRegion", "StateOrRegion")
    postcode: Text = _either("postalCode", "PostalCode")
    country: Text = _either("countryCode", "CountryCode")
    phone: Text = _either("phone", "Phone")


class _Head(Payload):
    """What must be readable to know whether the order is still wanted, however odd the rest is."""

    id: Name = Field(validation_alias=_names("orderId", "AmazonOrderId"))
    updated_at: _Moment = Field(validation_alias=_names("lastUpdatedTime", "LastUpdateDate"))
    status: Text = _either("fulfillment.fulfillmentStatus", "OrderStatus")
    fulfilled_by: Text = _either("fulfillment.fulfilledBy", "FulfillmentChannel")


class _Order(_Head):
    created_at: _Moment = Field(validation_alias=_names("createdTime", "PurchaseDate"))
    items: tuple[_Item, ...] = Field(validation_alias=_names("orderItems", "items"), min_length=1, max_length=MOST_LINES)
    total: _Money | None = Field(None, validation_alias=_names("proceeds.grandTotal", "OrderTotal"))
    address: _Address | None = Field(None, validation_alias=_names("recipient.deliveryAddress", "ShippingAddress"))
    email: Text = _either("buyer.buyerEmail", "BuyerInfo.BuyerEmail")
    service: Text = _either("fulfillment.fulfillmentServiceLevel", "ShipmentServiceLevelCategory")


# ---------------------------------------------------------------------------------------------- the channel
class Amazon:
    name = "amazon"
    polls = True

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        return Refusal("no_webhooks", "Amazon sends no webhooks: its orders are polled.")

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind != "order":
            return Ignored("other_kind", "Only orders are read from Amazon.")
        return usable(lambda: _order(_flat(read_object(raw.body)), shop))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        return poll_orders(fetch, shop, cursor, now)


def _flat(payload: dict[str, Any]) -> dict[str, Any]:
    """The order itself, out of what getOrder wraps it in, with v0's items beside its own fields."""
    order = payload.get("order", payload.get("payload", payload))
    if not isinstance(order, dict):
        raise Unusable("not_an_object", "The order is not a JSON object.")
    return {**order, "items": payload["items"]} if "items" in payload else order


def _order(payload: dict[str, Any], shop: ShopRef) -> Parsed:
    head = _Head.model_validate(payload)
    status = head.status.upper().replace("_", "")
    if head.fulfilled_by.upper() in _AMAZON_SHIPS:
        return Ignored("fulfilled_by_amazon", "Amazon ships this order out of its own warehouses.")
    if status in _CANCELLED:
        return _cancel(head, "cancelled")
    if status in _SHIPPED:
        return Ignored("already_fulfilled", "Amazon says that all of the order was shipped already.")
    order = _Order.model_validate(payload)
    distinct([item.id for item in order.items])
    currency = _currency(order, shop)
    lines = tuple([_line(item, currency) for item in order.items if item.quantity])
    return (_draft(order, lines, currency, status),) if lines else _cancel(head, "all_lines_removed")


def _cancel(head: _Head, reason: str) -> Parsed:
    return (CancelDraft(order=head.id, updated_at=Millis(head.updated_at), reason=reason),)


def _draft(order: _Order, lines: tuple[LineDraft, ...], currency: str, status: str) -> OrderDraft:
    return OrderDraft(
        order=order.id,
        number=order.id,
        updated_at=Millis(order.updated_at),
        placed_at=Millis(order.created_at),
        currency=currency,
        lines=lines,
        holds=_holds(order, status),
        region=region(order.address.country, order.address.state) if order.address else "",
        recipient=_person(order.address, order.email) if order.address else None,
        charges=sum([_charges(item, currency) for item in order.items]),
        shipping=order.service.strip()[:LONGEST_METHOD],
    )


def _currency(order: _Order, shop: ShopRef) -> str:
    """A pending order tells no price yet; it will be paid in the shop's currency."""
    told = [price.currency for item in order.items for price in (item.unit_price, item.line_price) if price]
    if order.total:
        told.append(order.total.currency)
    if len(set(told)) > 1:
        raise Unusable("mixed_currencies", "The order names more than one currency.")
    if not told and not shop.currency:
        raise Unusable("unknown_currency", "The order tells no price yet, and the shop has no currency: set it.")
    return told[0] if told else shop.currency


def _line(item: _Item, currency: str) -> LineDraft:
    """v0 tells the price of all units together."""
    if item.unit_price:
        price = price_each(item.unit_price.amount, 1, currency)
    else:
        price = price_each(item.line_price.amount, item.quantity, currency) if item.line_price else 0
    named = tuple([name for name in (item.sku.strip(), item.asin.strip()) if name])
    return LineDraft(item.id, named or (item.id,), item.quantity, price, True, _discount(item, price, currency))


def _discount(item: _Item, price: int, currency: str) -> int:
    """What v0's total of a line loses when it is divided by the units belongs to it, too."""
    off = _minor(item.discount, currency) + sum([abs(_minor(part.subtotal, currency)) for part in _parts(item, _DISCOUNT)])
    if item.unit_price or not item.line_price:
        return off
    return off + price * item.quantity - _minor(item.line_price, currency)


def _charges(item: _Item, currency: str) -> int:
    told = max(0, _minor(item.shipping, currency) - _minor(item.shipping_discount, currency))
    return told + sum([max(0, _minor(part.subtotal, currency)) for part in _parts(item, _CHARGES)])


def _parts(item: _Item, types: frozenset[str]) -> list[_Breakdown]:
    return [part for part in item.breakdowns or () if part.type in types]


def _minor(money: _Money | None, currency: str) -> int:
    return price_each(money.amount, 1, currency) if money else 0


def _holds(order: _Order, status: str) -> tuple[str, ...]:
    """A buyer who asks to cancel has not cancelled: the seller decides, and until then nothing leaves. A status that Amazon may
    invent later waits for a person."""
    asked = any(item.cancel_requested or item.cancel_requester for item in order.items)
    known = _HOLDS.get(status, (f"status:{re.sub('[^A-Z0-9]+', '', status)[:40].lower()}",))
    return (*known, "cancel_requested") if asked else known


def _person(address: _Address, email: str) -> Person:
    return Person(
        name=address.name,
        company=address.company,
        phone=address.phone,
        email=email,
        street=tuple([street for street in (address.line1, address.line2, address.line3) if street]),
        city=address.city,
        postcode=address.postcode,
        country=address.country,
    )


CHANNEL = Amazon()
