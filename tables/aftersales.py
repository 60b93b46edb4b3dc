"""What comes after goods of an order have left: returns, from their request to what the inspection found."""

from typing import Literal

import msgspec

from tables.events import ReturnEnd, Row, TrackingStatus

LineSku = tuple[str, str]
Unseen = tuple[str, str, int]  # node, SKU, units


class Case(msgspec.Struct, array_like=True, gc=False):
    """One return. `rows`: what was asked to come back, `back`: what has; `unseen`: what of that waits for its inspection. `end`: why no
    more of it is waited for, "" while it may come. `status`: what is said of its parcel, as of `at`. `child`: the order that replaces
    what comes back."""

    rows: tuple[Row, ...] = ()
    back: tuple[Row, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    end: ReturnEnd | Literal[""] = ""
    tracking: str = ""
    status: TrackingStatus | Literal[""] = ""
    at: int = 0
    child: str = ""

    def expected(self) -> dict[LineSku, int]:
        """Units still to come back, by (line, SKU)."""
        if self.end:
            return {}
        back = {(row.line, row.sku): row.quantity for row in self.back}
        rest = {(row.line, row.sku): row.quantity - back.get((row.line, row.sku), 0) for row in self.rows}
        return {place: units for place, units in rest.items() if units > 0}


class AfterSales(msgspec.Struct, array_like=True, gc=False):
    """`cases`: the returns of an order by name, which is the RMA, or the document of goods that nobody had announced. `children`: the
    orders that replace goods of it, `of`: the one it is a child of; `reissued`: rows that go out once more, exchanges apart."""

    cases: dict[str, Case] = {}
    children: tuple[str, ...] = ()
    of: str = ""
    reissued: tuple[Row, ...] = ()

    def expects_goods(self) -> bool:
        return any(case.expected() for case in self.cases.values())
