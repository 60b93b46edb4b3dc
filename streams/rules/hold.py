"""ReleaseHold and SetListing: held orders that may go on. Pure."""

import msgspec

from streams.commands import ReleaseHold, SetListing
from streams.rules.floor import PRICE_FLOOR, below_floor
from streams.rules.place import UNKNOWN_LISTING, resolve
from streams.rules.plan import Plan
from streams.rules.rebalance import rebalance
from tables.events import Duplicate, HoldReleased, ListingSet, OrderHeld, OrderResolved, Refused, Stale
from tables.gifts import sold
from tables.orders import Order


def release(plan: Plan, command: ReleaseHold) -> None:
    """Holds go for a person's reasons; an unknown listing goes by importing the listing alone."""
    order = plan.pool.orders.get(command.order)
    if order is None:
        plan.emit(Refused(code="unknown_order", sentence=f"order {command.order!r} is not known in pool {plan.pool.name!r}"))
        return
    asked = command.reasons or tuple(reason for reason in order.holds if reason != UNKNOWN_LISTING)
    if UNKNOWN_LISTING in asked or (not asked and order.holds):
        sentence = "some of its listings have no SKU; import them in listings.csv and the order goes on by itself"
        plan.emit(Refused(code=UNKNOWN_LISTING, sentence=sentence))
        return
    reasons = tuple(reason for reason in asked if reason in order.holds)
    if not reasons:
        plan.emit(Duplicate(of=command.order))
        return
    go_on(plan, command.order, order, reasons, command.by)


def go_on(plan: Plan, key: str, order: Order, reasons: tuple[str, ...], by: str) -> None:
    plan.emit(HoldReleased(order=key, reasons=reasons, by=by))
    holds = tuple(reason for reason in order.holds if reason not in reasons)
    rebalance(plan, key, msgspec.structs.replace(order, holds=holds), "released")


def set_listing(plan: Plan, command: SetListing) -> None:
    """Remember a listing; orders of its shop that were held for it go on, first held first."""
    if command.version <= plan.pool.versions.get(f"listing/{command.shop}/{command.listing}", 0):
        plan.emit(Stale(of=f"listing/{command.shop}/{command.listing}"))
        return
    plan.emit(ListingSet(version=command.version, shop=command.shop, listing=command.listing, parts=command.parts))
    for key in plan.pool.held:
        order = plan.pool.orders[key]
        if order.shop == command.shop and any(not line.parts and line.listing == command.listing for line in order.lines):
            _resolve(plan, key, order, command)


def _resolve(plan: Plan, key: str, order: Order, command: SetListing) -> None:
    known = plan.pool.listings.get(command.shop, {})
    lines = resolve(order.lines, {**known, command.listing: command.parts})
    plan.emit(OrderResolved(order=key, lines=lines))
    if all(line.parts for line in lines):
        _known(plan, key, msgspec.structs.replace(order, lines=lines))


def _known(plan: Plan, key: str, order: Order) -> None:
    """Now that its SKUs are known, the order may turn out to be too cheap; not one that replaces goods, which costs nothing."""
    held = PRICE_FLOOR in (*order.holds, *order.released) or bool(order.after and order.after.of)
    if held or not below_floor(plan.pool.policy.flow, order.shop, order.currency, sold(order.lines, order.gifts), order.paid):
        go_on(plan, key, order, (UNKNOWN_LISTING,), "listing")
        return
    plan.emit(HoldReleased(order=key, reasons=(UNKNOWN_LISTING,), by="listing"))
    plan.emit(OrderHeld(order=key, reasons=(*(reason for reason in order.holds if reason != UNKNOWN_LISTING), PRICE_FLOOR)))
