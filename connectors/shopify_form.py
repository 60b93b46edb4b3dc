"""What Shopify writes of orders and refunds, as far as we read it: the models that check it field by field and say what is wrong."""

from pydantic import Field

from connectors.payload import MOST_LINES, Amount, Currency, Name, Payload, Reference, Text, Units, Whole, Zoned


class Address(Payload):
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


class Allocation(Payload):
    amount: Amount


class Tax(Payload):
    price: Amount | None = None


class Shipping(Payload):
    code: Text = ""
    title: Text = ""
    is_removed: bool | None = None
    price: Amount | None = None
    discounted_price: Amount | None = None
    tax_lines: tuple[Tax, ...] | None = None


class Line(Payload):
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
    total_discount: Amount | None = None
    discount_allocations: tuple[Allocation, ...] | None = None
    tax_lines: tuple[Tax, ...] | None = None


class RefundLine(Payload):
    line_item_id: Name
    quantity: Whole
    restock_type: Text = ""


class Refund(Payload):
    id: Name
    order_id: Reference = ""
    refund_line_items: tuple[RefundLine, ...] = ()


class Terms(Payload):
    payment_terms_type: Text = ""


class Head(Payload):
    """What must be readable to know whether the order is still wanted, however odd the rest is."""

    id: Name
    updated_at: Zoned
    cancelled_at: Zoned | None = None
    cancel_reason: Text = ""


class Order(Head):
    created_at: Zoned | None = None
    currency: Currency
    name: Text = ""
    financial_status: Text = ""
    fulfillment_status: Text = ""
    payment_terms: Terms | None = None
    payment_gateway_names: tuple[Text, ...] | None = None
    test: bool | None = None
    email: Text = ""
    phone: Text = ""
    shipping_address: Address | None = None
    line_items: tuple[Line, ...] = Field(max_length=MOST_LINES)
    refunds: tuple[Refund, ...] | None = None
    total_discounts: Amount | None = None
    taxes_included: bool | None = None
    shipping_lines: tuple[Shipping, ...] | None = None
