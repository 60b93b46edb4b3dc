"""The supplier's bill of the warehouse feed (docs/warehouse.md): for a purchase, named by its fulfilment, in minor units."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from connectors.contract import BillDraft, BilledLine, Millis
from connectors.money import MOST_MINOR_UNITS
from connectors.payload import Currency, Moved, Name, Payload, Zoned

MOST_LINES = 500


def _minor_units(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_MINOR_UNITS:
        raise PydanticCustomError("bad_price", "A price here is a whole number of minor units, from 0 to 10^12")
    return value


MinorUnits = Annotated[int, BeforeValidator(_minor_units)]


class _Line(Payload):
    sku: Name
    quantity: Moved
    price: MinorUnits


class BillForm(Payload):
    type: Literal["bill"]
    document: Name
    fulfilment: Name
    currency: Currency
    billed_at: Zoned
    freight: MinorUnits = 0
    lines: tuple[_Line, ...] = Field(min_length=1, max_length=MOST_LINES)


def bill_draft(told: BillForm) -> BillDraft:
    return BillDraft(
        document=told.document,
        fulfilment=told.fulfilment,
        currency=told.currency,
        billed_at=Millis(told.billed_at),
        lines=tuple([BilledLine(sku=line.sku, quantity=line.quantity, price=line.price) for line in told.lines]),
        freight=told.freight,
    )
