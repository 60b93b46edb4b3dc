"""Where each unit of an order is: folded from what the state holds, and kept nowhere."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from tables.events import Row, Stage, Waiting
from tables.orders import FulfilmentOrder, LineSku, Order, demand, sums

UnitState = Literal[
    "unknown",  # nobody has ordered it
    "accepted",  # ordered, and nothing decided of it: no decision leaves one so
    "held",
    "backordered",
    "rejected",  # the policy refuses the order
    "reserved",  # a node was told to ship it, and has not said a word
    "taken",  # the node has accepted it
    "picking",
    "picked",
    "packed",
    "cancel_requested",
    "cancel_refused",  # too late: it ships
    "shipped",
    "delivered",
    "returned",
    "cancelled",  # by the order's cancel, or by a refund
]
Units = Counter[UnitState]

_AT_THE_NODE: dict[Stage | Literal[""], UnitState] = {
    "": "reserved",
    "accepted": "taken",
    "picking": "picking",
    "picked": "picked",
    "packed": "packed",
}


def units(order: Order) -> dict[LineSku, Units]:
    """By (line, SKU), how many units are in which state: together those ordered, or more where more has left. A unit that came back
    counts as returned, also when it had arrived."""
    found: dict[LineSku, Units] = {}
    for fulfilment in order.open_fulfilments.values():
        _at_the_node(found, fulfilment)
    _add(found, "backordered", order.waiting)
    shipped, delivered, returned = sums(order.shipped), sums(order.delivered), sums(order.returned)
    for place, left in shipped.items():
        back = returned.get(place, 0)
        arrived = min(delivered.get(place, 0), left - back)
        found.setdefault(place, Counter()).update({"returned": back, "delivered": arrived, "shipped": left - back - arrived})
    _rest(found, order)
    return {place: +counted for place, counted in found.items()}


def _at_the_node(found: dict[LineSku, Units], fulfilment: FulfilmentOrder) -> None:
    _add(found, _AT_THE_NODE[fulfilment.stage], fulfilment.rows)
    answered: UnitState = "cancel_refused" if fulfilment.answer == "too_late" else "cancel_requested"
    for row in fulfilment.asked:
        found[row.line, row.sku][_AT_THE_NODE[fulfilment.stage]] -= row.quantity
    _add(found, answered, fulfilment.asked)


def _rest(found: dict[LineSku, Units], order: Order) -> None:
    """What is neither at a node nor gone nor waited for."""
    wanted = order.demand()
    for place, ordered in demand(order.lines, None).items():
        counted = found.setdefault(place, Counter())
        have = sum(counted.values())
        open_units = max(0, wanted.get(place, 0) - have)
        counted["cancelled"] += max(0, ordered - have - open_units)
        counted[_of_the_order(order)] += open_units


def _of_the_order(order: Order) -> UnitState:
    if order.rejected:
        return "rejected"
    return "cancelled" if order.cancelled else "held" if order.holds else "accepted"


def _add(found: dict[LineSku, Units], state: UnitState, rows: Iterable[Row | Waiting]) -> None:
    for row in rows:
        found.setdefault((row.line, row.sku), Counter())[state] += row.quantity
