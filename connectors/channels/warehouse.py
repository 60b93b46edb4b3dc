"""Warehouse feed: what a WMS or ERP tells of stock and of fulfilments, as JSON documents (docs/warehouse.md). Signed like canonical."""

from typing import Annotated, Literal

import msgspec
from pydantic import Field, TypeAdapter

from connectors.contract import (
    CountDraft,
    Disposition,
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
    Stage,
    StockLine,
    TooLateDraft,
    TrackingDraft,
    TrackingStatus,
    Webhook,
)
from connectors.payload import UNDECODABLE, Counted, Moved, Name, Payload, Text, Unusable, Zoned, read_object, usable
from connectors.signing import fingerprint, hex_signed

# One document may count a whole warehouse; normalize splits it.
MOST_LINES = 100_000
MOST_PARCELS = 1_000
MOST_INSPECTED = 500

Bucket = Literal["on_hand", "damaged", "quality", "refurbish", "hold"]


# ---------------------------------------------------------------------------------------------- the documents
class _Document(Payload):
    document: Name


class _CountedLine(Payload):
    sku: Name
    quantity: Counted


class _MovedLine(Payload):
    sku: Name
    quantity: Moved


class _ReturnedLine(_MovedLine):
    line: Text = ""


class _Count(_Document):
    type: Literal["count"]
    node: Name
    counted_at: Zoned
    lines: tuple[_CountedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class _Receipt(_Document):
    type: Literal["receipt"]
    node: Name
    received_at: Zoned
    lines: tuple[_MovedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class _Move(_Document):
    type: Literal["move"]
    node: Name
    moved_at: Zoned
    to_node: Text = ""
    from_bucket: Bucket = "on_hand"
    to_bucket: Bucket = "on_hand"
    lines: tuple[_MovedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class _Parcel(Payload):
    tracking: Name
    carrier: Text = ""
    lines: tuple[_MovedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class _Shipment(_Document):
    type: Literal["shipment"]
    fulfilment: Name
    shipped_at: Zoned
    carrier: Text = ""
    tracking: Text = ""
    lines: tuple[_MovedLine, ...] = Field((), max_length=MOST_LINES)
    parcels: tuple[_Parcel, ...] = Field((), max_length=MOST_PARCELS)


class _Rejection(_Document):
    type: Literal["rejection"]
    fulfilment: Name
    reason: Name
    lines: tuple[_MovedLine, ...] = Field((), max_length=MOST_LINES)


class _TooLate(_Document):
    type: Literal["too_late"]
    fulfilment: Name


class _Progress(_Document):
    type: Literal["progress"]
    fulfilment: Name
    stage: Stage
    at: Zoned


class _Tracking(_Document):
    type: Literal["tracking"]
    tracking: Name
    carrier: Text = ""
    status: TrackingStatus
    at: Zoned


class _InspectedLine(_MovedLine):
    disposition: Disposition


class _Inspection(_Document):
    type: Literal["inspection"]
    shop: Name
    order: Name
    node: Name
    inspected_at: Zoned
    rma: Text = ""
    returned: Text = ""
    lines: tuple[_InspectedLine, ...] = Field(min_length=1, max_length=MOST_INSPECTED)


class _Return(_Document):
    type: Literal["return"]
    shop: Name
    order: Name
    node: Name
    rma: Text = ""
    returned_at: Zoned
    lines: tuple[_ReturnedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


_AnyDocument = _Count | _Receipt | _Move | _Shipment | _Rejection | _TooLate | _Return | _Inspection | _Progress | _Tracking
_documents: TypeAdapter[_AnyDocument] = TypeAdapter(Annotated[_AnyDocument, Field(discriminator="type")])
_KINDS = frozenset({"count", "receipt", "move", "shipment", "rejection", "too_late", "return", "inspection", "progress", "tracking"})


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
        if seen.type not in _KINDS or not seen.document or not subject:
            return Refusal(
                "malformed", f"`type` is one of {', '.join(sorted(_KINDS))}; `document` and a node, fulfilment or parcel must be named."
            )
        return Received(seen.type, subject, hook.headers.get("x-yipan-delivery") or fingerprint(hook.body))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if raw.kind not in _KINDS:
            return Ignored("other_kind", "A warehouse feed tells of stock, of fulfilments and of parcels only.")
        return usable(lambda: _drafts(_documents.validate_python(read_object(raw.body))))

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """The warehouse sends; there is nothing to ask it for."""
        return Polled(items=(), cursor=cursor, more=False)


def _drafts(told: _AnyDocument) -> tuple[Draft, ...]:
    if isinstance(told, _Shipment) and told.parcels:
        return _parcels(told)
    return (_draft(told),)


def _parcels(told: _Shipment) -> tuple[ShipmentDraft, ...]:
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


def _draft(told: _AnyDocument) -> Draft:
    match told:
        case _Count():
            return CountDraft(document=told.document, node=told.node, counted_at=Millis(told.counted_at), lines=_lines(told.lines))
        case _Receipt():
            return ReceiptDraft(document=told.document, node=told.node, received_at=Millis(told.received_at), lines=_lines(told.lines))
        case _Move():
            return _move(told)
        case _Shipment():
            return ShipmentDraft(
                document=told.document,
                fulfilment=told.fulfilment,
                shipped_at=Millis(told.shipped_at),
                lines=_lines(told.lines),
                carrier=told.carrier,
                tracking=told.tracking,
            )
        case _Rejection():
            return RejectionDraft(document=told.document, fulfilment=told.fulfilment, reason=told.reason, lines=_lines(told.lines))
        case _TooLate():
            return TooLateDraft(document=told.document, fulfilment=told.fulfilment)
        case _Progress():
            return ProgressDraft(document=told.document, fulfilment=told.fulfilment, stage=told.stage, at=Millis(told.at))
        case _Tracking():
            return TrackingDraft(
                document=told.document, carrier=told.carrier, tracking=told.tracking, status=told.status, at=Millis(told.at)
            )
        case _Return():
            return ReturnDraft(
                document=told.document,
                shop=told.shop,
                order=told.order,
                node=told.node,
                returned_at=Millis(told.returned_at),
                lines=tuple([ReturnLine(sku=line.sku, quantity=line.quantity, line=line.line) for line in told.lines]),
                rma=told.rma,
            )
        case _Inspection():
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


def _move(told: _Move) -> MoveDraft:
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


def _lines(lines: tuple[_CountedLine, ...] | tuple[_MovedLine, ...]) -> tuple[StockLine, ...]:
    return tuple([StockLine(sku=line.sku, quantity=line.quantity) for line in lines])


CHANNEL = Warehouse()
