"""An order of one of the retailer's shops as it stands at a moment, whatever the platform writes it like."""

from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from deploy.retailer.baskets import NAMELESS, Basket, Product
from deploy.retailer.people import Customer

PLATFORM_IDS = 8_000_000_000_000  # where platforms' own product ids begin: none is one of our SKUs
EASTERN = timezone(timedelta(hours=-5))


class OrderedLine(NamedTuple):
    """`line` names it within its order for ever; `code` is what the shop calls the thing; `cents` each."""

    line: int
    code: str
    title: str
    quantity: int
    cents: int
    goods: bool


class Refund(NamedTuple):
    """`lines`: (line, units) that will not be shipped."""

    refund: int
    at: int
    lines: tuple[tuple[int, int], ...]


class Order(NamedTuple):
    """`number` is the order's id at the platform; times are milliseconds since the epoch."""

    number: int
    placed_at: int
    updated_at: int
    customer: Customer
    lines: tuple[OrderedLine, ...]
    refunds: tuple[Refund, ...] = ()
    cancelled: bool = False

    def total(self) -> int:
        return sum(line.quantity * line.cents for line in self.lines)


def placed(basket: Basket, customer: Customer, products: dict[int, Product], prefix: str) -> Order:
    """The basket as an order. `prefix` is what this shop writes before our SKU."""
    lines = []
    for index, (number, quantity, cents) in enumerate(basket.lines):
        product = products.get(number, NAMELESS)
        lines.append(OrderedLine(basket.basket * 1_000 + index, f"{prefix}{number}", product.title, quantity, cents, product.goods))
    return Order(basket.basket, basket.at, basket.at, customer, tuple(lines))


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def utc(millis: int) -> str:
    """`2017-03-22T19:28:02`, without zone."""
    return datetime.fromtimestamp(millis // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def eastern(millis: int) -> str:
    """`2017-03-22T14:28:02-05:00`"""
    return datetime.fromtimestamp(millis // 1000, EASTERN).isoformat()
