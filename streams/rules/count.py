"""CountStock: the books follow an absolute count, without counting what moved after it a second time. Pure."""

from collections.abc import Mapping

from streams.commands import CountStock
from streams.rules.fill import fill
from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from streams.rules.reservation import lose_reserved
from streams.rules.stock import known_document, sellable_grants, unknown_nodes
from tables.events import Move, MovedBy, Refused, Row, Shortage, Stale, StockCounted
from tables.orders import Order, split
from tables.pool import WEEK_MS

Taken = dict[str, dict[str, tuple[Row, ...]]]  # order -> fulfilment -> rows


def count(plan: Plan, command: CountStock) -> None:
    """A count speaks of good units (free, promised, picked) up to its mark; movements after the mark are re-applied. Losses hit
    free units first; beyond those, promised units go, the least urgent and youngest order first, and are sourced anew."""
    if known_document(plan, command.document) or unknown_nodes(plan, command.node):
        return
    mark = command.counted_at
    if mark and mark < plan.pool.now - WEEK_MS:
        plan.emit(Refused(code="count_too_old", sentence="the count is more than 7 days old: movements since are not kept; count again"))
        return
    marks = plan.pool.marks.get(command.node, {})
    lines = {sku: units for sku, units in command.lines if not mark or mark >= marks.get(sku, 0)}
    if not lines:
        plan.emit(Stale(of=command.document))
        return
    differences = {sku: units - _books(plan, command.node, sku, mark) for sku, units in lines.items()}
    short = book(plan, "count", command.document, command.node, mark, differences)
    if mark:
        plan.emit(StockCounted(document=command.document, node=command.node, counted_at=mark, skus=tuple(lines)))
    lose_promised(plan, command.node, mark, short)
    fill(plan, [sku for sku, units in differences.items() if units > 0])


def _books(plan: Plan, node: str, sku: str, mark: int) -> int:
    """Good units that our books had at the mark (now, when there is none)."""
    found = plan.pool.stock.get(node)
    now = found.good(sku) if found else 0
    if not mark:
        return now
    moved = plan.pool.movements.get(node, {}).get(sku, ())
    return now - sum(units for at, units in moved if at > mark)


def book(plan: Plan, kind: MovedBy, document: str, node: str, at: int, differences: Mapping[str, int]) -> dict[str, int]:
    """Book good units that were found and free ones that are lost. Returns what is missing of promised units, by SKU."""
    found = {sku: units for sku, units in differences.items() if units > 0}
    lost = {sku: min(-units, plan.on_hand(node, sku)) for sku, units in differences.items() if units < 0}
    lost = {sku: units for sku, units in lost.items() if units}
    moves = [Move(sku, units, "", "adjustment", node, "on_hand") for sku, units in found.items()]
    moves += [Move(sku, units, node, "on_hand", "", "adjustment") for sku, units in lost.items()]
    granted = sellable_grants(plan, node, found.items(), 1) + sellable_grants(plan, node, lost.items(), -1)
    plan.moved(document, kind, at, moves, granted)
    return {sku: -units - lost.get(sku, 0) for sku, units in differences.items() if -units > lost.get(sku, 0)}


def lose_promised(plan: Plan, node: str, at: int, short: dict[str, int]) -> None:
    """Promised units that are not at a node: taken from reservations first, then from the least urgent and youngest orders, which are
    sourced anew."""
    promised = lose_reserved(plan, node, at, short)
    for key, gone in _take_promised(plan, node, at, promised).items():
        rebalance(plan, key, plan.pool.orders[key], "shortage", gone)


def _take_promised(plan: Plan, node: str, at: int, short: dict[str, int]) -> Taken:
    """Rows of open fulfilments at a node that cannot be: booked to the adjustment as of `at`, each with its Shortage."""
    taken: Taken = {}
    left = dict(short)
    for key, order in _least_urgent_first(plan, node, short):
        for name, found in order.open_fulfilments.items():
            rows = []
            for row in found.rows if found.node == node else ():
                if units := min(row.quantity, left.get(row.sku, 0)):
                    left[row.sku] -= units
                    rows.append(split(row, units)[0])
                    plan.emit(Shortage(order=key, node=node, sku=row.sku, quantity=units))
            if rows:
                plan.unreserve(key, order, name, tuple(rows), "adjustment", "shortage", at)
                taken.setdefault(key, {})[name] = tuple(rows)
    return taken


def _least_urgent_first(plan: Plan, node: str, short: dict[str, int]) -> list[tuple[str, Order]]:
    if not short:
        return []
    keys = [key for key in dict.fromkeys(plan.pool.index.values()) if key not in plan.touched]
    promised = [
        (key, order)
        for key, order in ((key, plan.pool.orders.peek(key)) for key in keys)
        if any(f.node == node and any(row.sku in short for row in f.rows) for f in order.open_fulfilments.values())
    ]
    return sorted(promised, key=lambda entry: (entry[1].priority, -entry[1].placed_at, entry[0]))
