"""Times and amounts as people read them."""

from datetime import UTC, datetime
from decimal import Decimal

from connectors.money import EXPONENTS


def when(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00") if ms else ""


def amount(minor_units: int, currency: str) -> str:
    """As people write it: 12.50 EUR."""
    digits = EXPONENTS.get(currency, 0)
    return f"{Decimal(minor_units).scaleb(-digits):,f} {currency}"
