"""The documents of the warehouse feed, field by field (docs/warehouse.md)."""

from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter

from connectors.bill_form import BillForm
from connectors.contract import Disposition, Stage, TrackingStatus
from connectors.payload import Changed, Counted, Moved, Name, Payload, Text, Zoned

# One document may count a whole warehouse; normalize splits it.
MOST_LINES = 100_000
MOST_PARCELS = 1_000
MOST_INSPECTED = 500

Bucket = Literal["on_hand", "damaged", "quality", "refurbish", "hold"]


class Document(Payload):
    document: Name


class CountedLine(Payload):
    sku: Name
    quantity: Counted


class MovedLine(Payload):
    sku: Name
    quantity: Moved


class ReturnedLine(MovedLine):
    line: Text = ""


class Count(Document):
    type: Literal["count"]
    node: Name
    counted_at: Zoned
    lines: tuple[CountedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class Receipt(Document):
    type: Literal["receipt"]
    node: Name
    received_at: Zoned
    supply: Text = ""
    lines: tuple[MovedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class Supply(Document):
    type: Literal["supply"]
    supply: Name
    node: Name
    told_at: Zoned
    expected_at: Zoned
    lines: tuple[CountedLine, ...] = Field(max_length=MOST_LINES)


class Move(Document):
    type: Literal["move"]
    node: Name
    moved_at: Zoned
    to_node: Text = ""
    from_bucket: Bucket = "on_hand"
    to_bucket: Bucket = "on_hand"
    lines: tuple[MovedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class ChangedLine(Payload):
    sku: Name
    quantity: Changed


class Change(Document):
    type: Literal["change"]
    node: Name
    changed_at: Zoned
    reason: Name
    bucket: Bucket = "on_hand"
    lines: tuple[ChangedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class Parcel(Payload):
    tracking: Name
    carrier: Text = ""
    lines: tuple[MovedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class Shipment(Document):
    type: Literal["shipment"]
    fulfilment: Name
    shipped_at: Zoned
    carrier: Text = ""
    tracking: Text = ""
    lines: tuple[MovedLine, ...] = Field((), max_length=MOST_LINES)
    parcels: tuple[Parcel, ...] = Field((), max_length=MOST_PARCELS)


class Rejection(Document):
    type: Literal["rejection"]
    fulfilment: Name
    reason: Name
    rejected_at: Zoned = 0  # not told
    lines: tuple[MovedLine, ...] = Field((), max_length=MOST_LINES)


class TooLate(Document):
    type: Literal["too_late"]
    fulfilment: Name


class Progress(Document):
    type: Literal["progress"]
    fulfilment: Name
    stage: Stage
    at: Zoned


class Tracking(Document):
    type: Literal["tracking"]
    tracking: Name
    carrier: Text = ""
    status: TrackingStatus
    at: Zoned
    fulfilment: Text = ""


class InspectedLine(MovedLine):
    disposition: Disposition


class Inspection(Document):
    type: Literal["inspection"]
    shop: Name
    order: Name
    node: Name
    inspected_at: Zoned
    rma: Text = ""
    returned: Text = ""
    lines: tuple[InspectedLine, ...] = Field(min_length=1, max_length=MOST_INSPECTED)


class Return(Document):
    type: Literal["return"]
    shop: Name
    order: Name
    node: Name
    rma: Text = ""
    returned_at: Zoned
    lines: tuple[ReturnedLine, ...] = Field(min_length=1, max_length=MOST_LINES)


AnyDocument = (
    Count | Receipt | Supply | Move | Change | Shipment | Rejection | TooLate | Return | Inspection | Progress | Tracking | BillForm
)
documents: TypeAdapter[AnyDocument] = TypeAdapter(Annotated[AnyDocument, Field(discriminator="type")])
KINDS = frozenset(get_args(form.model_fields["type"].annotation)[0] for form in get_args(AnyDocument))
