"""RequestReturn and EndReturn: goods that a buyer is to send back, until all of them are here or no more are waited for. Pure."""

from collections.abc import Iterator

import msgspec

from streams.commands import EndReturn, RequestReturn, TrackParcel
from streams.rules.arrivals import expect_return
from streams.rules.cancel import call_off
from streams.rules.fill import fill
from streams.rules.gifts import left_alone
from streams.rules.place import resolve
from streams.rules.plan import Plan
from streams.rules.reissue import Why, send_again
from streams.rules.shipped_rows import Short, pick
from tables.aftersales import Case
from tables.events import Duplicate, OrderCancelled, Refused, ReturnEnded, ReturnRequested, ReturnTracked, Row
from tables.evolve_parcels import later, number
from tables.orders import LineSku, Order, merge, sums
from tables.pool import Pool

RETURN_ENDED = "return_ended"  # why a replacement is not sent


def case_of(order: Order, rma: str) -> Case | None:
    return order.after.cases.get(rma) if order.after else None


def request(plan: Plan, command: RequestReturn) -> None:
    """Never more than was shipped and is neither back nor asked for; refused whole else. An RMA says once what comes back; said again it
    may still name the parcel. Goods of this RMA may have come before it."""
    order = plan.pool.orders.get(command.order)
    if order is None:
        _unknown_order(plan, command.order)
        return
    case = case_of(order, command.rma) or Case()
    if case.rows or case.end:
        _once_more(plan, command, case)
        return
    rows = pick(_open(order, command.rma), _lines(order, command))
    if isinstance(rows, Short):
        plan.emit(Refused(code="more_than_shipped", sentence=_too_many(command, rows)))
        return
    _requested(plan, command, merge(rows, _gifts(plan, order, command, rows)))
    if command.replacement:
        lines = tuple(msgspec.structs.replace(line, price=0) for line in command.replacement)
        why = Why(reason="exchange", at=command.requested_at, rma=command.rma)
        send_again(plan, command.order, order, why, resolve(lines, plan.pool.listings.get(order.shop, {})))


def _open(order: Order, rma: str) -> dict[LineSku, int]:
    """Units of each line and SKU that this return may ask for: those that came back in its name already are its own."""
    left = sums(order.shipped)
    spoken_for = [sums(order.returned)]
    for name, case in order.after.cases.items() if order.after else ():
        spoken_for.append({place: -units for place, units in sums(case.back).items()} if name == rma else case.expected())
    for units_of in spoken_for:
        for place, units in units_of.items():
            left[place] = left.get(place, 0) - units
    return left


def _lines(order: Order, command: RequestReturn) -> Iterator[tuple[str, str, int]]:
    """A line named without a SKU is all of its SKUs, as it was ordered."""
    parts = {line.line: line.parts for line in order.lines}
    for line, sku, units in command.lines:
        whole = [(line, part, units * each) for part, each in parts.get(line, ())]
        yield from whole if whole and not sku else [(line, sku, units)]


def _gifts(plan: Plan, order: Order, command: RequestReturn, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Gifts that are to come back with their parents, beside those that are named, back, or asked for before."""
    if plan.pool.policy.for_segment(order.segment).gift_returns == "kept":
        return ()
    still_out = _open(order, command.rma)
    for place, units in sums(rows).items():
        still_out[place] -= units
    stays = tuple(Row(line, sku, units) for (line, sku), units in still_out.items() if units > 0)
    return left_alone(order, order.shipped, stays)


def _too_many(command: RequestReturn, short: Short) -> str:
    where = f"line {short.line!r}" + (f" ({short.sku!r})" if short.sku else "") if short.line else repr(short.sku)
    return (
        f"{short.units} of {where} are to come back, but order {command.order!r} has {max(0, short.found)} of it shipped, not yet back and "
        f"not asked for by another return; correct return {command.rma!r} and send it again"
    )


def _once_more(plan: Plan, command: RequestReturn, case: Case) -> None:
    tracking = number(command.tracking)
    if tracking and not case.tracking and not case.end:
        _requested(plan, command, ())
    else:
        plan.emit(Duplicate(of=f"{command.order}#{command.rma}"))


def _requested(plan: Plan, command: RequestReturn, rows: tuple[Row, ...]) -> None:
    """The carrier of its parcel may have spoken first."""
    key, rma, tracking = command.order, command.rma, number(command.tracking)
    asked = ReturnRequested(order=key, rma=rma, rows=rows, reason=command.reason, requested_at=command.requested_at, tracking=tracking)
    plan.emit(asked)
    expect_return(plan, asked)
    if known := plan.pool.early.get(tracking):
        about = {"order": key, "rma": rma, "tracking": tracking, "carrier": known.carrier}
        plan.emit(ReturnTracked(status=known.status, at=known.at, **about))


def track(plan: Plan, command: TrackParcel, tracking: str) -> Case | None:
    """What a carrier says of the parcel of a return. None: no return is known to come in it."""
    found = plan.pool.coming.get(tracking)
    if found is None:
        return None
    order, rma = found
    case = case_of(plan.pool.orders[order], rma) or Case()
    if later(command.status, command.at, case):
        about = {"order": order, "rma": rma, "tracking": tracking, "carrier": command.carrier}
        plan.emit(ReturnTracked(status=command.status, at=command.at, **about))
    return case


# ---------------------------------------------------------------------------------------------- its end
def end(plan: Plan, command: EndReturn) -> None:
    """Once. Goods that come all the same are taken."""
    order = plan.pool.orders.get(command.order)
    if order is None:
        _unknown_order(plan, command.order)
        return
    case = case_of(order, command.rma)
    if case is None:
        sentence = f"order {command.order!r} has no return {command.rma!r}: correct its name, or request it first"
        plan.emit(Refused(code="unknown_return", sentence=sentence))
    elif case.end:
        plan.emit(Duplicate(of=f"{command.order}#{command.rma}"))
    else:
        plan.emit(ReturnEnded(order=command.order, rma=command.rma, end=command.end, reason=command.reason, by=command.by))
        if command.end != "closed":
            fill(plan, _keep_replacement(plan, case.child))


def _keep_replacement(plan: Plan, child: str) -> tuple[str, ...]:
    """What was to go out in exchange stays here, unless some of it has left. Returns the SKUs that became free."""
    order = plan.pool.orders.get(child)
    if order is None or order.shipped or order.cancelled or not order.revision:
        return ()
    about = {"order": child, "digest": RETURN_ENDED, "reason": RETURN_ENDED}
    return call_off(plan, order, OrderCancelled(updated_at=order.updated_at, **about))


def _unknown_order(plan: Plan, key: str) -> None:
    sentence = f"order {key!r} is not known in pool {plan.pool.name!r}, or was closed too long ago for its goods to be sent back"
    plan.emit(Refused(code="unknown_order", sentence=sentence))


def next_return_due(pool: Pool) -> int | None:
    """When the first of the returns that are waited for is given up. They are kept in the order in which they were asked for."""
    first = next(iter(pool.awaited.values()), None)
    return None if first is None else first.since + pool.policy.return_ms


def expire(plan: Plan) -> list[str]:
    """Give up what was waited for too long: no more returns than the policy lets one decision fill orders (one at least). One whose
    replacement this decision has dealt with already is for the next tick. Returns the SKUs that became free."""
    freed: list[str] = []
    most = max(1, plan.pool.policy.fills_per_decision)
    for awaited in list(plan.pool.awaited.values())[:most]:
        if awaited.since + plan.pool.policy.return_ms > plan.now:
            break
        case = case_of(plan.pool.orders[awaited.order], awaited.rma) or Case()
        if case.child not in plan.touched:
            plan.emit(ReturnEnded(order=awaited.order, rma=awaited.rma, end="expired"))
            freed += _keep_replacement(plan, case.child)
    return freed
