"""Order drafts -> commands: listings become SKUs, what is not goods is left out, the digest makes the revision."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from connectors.contract import CancelDraft, Ignored, LineDraft, OrderDraft, Reduction, ReductionDraft, Rejected
from streams.commands import CancelOrder, Cause, PlaceOrder, ReduceOrder
from streams.decisions import link
from streams.reference import Parts, Reference, ShopRecord
from streams.rules.normalize_bounds import LAST_MILLIS, MOST_MONEY, MOST_UNITS, Outcome, told
from streams.rules.normalize_gifts import bad_gift, gifts
from streams.rules.normalize_money import bad_money, money
from tables.cities import folded
from tables.events import OrderLine

_encode = msgspec.json.Encoder().encode


def place(draft: OrderDraft, shop: ShopRecord, reference: Reference, cause: Cause, received_at: int, sealed: str) -> Outcome:
    """One PlaceOrder with the goods lines. An order without any is Ignored `no_goods`; personal data is in `sealed` alone."""
    lines = _bad_time(draft) or goods(draft.lines, draft.number, shop, reference)
    if isinstance(lines, Rejected):
        return lines
    marked = [line for line in draft.lines if line.discount or line.gift_of]
    if fault := _bad_whole(draft, marked):
        return fault
    if not lines:
        return Ignored("no_goods", f"Order {told(draft.number)} has no line that is goods.")
    of = shop.ref
    charges, paid = money(draft, lines, marked)
    return [
        PlaceOrder(
            pool=of.pool,
            cause=cause,
            order=order_key(shop, draft.order),
            shop=of.shop,
            channel=of.channel,
            number=draft.number,
            updated_at=draft.updated_at,
            digest=digest(draft),
            placed_at=draft.placed_at,
            received_at=received_at,
            currency=draft.currency,
            lines=lines,
            reductions=tuple([(reduction.id, reduction.lines) for reduction in draft.reductions]) if draft.reductions else (),
            holds=draft.holds,
            region=draft.region,
            priority=draft.priority,
            sealed=sealed,
            charges=charges,
            paid=paid,
            reservation=order_key(shop, draft.reservation) if draft.reservation else "",
            shipping=draft.shipping,
            gifts=gifts(marked, lines) if marked else (),
            city=_city(draft, reference.cities(of.pool)),
        )
    ]


def _city(draft: OrderDraft, ours: Collection[str]) -> str:
    """Nothing of an address but what says no more than which of our own cities it is in."""
    if not ours or draft.recipient is None:
        return ""
    city = folded(draft.recipient.city)
    return city if city in ours else ""


def cancel(draft: CancelDraft, shop: ShopRecord, cause: Cause) -> Outcome:
    order, pool = order_key(shop, draft.order), shop.ref.pool
    updated_at, seen = draft.updated_at, digest(draft)
    return [CancelOrder(pool=pool, cause=cause, order=order, shop=shop.ref.shop, updated_at=updated_at, digest=seen, reason=draft.reason)]


def reduce(draft: ReductionDraft, shop: ShopRecord, cause: Cause) -> Outcome:
    order, told = order_key(shop, draft.order), draft.reduction
    return _bad_reduction(told) or [
        ReduceOrder(pool=shop.ref.pool, cause=cause, order=order, shop=shop.ref.shop, reduction=told.id, lines=told.lines)
    ]


def order_key(shop: ShopRecord, order: str) -> str:
    of = shop.ref
    return f"{of.tenant}/{of.shop}/{order}"


def digest(draft: OrderDraft | CancelDraft) -> str:
    """Names the content of a revision: platforms' times have one second, so the time alone does not."""
    return link(_encode(draft))


def goods(ordered: Iterable[LineDraft], order: str, shop: ShopRecord, reference: Reference) -> tuple[OrderLine, ...] | Rejected:
    """A line without parts names a listing nobody knows, for which the order is held. Listings without parts are not goods."""
    listed, fees, lines = reference.parts.get(shop.ref.shop) or {}, frozenset(shop.non_goods), []
    as_sku = shop.unknown_listing == "as_sku"
    for line in ordered:
        names, quantity, price = line.listings, line.quantity, line.price
        if not (0 < quantity <= MOST_UNITS and -MOST_MONEY <= price <= MOST_MONEY):
            return _bad_line(line, told(order))
        if not line.goods or not fees.isdisjoint(names):
            continue
        first = names[0] if names else ""
        parts = listed.get(first)
        if parts is None and len(names) > 1:
            parts = _listed(names, listed)
        if parts is None:
            parts = ((first, 1),) if first and as_sku else ()
        elif not parts:
            continue
        lines.append(OrderLine(line.line, first, quantity, price, parts))
    return tuple(lines)


def _listed(names: tuple[str, ...], listed: Mapping[str, Parts]) -> Parts | None:
    for name in names:
        if (parts := listed.get(name)) is not None:
            return parts
    return None


# ---------------------------------------------------------------------------------------------- what must not reach the pool
def _bad_time(draft: OrderDraft) -> Rejected | None:
    if 0 <= draft.updated_at < LAST_MILLIS and 0 <= draft.placed_at < LAST_MILLIS:
        return None
    return Rejected("bad_time", f"Order {told(draft.number)} says a time outside 1970 to 9999.")


def _bad_line(line: LineDraft, order: str) -> Rejected:
    if not 0 < line.quantity <= MOST_UNITS:
        return Rejected("bad_quantity", f"Line {told(line.line)} of order {order} must order 1 to {MOST_UNITS} units.")
    return Rejected("bad_price", f"Line {told(line.line)} of order {order} has a price beyond {MOST_MONEY} minor units.")


def _bad_whole(draft: OrderDraft, marked: Sequence[LineDraft]) -> Rejected | None:
    """`marked`: its lines that have a discount (or taxes on top) or are gifts."""
    for reduction in draft.reductions:
        if fault := _bad_reduction(reduction):
            return fault
    if len({line.line for line in draft.lines}) != len(draft.lines):
        return Rejected("repeated_line", f"Order {told(draft.number)} uses a line id twice.")
    return bad_money(draft, marked) or (bad_gift(draft, marked) if marked else None)


def _bad_reduction(reduction: Reduction) -> Rejected | None:
    if all(0 <= units <= MOST_UNITS for _, units in reduction.lines):
        return None
    return Rejected("bad_quantity", f"Refund {told(reduction.id)} must take 0 to {MOST_UNITS} units off a line.")
