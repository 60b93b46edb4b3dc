"""Goods that go out once more, as an order of its own at no charge: of parcels that were lost or came back, in exchange, or because a
person says so. Pure."""

from collections.abc import Iterable
from math import gcd

import msgspec

from streams.commands import ReissueOrder
from streams.rules.place import SUSPECTED_DUPLICATE, UNKNOWN_LISTING
from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from streams.rules.shipped_rows import capped
from tables.events import Duplicate, Gifts, OrderHeld, OrderLine, OrderPlaced, Refused, Reissued, ReissueReason, Returned, Row
from tables.evolve_parcels import number
from tables.orders import Order, Parcel, subtract, sums

LOST_PARCEL = "lost_parcel"


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """See Reissued. `at`: when it was said; `hold`: it waits for a person."""

    reason: ReissueReason
    at: int
    rows: tuple[Row, ...] = ()
    tracking: str = ""
    rma: str = ""
    by: str = ""
    hold: bool = False


def reissue(plan: Plan, command: ReissueOrder) -> None:
    """Each unit of a parcel once, and no more than has not come back."""
    order, tracking = plan.pool.orders.get(command.order), number(command.tracking)
    parcel = (order.parcels or {}).get(tracking) if order else None
    if order is None or parcel is None:
        sentence = (
            f"nothing of order {command.order!r} is known to have left in parcel {command.tracking!r}; correct the number or the order"
        )
        plan.emit(Refused(code="unknown_parcel", sentence=sentence))
    elif rows := still_out(order, parcel):
        send_again(plan, command.order, order, Why(reason="asked", at=command.at, rows=rows, tracking=tracking, by=command.by))
    else:
        plan.emit(Duplicate(of=f"{command.order}#{tracking}"))


def still_out(order: Order, parcel: Parcel) -> tuple[Row, ...]:
    """What of a parcel was not reissued yet, as far as so much of the order is neither back nor reissued."""
    after = order.after
    return capped(subtract(parcel.rows, parcel.reissued), sums(order.shipped), order.returned, after.reissued if after else ())


def reopen(plan: Plan, key: str, order: Order, parcel: Parcel, rows: tuple[Row, ...], tracking: str) -> None:
    """Rows of a parcel that is lost, or back at the sender, as the policy has it. `parcel`: with what its carrier says of it now."""
    policy = plan.pool.policy
    about = Why(reason="lost", at=parcel.at, rows=_wanted(order, rows), tracking=tracking)
    if parcel.status == "lost" and policy.lost != "nothing" and about.rows:
        send_again(plan, key, order, msgspec.structs.replace(about, hold=policy.lost == "hold"))
    elif parcel.status == "returned" and policy.returned_to_sender == "reissue" and about.rows:
        send_again(plan, key, order, msgspec.structs.replace(about, reason="returned_to_sender"))
    elif parcel.status == "returned" and policy.returned_to_sender == "restock" and parcel.node in plan.pool.nodes:
        back = capped(subtract(parcel.rows, parcel.restocked), sums(order.shipped), order.returned)
        if back:
            document = {"document": tracking, "tracking": tracking, "node": parcel.node}
            plan.emit(Returned(order=key, rows=back, returned_at=parcel.at, **document))


def _wanted(order: Order, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows of a parcel as far as the order still asks for them, beside what else it has got."""
    if order.cancelled or order.rejected:
        return ()
    return capped(rows, order.demand(), subtract(order.shipped, rows))


def send_again(plan: Plan, key: str, order: Order, why: Why, lines: tuple[OrderLine, ...] = ()) -> None:
    """Place the order that is linked to `key`, and allocate it like any other. `lines`: instead of the rows. It is as old as its parent."""
    child, lines = _name(plan, key, order), lines or _lines(order, why.rows)
    plan.emit(
        Reissued(order=key, child=child, reason=why.reason, rows=why.rows, tracking=why.tracking, rma=why.rma, by=why.by),
    )
    shop = plan.pool.shops.get(order.shop)
    plan.emit(
        OrderPlaced(
            order=child,
            shop=order.shop,
            channel=shop.channel if shop else "",
            segment=order.segment,
            number=child.split("/", 2)[2],
            revision=1,
            updated_at=order.updated_at,
            digest=child,
            placed_at=order.placed_at,
            received_at=why.at,
            currency=order.currency,
            region=order.region,
            city=order.city,
            priority=order.priority,
            lines=lines,
            sealed=order.sealed,
            shipping=order.shipping,
            of=key,
            gifts=_gifts(order, lines),
        )
    )
    holds = _holds(order, why, lines)
    if holds:
        plan.emit(OrderHeld(order=child, reasons=holds))
    linked = msgspec.structs.replace(order, revision=1, lines=lines, sealed="", holds=holds, gifts=_gifts(order, lines), **_NOTHING_YET)
    rebalance(plan, child, linked, "reissued")


# What a child does not have from its parent.
_NOTHING_YET = {
    **{"cancelled": False, "rejected": False, "waiting": (), "shipped": (), "returned": (), "refused_by": ()},
    **{
        "fulfilments": None,
        "reductions": None,
        "parcels": None,
        "delivered": (),
        "after": None,
        "paid": (),
        "charges": 0,
        "refunds": None,
        "shipping": "",
    },
}


def _name(plan: Plan, key: str, order: Order) -> str:
    n = len(order.after.children) + 1 if order.after else 1
    while (name := f"{key}~x{n}") in plan.pool.orders or name in plan.touched:
        n += 1
    return name


def _holds(order: Order, why: Why, lines: tuple[OrderLine, ...]) -> tuple[str, ...]:
    """Of an order that may have been known, and forgotten, its child may have been as well."""
    unknown = any(not line.parts for line in lines)
    reasons = {LOST_PARCEL: why.hold, SUSPECTED_DUPLICATE: SUSPECTED_DUPLICATE in order.released, UNKNOWN_LISTING: unknown}
    return tuple(reason for reason, holds in reasons.items() if holds)


def _gifts(order: Order, lines: Iterable[OrderLine]) -> Gifts:
    """Gifts that go out once more with their parents."""
    names = {line.line for line in lines}
    return tuple((gift, parent) for gift, parent in order.gifts if gift in names and parent in names)


def _lines(order: Order, rows: Iterable[Row]) -> tuple[OrderLine, ...]:
    """The rows as lines: those of one line are a bundle, as often as they make it whole."""
    listings = {line.line: line.listing for line in order.lines}
    by_line: dict[str, dict[str, int]] = {}
    for row in rows:
        by_line.setdefault(row.line, {})[row.sku] = row.quantity
    return tuple(
        OrderLine(line, listings.get(line, next(iter(units))), times, 0, tuple((sku, quantity // times) for sku, quantity in units.items()))
        for line, units in by_line.items()
        for times in [gcd(*units.values())]
    )
