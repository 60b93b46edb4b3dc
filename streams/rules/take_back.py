"""ReturnStock: goods of an order come back. Pure."""

from collections.abc import Iterable

from streams.commands import ReturnStock
from streams.rules.plan import Plan
from streams.rules.stock import known_document, unknown_nodes
from tables.events import Refused, Returned, Row
from tables.orders import LineSku, Order, sums

Lines = Iterable[tuple[str, str, int]]


def take_back(plan: Plan, command: ReturnStock) -> None:
    """Never more than was shipped, over all returns of a line and SKU; refused whole else. The goods wait in `quality`: nobody is
    promised them before an inspection moves them on hand. What came back is not shipped anew: the order stays as it was served."""
    if known_document(plan, command.document) or unknown_nodes(plan, command.node):
        return
    order = plan.pool.orders.get(command.order)
    if order is None:
        sentence = (
            f"order {command.order!r} is not known in pool {plan.pool.name!r}, or was closed too long ago; nothing was booked: "
            "correct the order, or count the goods once they are inspected"
        )
        plan.emit(Refused(code="unknown_order", sentence=sentence))
        return
    rows = _rows(order, command)
    if isinstance(rows, Refused):
        plan.emit(rows)
        return
    plan.emit(
        Returned(order=command.order, document=command.document, node=command.node, rows=rows, returned_at=command.returned_at),
    )


def _rows(order: Order, command: ReturnStock) -> tuple[Row, ...] | Refused:
    """The shipped rows that come back. Named lines are served first, so that an unnamed one never takes what belongs to them."""
    out = sums(order.shipped)
    for place, units in sums(order.returned).items():
        out[place] -= units
    back: dict[LineSku, int] = {}
    for line, sku, units in sorted(command.lines, key=lambda named: not named[0]):
        rest = units
        for place in [(line, sku)] if line else [place for place in out if place[1] == sku]:
            if part := min(rest, out.get(place, 0)):
                out[place] -= part
                back[place] = back.get(place, 0) + part
                rest -= part
        if rest:
            return Refused(code="more_than_shipped", sentence=_too_many(command.order, line, sku, units, units - rest))
    return tuple(Row(line, sku, units) for (line, sku), units in back.items())


def _too_many(order: str, line: str, sku: str, units: int, found: int) -> str:
    where = f"{sku!r} (line {line!r})" if line else repr(sku)
    return f"{units} of {where} come back, but order {order!r} has {found} of it shipped and not yet returned; nothing was booked"
