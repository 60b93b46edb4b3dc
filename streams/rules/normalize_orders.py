"""Order drafts -> commands: listings become SKUs, what is not goods is left out, the digest makes the revision."""

import hashlib
from collections.abc import Iterator

import msgspec

from connectors.contract import CancelDraft, Ignored, LineDraft, OrderDraft, Reduction, ReductionDraft, Rejected
from streams.commands import CancelOrder, Cause, PlaceOrder, ReduceOrder
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import LAST_MILLIS, MOST_MONEY, MOST_UNITS, Outcome, told
from tables.events import OrderLine

_encode = msgspec.json.Encoder().encode


def place(draft: OrderDraft, shop: ShopRecord, reference: Reference, causes: Iterator[Cause], received_at: int, sealed: str) -> Outcome:
    """One PlaceOrder with the goods lines. An order without any is Ignored `no_goods`; personal data is in `sealed` alone."""
    if fault := _fault(draft):
        return fault
    lines = tuple([line for drafted in draft.lines if (line := _line(drafted, shop, reference)) is not None])
    if not lines:
        return Ignored("no_goods", f"Order {told(draft.number)} has no line that is goods.")
    return [
        PlaceOrder(
            pool=shop.ref.pool,
            cause=next(causes),
            order=order_key(shop, draft.order),
            shop=shop.ref.shop,
            channel=shop.ref.channel,
            number=draft.number,
            updated_at=draft.updated_at,
            digest=digest(draft),
            placed_at=draft.placed_at,
            received_at=received_at,
            currency=draft.currency,
            lines=lines,
            reductions=tuple([(reduction.id, reduction.lines) for reduction in draft.reductions]),
            holds=draft.holds,
            region=draft.region,
            priority=draft.priority,
            sealed=sealed,
        )
    ]


def cancel(draft: CancelDraft, shop: ShopRecord, causes: Iterator[Cause]) -> Outcome:
    order, pool, cause = order_key(shop, draft.order), shop.ref.pool, next(causes)
    updated_at, seen = draft.updated_at, digest(draft)
    return [CancelOrder(pool=pool, cause=cause, order=order, shop=shop.ref.shop, updated_at=updated_at, digest=seen, reason=draft.reason)]


def reduce(draft: ReductionDraft, shop: ShopRecord, causes: Iterator[Cause]) -> Outcome:
    order, told = order_key(shop, draft.order), draft.reduction
    return _bad_reduction(told) or [
        ReduceOrder(pool=shop.ref.pool, cause=next(causes), order=order, shop=shop.ref.shop, reduction=told.id, lines=told.lines)
    ]


def order_key(shop: ShopRecord, order: str) -> str:
    return f"{shop.ref.tenant}/{shop.ref.shop}/{order}"


def digest(draft: OrderDraft | CancelDraft) -> str:
    """Names the content of a revision: platforms' times have one second, so the time alone does not."""
    return hashlib.blake2b(_encode(draft), digest_size=8).hexdigest()


def _line(draft: LineDraft, shop: ShopRecord, reference: Reference) -> OrderLine | None:
    """None: not goods. A line without parts names a listing nobody knows, for which the order is held."""
    parts = _parts(draft.listings, shop, reference) if draft.goods else ()
    name = draft.listings[0] if draft.listings else ""
    if parts is None:
        parts = ((name, 1),) if name and shop.unknown_listing == "as_sku" else ()
    elif not parts:
        return None
    return OrderLine(draft.line, name, draft.quantity, draft.price, parts)


def _parts(names: tuple[str, ...], shop: ShopRecord, reference: Reference) -> tuple[tuple[str, int], ...] | None:
    """Of the first name that is listed; empty for what is not goods, None when no name is known."""
    for name in names:
        if name in shop.non_goods:
            return ()
    for name in names:
        found = reference.listings.get((shop.ref.shop, name))
        if found is not None:
            return found.parts
    return None


def _fault(draft: OrderDraft) -> Rejected | None:
    """What a channel should have refused, and must not reach the pool."""
    order = told(draft.number)
    if not (0 <= draft.updated_at < LAST_MILLIS and 0 <= draft.placed_at < LAST_MILLIS):
        return Rejected("bad_time", f"Order {order} says a time outside 1970 to 9999.")
    for line in draft.lines:
        if not 0 < line.quantity <= MOST_UNITS:
            return Rejected("bad_quantity", f"Line {told(line.line)} of order {order} must order 1 to {MOST_UNITS} units.")
        if not -MOST_MONEY <= line.price <= MOST_MONEY:
            return Rejected("bad_price", f"Line {told(line.line)} of order {order} has a price beyond {MOST_MONEY} minor units.")
    for reduction in draft.reductions:
        if fault := _bad_reduction(reduction):
            return fault
    if len({line.line for line in draft.lines}) != len(draft.lines):
        return Rejected("repeated_line", f"Order {order} uses a line id twice.")
    return None


def _bad_reduction(reduction: Reduction) -> Rejected | None:
    if all(0 <= units <= MOST_UNITS for _, units in reduction.lines):
        return None
    return Rejected("bad_quantity", f"Refund {told(reduction.id)} must take 0 to {MOST_UNITS} units off a line.")
