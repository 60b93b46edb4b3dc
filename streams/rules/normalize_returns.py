"""Drafts of returns -> commands: asked for by the shop, back and inspected at a warehouse of the shop's pool."""

from collections.abc import Iterator

from connectors.contract import AfterSalesSide, InspectionDraft, ReissueDraft, Rejected, ReturnDraft, ReturnEndDraft, ReturnRequestDraft
from streams.commands import Cause, EndReturn, InspectReturn, ReissueOrder, RequestReturn, ReturnStock
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import MOST_UNITS, Outcome, told
from streams.rules.normalize_documents import bad_time, document_name, parts, strangers
from streams.rules.normalize_orders import goods, order_key
from tables.events import OrderLine


def after_sales(draft: AfterSalesSide, shop: ShopRecord, reference: Reference, cause: Cause) -> Outcome:
    """`shop`: the order's own, or the feed of a warehouse."""
    match draft:
        case ReturnRequestDraft():
            replacement = goods(draft.replacement, draft.order, shop, reference)
            if isinstance(replacement, Rejected):
                return replacement
            return bad_time(draft.rma, draft.requested_at) or _bad_lines(draft) or [_requested(draft, shop, cause, replacement)]
        case ReissueDraft():
            key, pool = order_key(shop, draft.order), shop.ref.pool
            again = ReissueOrder(pool=pool, cause=cause, order=key, tracking=draft.tracking, at=draft.asked_at, by=draft.by)
            return bad_time(draft.tracking, draft.asked_at) or [again]
        case ReturnEndDraft():
            return bad_time(draft.rma, draft.ended_at) or [_ended(draft, shop, cause)]
        case InspectionDraft():
            fault = bad_time(draft.document, draft.inspected_at) or strangers((draft.node,), shop, reference) or _bad_lines(draft)
            return fault or _inspected(draft, shop, reference, cause)


def _bad_lines(draft: ReturnRequestDraft | InspectionDraft) -> Rejected | None:
    if not draft.lines:
        return Rejected("no_lines", f"Return {told(draft.rma)} names no goods.")
    if all(0 < line.quantity <= MOST_UNITS for line in draft.lines):
        return None
    return Rejected("bad_quantity", f"Return {told(draft.rma)} must have 1 to {MOST_UNITS} units in each of its lines.")


def _requested(draft: ReturnRequestDraft, shop: ShopRecord, cause: Cause, replacement: tuple[OrderLine, ...]) -> RequestReturn:
    return RequestReturn(
        pool=shop.ref.pool,
        cause=cause,
        order=order_key(shop, draft.order),
        rma=draft.rma,
        lines=tuple([(line.line, line.sku, line.quantity) for line in draft.lines]),
        requested_at=draft.requested_at,
        reason=draft.reason,
        tracking=draft.tracking,
        replacement=replacement,
    )


def _ended(draft: ReturnEndDraft, shop: ShopRecord, cause: Cause) -> EndReturn:
    key = order_key(shop, draft.order)
    return EndReturn(pool=shop.ref.pool, cause=cause, order=key, rma=draft.rma, end=draft.end, at=draft.ended_at, reason=draft.reason)


def _inspected(draft: InspectionDraft, feed: ShopRecord, reference: Reference, cause: Cause) -> Outcome:
    shop = _sold_by(draft, feed, reference)
    if isinstance(shop, Rejected):
        return shop
    if not (draft.rma or draft.returned):
        return Rejected("no_return", f"Inspection {told(draft.document)} names neither the RMA nor the document of what came back.")
    return [
        InspectReturn(
            pool=feed.ref.pool,
            cause=cause,
            document=document_name(draft.document, feed),
            order=order_key(shop, draft.order),
            rma=draft.rma or document_name(draft.returned, feed),
            node=draft.node,
            at=draft.inspected_at,
            lines=tuple([(line.sku, line.disposition, line.quantity) for line in draft.lines]),
        )
    ]


def returned(draft: ReturnDraft, feed: ShopRecord, reference: Reference, causes: Iterator[Cause]) -> Outcome:
    """Parts of one document are one return."""
    shop = _sold_by(draft, feed, reference)
    if isinstance(shop, Rejected):
        return shop
    by_line = (((line.line, line.sku), line.quantity) for line in draft.lines)
    whole = document_name(draft.document, feed)
    return [
        ReturnStock(
            pool=feed.ref.pool,
            cause=next(causes),
            document=document,
            order=order_key(shop, draft.order),
            node=draft.node,
            returned_at=draft.returned_at,
            lines=tuple([(line, sku, units) for (line, sku), units in part]),
            rma=draft.rma or ("" if document == whole else whole),
        )
        for document, part in parts(draft.document, by_line, feed)
    ]


def _sold_by(draft: ReturnDraft | InspectionDraft, feed: ShopRecord, reference: Reference) -> ShopRecord | Rejected:
    """The order is of a shop of the feed's own pool: only there is it known."""
    shop = reference.shops.get(draft.shop)
    if shop is None or shop.ref.pool != feed.ref.pool:
        return Rejected(
            "unknown_shop", f"No shop of pool {feed.ref.pool!r} is called {draft.shop!r}: correct the return, or import the shop."
        )
    return shop
