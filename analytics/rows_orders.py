"""Rows of what happened to orders: their events, lines, fulfilments, candidates, backorders and the demand they are."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import get_args

import msgspec
from msgspec.structs import astuple

from analytics.facts import At, Span
from analytics.gist import NO_PART, Gist
from streams.decisions import Decision
from tables import events as e

DAY_MS = 86_400_000
# What a DateTime64 and a day can hold whatever a shop claims: 1970 to 2199.
_LATEST = 7_258_118_400_000 - 1

_encode = msgspec.json.Encoder().encode
# Reasons of an Unreserved by which the customer, and nobody else, wants fewer units.
_CANCELS = frozenset({"cancelled", "reduced", "cancel_confirmed"})
_ORDER_EVENTS = frozenset(get_args(e.OrderEvent))
_PROMISES, _DEMANDS = {e.Reserved, e.Backordered}, {e.OrderPlaced, e.Considered}
_NO_CANDIDATES = ((),) * 4
Step = e.Reserved | e.Unreserved | e.CancelRequested | e.FulfilmentRejected | e.Shipped | e.FoundShipped


def moment(ms: int) -> int:
    """A time from outside, as the tables can hold it."""
    return min(max(ms, 0), _LATEST)


def order_rows(at: At, decision: Decision, gists: Sequence[Gist]) -> list[Span]:
    """All rows that the order events of a decision leave, apart from moves of stock. `gists`: of its events."""
    spans: list[Span] = []
    for ordinal, event in enumerate(decision.events):
        if type(event) in _ORDER_EVENTS:
            spans.append(_event_row(at, decision.pool, ordinal, event, gists[ordinal]))  # type: ignore[arg-type]
            spans += _rows_of(at, decision, gists, ordinal)
    return spans


def _event_row(at: At, pool: str, ordinal: int, event: e.OrderEvent, gist: Gist) -> Span:
    head: tuple[object, ...] = ("", "", "", "", "", "", 0, None, None)
    if isinstance(event, e.OrderPlaced):
        head = (event.shop, event.channel, event.segment, event.number, event.region, event.currency, event.revision)
        head += (moment(event.placed_at), moment(event.received_at))
    about = (type(event).__name__, gist.node, gist.fulfilment, gist.units, gist.reasons, _encode(_bare(event)))
    return "order_events", (*at, ordinal, pool, event.order, *about, *head), ()


def _bare(event: e.OrderEvent) -> e.OrderEvent:
    """Without the sealed person, and without lines that have a table of their own."""
    match event:
        case e.OrderPlaced():
            return msgspec.structs.replace(event, sealed="", lines=())
        case e.Reserved() if event.sealed:
            return msgspec.structs.replace(event, sealed="")
        case _:
            return event


def _rows_of(at: At, decision: Decision, gists: Sequence[Gist], ordinal: int) -> Iterable[Span]:
    event, gist = decision.events[ordinal], gists[ordinal]
    match event:
        case e.OrderPlaced():
            lines = _line_rows(at, event, gist)
            # platforms send an order again with every payment and note: counted each time, demand would double
            return (lines, *_demand_rows(at, decision, gists, event, gist)) if event.revision == 1 else (lines,)
        case e.Considered():
            return (_candidate_rows(at, decision, gists, ordinal, event),)
        case e.Reserved() | e.CancelRequested() | e.FulfilmentRejected() | e.Shipped() | e.FoundShipped():
            return (_fulfilment_row(at, decision.pool, ordinal, event, gist),)
        case e.Unreserved():
            given_back = _fulfilment_row(at, decision.pool, ordinal, event, gist)
            return (given_back, _cancelled_rows(at, decision, event, gist)) if event.reason in _CANCELS else (given_back,)
        case e.Backordered():
            return (("backorders", (*at, ordinal, decision.pool, event.order, gist.skus, gist.counts), ()),)
        case e.Shortage():
            return (("shortages", (*at, ordinal, decision.pool, event.order, event.node, event.sku, event.quantity), ()),)
        case _:
            return ()


def _line_rows(at: At, event: e.OrderPlaced, gist: Gist) -> Span:
    lines: Sequence[e.OrderLine] = event.lines
    if len(gist.skus) != len(lines):
        lines = [line for line in lines for _ in line.parts or NO_PART]
    names, listings = [line.line for line in lines], [line.listing for line in lines]
    quantities, prices = [line.quantity for line in lines], [line.price for line in lines]
    about = (event.currency, event.shop, event.channel, event.segment, moment(event.placed_at))
    own = (names, listings, gist.skus, quantities, gist.counts, prices)
    return "order_lines", (*at, event.order, event.revision, *about), own


def _demand_rows(at: At, decision: Decision, gists: Sequence[Gist], event: e.OrderPlaced, placed: Gist) -> Iterator[Span]:
    """The order's units by SKU and the node that took them on at once; the rest at node ''."""
    wanted, taken = _added({}, placed), dict[str, dict[str, int]]()
    for other, gist in zip(decision.events, gists, strict=True):
        # the same decision may fill other orders that waited
        if isinstance(other, e.Reserved) and other.order == event.order:
            taken[gist.node] = _added(taken.get(gist.node, {}), gist)
    about = (*at, decision.pool, event.order, moment(event.placed_at) // DAY_MS, event.channel)
    for node, found in (*taken.items(), ("", _left(wanted, taken.values()))):
        if found:
            yield "demand", (*about, node), (found.keys(), found.values(), [0] * len(found))


def _added(sums: dict[str, int], gist: Gist) -> dict[str, int]:
    """Units by SKU."""
    found = dict(zip(gist.skus, gist.counts, strict=True))
    if not sums and len(found) == len(gist.skus):
        return found
    for sku, count in zip(gist.skus, gist.counts, strict=True):
        sums[sku] = sums.get(sku, 0) + count
    return sums


def _left(wanted: dict[str, int], taken: Collection[dict[str, int]]) -> dict[str, int]:
    if list(taken) == [wanted]:
        return {}
    rest = {sku: count - sum(here.get(sku, 0) for here in taken) for sku, count in wanted.items()}
    return {sku: count for sku, count in rest.items() if count > 0}


def _cancelled_rows(at: At, decision: Decision, event: e.Unreserved, gist: Gist) -> Span:
    said = next((moment(other.updated_at) for other in decision.events if isinstance(other, e.OrderCancelled)), at.time)
    about = (*at, decision.pool, event.order, said // DAY_MS, "", event.node)
    return "demand", about, (gist.skus, [0] * len(gist.skus), gist.counts)


def _candidate_rows(at: At, decision: Decision, gists: Sequence[Gist], ordinal: int, event: e.Considered) -> Span:
    """`wanted`: what the order was looked at for: what this decision reserves for it and leaves waiting, or all of a refused order."""
    promised = asked = 0
    for other, gist in zip(decision.events, gists, strict=True):
        if getattr(other, "order", "") != event.order:
            continue
        promised += gist.units if type(other) in _PROMISES else 0
        asked += gist.units if type(other) in _DEMANDS else 0
    shared = (*at, ordinal, decision.pool, event.order, promised or asked, event.criteria)
    # the fields of a candidate are these columns
    return "candidates", shared, tuple(zip(*map(astuple, event.candidates), strict=True)) or _NO_CANDIDATES


_STEPS: dict[type, str] = {
    e.Reserved: "ordered",
    e.Unreserved: "given_back",
    e.CancelRequested: "cancel_asked",
    e.FulfilmentRejected: "refused",
    e.Shipped: "shipped",
    e.FoundShipped: "shipped",
}


def _fulfilment_row(at: At, pool: str, ordinal: int, event: Step, gist: Gist) -> Span:
    reason = "" if not gist.reasons else gist.reasons[0]
    about = (event.order, event.fulfilment, event.node, _STEPS[type(event)], gist.units, len(gist.skus), reason)
    shipped: tuple[object, ...] = ("", "", None)
    if isinstance(event, (e.Shipped, e.FoundShipped)):
        shipped = (event.carrier, event.tracking, moment(event.shipped_at))
    return "fulfilments", (*at, ordinal, pool, *about, *shipped), ()
