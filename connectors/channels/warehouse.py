"""Warehouse feed: what a WMS or ERP tells of stock and of fulfilments, as JSON documents (docs/warehouse.md). Signed like canonical."""

import msgspec

from connectors.bill_form import BillForm, bill_draft
from connectors.contract import (
    ChangeDraft,
    CountDraft,
    Draft,
    Fetch,
    Ignored,
    InspectedLine,
    InspectionDraft,
    Millis,
    MoveDraft,
    Parsed,
    Polled,
    ProgressDraft,
    RawRecord,
    ReceiptDraft,
    Received,
    Refusal,
    RejectionDraft,
    ReturnDraft,
    ReturnLine,
    ShipmentDraft,
    ShopRef,
    StockLine,
    SupplyDraft,
    TooLateDraft,
    TrackingDraft,
    Webhook,
)
from connectors.payload import UNDECODABLE, Unusable, read_object, usable
from connectors.signing import fingerprint, hex_signed
from connectors.warehouse_form import (
    KINDS,
    AnyDocument,
    Change,
    ChangedLine,
    Count,
    CountedLine,
    Inspection,
    Move,
    MovedLine,
    Progress,
    Receipt,
    Rejection,
    Return,
    Shipment,
    Supply,
    TooLate,
    Tracking,
    documents,
)


class _Glance(msgspec.Struct):
    type: str
    document: str
    node: str = ""
    fulfilment: str = ""
    tracking: str = ""


_glance = msgspec.json.Decoder(_Glance).decode


# ---------------------------------------------------------------------------------------------- the channel
class Warehouse:
    name = "warehouse"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        """What is named is the node, the fulfilment or the parcel: documents about the same one stay in the order they came in."""
        if not hex_signed(hook.body, secret, hook.headers.get("x-yipan-signature", "")):
            return Refusal("bad_signature", "X-Yipan-Signature must be the hex HMAC-SHA256 of the body with this feed's secret.")
        try:
            seen = _glance(hook.body)
        except UNDECODABLE:
            return Refusal("malformed", "The body is not a JSON object with `type` and `document`.")
        subject = seen.fulfilment or seen.node or seen.tracking
        if seen.type not in KINDS or not seen.document or not subject:
            return Refusal(
                "malformed", f"`type` is one of {', '.join(sorted(KINDS))}; `document` and a node, fulfilment or parcel must be named."
            )
        return Received(seen.type, subject, hook.headers.get("x-yipan-delivery") or fingerprint(hook.body))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind not in KINDS:
            return Ignored("other_kind", "A warehouse feed tells of stock, fulfilments, parcels and bills only.")
        return usable(lambda: _drafts(documents.validate_python(read_object(raw.body))))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """The warehouse sends; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)


def _drafts(told: AnyDocument) -> tuple[Draft, ...]:
    if isinstance(told, Shipment) and told.parcels:
        return _parcels(told)
    return (_draft(told),)


def _parcels(told: Shipment) -> tuple[ShipmentDraft, ...]:
    """A shipment for each. The first keeps the document's own name."""
    if told.lines or told.tracking:
        raise Unusable("told_twice", "The shipment has parcels, so lines and tracking numbers are told of each of them alone.")
    return tuple(
        [
            ShipmentDraft(
                document=f"{told.document}/{number}" if number > 1 else told.document,
                fulfilment=told.fulfilment,
                shipped_at=Millis(told.shipped_at),
                lines=_lines(parcel.lines),
                carrier=parcel.carrier or told.carrier,
                tracking=parcel.tracking,
            )
            for number, parcel in enumerate(told.parcels, 1)
        ]
    )


def _draft(told: AnyDocument) -> Draft:
    match told:
        case Count():
            return CountDraft(document=told.document, node=told.node, counted_at=Millis(told.counted_at), lines=_lines(told.lines))
        case Receipt():
            return ReceiptDraft(
                document=told.document,
                node=told.node,
                received_at=Millis(told.received_at),
                lines=_lines(told.lines),
                supply=told.supply,
            )
        case Supply():
            return SupplyDraft(
                document=told.document,
                supply=told.supply,
                node=told.node,
                told_at=Millis(told.told_at),
                expected_at=Millis(told.expected_at),
                lines=_lines(told.lines),
            )
        case Move():
            return _move(told)
        case Change():
            return ChangeDraft(
                document=told.document,
                node=told.node,
                changed_at=Millis(told.changed_at),
                reason=told.reason,
                lines=_lines(told.lines),
                bucket=told.bucket,
            )
        case Shipment():
            return ShipmentDraft(
                document=told.document,
                fulfilment=told.fulfilment,
                shipped_at=Millis(told.shipped_at),
                lines=_lines(told.lines),
                carrier=told.carrier,
                tracking=told.tracking,
            )
        case Rejection():
            return RejectionDraft(
                document=told.document,
                fulfilment=told.fulfilment,
                reason=told.reason,
                lines=_lines(told.lines),
                at=Millis(told.rejected_at),
            )
        case TooLate():
            return TooLateDraft(document=told.document, fulfilment=told.fulfilment)
        case BillForm():
            return bill_draft(told)
        case Progress():
            return ProgressDraft(document=told.document, fulfilment=told.fulfilment, stage=told.stage, at=Millis(told.at))
        case Tracking():
            return TrackingDraft(
                document=told.document,
                carrier=told.carrier,
                tracking=told.tracking,
                status=told.status,
                at=Millis(told.at),
                fulfilment=told.fulfilment,
            )
        case Return():
            return ReturnDraft(
                document=told.document,
                shop=told.shop,
                order=told.order,
                node=told.node,
                returned_at=Millis(told.returned_at),
                lines=tuple([ReturnLine(sku=line.sku, quantity=line.quantity, line=line.line) for line in told.lines]),
                rma=told.rma,
            )
        case Inspection():
            return InspectionDraft(
                document=told.document,
                shop=told.shop,
                order=told.order,
                node=told.node,
                inspected_at=Millis(told.inspected_at),
                lines=tuple([InspectedLine(sku=line.sku, quantity=line.quantity, disposition=line.disposition) for line in told.lines]),
                rma=told.rma,
                returned=told.returned,
            )


def _move(told: Move) -> MoveDraft:
    to_node = told.to_node or told.node
    if (told.node, told.from_bucket) == (to_node, told.to_bucket):
        raise Unusable("moves_nowhere", "The move ends where it begins: name another bucket or another node.")
    return MoveDraft(
        document=told.document,
        node=told.node,
        to_node=to_node,
        from_bucket=told.from_bucket,
        to_bucket=told.to_bucket,
        moved_at=Millis(told.moved_at),
        lines=_lines(told.lines),
    )


def _lines(lines: tuple[CountedLine, ...] | tuple[MovedLine, ...] | tuple[ChangedLine, ...]) -> tuple[StockLine, ...]:
    return tuple([StockLine(sku=line.sku, quantity=line.quantity) for line in lines])


CHANNEL = Warehouse()
