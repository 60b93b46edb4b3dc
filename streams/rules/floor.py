"""Lines that are sold for less than the policy allows. Pure."""

from collections.abc import Iterable

from tables.events import OrderLine, Paid
from tables.flow import Flow, ShopFlow

PRICE_FLOOR = "price_floor"


def below_floor(flow: Flow | None, shop: str, currency: str, lines: tuple[OrderLine, ...], paid: Paid) -> bool:
    """Whether a line brings less than its floor, discounts taken off and taxes in it. Floors in other currencies say nothing of it."""
    if flow is None or not (own := flow.of(shop)).floors or own.hold(PRICE_FLOOR).ignore:
        return False
    told = dict(paid)
    return any(told.get(line.line, line.quantity * line.price) < least(own, currency, line) * line.quantity for line in lines)


def least(flow: ShopFlow, currency: str, line: OrderLine) -> int:
    """Minor units that a unit of the line has to bring: its listing's floor, or else those of its SKUs together; 0: it has none."""
    listed = flow.floors.get(line.listing, {}).get(currency)
    return listed if listed is not None else sum(_each(flow, currency, line.parts))


def _each(flow: ShopFlow, currency: str, parts: Iterable[tuple[str, int]]) -> Iterable[int]:
    return (flow.floors.get(sku, {}).get(currency, 0) * units for sku, units in parts)
