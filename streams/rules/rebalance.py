"""An order's reservations against what it now wants: keeps what fits, gives back what is too much, promises what is missing. Pure."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from streams.rules.allocate import allocate
from streams.rules.demand import Demand
from streams.rules.gifts import given_with, left_alone
from streams.rules.plan import Plan
from streams.rules.reservation import claim
from tables.events import CancelRequested, OrderHeld, OrderReduced, OrderRejected, Row
from tables.flow import NO_CARRIER
from tables.orders import LineSku, Order, merge, split, subtract, sums

GIVEN_UP = "given_up"  # why what is left of a gift is
WITH_PARENT = "with_parent"  # why a gift is taken from its node
Open = Mapping[str, tuple[Row, ...]]  # fulfilment -> rows that still stand


def demand_of(key: str, order: Order, needs: tuple[Row, ...]) -> Demand:
    """What an order needs; its fulfilments carry the recipient with them."""
    return Demand(
        order=key,
        shop=order.shop,
        segment=order.segment,
        region=order.region,
        city=order.city,
        needs=needs,
        lines=order.lines,
        placed_at=order.placed_at,
        refused_by=order.refused_by,
        sealed=order.sealed,
        shipping=order.shipping,
        gifts=given_with(order),
    )


def standing(order: Order, less: Mapping[str, tuple[Row, ...]] | None = None) -> dict[str, tuple[Row, ...]]:
    """Rows reserved by fulfilment, without those that this decision takes away. Rows asked for and not answered still stand."""
    if not order.fulfilments:
        return {}
    gone = less or {}
    return {name: subtract(found.rows, gone.get(name, ())) for name, found in order.open_fulfilments.items()}


def wanted_by(order: Order) -> dict[LineSku, int]:
    """Units to be promised by (line, SKU): none of an order that is over, and none while it is held."""
    return {} if order.cancelled or order.rejected or order.holds else order.demand()


def give_back_surplus(plan: Plan, key: str, order: Order, wanted: Mapping[LineSku, int], reason: str) -> dict[str, tuple[Row, ...]]:
    """Give back (or ask for) rows beyond what is wanted, latest fulfilment first. Returns the rows that go, by fulfilment."""
    if not order.fulfilments:
        return {}
    room = dict(wanted)
    for shipped, units in sums(order.shipped).items():
        room[shipped] = room.get(shipped, 0) - units
    going: dict[str, tuple[Row, ...]] = {}
    for name, found in order.open_fulfilments.items():
        surplus = []
        for row in found.rows:
            fits = max(0, min(row.quantity, room.get((row.line, row.sku), 0)))
            room[row.line, row.sku] = room.get((row.line, row.sku), 0) - fits
            if fits < row.quantity:
                surplus.append(split(row, fits)[1] if fits else row)
        too_much = subtract_asked([row for row in surplus if row is not None], found.asked)
        if too_much:
            plan.give_back(key, order, name, too_much, reason)
            going[name] = too_much
    return going


def subtract_asked(rows: Iterable[Row], asked: Iterable[Row]) -> tuple[Row, ...]:
    """Rows that the node has not been asked for before. Those it has been asked for are the last units of a row."""
    before = sums(asked)
    fresh = []
    for row in rows:
        units = row.quantity - before.get((row.line, row.sku), 0)
        if units > 0:
            fresh.append(split(row, units)[0])
    return tuple(fresh)


def with_their_gifts(plan: Plan, key: str, order: Order, gone: Open) -> Open:
    """Gifts whose parents leave a fulfilment leave it too, and are looked for where these come from. Returns all rows that go."""
    going = dict(gone)
    for name, rows in gone.items() if order.gifts else ():
        found = order.open_fulfilments[name]
        along = subtract_asked(left_alone(order, found.rows, subtract(found.rows, rows)), found.asked)
        if along:
            plan.give_back(key, order, name, along, WITH_PARENT)
            if not plan.asks(key, found.node, name):
                going[name] = merge(rows, along)
                plan.let_others_have(along)
    return going


def all_of(order: Order) -> tuple[Row, ...]:
    """What is wanted of an order of which nothing is reserved or shipped."""
    if order.cancelled or order.rejected or order.holds:
        return ()
    if not order.reductions:
        # nearly all orders: each line one SKU, nothing to be added up
        rows = [Row(line.line, sku, line.quantity * each) for line in order.lines for sku, each in line.parts if line.quantity]
        if len({row.line for row in rows}) == len(rows):
            return tuple(rows)
    return tuple([Row(line, sku, units) for (line, sku), units in order.demand().items()])


def missing(wanted: Mapping[LineSku, int], order: Order, reserved: Open) -> tuple[Row, ...]:
    """What is wanted, and neither shipped nor reserved."""
    have = sums(order.shipped)
    for rows in reserved.values():
        for row in rows:
            have[row.line, row.sku] = have.get((row.line, row.sku), 0) + row.quantity
    gaps = ((line, sku, units - have.get((line, sku), 0)) for (line, sku), units in wanted.items())
    return tuple(Row(line, sku, gap) for line, sku, gap in gaps if gap > 0)


def rebalance(plan: Plan, key: str, order: Order, reason: str, gone: Open | None = None) -> Open:
    """Make the reservations of an order fit `order`, which is the order as this decision leaves it (a copy where it amends). `gone`:
    rows that this decision has taken away already. What a node was told of an order that is held now is called back: it must not ship.
    Returns what stands of it afterwards, by the fulfilments that it had."""
    plan.touched.add(key)
    if untaken := key in plan.untaken:
        order, reason = _held_untaken(plan, key, order), "held"
    going = gone or {}
    if order.fulfilments or order.shipped:
        wanted = wanted_by(order)
        going = give_back_surplus(plan, key, order, wanted, reason) if gone is None else with_their_gifts(plan, key, order, gone)
        needs = missing(wanted, order, standing(order, going))
    else:
        needs = all_of(order)
    if name := plan.claims.get(key) or plan.pool.claims.get(key):
        needs = claim(plan, name, order, demand_of(key, order, needs))
    if needs and not stands_in_line(plan, order, needs):
        given_out = () if name else plan.pool.deferred  # but for what was kept for it
        before = len(plan.events)
        needs = allocate(plan, demand_of(key, order, needs), given_out)
        if isinstance(plan.events[-1], OrderRejected):
            _give_back_all(plan, key, order, going, "order_rejected")
            going = standing(order)
        else:
            going = _give_back_given_up(plan, key, order, going, before)
    if untaken:
        _give_back_all(plan, key, order, going, reason)
        going = standing(order)
    plan.backorder(key, order.waiting, needs)
    return standing(order, going)


def stands_in_line(plan: Plan, order: Order, needs: Iterable[Row]) -> bool:
    """While goods are still being given out to those who wait (a tick goes on with it at once), nobody takes them in between: who wants
    them waits in line as well, unless the policy lets nobody wait."""
    given_out = plan.pool.deferred
    if not given_out or plan.pool.policy.for_segment(order.segment).shortage == "reject":
        return False  # who is sold ahead gets nothing of these either, and waits only where that is covered
    return any(need.sku in given_out for need in needs)


def _give_back_given_up(plan: Plan, key: str, order: Order, going: Open, since: int) -> Open:
    """Of a gift that was given up for want of a part, what else was promised of it before. Returns all rows that go."""
    for event in plan.events[since:]:
        if isinstance(event, OrderReduced) and order.fulfilments:
            fewer = {**(order.reductions or {}), event.reduction: event.lines}
            stands = {name: replace(order.fulfilments[name], rows=rows) for name, rows in standing(order, going).items() if rows}
            smaller = replace(order, reductions=fewer, fulfilments=stands)
            gone = give_back_surplus(plan, key, smaller, wanted_by(smaller), GIVEN_UP)
            plan.let_others_have(row for rows in gone.values() for row in rows)
            going = dict(going) | {name: merge(going.get(name, ()), rows) for name, rows in gone.items()}
    return going


def _held_untaken(plan: Plan, key: str, order: Order) -> Order:
    """No carrier takes (a part of) it: it is held for that."""
    if NO_CARRIER in order.holds:
        return order
    holds = (*order.holds, NO_CARRIER)
    plan.emit(OrderHeld(order=key, reasons=holds))
    plan.let_others_have(row for found in order.open_fulfilments.values() for row in found.rows)
    return replace(order, holds=holds)


def _give_back_all(plan: Plan, key: str, order: Order, going: Open, reason: str) -> None:
    """Nothing of it stays promised; its nodes are asked for the rest of what this decision has not asked them for already."""
    asked = [event for event in plan.events if isinstance(event, CancelRequested) and event.order == key]
    for name, rows in standing(order, going).items():
        # what is asked for just now goes, most of it, and so does not stand
        goes = sums(going.get(name, ()))
        now = sums([row for event in asked if event.fulfilment == name for row in event.rows])
        more = [Row(*place, units - goes.get(place, 0)) for place, units in now.items() if units > goes.get(place, 0)]
        if left := subtract_asked(rows, (*order.open_fulfilments[name].asked, *more)):
            plan.give_back(key, order, name, left, reason)
