"""Rows of an order that somebody names by line and SKU, out of those that are there. Pure."""

from collections.abc import Iterable

import msgspec

from tables.events import Row
from tables.orders import LineSku, sums

Lines = Iterable[tuple[str, str, int]]  # line ("": any), SKU, units


class Short(msgspec.Struct, frozen=True):
    """What is named, and how many units of it are there."""

    line: str
    sku: str
    units: int
    found: int


def pick(there: dict[LineSku, int], lines: Lines) -> tuple[Row, ...] | Short:
    """Named lines are served first, so that an unnamed one never takes what belongs to them. What is picked goes out of `there`."""
    picked: dict[LineSku, int] = {}
    for line, sku, units in sorted(lines, key=lambda named: not named[0]):
        rest = units
        for place in [(line, sku)] if line else [place for place in there if place[1] == sku]:
            if (part := min(rest, there.get(place, 0))) > 0:
                there[place] -= part
                picked[place] = picked.get(place, 0) + part
                rest -= part
        if rest:
            return Short(line, sku, units, units - rest)
    return tuple(Row(line, sku, units) for (line, sku), units in picked.items())


def capped(rows: Iterable[Row], most: dict[LineSku, int], *less: Iterable[Row]) -> tuple[Row, ...]:
    """As much of the rows as is left of `most`, by line and SKU, without `less`."""
    left = dict(most)
    for others in less:
        for place, units in sums(others).items():
            left[place] = left.get(place, 0) - units
    found = ((row, min(row.quantity, left.get((row.line, row.sku), 0))) for row in rows)
    return tuple(Row(row.line, row.sku, units) for row, units in found if units > 0)
