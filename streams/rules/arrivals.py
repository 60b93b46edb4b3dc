"""Nodes that asked for it are told what is to come to them: supply, and returns, each to the node that shipped the goods. Pure."""

from collections import Counter
from collections.abc import Iterator

from streams.rules.plan import Plan
from tables.aftersales import Case
from tables.events import ArrivalExpected, ReturnRequested, Row, SupplyAnnounced
from tables.orders import LineSku, Order, Parcel, merge, sums


def expect_supply(plan: Plan, told: SupplyAnnounced) -> None:
    """SKUs of which no more comes are left out."""
    if plan.pool.is_told_of_arrivals(told.node):
        rows = tuple([Row("", sku, units) for sku, units in told.lines if units])
        plan.emit(ArrivalExpected(kind="supply", name=told.supply, node=told.node, rows=rows, expected_at=told.expected_at))


def expect_return(plan: Plan, asked: ReturnRequested) -> None:
    """All of a return that is asked for just now, or whose parcel is known just now."""
    order = plan.pool.orders[asked.order]
    if not any(plan.pool.is_told_of_arrivals(parcel.node) for parcel in _parcels(order)):
        return
    cases = order.after.cases if order.after else {}
    case = cases.get(asked.rma, Case())
    before = Counter[LineSku]()
    for name, other in cases.items():
        if name == asked.rma:
            break
        before.update(sums(other.rows))
    found: dict[str, tuple[Row, ...]] = {}
    for node, row in _whence(order, before, Counter(sums(merge(case.rows, asked.rows)))):
        found[node] = merge(found.get(node, ()), (row,))
    for node, rows in found.items():
        if plan.pool.is_told_of_arrivals(node):
            parcel = asked.tracking or case.tracking
            plan.emit(ArrivalExpected(kind="return", name=asked.rma, node=node, rows=rows, order=asked.order, tracking=parcel))


def _parcels(order: Order) -> list[Parcel]:
    return list((order.parcels or {}).values())


def _whence(order: Order, before: Counter[LineSku], wanted: Counter[LineSku]) -> Iterator[tuple[str, Row]]:
    """Parcels are sent back in the order in which they left; units `before` by returns asked for earlier."""
    for parcel in _parcels(order):
        lost, here = sums(parcel.reissued), sums(parcel.restocked)
        for row in parcel.rows:
            place = (row.line, row.sku)
            # what came back to its sender may have gone out once more
            there = row.quantity - max(lost.get(place, 0), here.get(place, 0))
            gone = min(there, before[place])
            before[place] -= gone
            if units := min(there - gone, wanted[place]):
                wanted[place] -= units
                yield parcel.node, Row(row.line, row.sku, units)
