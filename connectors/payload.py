"""Reading what others send: JSON that cannot hurt, checked field by field, and the answer when it cannot be used.

Whoever parses a payload raises `Unusable` (or lets pydantic raise) and wraps it all in `usable`, which turns both into `Rejected`.
No sentence repeats a value of the payload: it may be a person's.
"""

import json
import re
from collections.abc import Callable, Collection, Hashable
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, NoReturn

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from connectors.contract import CancelDraft, Millis, Parsed, RawRecord, Rejected
from connectors.money import EXPONENTS, MOST_MINOR_UNITS, rounded_minor_units
from connectors.times import Naive, china, gmt, zoned

MOST_UNITS = 1_000_000
MOST_STOCK = 1_000_000_000
MOST_LINES = 2_000
# what msgspec raises on bytes that are not what they should be: the last one for endless nesting
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# pydantic's types of faults, and our own; all others are "malformed"
_CODES = {"missing": "missing_field", "too_long": "too_many_lines", "too_short": "no_lines"} | {
    code: code for code in ("bad_id", "bad_quantity", "bad_price", "bad_time", "naive_time", "unknown_currency")
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Unusable(Exception):
    """Why a payload cannot be used, for a program and for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.rejected = Rejected(code, sentence)


class Payload(BaseModel):
    """Base of the models of payloads: unknown fields are no concern of ours."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def usable(parse: Callable[[], Parsed]) -> Parsed:
    """What `parse` returns, or why it could not."""
    try:
        return parse()
    except Unusable as reason:
        return reason.rejected
    except ValidationError as faults:
        return _rejection(faults)


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object with its decimals exact. Raises Unusable for all else: NaN, null bytes, broken UTF-8, endless nesting."""
    if has_nul(body):
        raise Unusable("null_byte", "The payload contains a null byte: find out what damaged it and have it sent again.")
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        raise Unusable("not_json", "The payload is not the JSON it should be (truncated or damaged): have it sent again.") from None
    if not isinstance(value, dict):
        raise Unusable("not_an_object", "The payload is JSON, but not an object.")
    if _ESCAPED_SURROGATE.search(body) and not _is_text(value):
        raise Unusable(
            "broken_text", "A text of the payload ends in the middle of a character: find out what cut it, and have it sent again."
        )
    return value


def _is_text(value: Any) -> bool:
    """False where half of a surrogate pair is in it: JSON may write one, but it stands for no character."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def has_nul(body: bytes) -> bool:
    """A null byte, bare or as a JSON escape. (A backslash before the escape makes it plain text.)"""
    # from the end the search looks for the backslash first, which is rare, and not for a zero
    return b"\0" in body or (b"\\" in body and body.rfind(b"\\u0000") >= 0 and _ESCAPED_NUL.search(body) is not None)


def deleted(raw: RawRecord, of_living: set[str]) -> Parsed:
    """The cancel of an order that its platform has deleted; all that the body tells is the id. The topic is not signed: a body with
    fields of a living order is a replay under another name."""
    if of_living & read_object(raw.body).keys():
        return Rejected("topic_differs", "The topic says that the order was deleted, the body that it was not: look who sent it.")
    return (CancelDraft(order=raw.external_id, updated_at=raw.received_at, reason="deleted"),)


def distinct(lines: Collection[Hashable]) -> None:
    """Raises Unusable when two lines of one order are called the same."""
    if len(set(lines)) != len(lines):
        raise Unusable("repeated_line", "Two lines of the order have the same id, so a refund could not tell which it means.")


def price_each(total: Decimal, quantity: int, currency: str) -> int:
    """Minor units of one, where the platform tells the total of a line. Raises Unusable beyond 10^12 of them."""
    try:
        return rounded_minor_units(total / quantity, currency)
    except ValueError:
        raise Unusable("bad_price", "A price is beyond all reason.") from None


@lru_cache(maxsize=10_000)  # a shop has so many prices, and not more
def price_read(text: str, currency: str) -> int:
    """Minor units of a price as it is written. Raises ValueError when it is no price, Unusable beyond 10^12 units, KeyError for a currency
    that ISO 4217 does not list."""
    return price_each(_amount(text), 1, currency)


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")


def _rejection(faults: ValidationError) -> Rejected:
    first = faults.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "payload"
    return Rejected(_CODES.get(first["type"], "malformed"), f"{place}: {first['msg']}.")


# ---------------------------------------------------------------------------------------------- the fields of payloads
def _name(value: object) -> str:
    text = str(value).strip() if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)) else ""
    if not text or len(text) > 200 or _CONTROL.search(text):
        raise PydanticCustomError("bad_id", "An id is a number or 1 to 200 printable characters")
    return text


def _reference(value: object) -> str:
    return "" if value in (None, "", 0, "0") else _name(value)


def _text(value: object) -> object:
    return "" if value is None else str(value) if isinstance(value, int | Decimal) else value


def _whole(least: int, most: int) -> Callable[[object], int]:
    """Whole numbers however they are written (2, 2.0, "2"), but no booleans and nothing so large that it is a mistake."""
    bounds = {"least": least, "most": most}

    def whole(value: object) -> int:
        number: int | Decimal = most + 1
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}", value.strip()):
            number = int(value)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            number = value
        if (isinstance(number, Decimal) and not number.is_finite()) or not least <= number <= most or number % 1:
            raise PydanticCustomError("bad_quantity", "A quantity here is a whole number from {least} to {most}", bounds)
        return int(number)

    return whole


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal(str(value).strip()) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else Decimal("NaN")
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or (amount and amount.adjusted() > 12) or abs(amount) > MOST_MINOR_UNITS:
        raise PydanticCustomError("bad_price", "A price is a decimal number of reasonable size")
    return amount


def _currency(value: object) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if code not in EXPONENTS:
        raise PydanticCustomError("unknown_currency", "The currency is not a code of ISO 4217, so its minor units are not known")
    return code


def _moment(read: Callable[[str], Millis]) -> Callable[[object], int]:
    def moment(value: object) -> int:
        try:
            return read(value) if isinstance(value, str) else int("no time")
        except Naive:
            raise PydanticCustomError("naive_time", "The time says no zone, so nobody can know when it was") from None
        except (ValueError, OverflowError):
            raise PydanticCustomError("bad_time", "A time is ISO 8601 with its zone, between 1970 and 2200") from None

    return moment


Name = Annotated[str, BeforeValidator(_name)]
Reference = Annotated[str, BeforeValidator(_reference)]  # "" for none
Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int, BeforeValidator(_whole(0, MOST_UNITS))]
Units = Annotated[int, BeforeValidator(_whole(1, MOST_UNITS))]
Moved = Annotated[int, BeforeValidator(_whole(1, MOST_STOCK))]
Counted = Annotated[int, BeforeValidator(_whole(0, MOST_STOCK))]
Changed = Annotated[int, BeforeValidator(_whole(-MOST_STOCK, MOST_STOCK))]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Currency = Annotated[str, BeforeValidator(_currency)]
Zoned = Annotated[int, BeforeValidator(_moment(zoned))]
Gmt = Annotated[int, BeforeValidator(_moment(gmt))]
China = Annotated[int, BeforeValidator(_moment(china))]
