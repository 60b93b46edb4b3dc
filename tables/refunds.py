"""What has been given back of an order, line by line, and what is left of it: amounts in minor units, units of SKUs (as in rows).

Units of a line cost alike, those of a bundle too: its parts have no prices. What a channel tells of (a reduction) it has given back itself;
all else is due from us. Whatever the order in which they come, and however lines are divided, all units together give back exactly what
was paid, and never more: a part is always taken of what is left, for as many units as are left.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tables.events import OrderLine, RefundLine
from tables.money import paid_for, part_of, shares
from tables.orders import Order, reduced

CHARGES = ""  # the line that postage and fees are


class Account(NamedTuple):
    """Of one line. `due`: amount and units that we have to give back; `told`: the same of what its channel has given back."""

    paid: int
    units: int
    due: tuple[int, int] = (0, 0)
    told: tuple[int, int] = (0, 0)

    @property
    def left(self) -> int:
        return max(0, self.paid - self.due[0] - self.told[0])

    @property
    def rest(self) -> int:
        """Units of which nothing is given back yet."""
        return max(0, self.units - self.due[1] - self.told[1])

    def share(self, units: int) -> int:
        """What is to be given back for so many more of its units."""
        return part_of(self.left, units, self.rest)


def accounts(order: Order) -> dict[str, Account]:
    """By line, and the charges last."""
    ours = {refund.document for refund in (order.refunds or {}).values() if refund.cause == "reduced"}
    off = reduced({name: lines for name, lines in (order.reductions or {}).items() if name not in ours})
    due = _due(order)
    paid = paid_for(order.lines, order.paid)
    found = {line.line: _account(line, paid[line.line], due.get(line.line, (0, 0)), off.get(line.line, 0)) for line in order.lines}
    found[CHARGES] = Account(order.charges, 0, due.get(CHARGES, (0, 0)))
    return found


def _account(line: OrderLine, paid: int, due: tuple[int, int], off: int) -> Account:
    each = units_each(line)
    units = line.quantity * each
    told = max(0, min(units - due[1], off * each))
    return Account(paid, units, due, (max(0, min(part_of(paid, told, units), paid - due[0])), told))


def units_each(line: OrderLine) -> int:
    """Units of SKUs in one of the line; of a listing that nobody knows yet, one."""
    return sum(per_unit for _, per_unit in line.parts) or 1


def _due(order: Order) -> dict[str, tuple[int, int]]:
    total: dict[str, tuple[int, int]] = {}
    for refund in (order.refunds or {}).values():
        for line in refund.lines:
            amount, units = total.get(line.line, (0, 0))
            total[line.line] = (amount + line.amount, units + line.units)
    return total


def for_units(found: dict[str, Account], units: Iterable[tuple[str, int]]) -> tuple[RefundLine, ...]:
    """What is due for units of lines, each named once: no more of a line than is left of it, and nothing for lines not known."""
    lines = [(line, min(some, found[line].rest)) for line, some in units if line in found]
    told = [RefundLine(line, some, found[line].share(some)) for line, some in lines if some > 0]
    return tuple([line for line in told if line.amount])


def for_amount(found: dict[str, Account], amount: int) -> tuple[RefundLine, ...]:
    """An amount without units, up to all that is left: each line bears its part, by what is left of it."""
    parts = shares(amount, [account.left for account in found.values()])
    return tuple([RefundLine(line, 0, part) for line, part in zip(found, parts, strict=True) if part])
