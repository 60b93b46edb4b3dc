"""Rows of what happened to orders: their events, lines, fulfilments, candidates, backorders and the demand they are."""

from collections.abc import Iterable, Iterator

import msgspec

from analytics.facts import At, FactRow
from streams.decisions import Decision
from tables import events as e

DAY_MS = 86_400_000
# What a DateTime64 and a day can hold whatever a shop claims: 1970 to 2199.
_LATEST = 7_258_118_400_000 - 1

_encode = msgspec.json.Encoder().encode
# Reasons of an Unreserved by which the customer, and nobody else, wants fewer units.
_CANCELS = frozenset({"cancelled", "reduced", "cancel_confirmed"})


def moment(ms: int) -> int:
    """A time from outside, as the tables can hold it."""
    return min(max(ms, 0), _LATEST)


def units(rows: Iterable[e.Row | e.Waiting]) -> int:
    return sum(row.quantity for row in rows)


def order_rows(at: At, decision: Decision) -> Iterator[FactRow]:
    """All rows that the order events of a decision leave, apart from moves of stock."""
    for ordinal, event in enumerate(decision.events):
        if isinstance(event, e.OrderEvent):
            yield "order_events", _event_row(at, decision.pool, ordinal, event)
            yield from _rows_of(at, decision, ordinal, event)


def _event_row(at: At, pool: str, ordinal: int, event: e.OrderEvent) -> tuple[object, ...]:
    node, fulfilment, count, reasons = _gist(event)
    head: tuple[object, ...] = ("", "", "", "", "", "", 0, None, None)
    if isinstance(event, e.OrderPlaced):
        head = (event.shop, event.channel, event.segment, event.number, event.region, event.currency, event.revision)
        head += (moment(event.placed_at), moment(event.received_at))
    payload = _encode(_bare(event)).decode()
    return (*at, ordinal, pool, event.order, type(event).__name__, node, fulfilment, count, reasons, payload, *head)


def _gist(event: e.OrderEvent) -> tuple[str, str, int, tuple[str, ...]]:
    """(node, fulfilment, units, reasons) of an event."""
    match event:
        case e.OrderPlaced() | e.OrderResolved():
            return "", "", sum(line.quantity * sum(per_unit for _, per_unit in line.parts) for line in event.lines), ()
        case e.OrderReduced():
            return "", "", sum(count for _, count in event.lines), ()
        case e.OrderHeld() | e.HoldReleased():
            return "", "", 0, event.reasons
        case e.OrderCancelled() | e.OrderRejected():
            return "", "", 0, (event.reason,)
        case e.Considered():
            return "", "", sum(count for _, count in event.short), ()
        case e.Reserved() | e.Shipped() | e.FoundShipped():
            return event.node, event.fulfilment, units(event.rows), ()
        case e.Returned():
            return event.node, "", units(event.rows), ()
        case e.Unreserved() | e.CancelRequested():
            return event.node, event.fulfilment, units(event.rows), (event.reason,)
        case e.FulfilmentRejected():
            return event.node, event.fulfilment, 0, (event.reason,)
        case e.Backordered():
            return "", "", units(event.rows), ()
        case e.Shortage():
            return event.node, "", event.quantity, ()


def _bare(event: e.OrderEvent) -> e.OrderEvent:
    """Without the sealed person, and without lines that have a table of their own."""
    match event:
        case e.OrderPlaced():
            return msgspec.structs.replace(event, sealed="", lines=())
        case e.Reserved():
            return msgspec.structs.replace(event, sealed="")
        case _:
            return event


def _rows_of(at: At, decision: Decision, ordinal: int, event: e.OrderEvent) -> Iterator[FactRow]:
    match event:
        case e.OrderPlaced():
            yield from _line_rows(at, event)
            # platforms send an order again with every payment and note: counted each time, demand would double
            if event.revision == 1:
                yield from _demand_rows(at, decision, event)
        case e.Considered():
            yield from _candidate_rows(at, decision, ordinal, event)
        case e.Backordered():
            waiting = ([row.sku for row in event.rows], [row.quantity for row in event.rows])
            yield "backorders", (*at, ordinal, decision.pool, event.order, *waiting)
        case e.Shortage():
            yield "shortages", (*at, ordinal, decision.pool, event.order, event.node, event.sku, event.quantity)
        case e.Reserved() | e.Unreserved() | e.CancelRequested() | e.FulfilmentRejected() | e.Shipped() | e.FoundShipped():
            yield "fulfilments", _fulfilment_row(at, decision.pool, ordinal, event)
            if isinstance(event, e.Unreserved) and event.reason in _CANCELS:
                yield from _cancelled_rows(at, decision, event)
        case _:
            pass


def _line_rows(at: At, event: e.OrderPlaced) -> Iterator[FactRow]:
    tail = (event.currency, event.shop, event.channel, event.segment, moment(event.placed_at))
    for line in event.lines:
        for sku, per_unit in line.parts or (("", 0),):
            front = (*at, event.order, event.revision, line.line, line.listing, sku)
            yield "order_lines", (*front, line.quantity, line.quantity * per_unit, line.price, *tail)


def _demand_rows(at: At, decision: Decision, event: e.OrderPlaced) -> Iterator[FactRow]:
    """The order's units by SKU and the node that took them on at once; the rest at node ''."""
    wanted: dict[str, int] = {}
    for line in event.lines:
        for sku, per_unit in line.parts:
            wanted[sku] = wanted.get(sku, 0) + line.quantity * per_unit
    taken: dict[tuple[str, str], int] = {}
    for other in decision.events:
        # the same decision may fill other orders that waited
        if isinstance(other, e.Reserved) and other.order == event.order:
            for row in other.rows:
                taken[row.sku, other.node] = taken.get((row.sku, other.node), 0) + row.quantity
                wanted[row.sku] = wanted.get(row.sku, 0) - row.quantity
    day = moment(event.placed_at) // DAY_MS
    for (sku, node), count in [*taken.items(), *(((sku, ""), rest) for sku, rest in wanted.items() if rest > 0)]:
        yield "demand", (*at, decision.pool, event.order, day, sku, event.channel, node, count, 0)


def _cancelled_rows(at: At, decision: Decision, event: e.Unreserved) -> Iterator[FactRow]:
    said = next((moment(other.updated_at) for other in decision.events if isinstance(other, e.OrderCancelled)), at.time)
    for row in event.rows:
        yield "demand", (*at, decision.pool, event.order, said // DAY_MS, row.sku, "", event.node, 0, row.quantity)


def _candidate_rows(at: At, decision: Decision, ordinal: int, event: e.Considered) -> Iterator[FactRow]:
    """`wanted`: what the order was looked at for: what this decision reserves for it and leaves waiting, or all of a refused order."""
    of_order = [other for other in decision.events if getattr(other, "order", "") == event.order]
    wanted = sum(units(other.rows) for other in of_order if isinstance(other, e.Reserved | e.Backordered))
    wanted = wanted or sum(_gist(other)[2] for other in of_order if isinstance(other, e.OrderPlaced | e.Considered))
    for candidate in event.candidates:
        front = (*at, ordinal, decision.pool, event.order, candidate.node, candidate.covers, wanted)
        yield "candidates", (*front, event.criteria, candidate.scores, candidate.verdict)


Step = e.Reserved | e.Unreserved | e.CancelRequested | e.FulfilmentRejected | e.Shipped | e.FoundShipped
_STEPS = {
    e.Reserved: "ordered",
    e.Unreserved: "given_back",
    e.CancelRequested: "cancel_asked",
    e.FulfilmentRejected: "refused",
    e.Shipped: "shipped",
    e.FoundShipped: "shipped",
}


def _fulfilment_row(at: At, pool: str, ordinal: int, event: Step) -> tuple[object, ...]:
    front = (*at, ordinal, pool, event.order, event.fulfilment, event.node, _STEPS[type(event)])
    match event:
        case e.Reserved():
            return (*front, units(event.rows), len(event.rows), "", "", "", None)
        case e.Unreserved() | e.CancelRequested():
            return (*front, units(event.rows), len(event.rows), event.reason, "", "", None)
        case e.FulfilmentRejected():
            return (*front, 0, 0, event.reason, "", "", None)
        case e.Shipped() | e.FoundShipped():
            return (*front, units(event.rows), len(event.rows), "", event.carrier, event.tracking, moment(event.shipped_at))
