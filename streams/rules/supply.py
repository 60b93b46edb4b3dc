"""AnnounceSupply: what is to come, and when. Pure."""

from streams.commands import AnnounceSupply
from streams.rules.arrivals import expect_supply
from streams.rules.plan import Plan
from streams.rules.stock import known_document, unknown_nodes
from tables.events import Stale, SupplyAnnounced
from tables.supply import key_of


def announce(plan: Plan, command: AnnounceSupply) -> None:
    """What is said later of a SKU of a supply stands, whichever comes first."""
    if known_document(plan, command.document) or unknown_nodes(plan, command.node):
        return
    known = plan.pool.supplies.get(key_of(command.node, command.supply))
    told = {sku: max(line.at, known.closed_at) for sku, line in known.lines.items()} if known else {}
    closed = known.closed_at if known else -1
    lines = tuple([(sku, units) for sku, units in command.lines if command.at >= told.get(sku, closed)])
    if (command.lines and not lines) or command.at < closed:
        plan.emit(Stale(of=command.document))
    else:
        announced = SupplyAnnounced(
            document=command.document,
            supply=command.supply,
            node=command.node,
            at=command.at,
            expected_at=command.expected_at,
            lines=lines,
        )
        plan.emit(announced)
        expect_supply(plan, announced)
