"""What becomes of a reservation's units: an order that names it takes them over, or a count does not find them. Pure."""

from collections.abc import Iterable, Mapping

from streams.rules.allocate import whole, whole_units
from streams.rules.demand import Demand
from streams.rules.plan import Plan
from streams.rules.rank import rank
from streams.rules.spread import pour
from tables.events import FillDeferred, Origin, Row
from tables.orders import Order, split
from tables.reservations import document
from tables.state import Reservation
from tables.tiers import drawing_order

Held = Mapping[str, tuple[Row, ...]]  # node -> rows
Pots = dict[str, dict[str, list[Origin]]]  # node -> SKU -> units by origin


def stands(plan: Plan, name: str) -> bool:
    """Whether a reservation has units that this decision has not given back yet."""
    return name in plan.pool.reservations and name not in plan.let_go


def give_up(plan: Plan, name: str, reason: str, order: str = "") -> Held:
    """All of its rows go back, by node."""
    held = plan.pool.reservations[name].held
    for node, rows in held.items():
        plan.let(name, node, rows, reason, order=order)
    return held


def skus_of(held: Held) -> list[str]:
    return list(dict.fromkeys(row.sku for rows in held.values() for row in rows))


def claim(plan: Plan, name: str, order: Order, demand: Demand) -> tuple[Row, ...]:
    """An order that names a reservation ends it, unless it is held: then the units are kept for it until they expire. Returns what the
    order still needs. One that is not known (yet) may not keep units once its order has had them from elsewhere."""
    if order.holds and not order.cancelled:
        return demand.needs
    if not stands(plan, name):
        if document(name) not in plan.pool.documents and name not in plan.pool.reservations:
            plan.moved(document(name), "reservation", 0, (), ())
        return demand.needs
    held = give_up(plan, name, "ordered" if demand.needs else "cancelled", demand.order)
    _let_others_have(plan, held, demand.needs)
    return _take_over(plan, demand, plan.pool.reservations[name]) if demand.needs else ()


def _let_others_have(plan: Plan, held: Held, needs: Iterable[Row]) -> None:
    """What the order does not ask for is for those who wait: the next tick sees to them."""
    left = _units(row for rows in held.values() for row in rows)
    for need in needs:
        left[need.sku] = left.get(need.sku, 0) - need.quantity
    waited_for = tuple(sku for sku, units in left.items() if units > 0 and sku in plan.pool.queues)
    if waited_for:
        plan.emit(FillDeferred(skus=waited_for))


def _take_over(plan: Plan, demand: Demand, known: Reservation) -> tuple[Row, ...]:
    """An order that can be had whole is allocated as any other, now that it is known where it goes: the units are free for it alone in
    this decision. Else it has the reserved units where they are, in whole units of its lines, whatever the policy says of the rest."""
    rule = plan.pool.policy.for_segment(demand.segment)
    in_line = any(need.sku in plan.pool.deferred for need in demand.needs)
    if rule.shortage == "reject" or (not in_line and whole(plan, demand)):
        return demand.needs
    pots = _usable(plan, demand, known)
    have = dict.fromkeys([need.sku for need in demand.needs], 0)
    for by_sku in pots.values():
        for sku, pot in by_sku.items():
            have[sku] = have.get(sku, 0) + sum(units for _, units in pot)
    now, later = whole_units(demand, have, rule)
    left = [need.quantity for need in now]
    for node, by_sku in pots.items():
        if rows := _from(by_sku, now, left, demand.segment):
            plan.reserve(demand.order, demand.segment, node, rows, demand.sealed, demand.shipping)
    return later


def _usable(plan: Plan, demand: Demand, known: Reservation) -> Pots:
    """What the order may draw of the rows. Segments, nodes and the policy may have changed since they were reserved."""
    may_draw = drawing_order(plan.pool.segments, demand.segment, demand.shop)
    nodes = rank(plan.pool, demand.segment, demand.region, demand.city).without(demand.refused_by).names
    pots: Pots = {}
    for node, rows in known.held.items():
        for row in rows if node in nodes else ():
            drawn = [(origin, units) for origin, units in row.origins or ((known.segment, row.quantity),) if origin in may_draw]
            pots.setdefault(node, {}).setdefault(row.sku, []).extend(drawn)
    return pots


def _from(pots: dict[str, list[Origin]], needs: tuple[Row, ...], left: list[int], segment: str) -> tuple[Row, ...]:
    """Rows of a node for the needs, of which `left` units are still to come."""
    rows = []
    for i, need in enumerate(needs):
        pot = pots.get(need.sku, [])
        if units := min(left[i], sum(part for _, part in pot)):
            left[i] -= units
            origins = pour(pot, units)
            rows.append(Row(need.line, need.sku, units, () if origins == ((segment, units),) else origins))
    return tuple(rows)


def _units(rows: Iterable[Row]) -> dict[str, int]:
    units: dict[str, int] = {}
    for row in rows:
        units[row.sku] = units.get(row.sku, 0) + row.quantity
    return units


def lose_reserved(plan: Plan, node: str, at: int, short: dict[str, int]) -> dict[str, int]:
    """Units of a node that are not there go from the reservations that would keep them longest. Returns what is short all the same."""
    left = dict(short)
    reservations = plan.pool.reservations
    there = [name for name, known in reservations.items() if short and node in known.held and stands(plan, name)]
    for name in sorted(there, key=lambda name: (-reservations[name].expires_at, name)):
        rows = []
        for row in reservations[name].held[node]:
            if units := min(row.quantity, left.get(row.sku, 0)):
                left[row.sku] -= units
                rows.append(split(row, units)[0])
        if rows:
            plan.let(name, node, tuple(rows), "shortage", to="adjustment", at=at)
    return {sku: units for sku, units in left.items() if units}
