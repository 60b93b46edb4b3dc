"""Whether an order that is short may wait all the same, where the policy lets nobody wait but for what is announced. Pure."""

from collections import Counter
from collections.abc import Iterable

from streams.rules.demand import Demand
from streams.rules.plan import Plan
from tables.events import Backordered, Row, Waiting
from tables.presale import coming


def covered(plan: Plan, demand: Demand, left: tuple[Row, ...]) -> bool:
    """All that is left of it waits already, or may be sold ahead. What is sold in sets (bundles, lines with gifts) is not: goods that
    come for one part of it would go to others while another part is still waited for."""
    rule = plan.pool.policy.for_segment(demand.segment)
    if not rule.sells_ahead():
        return False
    order = plan.pool.orders.get(demand.order)
    waits = _units(order.waiting if order else ())
    more = [(sku, units) for sku, units in _units(left).items() if units > waits[sku]]
    if not more:
        return True
    sets = {line.line for line in demand.lines if len(line.parts) > 1}
    if demand.gifts or any(row.line in sets for row in left):
        return False
    return all(units <= _sellable(plan, demand, sku) for sku, units in more)


def _sellable(plan: Plan, demand: Demand, sku: str) -> int:
    """Less what this decision has sold ahead to others."""
    sold = 0
    for event in plan.events:
        if isinstance(event, Backordered) and event.order != demand.order:
            before = plan.pool.orders.get(event.order)
            sold += max(0, _units(event.rows)[sku] - _units(before.waiting if before else ())[sku])
    return coming(plan.pool, demand.segment, demand.shop, sku, plan.now, demand.order).units - sold


def _units(rows: Iterable[Row | Waiting]) -> Counter[str]:
    units = Counter[str]()
    for row in rows:
        units[row.sku] += row.quantity
    return units
