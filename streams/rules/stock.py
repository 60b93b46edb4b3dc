"""ReceiveStock and MoveStock: documents that change what lies where. Pure."""

from collections.abc import Iterable, Mapping

from streams.commands import MoveStock, ReceiveStock
from streams.rules.fill import fill
from streams.rules.plan import Plan
from tables.events import Duplicate, Grant, Move, Refused, SupplyReceived
from tables.stock import GOOD

MOVABLE = ("on_hand", "picked", "damaged", "quality", "refurbish", "hold", "in_transit", "incoming")


def known_document(plan: Plan, document: str) -> bool:
    """A stock document counts once: its number is remembered for a week."""
    if document not in plan.pool.documents:
        return False
    plan.emit(Duplicate(of=document))
    return True


def unknown_nodes(plan: Plan, *nodes: str) -> bool:
    for node in nodes:
        if node not in plan.pool.nodes:
            sentence = f"node {node!r} does not belong to pool {plan.pool.name!r}; import it, or send the document to its own pool"
            plan.emit(Refused(code="unknown_node", sentence=sentence))
            return True
    return False


def receive(plan: Plan, command: ReceiveStock) -> None:
    """Goods from the supplier: granted to the segments and, where orders wait for them, promised at once. What a count has found
    already, because it came first, is taken out again."""
    node = command.node
    if known_document(plan, command.document) or unknown_nodes(plan, node):
        return
    total = summed(command.lines)
    counted = counted_already(plan, node, command.at, total)
    moves = [Move(sku, units, "", "supplier", node, "on_hand") for sku, units in total.items()]
    moves += [Move(sku, units, node, "on_hand", "", "adjustment") for sku, units in counted.items()]
    fresh = {sku: units for sku, units in total.items() if sku not in counted}
    if command.supply:
        plan.emit(SupplyReceived(supply=command.supply, node=node, at=command.at, lines=tuple(total.items())))
    plan.moved(command.document, "receipt", command.at, moves, sellable_grants(plan, node, fresh.items(), 1))
    fill(plan, fresh)


def counted_already(plan: Plan, node: str, at: int, units: Mapping[str, int]) -> dict[str, int]:
    """Those of the units that moved no later than the last count of their SKU at this node speaks of: it has them in or out already,
    though its document came before theirs."""
    marks = plan.pool.marks.get(node, {})
    return {sku: quantity for sku, quantity in units.items() if at <= marks.get(sku, -1)}


def move(plan: Plan, command: MoveStock) -> None:
    """Units between buckets of a node, or to another node of the pool. Refused whole when a bucket has too little. Where a count came
    first that has them out (or in) already, its adjustment is taken back."""
    node, to_node = command.node, command.to_node or command.node
    if known_document(plan, command.document) or unknown_nodes(plan, node, to_node):
        return
    total = summed(command.lines)
    crosses = node != to_node or (command.from_bucket in GOOD) != (command.to_bucket in GOOD)
    out = counted_already(plan, node, command.at, total) if crosses and command.from_bucket in GOOD else {}
    into = counted_already(plan, to_node, command.at, total) if crosses and command.to_bucket in GOOD else {}
    if refusal := _cannot_move(plan, command, to_node, total, out):
        plan.emit(refusal)
        return
    moves = [Move(sku, units, "", "adjustment", node, command.from_bucket) for sku, units in out.items()]
    moves += [Move(sku, units, node, command.from_bucket, to_node, command.to_bucket) for sku, units in total.items()]
    moves += [Move(sku, units, to_node, command.to_bucket, "", "adjustment") for sku, units in into.items()]
    was = total.keys() - out.keys() if command.from_bucket == "on_hand" and plan.sellable(node) else set()
    will = total.keys() - into.keys() if command.to_bucket == "on_hand" and plan.sellable(to_node) else set()
    change = {sku: units * ((sku in will) - (sku in was)) for sku, units in total.items()}
    granted = [grant for sku, units in change.items() if units for grant in plan.granted(sku, units)]
    plan.moved(command.document, "move", command.at, moves, granted)
    if command.to_bucket == "on_hand":
        fill(plan, total)


def _cannot_move(plan: Plan, command: MoveStock, to_node: str, total: dict[str, int], back: dict[str, int]) -> Refused | None:
    """`back`: units that come back to the bucket first."""
    for bucket in (command.from_bucket, command.to_bucket):
        if bucket not in MOVABLE:
            return Refused(code="unknown_bucket", sentence=f"bucket {bucket!r} is none of {', '.join(MOVABLE)}")
    if (command.node, command.from_bucket) == (to_node, command.to_bucket):
        return Refused(code="nowhere_to_move", sentence="from and to are the same bucket of the same node")
    found = plan.pool.stock.get(command.node)
    for sku, units in total.items():
        have = back.get(sku, 0) + (found.units(command.from_bucket, sku) if found else 0)
        if have < units:
            sentence = (
                f"{command.node} has {have} of {sku} in {command.from_bucket}, {units} were to move; count it, or correct the document"
            )
            return Refused(code="not_enough", sentence=sentence)
    return None


def sellable_grants(plan: Plan, node: str, lines: Iterable[tuple[str, int]], sign: int) -> list[Grant]:
    """Grants that follow units put on hand (+1) or taken off it (-1) at a node; none where it may not sell."""
    if not plan.sellable(node):
        return []
    return [grant for sku, units in lines for grant in plan.granted(sku, sign * units)]


def summed(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units by SKU: a document may name a SKU on several lines."""
    total: dict[str, int] = {}
    for sku, units in lines:
        total[sku] = total.get(sku, 0) + units
    return total
