"""What the checker remembers of a purchase, and what of a bill its order and its shipments bear out."""

from collections.abc import Iterable

import msgspec

from tables.events import BillLine, PurchaseLine, Row


class Tolerance(msgspec.Struct, frozen=True):
    basis_points: int = 0
    minor_units: int = 0

    def over(self, agreed: int) -> int:
        return max(agreed * self.basis_points // 10_000, self.minor_units)


class Billed(msgspec.Struct, frozen=True, array_like=True):
    currency: str
    lines: tuple[BillLine, ...]
    freight: int
    total: int
    verdict: str = "disputed"


class Bought(msgspec.Struct, array_like=True):
    """`shipped`, `credited`: rows that left, and of those the ones that a credit is expected for."""

    node: str
    currency: str
    lines: tuple[PurchaseLine, ...]
    freight: int
    shipped: tuple[Row, ...] = ()
    credited: tuple[Row, ...] = ()
    bills: dict[str, Billed] = {}

    def objection(self, bill: Billed, tolerance: Tolerance) -> str:
        """Why it is not to be paid as it is, beside the bills approved before; "": it is."""
        if bill.currency != self.currency:
            return f"it is in {bill.currency}"
        agreed = {line.sku: line.cost for line in self.lines}
        for line in bill.lines:
            cost = agreed.get(line.sku)
            if cost is None or line.price - cost > tolerance.over(cost):
                return f"{line.sku} is billed at {line.price}, {'nothing' if cost is None else cost} was agreed"
        return self._too_much(bill, tolerance)

    def _too_much(self, bill: Billed, tolerance: Tolerance) -> str:
        paid = [known for known in self.bills.values() if known.verdict == "approved"]
        left = by_sku((row.sku, row.quantity) for row in self.shipped)
        for sku, units in by_sku((line.sku, line.units) for known in (*paid, bill) for line in known.lines).items():
            if units > left.get(sku, 0) and any(line.sku == sku for line in bill.lines):
                return f"{units} of {sku} are billed, {left.get(sku, 0)} were shipped"
        freight = bill.freight + sum(known.freight for known in paid)
        if bill.freight and freight - self.freight > tolerance.over(self.freight):
            return f"{freight} of freight are billed, {self.freight} were agreed"
        return ""


def by_sku(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for sku, units in found:
        total[sku] = total.get(sku, 0) + units
    return total
