"""Mutants of reservations: kept twice, given back twice, kept for ever, or made out of nothing."""

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import without


def _expiry(logs: Logs) -> int:
    """The tick that ends a reservation."""
    return next(
        i for i, decision in enumerate(logs.decisions) if {e.Ticked, e.ReservationReleased} <= {type(event) for event in decision.events}
    )


@breaks("reservations")
def a_reservation_stands_after_its_time(logs: Logs) -> None:
    logs.rewrite(_expiry(logs), lambda events: without(events, e.ReservationReleased))


@breaks("reservations")
def a_reservation_ends_before_its_time(logs: Logs) -> None:
    at = logs.find(e.ReservationMade)
    logs.rewrite(at, lambda events: [replace(x, expires_at=1 << 40) if isinstance(x, e.ReservationMade) else x for x in events])


@breaks("reservations")
def a_reservation_gives_back_what_its_order_has_had(logs: Logs) -> None:
    ordered = next(x for decision in logs.decisions for x in decision.events if isinstance(x, e.ReservationReleased) and x.order)
    again = replace(ordered, reason="expired", order="")
    logs.rewrite(_expiry(logs), lambda events: [*events, again])


@breaks("conservation")
def a_reservation_takes_nothing_off_the_segment(logs: Logs) -> None:
    at = logs.find(e.ReservationMade)
    made = next(x for x in logs.decisions[at].events if isinstance(x, e.ReservationMade))
    moves = tuple(e.Move(row.sku, row.quantity, made.node, "on_hand", made.node, "reserved") for row in made.rows)
    logs.rewrite(at, lambda _: [e.StockMoved(document="cart", kind="move", at=1, moves=moves)])


@breaks("below zero")
def more_is_kept_than_there_is(logs: Logs) -> None:
    at = logs.find(e.ReservationMade)

    def more(event: e.AnyEvent) -> e.AnyEvent:
        if not isinstance(event, e.ReservationMade):
            return event
        return replace(event, rows=tuple(e.Row(row.line, row.sku, row.quantity + 1_000) for row in event.rows))

    logs.rewrite(at, lambda events: [more(event) for event in events])
