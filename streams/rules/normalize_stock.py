"""Stock documents -> commands for the pool of the shop that told of them (a warehouse feed is a shop too)."""

from collections.abc import Iterable, Iterator

from connectors.contract import (
    ChangeDraft,
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
    SupplyDraft,
    TooLateDraft,
    TrackingDraft,
)
from streams.commands import (
    AnnounceSupply,
    AnyCommand,
    Cause,
    ConfirmShipment,
    CountStock,
    MoveStock,
    ReceiveStock,
    RefuseCancel,
    RejectFulfilment,
    ReportProgress,
    TrackParcel,
)
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import MOST_UNITS, Outcome, told
from streams.rules.normalize_changes import changed
from streams.rules.normalize_documents import bad_time, document_name, parts, strangers
from streams.rules.normalize_returns import returned

Units = tuple[tuple[str, int], ...]


def book(draft: StockSide, shop: ShopRecord, reference: Reference, causes: Iterator[Cause]) -> Outcome:
    """Commands of at most DOCUMENT_LINES lines, each SKU (in returns: of a line) in one of them only: lines of the same SKU (its lots,
    its places) are summed."""
    match draft:
        case RejectionDraft():
            return _fault(draft, draft.at, 1) or _rejections(draft, shop, causes)
        case TooLateDraft(document=number, fulfilment=fulfilment):
            return [RefuseCancel(pool=shop.ref.pool, cause=next(causes), document=document_name(number, shop), fulfilment=fulfilment)]
        case ProgressDraft(fulfilment=fulfilment, stage=stage, at=at):
            document = document_name(draft.document, shop)
            return bad_time(draft.document, at) or [
                ReportProgress(pool=shop.ref.pool, cause=next(causes), document=document, fulfilment=fulfilment, stage=stage, at=at)
            ]
        case TrackingDraft(at=at):
            return bad_time(draft.document, at) or [_tracking(draft, shop, next(causes))]
        case ChangeDraft():
            return changed(draft, shop, reference, causes)
        case ShipmentDraft():
            return _fault(draft, draft.shipped_at, 1) or _shipments(draft, shop, causes)
        case CountDraft():
            fault = strangers((draft.node,), shop, reference) or _fault(draft, draft.counted_at, 0)
        case SupplyDraft():
            return strangers((draft.node,), shop, reference) or _fault(draft, draft.told_at, 0) or _announced(draft, shop, causes)
        case ReceiptDraft():
            fault = strangers((draft.node,), shop, reference) or _fault(draft, draft.received_at, 1)
        case MoveDraft():
            fault = strangers((draft.node, draft.to_node or draft.node), shop, reference) or _fault(draft, draft.moved_at, 1)
        case ReturnDraft():
            fault = strangers((draft.node,), shop, reference) or _fault(draft, draft.returned_at, 1)
    if fault:
        return fault
    if not draft.lines:
        return Ignored("no_lines", f"Document {told(draft.document)} has no lines.")
    if isinstance(draft, ReturnDraft):
        return returned(draft, shop, reference, causes)
    return [_command(draft, shop, document, units, next(causes)) for document, units in parts(draft.document, _by_sku(draft.lines), shop)]


def _command(draft: CountDraft | ReceiptDraft | MoveDraft, shop: ShopRecord, document: str, units: Units, cause: Cause) -> AnyCommand:
    pool, node = shop.ref.pool, draft.node
    match draft:
        case CountDraft(counted_at=at):
            return CountStock(pool=pool, cause=cause, document=document, node=node, counted_at=at, lines=units)
        case ReceiptDraft(received_at=at):
            return ReceiveStock(pool=pool, cause=cause, document=document, node=node, at=at, lines=units, supply=draft.supply)
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


def _announced(draft: SupplyDraft, shop: ShopRecord, causes: Iterator[Cause]) -> Outcome:
    """The reference is not the feed's alone: who announces goods and who receives them may be two."""
    if not draft.supply:
        return Rejected("no_supply", f"Document {told(draft.document)} announces goods under no reference.")
    return bad_time(draft.document, draft.expected_at) or [
        AnnounceSupply(
            pool=shop.ref.pool,
            cause=next(causes),
            document=document,
            supply=draft.supply,
            node=draft.node,
            at=draft.told_at,
            expected_at=draft.expected_at,
            lines=units,
        )
        for document, units in parts(draft.document, _by_sku(draft.lines), shop)
    ]


def _tracking(draft: TrackingDraft, shop: ShopRecord, cause: Cause) -> TrackParcel:
    return TrackParcel(
        pool=shop.ref.pool,
        cause=cause,
        document=document_name(draft.document, shop),
        carrier=draft.carrier,
        tracking=draft.tracking,
        status=draft.status,
        at=draft.at,
        fulfilment=draft.fulfilment,
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
        for document, units in parts(draft.document, _by_sku(draft.lines), shop)
    ]


def _rejections(draft: RejectionDraft, shop: ShopRecord, causes: Iterator[Cause]) -> Outcome:
    pool, fulfilment, reason = shop.ref.pool, draft.fulfilment, draft.reason
    return [
        RejectFulfilment(pool=pool, cause=next(causes), document=document, fulfilment=fulfilment, reason=reason, lines=units, at=draft.at)
        for document, units in parts(draft.document, _by_sku(draft.lines), shop)
    ]


def _by_sku(lines: Iterable[StockLine]) -> Iterator[tuple[str, int]]:
    return ((line.sku, line.quantity) for line in lines)


def _fault(
    draft: CountDraft | ReceiptDraft | SupplyDraft | MoveDraft | ShipmentDraft | RejectionDraft | ReturnDraft, at: int, least: int
) -> Rejected | None:
    """What a channel should have refused, and must not reach the pool."""
    if fault := bad_time(draft.document, at):
        return fault
    for line in draft.lines:
        if not least <= line.quantity <= MOST_UNITS:
            return Rejected("bad_quantity", f"{told(line.sku)} of document {told(draft.document)} must have {least} to {MOST_UNITS} units.")
    return None
