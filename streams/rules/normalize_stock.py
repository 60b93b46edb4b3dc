"""Stock documents -> commands for the pool of the shop that told of them (a warehouse feed is a shop too)."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from connectors.contract import (
    CountDraft,
    Ignored,
    MoveDraft,
    ProgressDraft,
    ReceiptDraft,
    Rejected,
    RejectionDraft,
    ReturnDraft,
    ShipmentDraft,
    StockLine,
    StockSide,
    TooLateDraft,
    TrackingDraft,
)
from streams.commands import (
    AnyCommand,
    Cause,
    ConfirmShipment,
    CountStock,
    MoveStock,
    ReceiveStock,
    RefuseCancel,
    RejectFulfilment,
    ReportProgress,
    ReturnStock,
    TrackParcel,
)
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import LAST_MILLIS, MOST_UNITS, Outcome, told
from streams.rules.normalize_orders import order_key

DOCUMENT_LINES = 500

K = TypeVar("K")
Units = tuple[tuple[str, int], ...]


def book(draft: StockSide, shop: ShopRecord, reference: Reference, causes: Iterator[Cause]) -> Outcome:
    """Commands of at most DOCUMENT_LINES lines, each SKU (in returns: of a line) in one of them only: lines of the same SKU (its lots,
    its places) are summed."""
    match draft:
        case RejectionDraft():
            document = _document(draft.document, shop)
            pool, fulfilment, reason = shop.ref.pool, draft.fulfilment, draft.reason
            return [RejectFulfilment(pool=pool, cause=next(causes), document=document, fulfilment=fulfilment, reason=reason)]
        case TooLateDraft(document=number, fulfilment=fulfilment):
            return [RefuseCancel(pool=shop.ref.pool, cause=next(causes), document=_document(number, shop), fulfilment=fulfilment)]
        case ProgressDraft(fulfilment=fulfilment, stage=stage, at=at):
            document = _document(draft.document, shop)
            return _bad_time(draft.document, at) or [
                ReportProgress(pool=shop.ref.pool, cause=next(causes), document=document, fulfilment=fulfilment, stage=stage, at=at)
            ]
        case TrackingDraft(at=at):
            return _bad_time(draft.document, at) or [_tracking(draft, shop, next(causes))]
        case ShipmentDraft():
            return _fault(draft, draft.shipped_at, 1) or _shipments(draft, shop, causes)
        case CountDraft():
            fault = _strangers((draft.node,), shop, reference) or _fault(draft, draft.counted_at, 0)
        case ReceiptDraft():
            fault = _strangers((draft.node,), shop, reference) or _fault(draft, draft.received_at, 1)
        case MoveDraft():
            fault = _strangers((draft.node, draft.to_node or draft.node), shop, reference) or _fault(draft, draft.moved_at, 1)
        case ReturnDraft():
            fault = _strangers((draft.node,), shop, reference) or _fault(draft, draft.returned_at, 1)
    if fault:
        return fault
    if not draft.lines:
        return Ignored("no_lines", f"Document {told(draft.document)} has no lines.")
    if isinstance(draft, ReturnDraft):
        return _returns(draft, shop, reference, causes)
    return [_command(draft, shop, document, units, next(causes)) for document, units in _parts(draft.document, _by_sku(draft.lines), shop)]


def _command(draft: CountDraft | ReceiptDraft | MoveDraft, shop: ShopRecord, document: str, units: Units, cause: Cause) -> AnyCommand:
    pool, node = shop.ref.pool, draft.node
    match draft:
        case CountDraft(counted_at=at):
            return CountStock(pool=pool, cause=cause, document=document, node=node, counted_at=at, lines=units)
        case ReceiptDraft(received_at=at):
            return ReceiveStock(pool=pool, cause=cause, document=document, node=node, at=at, lines=units)
        case MoveDraft():
            return MoveStock(
                pool=pool,
                cause=cause,
                document=document,
                node=node,
                to_node=draft.to_node or node,
                from_bucket=draft.from_bucket,
                to_bucket=draft.to_bucket,
                at=draft.moved_at,
                lines=units,
            )


def _tracking(draft: TrackingDraft, shop: ShopRecord, cause: Cause) -> TrackParcel:
    return TrackParcel(
        pool=shop.ref.pool,
        cause=cause,
        document=_document(draft.document, shop),
        carrier=draft.carrier,
        tracking=draft.tracking,
        status=draft.status,
        at=draft.at,
    )


def _shipments(draft: ShipmentDraft, shop: ShopRecord, causes: Iterator[Cause]) -> Outcome:
    return [
        ConfirmShipment(
            pool=shop.ref.pool,
            cause=next(causes),
            document=document,
            fulfilment=draft.fulfilment,
            shipped_at=draft.shipped_at,
            lines=units,
            carrier=draft.carrier,
            tracking=draft.tracking,
        )
        for document, units in _parts(draft.document, _by_sku(draft.lines), shop)
    ]


def _returns(draft: ReturnDraft, feed: ShopRecord, reference: Reference, causes: Iterator[Cause]) -> Outcome:
    """The order is of a shop of the feed's own pool: only there is it known."""
    shop = reference.shops.get(draft.shop)
    if shop is None or shop.ref.pool != feed.ref.pool:
        return Rejected(
            "unknown_shop", f"No shop of pool {feed.ref.pool!r} is called {draft.shop!r}: correct the return, or import the shop."
        )
    by_line = (((line.line, line.sku), line.quantity) for line in draft.lines)
    return [
        ReturnStock(
            pool=feed.ref.pool,
            cause=next(causes),
            document=document,
            order=order_key(shop, draft.order),
            node=draft.node,
            returned_at=draft.returned_at,
            lines=tuple([(line, sku, units) for (line, sku), units in part]),
        )
        for document, part in _parts(draft.document, by_line, feed)
    ]


def _by_sku(lines: Iterable[StockLine]) -> Iterator[tuple[str, int]]:
    return ((line.sku, line.quantity) for line in lines)


def _parts(document: str, lines: Iterable[tuple[K, int]], shop: ShopRecord) -> list[tuple[str, tuple[tuple[K, int], ...]]]:
    """(document, summed units) of each part; a document without lines has one. The first part keeps the document's own name, so
    that a document sent again is known again, however many parts it had."""
    summed: dict[K, int] = {}
    for key, quantity in lines:
        summed[key] = summed.get(key, 0) + quantity
    units, name = tuple(summed.items()), _document(document, shop)
    starts = range(0, max(len(units), 1), DOCUMENT_LINES)
    return [(f"{name}#{part}" if part > 1 else name, units[start : start + DOCUMENT_LINES]) for part, start in enumerate(starts, 1)]


def _document(document: str, shop: ShopRecord) -> str:
    """Two systems may use the same number, so the shop is part of the name. `#` is doubled: a document `A#2` is not part 2 of `A`."""
    return f"{shop.ref.shop}/{document.replace('#', '##')}"


def _strangers(nodes: tuple[str, ...], shop: ShopRecord, reference: Reference) -> Rejected | None:
    for node in nodes:
        known = reference.nodes.get(node)
        if known is None:
            return Rejected("unknown_node", f"No node is called {told(node)!r}: import it, then replay this record.")
        if known.pool != shop.ref.pool:
            return Rejected(
                "unknown_node", f"Node {told(node)!r} is of pool {known.pool!r}, but shop {shop.ref.shop!r} is of {shop.ref.pool!r}."
            )
    return None


def _fault(draft: CountDraft | ReceiptDraft | MoveDraft | ShipmentDraft | ReturnDraft, at: int, least: int) -> Rejected | None:
    """What a channel should have refused, and must not reach the pool."""
    if fault := _bad_time(draft.document, at):
        return fault
    for line in draft.lines:
        if not least <= line.quantity <= MOST_UNITS:
            return Rejected("bad_quantity", f"{told(line.sku)} of document {told(draft.document)} must have {least} to {MOST_UNITS} units.")
    return None


def _bad_time(document: str, at: int) -> Rejected | None:
    if 0 <= at < LAST_MILLIS:
        return None
    return Rejected("bad_time", f"Document {told(document)} says a time outside 1970 to 9999.")
