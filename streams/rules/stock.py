"""ReceiveStock and MoveStock: documents that change what lies where. Pure."""

from collections.abc import Iterable

from streams.commands import MoveStock, ReceiveStock
from streams.rules.fill import fill
from streams.rules.plan import Plan
from tables.events import Duplicate, Grant, Move, Refused

MOVABLE = ("on_hand", "picked", "damaged", "quality", "hold", "in_transit", "incoming")


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
    """Goods from the supplier: granted to the segments and, where orders wait for them, promised at once."""
    if known_document(plan, command.document) or unknown_nodes(plan, command.node):
        return
    total = _total(command.lines)
    moves = [Move(sku, units, "", "supplier", command.node, "on_hand") for sku, units in total.items()]
    granted = sellable_grants(plan, command.node, total.items(), 1)
    plan.moved(command.document, "receipt", command.at, moves, granted)
    fill(plan, total)


def move(plan: Plan, command: MoveStock) -> None:
    """Units between buckets of a node, or to another node of the pool. Refused whole when a bucket has too little."""
    to_node = command.to_node or command.node
    if known_document(plan, command.document) or unknown_nodes(plan, command.node, to_node):
        return
    total = _total(command.lines)
    if refusal := _cannot_move(plan, command, to_node, total):
        plan.emit(refusal)
        return
    moves = [Move(sku, units, command.node, command.from_bucket, to_node, command.to_bucket) for sku, units in total.items()]
    was = command.from_bucket == "on_hand" and plan.sellable(command.node)
    will = command.to_bucket == "on_hand" and plan.sellable(to_node)
    granted: list[Grant] = []
    if was != will:
        granted = [grant for sku, units in total.items() for grant in plan.granted(sku, units if will else -units)]
    plan.moved(command.document, "move", command.at, moves, granted)
    if command.to_bucket == "on_hand":
        fill(plan, total)


def _cannot_move(plan: Plan, command: MoveStock, to_node: str, total: dict[str, int]) -> Refused | None:
    for bucket in (command.from_bucket, command.to_bucket):
        if bucket not in MOVABLE:
            return Refused(code="unknown_bucket", sentence=f"bucket {bucket!r} is none of {', '.join(MOVABLE)}")
    if (command.node, command.from_bucket) == (to_node, command.to_bucket):
        return Refused(code="nowhere_to_move", sentence="from and to are the same bucket of the same node")
    found = plan.pool.stock.get(command.node)
    for sku, units in total.items():
        have = found.units(command.from_bucket, sku) if found else 0
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


def _total(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units by SKU: a document may name a SKU on several lines."""
    total: dict[str, int] = {}
    for sku, units in lines:
        total[sku] = total.get(sku, 0) + units
    return total
