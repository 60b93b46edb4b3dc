"""What a decision was about and how it ended, in one word each, read from its events."""

from typing import Literal, NamedTuple, get_args

from streams.decisions import Decision
from tables import events as e

Kind = Literal[
    "order",
    "cancel",
    "reduce",
    "release",
    "hold",
    "fulfilment",
    "return",
    "reservation",
    "refund",
    "bill",
    "stock",
    "reference",
    "tick",
    "nothing",
]

# The first of these that a decision has names its command: what follows from it (a receipt fills orders) comes after in this list.
_KINDS: tuple[tuple[type[e.Event], Kind], ...] = (
    (e.Ticked, "tick"),
    (e.StockChanged, "stock"),
    *((of, "return") for of in (e.Reissued, e.ReturnEnded)),
    (e.OrderPlaced, "order"),
    (e.OrderCancelled, "cancel"),
    (e.OrderReduced, "reduce"),
    *((of, "reference") for of in (e.ListingSet, e.NodeSet, e.PricesSet, e.ShopSet, e.SegmentSet, e.PolicySet, e.RatesSet, e.WeightsSet)),
    (e.HoldReleased, "release"),
    (e.OrderHeld, "hold"),
    *(
        (of, "fulfilment")
        for of in (e.Shipped, e.FoundShipped, e.FulfilmentRejected, e.CancelRefused, e.Progressed, e.Tracked, e.Delivered)
    ),
    *((of, "return") for of in (e.Returned, e.ReturnRequested, e.ReturnTracked, e.Inspected)),
    (e.RefundDue, "refund"),
    *((of, "bill") for of in (e.BilledBack, e.BillSettled)),
    *((of, "stock") for of in (e.StockMoved, e.StockCounted, e.SupplyAnnounced)),
    *((of, "reservation") for of in (e.ReservationMade, e.ReservationReleased)),
)
_HEADS = {e.OrderPlaced, e.HoldReleased, e.OrderHeld}
_NO_EVENTS = frozenset(get_args(e.NoEvent))


class Outcome(NamedTuple):
    """`word` for orders: allocated, partial, backordered, held, rejected, cancelled or accepted (nothing to do for it); for the rest
    done. For both: duplicate, stale or refused, and then `code` and `sentence` say why."""

    kind: Kind
    word: str
    code: str = ""
    sentence: str = ""


def outcome(decision: Decision) -> Outcome:
    types = set(map(type, decision.events))
    kind: Kind = next((kind for of, kind in _KINDS if of in types), "nothing")
    for event in decision.events if not types.isdisjoint(_NO_EVENTS) else ():
        match event:
            case e.Duplicate():
                return Outcome(kind, "duplicate")
            case e.Stale():
                return Outcome(kind, "stale")
            case e.Refused(code=code, sentence=sentence):
                return Outcome(kind, "refused", code, sentence)
    return Outcome(kind, _order_word(decision.events) if kind in ("order", "release", "hold") else "done")


def _order_word(events: tuple[e.AnyEvent, ...]) -> str:
    order = next((event.order for event in events if type(event) in _HEADS), "")  # type: ignore[union-attr]
    # a decision may fill other orders by the way; what becomes of them is not the outcome of this one
    of_order = [event for event in events if getattr(event, "order", None) == order]
    types = set(map(type, of_order))
    if e.OrderCancelled in types:
        return "cancelled"
    if e.OrderRejected in types:
        return "rejected"
    if e.OrderHeld in types and any(isinstance(event, e.OrderHeld) and event.reasons for event in of_order):
        return "held"
    reserved = e.Reserved in types
    if e.Backordered in types and any(isinstance(event, e.Backordered) and event.rows for event in of_order):
        return "partial" if reserved else "backordered"
    return "allocated" if reserved else "accepted"
