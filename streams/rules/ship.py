"""ConfirmShipment and RejectFulfilment: what a node says of a fulfilment order. Pure."""

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.commands import ConfirmShipment, RejectFulfilment
from streams.rules.count import lose_promised
from streams.rules.fill import fill, freed
from streams.rules.observe import shipped_in
from streams.rules.plan import Plan
from streams.rules.rebalance import give_back_surplus, rebalance, wanted_by
from streams.rules.stock import counted_already, known_document, sellable_grants, summed
from tables.events import FillDeferred, FoundShipped, FulfilmentRejected, Move, Refused, Row, Shipped, Shortage, Stale
from tables.orders import FulfilmentOrder, Order, bare, merge, split, still_asked, subtract

Found = tuple[str, Order, FulfilmentOrder]
Rows = tuple[Row, ...]


def _open(plan: Plan, fulfilment: str) -> Found | None:
    key = plan.pool.index.get(fulfilment)
    if key is None:
        _not_open(plan, fulfilment)
        return None
    order = plan.pool.orders[key]
    return key, order, order.open_fulfilments[fulfilment]


def _not_open(plan: Plan, fulfilment: str) -> None:
    sentence = (
        f"fulfilment {fulfilment!r} is not open in pool {plan.pool.name!r}: it was shipped, cancelled, or never ordered; nothing was "
        "booked: correct its name, or, where goods left all the same, stop them or count what is left"
    )
    plan.emit(Refused(code="not_open", sentence=sentence))


def _more_than_open(what: str, command: ConfirmShipment | RejectFulfilment, rows: Rows) -> Refused:
    there, named = _by_sku(rows), summed(command.lines)
    sku = next(sku for sku, units in named.items() if units > there.get(sku, 0))
    sentence = (
        f"the {what} names {named[sku]} of {sku!r}, of which fulfilment {command.fulfilment!r} has {there.get(sku, 0)} open; "
        "nothing was booked: correct it, and send it again"
    )
    return Refused(code="more_than_open", sentence=sentence)


def ship(plan: Plan, command: ConfirmShipment) -> None:
    """Units leave: reserved -> customer. What is not named stays reserved. More than is open is refused whole. A count that came
    first has left these units out already: what it took off the free units comes back, and what it took off this fulfilment (its
    own units, or in their stead those of another that had left) counts as shipped after all."""
    if known_document(plan, command.document):
        return
    name = command.fulfilment
    missing = plan.pool.missing.get(name)
    missed = missing.rows if missing else ()
    key = plan.pool.index.get(name) or (missing.order if missing else None)
    order = plan.pool.orders.get(key) if key else None
    if key is None or order is None:
        _not_open(plan, name)
        return
    found = order.open_fulfilments.get(name)
    there = found.rows if found else ()
    taken = _rows(there, missed, command.lines)
    if taken is None:
        plan.emit(_more_than_open("shipment", command, (*there, *missed)))
        return
    rows, late = taken
    counted = _leave(plan, key, found, command, rows)
    if rows:
        shipped_in(plan, key, command.tracking, rows, found.node if found else "")
    if missing and late:
        after = _shipped(order, name, rows, late)
        plan.emit(FoundShipped(order=key, fulfilment=name, node=missing.node, rows=late, **_about(command)))
        shipped_in(plan, key, command.tracking, late, missing.node)
        rebalance(plan, key, after, "shipped_elsewhere")
        _take_off(plan, missing.node, command.shipped_at, late)
        fill(plan, (*counted, *freed(after)))
    elif found and found.asked:
        # what it was asked back and ships all the same is not to come from elsewhere, too
        after = _shipped(order, name, rows, ())
        going = give_back_surplus(plan, key, after, wanted_by(after), "shipped_elsewhere")
        fill(plan, (*counted, *(row.sku for given in going.values() for row in given)))
    else:
        fill(plan, counted)
        _let_the_rest_follow(plan, _shipped(order, name, rows, late))


def _let_the_rest_follow(plan: Plan, order: Order) -> None:
    """All that was promised of it has left. What waits, for it might not be divided further, may come from anywhere now: by the next
    tick."""
    if order.open_fulfilments or order.holds:
        return
    there = [waits.sku for waits in order.waiting if any(shelf.on_hand.get(waits.sku) for shelf in plan.pool.stock.values())]
    if there:
        plan.emit(FillDeferred(skus=tuple(dict.fromkeys(there))))


def _take_off(plan: Plan, node: str, at: int, rows: Rows) -> None:
    """What left after the last count was on the shelf when it was taken, so it was another's units that the count missed: free ones
    go, or, where there are none, those of who is now short."""
    units = _by_sku(rows)
    counted = counted_already(plan, node, at, units)
    left = {sku: quantity for sku, quantity in units.items() if sku not in counted}
    free = {sku: some for sku, quantity in left.items() if (some := min(quantity, plan.on_hand(node, sku)))}
    if free:
        moves = [Move(sku, quantity, node, "on_hand", "", "adjustment") for sku, quantity in free.items()]
        plan.moved("", "shipment", at, moves, sellable_grants(plan, node, free.items(), -1))
    lose_promised(plan, node, at, {sku: some for sku, quantity in left.items() if (some := quantity - free.get(sku, 0))})


def _by_sku(rows: Rows) -> dict[str, int]:
    units: dict[str, int] = {}
    for row in rows:
        units[row.sku] = units.get(row.sku, 0) + row.quantity
    return units


def _about(command: ConfirmShipment) -> dict[str, Any]:
    return {"shipped_at": command.shipped_at, "carrier": command.carrier, "tracking": command.tracking}


def _leave(plan: Plan, key: str, found: FulfilmentOrder | None, command: ConfirmShipment, rows: Rows) -> dict[str, int]:
    """Book the open rows that leave, and remember the document. Returns what comes back on hand, because a count has it out already."""
    if found is None or not rows:
        plan.moved(command.document, "shipment", command.shipped_at, (), ())
        return {}
    node = found.node
    counted = counted_already(plan, node, command.shipped_at, _by_sku(rows))
    plan.emit(Shipped(order=key, fulfilment=command.fulfilment, node=node, rows=rows, **_about(command)))
    moves = [Move(sku, quantity, "", "adjustment", node, "on_hand") for sku, quantity in counted.items()]
    plan.moved(command.document, "shipment", command.shipped_at, moves, sellable_grants(plan, node, counted.items(), 1))
    return counted


def _shipped(order: Order, name: str, rows: Rows, late: Rows) -> Order:
    """The order as the shipment leaves it."""
    fulfilments = dict(order.open_fulfilments)
    if rows:
        found = fulfilments[name]
        if left := subtract(found.rows, rows):
            fulfilments[name] = FulfilmentOrder(found.node, left, still_asked(found.asked, left))
        else:
            del fulfilments[name]
    return msgspec.structs.replace(order, shipped=merge(merge(order.shipped, bare(rows)), late), fulfilments=fulfilments)


def _rows(rows: Rows, missed: Rows, lines: Iterable[tuple[str, int]]) -> tuple[Rows, Rows] | None:
    """The open rows, and those of the missed ones, that a shipment names by SKU and units; all of them when it names none. None: there
    are not that many."""
    wanted: dict[str, int] = {}
    for sku, units in lines:
        wanted[sku] = wanted.get(sku, 0) + units
    if not wanted:
        return rows, missed
    taken = _take(rows, wanted), _take(missed, wanted)
    return taken if not any(wanted.values()) else None


def _take(rows: Rows, wanted: dict[str, int]) -> Rows:
    """Rows up to the units wanted of their SKU, which become fewer by them."""
    taken = []
    for row in rows:
        if units := min(row.quantity, wanted.get(row.sku, 0)):
            wanted[row.sku] -= units
            taken.append(split(row, units)[0])
    return tuple(taken)


def reject(plan: Plan, command: RejectFulfilment) -> None:
    """A node will not ship. `cancelled`: its answer to a cancel, for the rows it was asked for. `short`: the units are not there,
    so they leave the books and the order is sourced anew. Any other reason: the units are back on hand, the order goes elsewhere.
    Where it names lines, what it does not name still ships. Units that a count has seen missing, because it came first, are off the books
    already."""
    if known_document(plan, command.document) or not (found := _open(plan, command.fulfilment)):
        return
    key, order, fulfilment = found
    if command.reason == "cancelled" and fulfilment.answer and not fulfilment.asked:
        plan.emit(Stale(of=command.document))  # it was cancelled as far as it was asked to be; the rest ships
        return
    rows = _rejected(fulfilment, command)
    if isinstance(rows, Refused):
        plan.emit(rows)
        return
    _remember(plan, command, fulfilment, rows)
    if _answers(command, fulfilment):
        plan.unreserve(key, order, command.fulfilment, rows, "on_hand", "cancel_confirmed")
        rebalance(plan, key, order, "cancel_confirmed", {command.fulfilment: rows})
    else:
        _refuse(plan, command, key, order, fulfilment.node, rows)
    fill(plan, dict.fromkeys(row.sku for row in rows))


def _remember(plan: Plan, command: RejectFulfilment, fulfilment: FulfilmentOrder, rows: Rows) -> None:
    """The document; with it comes back on hand what is taken off the books twice."""
    node, at = fulfilment.node, command.at
    short = _by_sku(rows) if at and command.reason == "short" else {}
    counted = counted_already(plan, node, at, short)
    moves = [Move(sku, quantity, "", "adjustment", node, "on_hand") for sku, quantity in counted.items()]
    plan.moved(command.document, "rejection", at, moves, sellable_grants(plan, node, counted.items(), 1))


def _answers(command: RejectFulfilment, fulfilment: FulfilmentOrder) -> bool:
    """Whether this is a node's answer to a cancel."""
    return command.reason == "cancelled" and bool(fulfilment.asked)


def _rejected(fulfilment: FulfilmentOrder, command: RejectFulfilment) -> Rows | Refused:
    """The rows that will not ship."""
    if not command.lines:
        return fulfilment.asked if _answers(command, fulfilment) else fulfilment.rows
    if _answers(command, fulfilment):
        sentence = "a cancel is answered for all that was asked: leave the lines out, or ship what is not cancelled first"
        return Refused(code="part_of_an_answer", sentence=sentence)
    taken = _rows(fulfilment.rows, (), command.lines)
    return taken[0] if taken else _more_than_open("rejection", command, fulfilment.rows)


def _refuse(plan: Plan, command: RejectFulfilment, key: str, order: Order, node: str, rows: Rows) -> None:
    plan.emit(FulfilmentRejected(order=key, fulfilment=command.fulfilment, node=node, reason=command.reason))
    if command.reason == "short":
        for row in rows:
            plan.emit(Shortage(order=key, node=node, sku=row.sku, quantity=row.quantity))
        plan.unreserve(key, order, command.fulfilment, rows, "adjustment", "short", command.at)
    else:
        plan.unreserve(key, order, command.fulfilment, rows, "on_hand", "rejected")
    rebalance(plan, key, _refused_by(order, node), "rejected", {command.fulfilment: rows})


def _refused_by(order: Order, node: str) -> Order:
    return msgspec.structs.replace(order, refused_by=tuple(dict.fromkeys((*order.refused_by, node))))
