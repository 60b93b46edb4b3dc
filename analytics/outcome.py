"""What a decision was about and how it ended, in one word each, read from its events."""

from typing import Literal, NamedTuple

from streams.decisions import Decision
from tables import events as e

Kind = Literal["order", "cancel", "reduce", "release", "fulfilment", "return", "stock", "reference", "tick", "nothing"]

_KINDS: tuple[tuple[tuple[type[e.Event], ...], Kind], ...] = (
    ((e.OrderPlaced,), "order"),
    ((e.OrderCancelled,), "cancel"),
    ((e.OrderReduced,), "reduce"),
    ((e.ListingSet, e.NodeSet, e.ShopSet, e.SegmentSet, e.PolicySet), "reference"),
    ((e.HoldReleased,), "release"),
    ((e.Ticked,), "tick"),
    ((e.Shipped, e.FoundShipped, e.FulfilmentRejected), "fulfilment"),
    ((e.Returned,), "return"),
    ((e.StockMoved, e.StockCounted), "stock"),
)


class Outcome(NamedTuple):
    """`word` for orders: allocated, partial, backordered, held, rejected, cancelled or accepted (nothing to do for it); for the rest
    done. For both: duplicate, stale or refused, and then `code` and `sentence` say why."""

    kind: Kind
    word: str
    code: str = ""
    sentence: str = ""


def outcome(decision: Decision) -> Outcome:
    kind = _kind(decision.events)
    for event in decision.events:
        match event:
            case e.Duplicate():
                return Outcome(kind, "duplicate")
            case e.Stale():
                return Outcome(kind, "stale")
            case e.Refused(code=code, sentence=sentence):
                return Outcome(kind, "refused", code, sentence)
    return Outcome(kind, _order_word(decision.events) if kind in ("order", "release") else "done")


def _kind(events: tuple[e.AnyEvent, ...]) -> Kind:
    """Of the event that names the command: what follows from it (a receipt fills orders) comes after in this list."""
    for types, kind in _KINDS:
        if any(isinstance(event, types) for event in events):
            return kind
    return "nothing"


def _order_word(events: tuple[e.AnyEvent, ...]) -> str:
    order = next((event.order for event in events if isinstance(event, e.OrderPlaced | e.HoldReleased)), "")
    # a decision may fill other orders by the way; what becomes of them is not the outcome of this one
    of_order = [event for event in events if getattr(event, "order", None) == order]
    if any(isinstance(event, e.OrderCancelled) for event in of_order):
        return "cancelled"
    if any(isinstance(event, e.OrderRejected) for event in of_order):
        return "rejected"
    if any(isinstance(event, e.OrderHeld) and event.reasons for event in of_order):
        return "held"
    reserved = any(isinstance(event, e.Reserved) for event in of_order)
    if any(isinstance(event, e.Backordered) and event.rows for event in of_order):
        return "partial" if reserved else "backordered"
    return "allocated" if reserved else "accepted"
