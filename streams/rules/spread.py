"""Which of the chosen nodes ships what of an order. Pure."""

from collections.abc import Iterator, Sequence

from streams.rules.demand import Demand, Supply
from streams.rules.gifts import beside
from tables.events import Origin, Row
from tables.orders import sums


def by_node(supply: Supply, chosen: Sequence[int], needs: tuple[Row, ...], demand: Demand) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Each node ships what it has, best first; free units are taken in the segment's drawing order."""
    if len(chosen) == 1 and not supply.pots:
        yield supply.nodes[chosen[0]], needs
        return
    place = {sku: i for i, sku in enumerate(supply.skus)}
    left = [need.quantity for need in needs]
    pairs = _pairs(supply, chosen, needs, left, demand) if demand.gifts else {}
    for n in chosen:
        shelf = supply.shelves[n]
        rows = []
        for i, need in enumerate(needs):
            spot = place[need.sku]
            units = min(left[i], shelf[spot])
            shelf[spot] -= units
            left[i] -= units
            if units := units + pairs.get((n, i), 0):
                rows.append(Row(need.line, need.sku, units, pour(supply.pots.get(need.sku), units)))
        if rows:
            yield supply.nodes[n], tuple(rows)


def _pairs(supply: Supply, chosen: Sequence[int], needs: tuple[Row, ...], left: list[int], demand: Demand) -> dict[tuple[int, int], int]:
    """By node and need, units of parents and gifts that a node has together; they go out of what is left and lies there."""
    found: dict[tuple[int, int], int] = {}
    for n in chosen:
        shelf = supply.shelves[n]
        rest = [Row(need.line, need.sku, units) for need, units in zip(needs, left, strict=True) if units]
        there = sums(beside(rest, demand.lines, demand.gifts, dict(zip(supply.skus, shelf, strict=True))))
        for i, need in enumerate(needs):
            if units := there.get((need.line, need.sku), 0):
                found[n, i] = units
                left[i] -= units
                shelf[supply.skus.index(need.sku)] -= units
    return found


def pour(pot: list[Origin] | None, units: int) -> tuple[Origin, ...]:
    """Take `units` out of a pot, front first; () stands for all of them from the order's own segment."""
    poured: list[Origin] = []
    while pot and units:
        origin, there = pot[0]
        part = min(units, there)
        units -= part
        poured.append((origin, part))
        if part == there:
            del pot[0]
        else:
            pot[0] = (origin, there - part)
    return tuple(poured)
