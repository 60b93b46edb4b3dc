"""What is bought of nodes that ship for us and bill us back: a purchase order for each fulfilment, what has left of it, what was billed.

Drop-shipping, as `docs/dropshipping.md` has it. Minor units of the purchase's currency. A bill is matched three ways: with the costs that
were ordered, with the units that have left, and with the bills approved before it.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from tables.events import BillLine, BillVerdict, Difference, PurchaseLine, Row
from tables.policy import Tolerance

PurchaseState = Literal[
    "ordered", "acknowledged", "declined", "timed_out", "cancelled", "partially_shipped", "shipped", "billed", "approved", "disputed"
]
# What became of units that the node ships no more.
CalledOff = Literal["declined", "timed_out", "cancelled"]


class Bill(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """As it came, and what became of it: `disputed` until somebody, or a shipment, settles it."""

    currency: str
    lines: tuple[BillLine, ...]
    freight: int
    total: int
    verdict: BillVerdict | Literal["disputed"]

    def is_same(self, currency: str, lines: tuple[BillLine, ...], freight: int) -> bool:
        return (self.currency, self.lines, self.freight) == (currency, lines, freight)


class Purchase(msgspec.Struct, array_like=True, gc=False):
    """`freight`: agreed for all of it. `shipped`, `credited`: rows that left, and those of them that came back and are to be credited.
    `off`: units that the node ships no more, for the reason `ended`; `bills`: by their documents."""

    node: str
    currency: str
    lines: tuple[PurchaseLine, ...]
    freight: int = 0
    acknowledged: bool = False
    shipped: tuple[Row, ...] = ()
    off: int = 0
    ended: CalledOff | Literal[""] = ""
    bills: dict[str, Bill] = {}
    credited: tuple[Row, ...] = ()

    @property
    def open(self) -> int:
        """Units that are still to be shipped."""
        return max(0, sum(line.units for line in self.lines) - self.off - units(self.shipped))

    @property
    def state(self) -> PurchaseState:
        """The furthest that it has come; a dispute before all else."""
        verdicts = {bill.verdict for bill in self.bills.values()}
        if "disputed" in verdicts:
            return "disputed"
        if "approved" in verdicts:
            return "billed" if self.open or any(self.unbilled().values()) else "approved"
        if self.shipped:
            return "partially_shipped" if self.open else "shipped"
        if not self.open:
            return self.ended or "cancelled"
        return "acknowledged" if self.acknowledged else "ordered"

    def approved(self) -> Iterable[Bill]:
        return (bill for bill in self.bills.values() if bill.verdict == "approved")

    def unbilled(self) -> dict[str, int]:
        """Units by SKU that have left, and are in no approved bill; below zero where a person let more pass."""
        left: dict[str, int] = {}
        for row in self.shipped:
            left[row.sku] = left.get(row.sku, 0) + row.quantity
        for bill in self.approved():
            for line in bill.lines:
                left[line.sku] = left.get(line.sku, 0) - line.units
        return left

    def match(self, bill: Bill, tolerance: Tolerance) -> tuple[Difference, ...]:
        """How a bill that is not approved yet differs; () where all of it may be paid."""
        if bill.currency != self.currency:
            return (Difference("currency", "", 0, 0),)
        costs, left = {line.sku: line.cost for line in self.lines}, self.unbilled()
        found = [difference for line in bill.lines for difference in _differences(line, costs, left, tolerance)]
        freight = tolerance.most(self.freight) - sum(before.freight for before in self.approved())
        if bill.freight > max(0, freight):
            found.append(Difference("freight", "", self.freight, bill.freight))
        return tuple(found)


def _differences(line: BillLine, costs: dict[str, int | None], left: dict[str, int], tolerance: Tolerance) -> Iterable[Difference]:
    """Of one line; what it takes of the units that are `left` is gone for the next one."""
    if line.sku not in costs:
        yield Difference("not_ordered", line.sku, 0, line.units)
        return
    cost, there = costs[line.sku], max(0, left.get(line.sku, 0))
    if cost is None:
        yield Difference("no_cost", line.sku, 0, line.price)
    elif line.price > tolerance.most(cost):
        yield Difference("price", line.sku, cost, line.price)
    if line.units > there:
        yield Difference("not_shipped", line.sku, there, line.units)
    left[line.sku] = there - min(there, line.units)


def units(rows: Iterable[Row]) -> int:
    return sum(row.quantity for row in rows)
