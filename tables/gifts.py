"""Gifts: lines that come at no charge with another line of their order, their parent, and move, go and return with it. Pure.

Parts of a parent take their part of the gift with them. Shares are those of the largest remainder, between what goes to the customer and
what does not; a tie is the customer's.
"""

from collections.abc import Iterable, Sequence

from tables.events import Gifts, OrderLine, Row


def share(gift: int, units: int, of: int) -> int:
    """Units of a gift that go with `units` of its parent, where `gift` go with `of`."""
    return (2 * gift * units + of) // (2 * of) if of else 0


def with_gifts(lines: Sequence[OrderLine], off: dict[str, int], gifts: Gifts) -> dict[str, int]:
    """Units taken off lines, and what is taken off their gifts by that. What is taken off a gift for itself counts into it."""
    if not gifts or not off:
        return off
    ordered = {line.line: line.quantity for line in lines}
    total = dict(off)
    for gift, parent in gifts:
        if gift in ordered and parent in ordered:
            left = max(0, ordered[parent] - off.get(parent, 0))
            total[gift] = max(off.get(gift, 0), ordered[gift] - share(ordered[gift], left, ordered[parent]))
    return total


def per_unit(line: OrderLine) -> dict[str, int]:
    """Units of each SKU in one of the line."""
    each: dict[str, int] = {}
    for sku, units in line.parts:
        each[sku] = each.get(sku, 0) + units
    return each


def made_whole(rows: Iterable[Row], line: OrderLine, among: Iterable[Row]) -> int:
    """How many of a line its rows make whole: of its SKUs, those that are `among` these rows."""
    each, there = per_unit(line), {row.sku: row.quantity for row in rows if row.line == line.line}
    skus = {row.sku for row in among if row.line == line.line and row.sku in each}
    return min((there.get(sku, 0) // each[sku] for sku in skus), default=0)


def sold(lines: tuple[OrderLine, ...], gifts: Gifts) -> tuple[OrderLine, ...]:
    """Lines that are no gifts."""
    return tuple(line for line in lines if line.line not in dict(gifts)) if gifts else lines
