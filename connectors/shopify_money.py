"""What is paid for a Shopify order, in the shop's currency. Every discount, also one of the whole order, is allocated to lines and
shipping lines (`discount_allocations`, `discounted_price`); orders from before that tell a line's `total_discount` and the order's
`total_discounts`. Taxes (`tax_lines`) come on top of prices where the shop's prices leave them out (`taxes_included`)."""

from decimal import Decimal

from connectors import shopify_form as form
from connectors import shopify_quick as quick
from connectors.payload import price_each, price_read

Order = form.Order | quick.Order
Line = form.Line | quick.Line
Taxed = Line | form.Shipping | quick.Shipping


def amount(told: str | Decimal | None, currency: str) -> int:
    """Minor units of what is told, either as text or read already; nothing is 0."""
    if told is None:
        return 0
    return price_read(told, currency) if isinstance(told, str) else price_each(told, 1, currency)


def line_discount(line: Line, ordered: int, currency: str) -> int:
    """Off the `ordered` units that edits have left of the line."""
    if line.discount_allocations:
        off = sum([amount(allocated.amount, currency) for allocated in line.discount_allocations])
    else:
        off = amount(line.total_discount, currency) if line.total_discount else 0
    return max(0, off) if ordered == line.quantity else max(0, off) * ordered // line.quantity


def line_tax(order: Order, line: Line, ordered: int) -> int:
    """On top of the `ordered` units that edits have left of the line."""
    tax = _tax(order, line)
    return tax if ordered == line.quantity else tax * ordered // line.quantity


def _tax(order: Order, line: Taxed) -> int:
    if order.taxes_included is not False or not line.tax_lines:
        return 0
    return max(0, sum([amount(tax.price, order.currency) for tax in line.tax_lines]))


def order_discount(order: Order) -> int:
    """What no line tells of, where none is allocated."""
    if not order.total_discounts or any(line.discount_allocations for line in order.line_items):
        return 0
    told = sum([amount(line.total_discount, order.currency) for line in order.line_items])
    return max(0, amount(order.total_discounts, order.currency) - told)


def shipping(order: Order) -> int:
    currency = order.currency
    prices = [line.price if line.discounted_price is None else line.discounted_price for line in order.shipping_lines or ()]
    taxes = [_tax(order, line) for line in order.shipping_lines or ()]
    return max(0, sum([amount(price, currency) for price in prices]) + sum(taxes))
