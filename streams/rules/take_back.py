"""ReturnStock: goods of an order come back. Pure."""

from streams.commands import ReturnStock
from streams.rules.plan import Plan
from streams.rules.shipped_rows import Lines, Short, pick
from streams.rules.stock import known_document, unknown_nodes
from tables.events import Refused, Returned, Row
from tables.orders import Order, sums


def take_back(plan: Plan, command: ReturnStock) -> None:
    """Never more than was shipped, over all returns of a line and SKU; refused whole else. The goods wait in `quality`: nobody is
    promised them before an inspection moves them on hand. What came back is not shipped anew: the order stays as it was served. Goods
    are taken as they come: whether their return was announced, is announced later, or was refused."""
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
    rows = _rows(order, command.order, command.lines)
    if isinstance(rows, Refused):
        plan.emit(rows)
        return
    key, document, node, at = command.order, command.document, command.node, command.returned_at
    plan.emit(Returned(order=key, document=document, node=node, rows=rows, returned_at=at, rma=command.rma))


def _rows(order: Order, key: str, lines: Lines) -> tuple[Row, ...] | Refused:
    """The shipped rows that come back."""
    out = sums(order.shipped)
    for place, units in sums(order.returned).items():
        out[place] -= units
    rows = pick(out, lines)
    return Refused(code="more_than_shipped", sentence=_too_many(key, rows)) if isinstance(rows, Short) else rows


def _too_many(order: str, short: Short) -> str:
    where = f"{short.sku!r} (line {short.line!r})" if short.line else repr(short.sku)
    return (
        f"{short.units} of {where} come back, but order {order!r} has {short.found} of it shipped and not yet returned; nothing was booked"
    )
