"""The same order read in one pass, where all of it is as Shopify writes it: ids are numbers, prices are texts, times have zones.

What is taken here, the models of `shopify_form` take too, and read the same in it. Whatever is unusual is left to them, so only they
ever say what is wrong (tests/connectors/test_quick.py compares the two).
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from connectors.money import EXPONENTS
from connectors.payload import MOST_LINES, MOST_UNITS, UNDECODABLE, Unusable, has_nul, price_read
from connectors.times import zoned

Id = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
Units = Annotated[int, Meta(ge=1, le=MOST_UNITS)]
Whole = Annotated[int, Meta(ge=0, le=MOST_UNITS)]
Text = str | None

# msgspec skips a number that nobody reads, however long. The models' reader refuses integers of thousands of digits, and exponents of 18.
_DIGITS = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_MANY = b"0" * 18
_LONG_NUMBER = re.compile(rb"[eE][+-]?[0-9]{18}|[0-9]{4000}")


class Moment(int):
    """Milliseconds, read from ISO 8601 with its zone."""


class Address(Struct, frozen=True, gc=False):
    name: Text = None
    first_name: Text = None
    last_name: Text = None
    company: Text = None
    phone: Text = None
    address1: Text = None
    address2: Text = None
    city: Text = None
    zip: Text = None
    country_code: Text = None
    province_code: Text = None


class Allocation(Struct, frozen=True, gc=False):
    amount: str


class Tax(Struct, frozen=True, gc=False):
    price: Text = None


class Shipping(Struct, frozen=True, gc=False):
    code: Text = None
    title: Text = None
    is_removed: bool | None = None
    price: Text = None
    discounted_price: Text = None
    tax_lines: tuple[Tax, ...] | None = None


class Line(Struct, frozen=True, gc=False):
    id: Id
    quantity: Units
    price: str
    current_quantity: Whole | None = None
    sku: Text = None
    variant_id: Id | None = None
    product_id: Id | None = None
    title: Text = None
    gift_card: bool | None = None
    requires_shipping: bool | None = None
    total_discount: Text = None
    discount_allocations: tuple[Allocation, ...] | None = None
    tax_lines: tuple[Tax, ...] | None = None


class RefundLine(Struct, frozen=True, gc=False):
    line_item_id: Id
    quantity: Whole
    restock_type: Text = None


class Refund(Struct, frozen=True, gc=False):
    id: Id
    order_id: Id | None = None
    refund_line_items: tuple[RefundLine, ...] = ()


class Terms(Struct, frozen=True, gc=False):
    payment_terms_type: Text = None


class Order(Struct, frozen=True, gc=False, kw_only=True):
    id: Id
    updated_at: Moment
    cancelled_at: Moment | None = None
    cancel_reason: Text = None
    created_at: Moment | None = None
    currency: str
    name: Text = None
    financial_status: Text = None
    fulfillment_status: Text = None
    payment_terms: Terms | None = None
    payment_gateway_names: tuple[str, ...] | None = None
    test: bool | None = None
    email: Text = None
    phone: Text = None
    shipping_address: Address | None = None
    line_items: Annotated[tuple[Line, ...], Meta(max_length=MOST_LINES)]
    refunds: tuple[Refund, ...] | None = None
    total_discounts: Text = None
    taxes_included: bool | None = None
    shipping_lines: tuple[Shipping, ...] | None = None


def read_quickly(body: bytes) -> Order | None:
    """None: something in it is unusual, whether it is wrong or not."""
    if has_nul(body) or (body.translate(_DIGITS).rfind(_MANY) >= 0 and _LONG_NUMBER.search(body)):
        return None
    try:
        if not body.isascii():
            body.decode()  # msgspec looks at the characters of what it reads only
        order = _decode(body)
        if order.currency not in EXPONENTS:
            return None
        for amount in _amounts(order):
            price_read(amount, order.currency)
    except (*UNDECODABLE, Unusable, ValueError):
        return None
    return order


def _amounts(order: Order) -> list[str]:
    told = [line.price for line in order.line_items]
    told += [line.total_discount for line in order.line_items if line.total_discount is not None]
    told += [part.amount for line in order.line_items if line.discount_allocations for part in line.discount_allocations]
    taxes = [line.tax_lines for line in order.line_items] + [line.tax_lines for line in order.shipping_lines or ()]
    told += [tax.price for some in taxes if some for tax in some if tax.price is not None]
    told += [price for line in order.shipping_lines or () for price in (line.price, line.discounted_price) if price is not None]
    return told if order.total_discounts is None else [*told, order.total_discounts]


def _moment(kind: type, value: object) -> Moment:
    if not isinstance(value, str):
        raise ValueError(f"{kind.__name__} is written as text")
    return Moment(zoned(value))


_decode = msgspec.json.Decoder(Order, dec_hook=_moment).decode
