"""ConfirmShipment and RejectFulfilment: what a node says of a fulfilment order. Pure."""

from collections.abc import Iterable

import msgspec

from streams.commands import ConfirmShipment, RejectFulfilment
from streams.rules.fill import fill
from streams.rules.plan import Plan
from streams.rules.rebalance import give_back_surplus, rebalance, wanted_by
from streams.rules.stock import counted_already, known_document, sellable_grants
from tables.events import FulfilmentRejected, Grant, Move, Refused, Row, Shipped, Shortage
from tables.orders import FulfilmentOrder, Order, merge, split, still_asked, subtract

Found = tuple[str, Order, FulfilmentOrder]


def _open(plan: Plan, fulfilment: str) -> Found | None:
    key = plan.pool.index.get(fulfilment)
    if key is None:
        sentence = f"fulfilment {fulfilment!r} is not open in pool {plan.pool.name!r}: it was shipped, cancelled, or never ordered"
        plan.emit(Refused(code="not_open", sentence=sentence))
        return None
    order = plan.pool.orders[key]
    return key, order, order.open_fulfilments[fulfilment]


def ship(plan: Plan, command: ConfirmShipment) -> None:
    """Units leave: reserved -> customer. What is not named stays reserved. More than is open is refused whole. A count that came
    first has left these units out already, so what it took off the free units comes back."""
    if known_document(plan, command.document) or not (found := _open(plan, command.fulfilment)):
        return
    key, order, fulfilment = found
    rows = _rows(fulfilment, command.lines)
    if rows is None:
        plan.emit(Refused(code="more_than_open", sentence="the shipment names more units, or other SKUs, than the fulfilment has open"))
        return
    node = fulfilment.node
    units: dict[str, int] = {}
    for row in rows:
        units[row.sku] = units.get(row.sku, 0) + row.quantity
    counted = counted_already(plan, node, command.shipped_at, units)
    plan.emit(
        Shipped(
            order=key,
            fulfilment=command.fulfilment,
            node=node,
            rows=rows,
            shipped_at=command.shipped_at,
            carrier=command.carrier,
            tracking=command.tracking,
        )
    )
    moves = [Move(sku, units, "", "adjustment", node, "on_hand") for sku, units in counted.items()]
    granted: list[Grant] = sellable_grants(plan, node, counted.items(), 1)
    plan.moved(command.document, "shipment", command.shipped_at, moves, granted)
    freed: dict[str, int] = {}
    if fulfilment.asked:
        # what it was asked back and ships all the same is not to come from elsewhere, too
        after = _shipped(order, command.fulfilment, rows)
        going = give_back_surplus(plan, key, after, wanted_by(after), "shipped_elsewhere")
        freed = {row.sku: row.quantity for given in going.values() for row in given}
    fill(plan, counted | freed)


def _shipped(order: Order, name: str, rows: tuple[Row, ...]) -> Order:
    """The order as the shipment leaves it."""
    fulfilments = dict(order.open_fulfilments)
    found = fulfilments[name]
    if left := subtract(found.rows, rows):
        fulfilments[name] = FulfilmentOrder(found.node, left, still_asked(found.asked, left))
    else:
        del fulfilments[name]
    return msgspec.structs.replace(order, shipped=merge(order.shipped, rows), fulfilments=fulfilments)


def _rows(fulfilment: FulfilmentOrder, lines: Iterable[tuple[str, int]]) -> tuple[Row, ...] | None:
    """The open rows that a shipment names by SKU and units; all of them when it names none. None: there are not that many."""
    wanted: dict[str, int] = {}
    for sku, units in lines:
        wanted[sku] = wanted.get(sku, 0) + units
    if not wanted:
        return fulfilment.rows
    rows = []
    for row in fulfilment.rows:
        if units := min(row.quantity, wanted.get(row.sku, 0)):
            wanted[row.sku] -= units
            rows.append(split(row, units)[0])
    return tuple(rows) if not any(wanted.values()) else None


def reject(plan: Plan, command: RejectFulfilment) -> None:
    """A node will not ship. `cancelled`: its answer to a cancel, for the rows it was asked for. `short`: the units are not there,
    so they leave the books and the order is sourced anew. Any other reason: the units are back on hand, the order goes elsewhere."""
    if known_document(plan, command.document) or not (found := _open(plan, command.fulfilment)):
        return
    key, order, fulfilment = found
    plan.moved(command.document, "rejection", 0, (), ())
    if command.reason == "cancelled" and fulfilment.asked:
        rows = fulfilment.asked
        plan.unreserve(key, order, command.fulfilment, rows, "on_hand", "cancel_confirmed")
        rebalance(plan, key, order, "cancel_confirmed", {command.fulfilment: rows})
    else:
        rows = fulfilment.rows
        _refuse(plan, command, key, order, fulfilment)
    fill(plan, dict.fromkeys(row.sku for row in rows))


def _refuse(plan: Plan, command: RejectFulfilment, key: str, order: Order, fulfilment: FulfilmentOrder) -> None:
    node, rows = fulfilment.node, fulfilment.rows
    plan.emit(FulfilmentRejected(order=key, fulfilment=command.fulfilment, node=node, reason=command.reason))
    if command.reason == "short":
        for row in rows:
            plan.emit(Shortage(order=key, node=node, sku=row.sku, quantity=row.quantity))
        plan.unreserve(key, order, command.fulfilment, rows, "adjustment", "short")
    else:
        plan.unreserve(key, order, command.fulfilment, rows, "on_hand", "rejected")
    rebalance(plan, key, _refused_by(order, node), "rejected", {command.fulfilment: rows})


def _refused_by(order: Order, node: str) -> Order:
    return msgspec.structs.replace(order, refused_by=tuple(dict.fromkeys((*order.refused_by, node))))
