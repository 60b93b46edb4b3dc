"""What WooCommerce writes of orders and refunds, as far as we read it."""

from typing import Any

from pydantic import Field

from connectors.contract import Millis
from connectors.payload import MOST_LINES, Amount, Currency, Gmt, Name, Payload, Reference, Text, Units, Unusable


class Address(Payload):
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


class Line(Payload):
    id: Name
    quantity: Units
    price: Amount | None = None
    total: Amount | None = None
    subtotal: Amount | None = None
    total_tax: Amount | None = None
    sku: Text = ""
    product_id: Reference = ""
    variation_id: Reference = ""
    name: Text = ""


class Fee(Payload):
    total: Amount | None = None
    total_tax: Amount | None = None


class ShippingLine(Payload):
    method_title: Text = ""
    method_id: Text = ""


class Meta(Payload):
    key: Text = ""
    value: Any = None


class RefundLine(Payload):
    quantity: Amount
    meta_data: tuple[Meta, ...] = ()


class Refund(Payload):
    """Webhooks and lists tell of a refund without its lines; polling asks for them."""

    id: Name
    total: Amount | None = None
    reason: Text = ""
    line_items: tuple[RefundLine, ...] | None = None


class Head(Payload):
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


class Refunded(Head):
    refunds: tuple[Refund, ...] = ()


class Order(Refunded):
    currency: Currency
    number: Text = ""
    line_items: tuple[Line, ...] = Field(max_length=MOST_LINES)
    shipping_total: Amount | None = None
    shipping_tax: Amount | None = None
    fee_lines: tuple[Fee, ...] | None = None
    shipping_lines: tuple[ShippingLine, ...] | None = None
    billing: Address = Address()
    shipping: Address = Address()
