"""PlaceOrder: a new order, an amended one, or one seen before. Pure."""

from collections.abc import Mapping

import msgspec

from streams.commands import PlaceOrder
from streams.rules.fill import fill, freed
from streams.rules.floor import PRICE_FLOOR, below_floor
from streams.rules.ordinary import ordinary, placed
from streams.rules.plan import Plan
from streams.rules.readdress import tell_anew
from streams.rules.rebalance import rebalance
from tables.closing import may_be_forgotten
from tables.events import Duplicate, OrderHeld, OrderLine, OrderReduced, Refused, Stale
from tables.flow import MANUAL
from tables.gifts import sold
from tables.orders import Order, Reductions

UNKNOWN_LISTING = "unknown_listing"
SUSPECTED_DUPLICATE = "suspected_duplicate"
Parts = tuple[tuple[str, int], ...]


def place(plan: Plan, command: PlaceOrder) -> None:
    """A higher revision than what is known is taken; anything else is Duplicate or Stale. Revision: `updated_at`, then `digest`;
    the same time with an unseen digest is the next revision in arrival order, but nothing follows a cancel of the same time."""
    shop = plan.pool.shops.get(command.shop)
    if shop is None or not shop.active:
        plan.emit(Refused(code="unknown_shop", sentence=f"shop {command.shop!r} is not set up in pool {plan.pool.name!r}; import it first"))
        return
    order = plan.pool.orders.get(command.order)
    if order is not None and (known := seen(order, command.updated_at, command.digest, command.order)):
        plan.emit(known)
        return
    if order is None and not plan.untaken and ordinary(plan, command, shop):
        return
    order = order or Order()
    if order.refunds and command.currency and command.currency != order.currency:
        plan.emit(_other_currency(command, order))
        return
    lines = resolve(command.lines, plan.pool.listings.get(command.shop, {}))
    segment = order.segment or shop.segment
    plan.emit(placed(command, order.revision + 1, segment, lines))
    suspected = _suspected(plan, command, order)
    if suspected and not order.revision:
        _tell_once_more(plan, command.order, order.reductions)
    reductions = _reduce(plan, command, order.reductions)
    if command.reservation:
        plan.claims[command.order] = command.reservation
    holds = _holds(plan, command, order, lines, suspected)
    amended = msgspec.structs.replace(
        order,
        shop=command.shop,
        segment=segment,
        region=command.region,
        city=command.city,
        lines=lines,
        gifts=command.gifts,
        reductions=reductions,
        # where the OrderPlaced of this very decision says them, its fulfilments need not
        sealed="" if command.sealed else order.sealed,
        shipping="" if command.shipping else order.shipping,
        holds=holds,
        cancelled=False,
        rejected=False,
    )
    stands = rebalance(plan, command.order, amended, "held" if holds else "amended")
    tell_anew(plan, command, order, amended, stands)
    fill(plan, freed(order))


def _other_currency(command: PlaceOrder, order: Order) -> Refused:
    """Amounts of two currencies have no sum."""
    sentence = (
        f"{order.currency} of order {command.order!r} were given back already, now it says {command.currency}: cancel it, and place what "
        "is bought under another number"
    )
    return Refused(code="other_currency", sentence=sentence)


def seen(order: Order, updated_at: int, digest: str, key: str) -> Duplicate | Stale | None:
    """Whether a revision (or a cancel) is known or older than what is known."""
    if updated_at > order.updated_at or not order.digests:
        return None
    if updated_at == order.updated_at and digest in order.digests:
        return Duplicate(of=key)
    return Stale(of=key) if updated_at < order.updated_at or order.cancelled else None


def _all_known(lines: tuple[OrderLine, ...]) -> bool:
    return () not in [line.parts for line in lines]


def resolve(lines: tuple[OrderLine, ...], listings: Mapping[str, Parts]) -> tuple[OrderLine, ...]:
    """Lines of unknown listings get the parts that were learnt of meanwhile; those that turn out not to be goods go."""
    if _all_known(lines):
        return lines
    resolved = [msgspec.structs.replace(line, parts=line.parts or listings.get(line.listing, ())) for line in lines]
    return tuple(line for line in resolved if line.parts or line.listing not in listings)


def _reduce(plan: Plan, command: PlaceOrder, known: Reductions | None) -> Reductions | None:
    """Refunds that the payload tells of, each once, whichever way it was heard of first."""
    if not command.reductions:
        return known
    reductions = dict(known or {})
    for name, lines in command.reductions:
        if name not in reductions:
            plan.emit(OrderReduced(order=command.order, reduction=name, lines=lines))
            reductions[name] = lines
    return reductions


def _suspected(plan: Plan, command: PlaceOrder, order: Order) -> tuple[str, ...]:
    """The hold of an order that may have been known, shipped and forgotten."""
    known = SUSPECTED_DUPLICATE in order.holds if order.revision else may_be_forgotten(plan.pool, command.shop, command.placed_at)
    return (SUSPECTED_DUPLICATE,) if known else ()


def _tell_once_more(plan: Plan, key: str, reductions: Reductions | None) -> None:
    """Refunds that came before their order, as others may have been forgotten: the decision says all that hold."""
    for name, lines in (reductions or {}).items():
        plan.emit(OrderReduced(order=key, reduction=name, lines=lines))


def _holds(plan: Plan, command: PlaceOrder, order: Order, lines: tuple[OrderLine, ...], suspected: tuple[str, ...]) -> tuple[str, ...]:
    """Reasons to hold: the channel's, unless they do not count or were released before, that it is suspected, a person's, a price
    too low, and listings nobody knows."""
    reasons = [reason for reason in command.holds if reason not in order.released and not _ignored(plan, command.shop, reason)]
    reasons += suspected
    if MANUAL in order.holds:
        reasons.append(MANUAL)
    if PRICE_FLOOR not in order.released and below_floor(
        plan.pool.policy.flow, command.shop, command.currency, sold(lines, command.gifts), command.paid
    ):
        reasons.append(PRICE_FLOOR)
    if not _all_known(lines):
        reasons.append(UNKNOWN_LISTING)
    if not reasons:
        return ()
    holds = tuple(dict.fromkeys(reasons))
    plan.emit(OrderHeld(order=command.order, reasons=holds))
    return holds


def _ignored(plan: Plan, shop: str, reason: str) -> bool:
    flow = plan.pool.policy.flow
    return flow is not None and flow.of(shop).hold(reason).ignore
