"""Our own JSON order form (docs/canonical.md), read in one pass: the shape, the bounds and the zone of every time are checked while
decoding. Order files are turned into it too."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from connectors.contract import (
    CancelDraft,
    Draft,
    LineDraft,
    OrderDraft,
    Parsed,
    Person,
    Reduction,
    ReductionDraft,
    ReissueDraft,
    Rejected,
    ReleaseDraft,
    ReservationDraft,
    ReturnEndDraft,
    ReturnLine,
    ReturnRequestDraft,
)
from connectors.money import EXPONENTS, MOST_MINOR_UNITS
from connectors.payload import MOST_LINES, MOST_UNITS, has_nul
from connectors.times import to_millis

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
Units = Annotated[int, Meta(ge=1, le=MOST_UNITS)]
Price = Annotated[int, Meta(ge=-MOST_MINOR_UNITS, le=MOST_MINOR_UNITS)]
Discount = Annotated[int, Meta(ge=0, le=MOST_MINOR_UNITS)]


class Line(Struct, frozen=True, gc=False):
    line: Id
    sku: Id
    quantity: Units
    price: Price = 0
    goods: bool = True
    discount: Discount | UnsetType = UNSET
    gift_of: Annotated[str, Meta(max_length=200)] = ""
    tax: Discount | UnsetType = UNSET


class Taken(Struct, frozen=True, gc=False):
    line: Id
    quantity: Units


class TakenOff(Struct, frozen=True):
    id: Id
    lines: Annotated[tuple[Taken, ...], Meta(min_length=1, max_length=MOST_LINES)]


class Order(Struct, frozen=True, tag="order", kw_only=True, gc=False):
    order: Id
    updated_at: Moment
    currency: str
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=MOST_LINES)]
    placed_at: Moment | UnsetType = UNSET
    number: Annotated[str, Meta(max_length=200)] = ""
    holds: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()
    region: Annotated[str, Meta(max_length=6)] = ""
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    reductions: Annotated[tuple[TakenOff, ...], Meta(max_length=MOST_LINES)] = ()
    recipient: Person | None = None
    discount: Discount | UnsetType = UNSET
    reservation: Annotated[str, Meta(max_length=200)] = ""
    shipping: Annotated[str, Meta(max_length=100)] = ""


class Cancel(Struct, frozen=True, tag="cancel", kw_only=True):
    order: Id
    updated_at: Moment
    reason: Annotated[str, Meta(max_length=200)] = "cancelled"


class Reduce(Struct, frozen=True, tag="reduction", kw_only=True):
    order: Id
    id: Id
    lines: Annotated[tuple[Taken, ...], Meta(min_length=1, max_length=MOST_LINES)]


class SentBack(Struct, frozen=True):
    line: Id
    quantity: Units
    sku: Annotated[str, Meta(max_length=200)] = ""


class Return(Struct, frozen=True, tag="return", kw_only=True):
    order: Id
    id: Id
    requested_at: Moment
    lines: Annotated[tuple[SentBack, ...], Meta(min_length=1, max_length=MOST_LINES)]
    reason: Annotated[str, Meta(max_length=200)] = ""
    tracking: Annotated[str, Meta(max_length=200)] = ""
    replacement: Annotated[tuple[Line, ...], Meta(max_length=MOST_LINES)] = ()


class Reissue(Struct, frozen=True, tag="reissue", kw_only=True):
    order: Id
    tracking: Id
    asked_at: Moment
    by: Annotated[str, Meta(max_length=200)] = ""


class ReturnEnd(Struct, frozen=True, tag="return_end", kw_only=True):
    order: Id
    id: Id
    ended_at: Moment
    end: Literal["refused", "closed", "cancelled"]
    reason: Annotated[str, Meta(max_length=200)] = ""


class Kept(Struct, frozen=True):
    sku: Id
    quantity: Units


class Reserve(Struct, frozen=True, tag="reservation", kw_only=True):
    reservation: Id
    expires_at: Moment
    lines: Annotated[tuple[Kept, ...], Meta(min_length=1, max_length=MOST_LINES)]
    region: Annotated[str, Meta(max_length=6)] = ""


class Release(Struct, frozen=True, tag="release", kw_only=True):
    reservation: Id


Form = Order | Cancel | Reduce | Return | Reissue | ReturnEnd | Reserve | Release
_decode = msgspec.json.Decoder(Form).decode


def parse_form(body: bytes) -> Parsed:
    """One order, cancel, reduction, return or reservation, or why not."""
    if has_nul(body):
        return Rejected("null_byte", "The payload contains a null byte: find out what damaged it and send it again.")
    try:
        return _drafts(_decode(body))
    except msgspec.ValidationError as fault:
        return _rejection(str(fault))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Rejected("not_json", "The payload is not the JSON it should be (truncated or damaged): send it again.")
    except (ValueError, OverflowError):
        return Rejected("bad_time", "A time is not between 1970 and 2200.")


def _drafts(form: Form) -> tuple[Draft, ...] | Rejected:
    match form:
        case Order():
            return _order(form)
        case Cancel():
            return (CancelDraft(order=form.order, updated_at=to_millis(form.updated_at), reason=form.reason),)
        case Reduce():
            return (ReductionDraft(order=form.order, reduction=_reduction(form)),)
        case Return():
            return _return(form)
        case Reissue():
            return (ReissueDraft(order=form.order, tracking=form.tracking, asked_at=to_millis(form.asked_at), by=form.by),)
        case ReturnEnd():
            at = to_millis(form.ended_at)
            return (ReturnEndDraft(order=form.order, rma=form.id, ended_at=at, end=form.end, reason=form.reason),)
        case Reserve():
            kept = tuple([(line.sku, line.quantity) for line in form.lines])
            expires_at = to_millis(form.expires_at)
            return (ReservationDraft(reservation=form.reservation, expires_at=expires_at, lines=kept, region=form.region),)
        case Release():
            return (ReleaseDraft(reservation=form.reservation),)


def _return(form: Return) -> tuple[Draft, ...] | Rejected:
    if len({line.line for line in form.replacement}) != len(form.replacement):
        return Rejected("repeated_line", "replacement: two lines have the same id.")
    asked = ReturnRequestDraft(
        order=form.order,
        rma=form.id,
        requested_at=to_millis(form.requested_at),
        lines=tuple([ReturnLine(sku=line.sku, quantity=line.quantity, line=line.line) for line in form.lines]),
        reason=form.reason,
        tracking=form.tracking,
        replacement=tuple([LineDraft(line.line, (line.sku,), line.quantity, 0) for line in form.replacement]),
    )
    return (asked,)


def _order(form: Order) -> tuple[Draft, ...] | Rejected:
    if form.currency not in EXPONENTS:
        return Rejected("unknown_currency", "currency: not a code of ISO 4217 in capitals, so its minor units are not known.")
    lines = form.lines
    if len({line.line for line in lines}) != len(lines):
        return Rejected("repeated_line", "lines: two lines of the order have the same id, so a refund could not tell which it means.")
    updated_at = to_millis(form.updated_at)
    draft = OrderDraft(
        order=form.order,
        number=form.number or form.order,
        updated_at=updated_at,
        placed_at=updated_at if form.placed_at is UNSET else to_millis(form.placed_at),
        currency=form.currency,
        lines=tuple(
            [
                LineDraft(
                    line.line, (line.sku,), line.quantity, line.price, line.goods, (line.discount or 0) - (line.tax or 0), line.gift_of
                )
                for line in lines
            ]
        ),
        reductions=tuple([_reduction(taken) for taken in form.reductions]),
        holds=form.holds,
        region=form.region,
        priority=form.priority,
        recipient=form.recipient,
        discount=form.discount or 0,
        reservation=form.reservation,
        shipping=form.shipping,
    )
    return (draft,)


def _reduction(taken: TakenOff | Reduce) -> Reduction:
    return Reduction(id=taken.id, lines=tuple([(line.line, line.quantity) for line in taken.lines]))


def _rejection(fault: str) -> Rejected:
    """msgspec says what it expected and where ("… - at `$.lines[0].quantity`"), and repeats a value only of the tag `type`."""
    sentence, _, place = fault.partition(" - at ")
    field = place.strip("`").removeprefix("$.")
    if field == "type":
        return Rejected("unknown_type", "type: one of order, cancel, reduction, return, return_end, reissue, reservation and release.")
    return Rejected(_code(sentence, field), f"{field or 'payload'}: {sentence}.")


def _code(sentence: str, field: str) -> str:
    if "missing required field" in sentence:
        return "missing_field"
    if field.endswith("quantity"):
        return "bad_quantity"
    if field.endswith(("price", "discount")):
        return "bad_price"
    if field.endswith("_at"):
        return "naive_time" if "timezone" in sentence else "bad_time"
    if field.endswith("lines") and "length" in sentence:
        return "no_lines" if ">=" in sentence else "too_many_lines"
    return "malformed"
