"""What making a refund has in common at all platforms. Amounts in minor units."""

from decimal import Decimal
from typing import Any

from connectors.money import EXPONENTS, minor_units
from connectors.writeback.outward import Done, Refund, Refused
from connectors.writeback.reading import text

OTHER_CURRENCY = Refused("other_currency", "The order is paid in another currency there than it was told in: give the money back by hand.")


def minor(told: Any, currency: str) -> int:
    """What a platform writes as "12.50"; 0 for what is no amount."""
    try:
        return minor_units(Decimal(text(told)), currency)
    except (ArithmeticError, ValueError, KeyError):
        return 0


def currency_problem(fact: Refund, *told: Any) -> Refused | None:
    return None if fact.currency in EXPONENTS and all(currency == fact.currency for currency in told) else OTHER_CURRENCY


def shortfall(fact: Refund, paid: int, left: int) -> Done | Refused | None:
    """`left` of what was `paid` there is not given back yet. Where all of it is, the platform has done so itself."""
    if left >= fact.amount:
        return None
    if paid and not left:
        return Done()
    return Refused("more_than_left", "The platform has less of what was paid than is to be given back: see to the rest by hand.")
