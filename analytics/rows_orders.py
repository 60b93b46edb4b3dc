"""What a decision did to one order, as columns of `decided`, and the demand that it is."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec.structs import astuple

from analytics.facts import At, Row
from analytics.gist import NO_PART, Gist
from analytics.sums import Sum
from tables import events as e

DAY_MS = 86_400_000
# What a DateTime64 and a day can hold whatever a shop claims: 1970 to 2199.
_LATEST = 7_258_118_400_000 - 1

ORDER_EVENTS = frozenset(get_args(e.OrderEvent))
# (its place in the decision, the event, its gist)
Told = tuple[int, e.OrderEvent, Gist]
Columns = tuple[Any, ...]


class Left(NamedTuple):
    """What one record leaves: rows, and what it adds to sums."""

    rows: list[Row]
    sums: list[Sum]


_encode = msgspec.json.Encoder().encode
# Reasons of an Unreserved by which the customer, and nobody else, wants fewer units.
_CANCELS = frozenset({"cancelled", "reduced", "cancel_confirmed"})
_OF_LINES = {e.OrderPlaced, e.OrderResolved}
_PROMISES, _DEMANDS = {e.Reserved, e.Backordered}, {e.OrderPlaced, e.Considered}
NOT_PLACED: Columns = ("", "", "", "", "", "", 0, 0, 0, 0, 0, "", "", *((),) * 6)
_NO_ROWS: Columns = ((),) * 3
_NO_CANDIDATES: Columns = ((),) * 6
NO_EVENTS: Columns = (*((),) * 7, *_NO_ROWS, *_NO_CANDIDATES)


def moment(ms: int) -> int:
    """A time from outside, as the tables can hold it."""
    return min(max(ms, 0), _LATEST)


# ---------------------------------------------------------------------------------------------- the order
def placed_columns(told: Sequence[Told]) -> Columns:
    """`shop` to `line_prices`."""
    for _, event, gist in told:
        if isinstance(event, e.OrderPlaced):
            head = (event.shop, event.channel, event.segment, event.number, event.region, event.currency, event.revision)
            times = (moment(event.placed_at), moment(event.received_at))
            return (*head, len(event.lines), gist.units, *times, "", "", *_line_columns(event, gist))
    return NOT_PLACED


def _line_columns(event: e.OrderPlaced, gist: Gist) -> Columns:
    lines: Sequence[e.OrderLine] = event.lines
    if len(gist.skus) != len(lines):
        lines = [line for line in lines for _ in line.parts or NO_PART]
    names, listings = [line.line for line in lines], [line.listing for line in lines]
    return names, listings, gist.skus, [line.quantity for line in lines], gist.counts, [line.price for line in lines]


# ---------------------------------------------------------------------------------------------- its events
def event_columns(told: Sequence[Told]) -> Columns:
    """`event_ordinals` to `candidate_wanted`."""
    ordinals, events, gists = zip(*told, strict=True)
    names, payloads = [type(event).__name__ for event in events], [_encode(_bare(event)) for event in events]
    units, reasons = [gist.units for gist in gists], [gist.reasons for gist in gists]
    places = [gist.node for gist in gists], [gist.fulfilment for gist in gists]
    return (ordinals, names, *places, units, reasons, payloads, *_row_columns(events, gists), *_candidate_columns(events, gists))


def _bare(event: e.OrderEvent) -> e.OrderEvent:
    """Without the sealed person, and without lines that have columns of their own."""
    match event:
        case e.OrderPlaced():
            return msgspec.structs.replace(event, sealed="", lines=())
        case e.Reserved() | e.FulfilmentReleased() if event.sealed:
            return msgspec.structs.replace(event, sealed="")
        case _:
            return event


def _row_columns(events: Sequence[e.OrderEvent], gists: Sequence[Gist]) -> Columns:
    some = [
        (nth, gist) for nth, (event, gist) in enumerate(zip(events, gists, strict=True), 1) if gist.skus and type(event) not in _OF_LINES
    ]
    if len(some) == 1:
        [(nth, gist)] = some
        return [nth] * len(gist.skus), gist.skus, gist.counts
    of = [nth for nth, gist in some for _ in gist.skus]
    return of, [sku for _, gist in some for sku in gist.skus], [count for _, gist in some for count in gist.counts]


def _candidate_columns(events: Sequence[e.OrderEvent], gists: Sequence[Gist]) -> Columns:
    """`candidate_wanted`: what this decision reserves for the order and leaves waiting, or all of a refused order."""
    some = [(nth, candidate) for nth, event in enumerate(events, 1) if isinstance(event, e.Considered) for candidate in event.candidates]
    if not some:
        return _NO_CANDIDATES
    promised = sum(gist.units for event, gist in zip(events, gists, strict=True) if type(event) in _PROMISES)
    asked = sum(gist.units for event, gist in zip(events, gists, strict=True) if type(event) in _DEMANDS)
    of, candidates = zip(*some, strict=True)
    # the fields of a candidate are these columns
    return (of, *zip(*map(astuple, candidates), strict=True), [promised or asked] * len(of))


# ---------------------------------------------------------------------------------------------- demand
def demand(at: At, told: Sequence[Told]) -> Iterator[Sum]:
    """The order's units by SKU and the node that took them on at once, the rest at node ''; and those that are wanted no more."""
    for _, event, gist in told:
        # platforms send an order again with every payment and note: counted each time, demand would double
        if isinstance(event, e.OrderPlaced) and event.revision == 1:
            yield from _wanted(event, gist, told)
        elif isinstance(event, e.Unreserved) and event.reason in _CANCELS:
            said = next((moment(other.updated_at) for _, other, _ in told if isinstance(other, e.OrderCancelled) and not other.by), at.time)
            yield ("cancelled", said // DAY_MS, "", event.node), gist.skus, gist.counts


def _wanted(event: e.OrderPlaced, placed: Gist, told: Sequence[Told]) -> Iterator[Sum]:
    day, taken = moment(event.placed_at) // DAY_MS, [gist for _, other, gist in told if isinstance(other, e.Reserved)]
    for gist in taken:
        yield ("wanted", day, event.channel, gist.node), gist.skus, gist.counts
    if [gist.counts for gist in taken] == [placed.counts] and taken[0].skus == placed.skus:
        return
    rest = _left(placed, taken)
    yield ("wanted", day, event.channel, ""), list(rest), list(rest.values())


def _left(placed: Gist, taken: Collection[Gist]) -> dict[str, int]:
    rest: dict[str, int] = {}
    for sku, count in zip(placed.skus, placed.counts, strict=True):
        rest[sku] = rest.get(sku, 0) + count
    for sku, count in chain.from_iterable(zip(gist.skus, gist.counts, strict=True) for gist in taken):
        rest[sku] = rest.get(sku, 0) - count
    return {sku: count for sku, count in rest.items() if count > 0}
