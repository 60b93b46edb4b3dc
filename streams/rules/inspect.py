"""InspectReturn: what a node found of goods that came back. Pure."""

from collections.abc import Mapping

from streams.commands import InspectReturn
from streams.rules.fill import fill
from streams.rules.plan import Plan
from streams.rules.returns import case_of
from streams.rules.stock import counted_already, known_document, sellable_grants, unknown_nodes
from tables.aftersales import Case
from tables.events import Disposition, Inspected, Move, Refused

# Where goods go from `quality`: a bucket of the node, or the outside.
LEADS_TO: dict[Disposition, str] = {
    "resell": "on_hand",
    "refurbish": "refurbish",
    "damaged": "damaged",
    "return_to_vendor": "supplier",
    "scrap": "adjustment",
}
OUTSIDE = frozenset({"supplier", "adjustment"})

Found = Mapping[tuple[str, Disposition], int]


def inspect(plan: Plan, command: InspectReturn) -> None:
    """Each unit once, where it came to: no more than came back in this return and waits there; refused whole else. What is sold again
    is granted to the segments like a receipt, and promised at once where orders wait for it. A count that has it on hand already, because
    it came first, gives it back."""
    node = command.node
    if known_document(plan, command.document) or unknown_nodes(plan, node):
        return
    order = plan.pool.orders.get(command.order)
    case = case_of(order, command.rma) if order else None
    if case is None:
        sentence = (
            f"no return {command.rma!r} of order {command.order!r} is known in pool {plan.pool.name!r}, or it was closed too long ago; "
            "nothing was booked: correct the names, or move the goods out of quality by hand"
        )
        plan.emit(Refused(code="unknown_return", sentence=sentence))
        return
    found: dict[tuple[str, Disposition], int] = {}
    for sku, disposition, units in command.lines:
        found[sku, disposition] = found.get((sku, disposition), 0) + units
    if refusal := _too_many(plan, command, case, found):
        plan.emit(refusal)
        return
    lines = tuple((sku, disposition, units) for (sku, disposition), units in found.items())
    about = {"order": command.order, "document": command.document, "rma": command.rma, "node": node}
    plan.emit(Inspected(lines=lines, inspected_at=command.at, **about))
    _book(plan, command, found)


def _too_many(plan: Plan, command: InspectReturn, case: Case, found: Found) -> Refused | None:
    total: dict[str, int] = {}
    for (sku, _), units in found.items():
        total[sku] = total.get(sku, 0) + units
    unseen = {sku: units for node, sku, units in case.unseen if node == command.node}
    shelf = plan.pool.stock.get(command.node)
    for sku, units in total.items():
        if units > unseen.get(sku, 0):
            sentence = (
                f"{units} of {sku!r} were inspected, but {unseen.get(sku, 0)} of return {command.rma!r} came back to {command.node} and "
                "are not inspected yet; nothing was booked"
            )
            return Refused(code="more_than_came_back", sentence=sentence)
        if units > (have := shelf.units("quality", sku) if shelf else 0):
            sentence = f"{command.node} has {have} of {sku!r} in quality, {units} were inspected: a move has taken them; nothing was booked"
            return Refused(code="not_enough", sentence=sentence)
    return None


def _book(plan: Plan, command: InspectReturn, found: Found) -> None:
    node, resold = command.node, {sku: units for (sku, disposition), units in found.items() if disposition == "resell"}
    counted = counted_already(plan, node, command.at, resold)
    moves = []
    for (sku, disposition), units in found.items():
        place = LEADS_TO[disposition]
        moves.append(Move(sku, units, node, "quality", "" if place in OUTSIDE else node, place))
    moves += [Move(sku, units, node, "on_hand", "", "adjustment") for sku, units in counted.items()]
    fresh = {sku: units for sku, units in resold.items() if sku not in counted}
    plan.moved(command.document, "inspection", command.at, moves, sellable_grants(plan, node, fresh.items(), 1))
    fill(plan, fresh)
