"""How events change returns: what is to come back, what has, and what of it was looked at."""

from tables import events as e
from tables.aftersales import AfterSales, Case
from tables.evolve_parcels import number
from tables.orders import Order, bare, merge
from tables.state import Awaited, Pool
from tables.stock import add, at


def after_sales(order: Order) -> AfterSales:
    if order.after is None:
        order.after = AfterSales()
    return order.after


def case_of(order: Order, rma: str) -> Case:
    """The return, made if there was none."""
    return after_sales(order).cases.setdefault(rma, Case())


def requested(pool: Pool, event: e.ReturnRequested) -> None:
    case = case_of(pool.orders[event.order], event.rma)
    case.rows = merge(case.rows, bare(event.rows))
    if event.tracking:
        case.tracking = number(event.tracking)
        pool.coming[case.tracking] = (event.order, event.rma)
    _await(pool, event.order, event.rma, case, pool.now or event.requested_at)


def _await(pool: Pool, order: str, rma: str, case: Case, since: int) -> None:
    """Until all of it is back, or no more of it is waited for."""
    name = f"{order}#{rma}"
    if not case.expected():
        pool.awaited.pop(name, None)
    elif name not in pool.awaited:
        pool.awaited[name] = Awaited(order, rma, since)


def tracked(pool: Pool, event: e.ReturnTracked) -> None:
    pool.early.pop(event.tracking, None)
    case = case_of(pool.orders[event.order], event.rma)
    case.status, case.at = event.status, event.at


def ended(pool: Pool, event: e.ReturnEnded) -> None:
    case = case_of(pool.orders[event.order], event.rma)
    case.end = event.end
    _await(pool, event.order, event.rma, case, 0)


def returned(pool: Pool, event: e.Returned) -> None:
    order = pool.orders[event.order]
    quality = at(pool.stock, event.node).bucket("quality")
    for row in event.rows:
        add(quality, row.sku, row.quantity)
    order.returned = merge(order.returned, event.rows)
    pool.documents[event.document] = max(event.returned_at, pool.now)
    if event.tracking:
        parcel = (order.parcels or {})[event.tracking]
        parcel.restocked = merge(parcel.restocked, event.rows)
    case = case_of(order, event.rma or event.document)
    case.back = merge(case.back, event.rows)
    case.unseen = _counted(case, event.node, [(row.sku, row.quantity) for row in event.rows])
    _await(pool, event.order, event.rma, case, pool.now)


def reissued(pool: Pool, event: e.Reissued) -> None:
    order = pool.orders[event.order]
    after = after_sales(order)
    after.children = (*after.children, event.child)
    if event.rma:
        case_of(order, event.rma).child = event.child
    else:
        after.reissued = merge(after.reissued, event.rows)
    if event.tracking:
        parcel = (order.parcels or {})[event.tracking]
        parcel.reissued = merge(parcel.reissued, event.rows)


def inspected(pool: Pool, event: e.Inspected) -> None:
    case = case_of(pool.orders[event.order], event.rma)
    case.unseen = _counted(case, event.node, [(sku, -units) for sku, _, units in event.lines])


def _counted(case: Case, node: str, changes: list[tuple[str, int]]) -> tuple[tuple[str, str, int], ...]:
    """What waits for its inspection after these changes at a node."""
    unseen = {(where, sku): units for where, sku, units in case.unseen}
    for sku, units in changes:
        unseen[node, sku] = unseen.get((node, sku), 0) + units
    return tuple((where, sku, units) for (where, sku), units in unseen.items() if units)


def forget_returns(pool: Pool, order: Order) -> None:
    """Of an order that is forgotten."""
    for case in order.after.cases.values() if order.after else ():
        pool.coming.pop(case.tracking, None)
