"""Shopify's returns: asked for by a buyer or opened by the shop (both tell the lines), then declined, cancelled or closed.

The topic is not signed, so where a return stands is read in the body (`status`). Lines that go out in exchange are not read here: Shopify
adds them to the order itself, which tells of them.
"""

import re
from typing import Literal

from pydantic import Field

from connectors.contract import Ignored, Millis, Parsed, RawRecord, ReturnEndDraft, ReturnLine, ReturnRequestDraft
from connectors.payload import MOST_LINES, Name, Payload, Reference, Text, Units, Unusable, Whole, read_object

ENDS: dict[str, Literal["refused", "cancelled", "closed"]] = {
    "declined": "refused",
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "closed": "closed",
}


class _Named(Payload):
    id: Name


class _Left(Payload):
    """What left in a fulfilment, and is asked back."""

    line_item: _Named


class _Line(Payload):
    quantity: Units
    return_reason: Text = ""
    fulfillment_line_item: _Left | None = None


class _Decline(Payload):
    reason: Text = ""


class _Return(Payload):
    id: Name
    status: Text
    order: _Named | None = None
    order_id: Reference = ""
    total_return_line_items: Whole = 0
    return_line_items: tuple[_Line, ...] | None = Field(None, max_length=MOST_LINES)
    decline: _Decline | None = None


def parse_return(raw: RawRecord) -> Parsed:
    """Shopify does not say when: it is when the webhook came. Raises as the readers of `payload` do."""
    told = _Return.model_validate(read_object(raw.body))
    order, status = (told.order.id if told.order else told.order_id), told.status.lower()
    if not order:
        raise Unusable("no_order", "The return does not name its order.")
    if end := ENDS.get(status):
        reason = told.decline.reason if told.decline else ""
        return (ReturnEndDraft(order=order, rma=told.id, ended_at=raw.received_at, end=end, reason=_word(reason)),)
    if status not in ("requested", "open"):
        return Ignored("other_status", "A return in this status asks for nothing.")
    if told.return_line_items is None:
        return Ignored("reopened", "The return goes on: it was closed, and its lines were told before.")
    return (_requested(told, order, told.return_line_items, raw.received_at),)


def _requested(told: _Return, order: str, lines: tuple[_Line, ...], at: Millis) -> ReturnRequestDraft:
    if told.total_return_line_items > len(lines):
        raise Unusable("lines_missing", "The return has more lines than Shopify tells of: request it by the canonical form.")
    reason = next((word for line in lines if (word := _word(line.return_reason))), "")
    return ReturnRequestDraft(order=order, rma=told.id, requested_at=at, lines=tuple([_line(line) for line in lines]), reason=reason)


def _line(line: _Line) -> ReturnLine:
    if line.fulfillment_line_item is None:
        raise Unusable("line_unknown", "A line of the return is of no fulfilment: nobody knows which line of the order it is.")
    return ReturnLine(sku="", quantity=line.quantity, line=line.fulfillment_line_item.line_item.id)


def _word(reason: str) -> str:
    """One of Shopify's words; what a person wrote in its place stays out."""
    return reason if re.fullmatch("[a-zA-Z_]{1,40}", reason) else ""
