"""ChangeStock: what a node tells of units that were found or lost. Pure."""

from collections.abc import Mapping

from streams.commands import ChangeStock
from streams.rules.count import book, lose_promised
from streams.rules.fill import fill
from streams.rules.plan import Plan
from streams.rules.stock import counted_already, known_document, summed, unknown_nodes
from tables.events import Move, Refused, StockChanged

CHANGEABLE = ("on_hand", "damaged", "quality", "refurbish", "hold")


def change(plan: Plan, command: ChangeStock) -> None:
    """Once under its document, and not at all where the node's last count has seen it already. Found units are promised to those who
    wait. Lost ones are free units first; beyond those, promised ones go as they do by a count. What is not there cannot be lost:
    refused whole."""
    node, document = command.node, command.document
    if known_document(plan, document) or unknown_nodes(plan, node):
        return
    told = summed(command.lines)
    counted = counted_already(plan, node, command.at, told) if command.bucket == "on_hand" else {}
    fresh = {sku: units for sku, units in told.items() if units and sku not in counted}
    if refusal := _cannot_be(plan, command, fresh):
        plan.emit(refusal)
        return
    plan.emit(
        StockChanged(
            document=document,
            node=node,
            at=command.at,
            reason=command.reason,
            lines=tuple(told.items()),
            bucket=command.bucket,
            counted=tuple(counted),
        )
    )
    if command.bucket != "on_hand":
        _book_aside(plan, command, fresh)
    elif fresh:
        short = book(plan, "change", document, node, command.at, fresh)
        lose_promised(plan, node, command.at, short)
        fill(plan, [sku for sku, units in fresh.items() if units > 0])


def _cannot_be(plan: Plan, command: ChangeStock, changes: Mapping[str, int]) -> Refused | None:
    if command.bucket not in CHANGEABLE:
        return Refused(code="unknown_bucket", sentence=f"bucket {command.bucket!r} is none of {', '.join(CHANGEABLE)}")
    for sku, units in changes.items():
        have = _there(plan, command.node, command.bucket, sku)
        if have + units < 0:
            sentence = f"{command.node} has {have} of {sku} in {command.bucket}, {-units} were lost; count it, or correct the document"
            return Refused(code="not_enough", sentence=sentence)
    return None


def _there(plan: Plan, node: str, bucket: str, sku: str) -> int:
    """Units that may be lost: on hand, those that are promised, too."""
    found = plan.pool.stock.get(node)
    if found is None:
        return 0
    return found.units(bucket, sku) + (found.reserved.get(sku, 0) if bucket == "on_hand" else 0)


def _book_aside(plan: Plan, command: ChangeStock, changes: Mapping[str, int]) -> None:
    """Units that nobody sells."""
    node, bucket = command.node, command.bucket
    moves = [
        Move(sku, units, "", "adjustment", node, bucket) if units > 0 else Move(sku, -units, node, bucket, "", "adjustment")
        for sku, units in changes.items()
    ]
    plan.moved(command.document, "change", command.at, moves, ())
