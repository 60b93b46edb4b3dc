"""What simulated warehouses are asked, and what they say of it, whatever the form. Times are milliseconds since the epoch. Values only."""

from collections.abc import Iterable

import msgspec

from connectors.contract import Disposition, FulfilmentLine, Stage, TrackingStatus

Lines = tuple[FulfilmentLine, ...]


class Job(msgspec.Struct, frozen=True, kw_only=True, tag="job", omit_defaults=True):
    """A fulfilment order that was taken at `at`, from `partner`, under the event `event`."""

    event: str
    id: str
    partner: str
    node: str
    shop: str
    order: str
    lines: Lines
    at: int


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag="ask", omit_defaults=True):
    """Some units of a fulfilment shall not be shipped. `final`: that is settled; otherwise it is a question that wants an answer."""

    event: str
    id: str
    lines: Lines
    at: int
    final: bool = True


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """Goods are to come, which wants no answer before they are here."""

    event: str
    id: str
    at: int


class Progress(msgspec.Struct, frozen=True):
    name: str
    at: int
    stage: Stage


class Left(msgspec.Struct, frozen=True):
    """A parcel was handed over. `more`: something of the fulfilment is still to be told of."""

    name: str
    at: int
    lines: Lines
    carrier: str
    tracking: str
    more: bool


class Unshipped(msgspec.Struct, frozen=True):
    """What is open of the fulfilment will not be shipped."""

    name: str
    at: int
    reason: str
    lines: Lines


class TooLate(msgspec.Struct, frozen=True):
    """What was asked for leaves all the same."""

    name: str
    at: int


class Seen(msgspec.Struct, frozen=True):
    """The carrier tells of a parcel."""

    name: str
    at: int
    carrier: str
    tracking: str
    status: TrackingStatus


class Back(msgspec.Struct, frozen=True):
    """Units came back; `fate`: what the inspection will find of them."""

    name: str
    at: int
    lines: Lines
    fate: Disposition


class Inspected(msgspec.Struct, frozen=True):
    """Units that came back were looked at; `returned`: the word that told of them."""

    name: str
    at: int
    lines: Lines
    fate: Disposition
    returned: str


Word = Progress | Left | Unshipped | TooLate | Seen | Back | Inspected


def units(lines: Iterable[FulfilmentLine]) -> dict[str, int]:
    """By SKU."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.sku] = found.get(line.sku, 0) + line.quantity
    return found


def less(lines: Lines, off: Lines) -> Lines:
    """Without those units of the same line and SKU; what is not there cannot be taken off."""
    gone: dict[tuple[str, str], int] = {}
    for line in off:
        gone[line.line, line.sku] = gone.get((line.line, line.sku), 0) + line.quantity
    left = []
    for line in lines:
        taken = min(line.quantity, gone.get((line.line, line.sku), 0))
        if taken:
            gone[line.line, line.sku] -= taken
        if line.quantity > taken:
            left.append(FulfilmentLine(line.line, line.sku, line.quantity - taken))
    return tuple(left)
