"""RefundOrder, and the money that a decision makes due by the way: for what it cancels, refuses, reduces or takes back. Pure.

Other rules need not know of money: when all is decided, it is read off their events.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from streams.commands import AnyCommand, RefundOrder
from streams.rules.plan import Plan
from tables import events as e
from tables.aftersales import Case
from tables.evolve_orders import PAYMENT
from tables.orders import Order, Refund, bare, merge, reduced
from tables.policy import RefundOn
from tables.refunds import CHARGES, accounts, for_amount, for_units, units_each

Lines = tuple[e.RefundLine, ...]
OPERATOR = "operator"  # the source of what a person tells


def refund(plan: Plan, command: RefundOrder) -> None:
    """Never more than is left; each line bears its part."""
    order = plan.pool.orders.get(command.order)
    if order is None or not order.revision:
        sentence = f"order {command.order!r} is not known in pool {plan.pool.name!r}, or was closed too long ago"
        plan.emit(e.Refused(code="unknown_order", sentence=sentence))
        return
    found = accounts(order)
    left = 0 if order.unpaid else sum(account.left for account in found.values())
    if command.amount > left:
        sentence = f"{command.amount} minor units {order.currency} are more than is left of what was paid for {command.order!r}: {left}"
        plan.emit(e.Refused(code="more_than_paid", sentence=sentence))
        return
    _due(plan, command.order, order, "goodwill", for_amount(found, command.amount), reason=command.reason, by=command.by)


def settle(plan: Plan, command: AnyCommand) -> None:
    """What the decision so far makes due."""
    off: dict[str, None] = {}
    for event in tuple(plan.events):
        match event:
            case e.OrderCancelled() | e.OrderRejected() | e.Unreserved():
                off[event.order] = None
            case e.Returned() if _refund_on(plan, event.order) == "received":
                _for_goods(plan, event.order, event.rows, event.document)
            case e.Inspected() if _refund_on(plan, event.order) == "inspected":
                _for_goods(plan, event.order, _inspected(plan, event), event.rma)
            case e.OrderReduced() if command.cause[0] == OPERATOR:
                _for_reduction(plan, event)
    for key in off:
        _for_cancel(plan, key)


def _refund_on(plan: Plan, key: str) -> RefundOn:
    return plan.pool.policy.for_segment(plan.pool.orders[key].segment).refund_on


def _for_goods(plan: Plan, key: str, rows: Iterable[e.Row], document: str) -> None:
    """Goods came back, or were looked at."""
    order = _left_by(plan, key)
    if not order.unpaid:
        _due(plan, key, order, "returned", for_units(accounts(order), _by_line(rows).items()), document=document)


def _inspected(plan: Plan, event: e.Inspected) -> Iterable[e.Row]:
    """An inspection names SKUs: they are those of the return's rows in the order in which they came back."""
    order = plan.pool.orders[event.order]
    case = order.after.cases[event.rma] if order.after else Case()
    for sku, units in _by_sku((sku, units) for sku, _, units in event.lines).items():
        rows = [row for row in case.back if row.sku == sku]
        unseen = sum(units for _, of, units in case.unseen if of == sku)
        seen = sum(row.quantity for row in rows) - unseen
        for row in rows:
            passed = min(row.quantity, seen)
            seen -= passed
            if some := min(row.quantity - passed, units):
                units -= some
                yield e.Row(row.line, sku, some)


def _for_reduction(plan: Plan, event: e.OrderReduced) -> None:
    """A person took units off; a channel that does has given the money back itself."""
    order = _left_by(plan, event.order)
    if order.unpaid:
        return
    others = {name: lines for name, lines in (order.reductions or {}).items() if name != event.reduction}
    each = {line.line: units_each(line) for line in order.lines}
    units = [(line, some * each.get(line, 1)) for line, some in reduced({"": event.lines}).items()]
    lines = for_units(accounts(replace(order, reductions=others)), units)
    _due(plan, event.order, order, "reduced", lines, document=event.reduction)


def _for_cancel(plan: Plan, key: str) -> None:
    """Of an order that is no more: what is neither shipped nor still with a node, and the charges when none of it is."""
    order = _left_by(plan, key)
    if not (order.cancelled or order.rejected) or order.unpaid or not plan.pool.policy.for_segment(order.segment).refund_cancelled:
        return
    gone = _with_nodes(plan, key, order) + Counter(_by_line(order.shipped))
    before = _unshipped_refunds(order)
    found = accounts(order)
    units = [(line, found[line].units - found[line].told[1] - gone[line] - before[line]) for line in found if line != CHARGES]
    lines = for_units(found, units)
    if not gone and found[CHARGES].left:
        lines += (e.RefundLine(CHARGES, 0, found[CHARGES].left),)
    _due(plan, key, order, "cancelled" if order.cancelled else "rejected", lines)


def _left_by(plan: Plan, key: str) -> Order:
    """The order as this decision leaves it, but for its fulfilments."""
    order = plan.pool.orders.get(key) or Order()
    for event in plan.events:
        if getattr(event, "order", None) == key:
            order = _after(order, event)
    return order


def _after(order: Order, event: e.AnyEvent) -> Order:
    match event:
        case e.OrderPlaced(segment=segment, lines=lines, paid=paid, charges=charges, currency=currency):
            taken = replace(order, segment=segment, lines=lines, paid=paid, charges=charges, currency=currency)
            return replace(taken, cancelled=False, rejected=False, unpaid=False)
        case e.OrderHeld(reasons=reasons):
            return replace(order, unpaid=PAYMENT in reasons)
        case e.OrderReduced(reduction=name, lines=off):
            return replace(order, reductions={**(order.reductions or {}), name: off})
        case e.OrderCancelled():
            return replace(order, cancelled=True)
        case e.OrderRejected():
            return replace(order, rejected=True)
        case e.Shipped(rows=rows) | e.FoundShipped(rows=rows):
            return replace(order, shipped=merge(order.shipped, bare(rows)))
        case e.RefundDue(refund=name, cause=cause, document=document, lines=lines):
            return replace(order, refunds={**(order.refunds or {}), name: Refund(cause, document, lines)})
        case _:
            return order


def _with_nodes(plan: Plan, key: str, order: Order) -> Counter[str]:
    """Units by line that are still reserved, as this decision leaves them."""
    units = Counter(_by_line(row for found in order.open_fulfilments.values() for row in found.rows))
    for event in plan.events:
        if isinstance(event, e.Unreserved | e.Shipped) and event.order == key:
            units.subtract(_by_line(event.rows))
    return +units


def _by_line(rows: Iterable[e.Row]) -> dict[str, int]:
    units: dict[str, int] = {}
    for row in rows:
        units[row.line] = units.get(row.line, 0) + row.quantity
    return units


def _by_sku(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    units: dict[str, int] = {}
    for sku, some in found:
        units[sku] = units.get(sku, 0) + some
    return units


def _unshipped_refunds(order: Order) -> Counter[str]:
    """Units by line given back before that had not been shipped."""
    units: Counter[str] = Counter()
    for found in (order.refunds or {}).values():
        for line in found.lines if found.cause != "returned" else ():
            units[line.line] += line.units
    return units


def _due(plan: Plan, key: str, order: Order, cause: e.RefundCause, lines: Lines, **about: str) -> None:
    """Named by a hash of (pool, offset, ordinal), so that every replay names it alike."""
    if lines:
        ordinal = len(plan.events)
        name = hashlib.blake2b(f"{plan.pool.name}/{plan.offset}/refund/{ordinal}".encode(), digest_size=10).hexdigest()
        plan.emit(e.RefundDue(order=key, refund=f"R{name}", cause=cause, lines=lines, currency=order.currency, **about))
