"""Mutants of the decider: units promised twice, not given back, taken from whom they are not for, or made out of nothing."""

from collections.abc import Iterable

from msgspec.structs import replace

from streams.decisions import Decision
from tables import events as e
from tests.story import key
from tests.streams.logs import Logs
from tests.streams.mutants import breaks


def without(events: Iterable[e.AnyEvent], *kinds: type[e.AnyEvent]) -> list[e.AnyEvent]:
    return [event for event in events if not isinstance(event, kinds)]


def events_of(logs: Logs, kind: type[e.AnyEvent], nth: int = 0) -> tuple[int, list[e.AnyEvent]]:
    at = logs.find(kind, nth)
    return at, list(logs.decisions[at].events)


def decision_about(logs: Logs, order: str, kind: type[e.AnyEvent]) -> tuple[int, Decision]:
    return next(
        (i, decision)
        for i, decision in enumerate(logs.decisions)
        for event in decision.events
        if isinstance(event, kind) and getattr(event, "order", "") == order
    )


def swap_rows(logs: Logs, at: int, **fields: object) -> None:
    """Change the first row of every reservation of a decision."""

    def changed(event: e.AnyEvent) -> e.AnyEvent:
        if not isinstance(event, e.Reserved | e.Unreserved | e.Shipped):
            return event
        first, *others = event.rows
        return replace(event, rows=(replace(first, **fields), *others))

    logs.rewrite(at, lambda events: [changed(event) for event in events])


# ---------------------------------------------------------------------------------------------- too much
@breaks("reserved lines")
def one_unit_too_many_is_reserved(logs: Logs) -> None:
    at, decision = decision_about(logs, key("2", "dealer"), e.Reserved)
    row = next(event.rows[0] for event in decision.events if isinstance(event, e.Reserved))
    swap_rows(logs, at, quantity=row.quantity + 1)


@breaks("reserved lines")
def an_amended_order_is_reserved_anew_and_keeps_what_it_had(logs: Logs) -> None:
    at, _ = decision_about(logs, key("5"), e.Unreserved)
    logs.rewrite(at, lambda events: without(events, e.Unreserved))


@breaks("reserved lines")
def a_refund_gives_nothing_back(logs: Logs) -> None:
    logs.rewrite(logs.find(e.OrderReduced), lambda events: events[:1])


@breaks("below zero")
def more_is_sold_than_was_received(logs: Logs) -> None:
    def less(event: e.AnyEvent) -> e.AnyEvent:
        assert isinstance(event, e.StockMoved)
        moves = [replace(move, quantity=move.quantity - 30) for move in event.moves]
        grants = [replace(grant, units=grant.units - 30 * (grant.origin == "b2c")) for grant in event.grants]
        return replace(event, moves=tuple(moves), grants=tuple(grants))

    logs.rewrite(logs.find(e.StockMoved), lambda events: [less(event) for event in events])


@breaks("conservation")
def a_receipt_is_granted_to_nobody(logs: Logs) -> None:
    logs.rewrite(logs.find(e.StockMoved), lambda events: [replace(event, grants=()) for event in events])


@breaks("conservation")
def a_count_changes_the_shelf_and_not_the_segments(logs: Logs) -> None:
    at = next(i for i, d in enumerate(logs.decisions) if any(isinstance(x, e.StockMoved) and x.kind == "count" for x in d.events))
    logs.rewrite(at, lambda events: [replace(x, grants=x.grants[1:]) if isinstance(x, e.StockMoved) else x for x in events])


@breaks("conservation")
def a_move_takes_fewer_than_nothing(logs: Logs) -> None:
    move = e.Move("ASSAM", -3, "hamburg", "damaged", "hamburg", "quality")
    logs.rewrite(logs.find(e.StockMoved), lambda events: [*events, e.StockMoved(document="", kind="move", at=1, moves=(move,))])


@breaks("conservation")
def a_move_leads_to_no_bucket(logs: Logs) -> None:
    move = e.Move("ASSAM", 3, "hamburg", "on_hand", "hamburg", "cupboard")
    grant = e.Grant("ASSAM", "b2c", -3)
    moved = e.StockMoved(document="", kind="move", at=1, moves=(move,), grants=(grant,))
    logs.rewrite(logs.find(e.StockMoved), lambda events: [*events, moved])


@breaks("conservation")
def a_reservation_takes_from_its_origins_less_than_from_the_shelf(logs: Logs) -> None:
    at, decision = decision_about(logs, key("2", "dealer"), e.Reserved)
    row = next(event.rows[0] for event in decision.events if isinstance(event, e.Reserved))
    swap_rows(logs, at, origins=(("b2b", row.quantity - 1),))


# ---------------------------------------------------------------------------------------------- whose units
@breaks("protected")
def a_web_order_takes_the_dealers_units(logs: Logs) -> None:
    _take_from(logs, key("5"), "b2b")


@breaks("protected")
def a_web_order_takes_units_set_aside_for_another_shop(logs: Logs) -> None:
    _take_from(logs, key("5"), "@vip")


@breaks("protected")
def a_segment_borrows_that_may_not(logs: Logs) -> None:
    _take_from(logs, key("5"), "club")


@breaks("protected")
def a_receipt_passes_protected_units_on(logs: Logs) -> None:
    more = (e.Grant("ASSAM", "b2b", -1), e.Grant("ASSAM", "b2c", 1))
    at, _ = events_of(logs, e.StockMoved)
    logs.rewrite(at, lambda events: [replace(x, grants=(*x.grants, *more)) if isinstance(x, e.StockMoved) else x for x in events])


@breaks("protected")
def a_node_that_does_not_sell_promises(logs: Logs) -> None:
    at = logs.find(e.NodeSet)
    logs.rewrite(at, lambda events: [replace(x, node=replace(x.node, sellable=False)) for x in events if isinstance(x, e.NodeSet)])


def _take_from(logs: Logs, order: str, origin: str) -> None:
    at, decision = decision_about(logs, order, e.Reserved)
    row = next(event.rows[0] for event in decision.events if isinstance(event, e.Reserved))
    swap_rows(logs, at, origins=((origin, row.quantity),))


# ---------------------------------------------------------------------------------------------- giving back
@breaks("reservations")
def a_cancelled_order_gives_nothing_back(logs: Logs) -> None:
    at, _ = decision_about(logs, key("10"), e.OrderCancelled)
    logs.rewrite(at, lambda events: without(events, e.Unreserved, e.CancelRequested))


@breaks("reservations")
def units_are_given_back_twice(logs: Logs) -> None:
    at, decision = decision_about(logs, key("10"), e.Unreserved)
    back = next(event for event in decision.events if isinstance(event, e.Unreserved))
    logs.rewrite(at, lambda events: [*events, back])


@breaks("reservations")
def units_go_back_where_they_did_not_come_from(logs: Logs) -> None:
    at, events = events_of(logs, e.Unreserved)
    row = next(event.rows[0] for event in events if isinstance(event, e.Unreserved))
    swap_rows(logs, at, origins=(("", row.quantity),))


@breaks("reservations")
def more_is_given_back_than_was_reserved(logs: Logs) -> None:
    at, decision = decision_about(logs, key("10"), e.Unreserved)
    row = next(event.rows[0] for event in decision.events if isinstance(event, e.Unreserved))
    swap_rows(logs, at, quantity=row.quantity + 1, origins=())


@breaks("reservations")
def another_node_gives_the_units_back(logs: Logs) -> None:
    at = logs.find(e.Unreserved)
    logs.rewrite(at, lambda events: [replace(x, node="porto") if isinstance(x, e.Unreserved) else x for x in events])


@breaks("reservations")
def a_fulfilment_is_shipped_twice(logs: Logs) -> None:
    at, events = events_of(logs, e.Shipped)
    shipped = next(event for event in events if isinstance(event, e.Shipped))
    logs.rewrite(at, lambda events: [*events, shipped])


@breaks("reservations")
def what_was_given_back_is_shipped(logs: Logs) -> None:
    _, decision = decision_about(logs, key("10"), e.Unreserved)
    back = next(event for event in decision.events if isinstance(event, e.Unreserved))
    shipped = e.Shipped(order=back.order, fulfilment=back.fulfilment, node=back.node, rows=back.rows, shipped_at=9)
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, shipped])


@breaks("reservations")
def a_fulfilment_is_reserved_twice(logs: Logs) -> None:
    at, events = events_of(logs, e.Reserved)
    reserved = next(event for event in events if isinstance(event, e.Reserved))
    logs.rewrite(at, lambda events: [*events, reserved])


@breaks("reservations")
def a_cancel_is_asked_of_units_that_are_not_there(logs: Logs) -> None:
    at, _ = events_of(logs, e.CancelRequested)
    logs.rewrite(at, lambda events: [*events, *(x for x in events if isinstance(x, e.CancelRequested))])


def _too_late(logs: Logs) -> tuple[int, e.CancelRefused]:
    """The answer to the first cancel that a node was asked for, and where it could stand."""
    at, events = events_of(logs, e.CancelRequested)
    asked = next(event for event in events if isinstance(event, e.CancelRequested))
    return at, e.CancelRefused(order=asked.order, document="late", fulfilment=asked.fulfilment, node=asked.node, rows=asked.rows)


@breaks("reservations")
def a_cancel_is_refused_that_nobody_asked_for(logs: Logs) -> None:
    at, refused = _too_late(logs)
    logs.rewrite(at, lambda events: [*without(events, e.CancelRequested), refused])


@breaks("reservations")
def one_request_is_refused_twice(logs: Logs) -> None:
    at, refused = _too_late(logs)
    logs.rewrite(at, lambda events: [*events, refused, refused])


@breaks("reservations")
def more_is_too_late_than_was_asked_for(logs: Logs) -> None:
    at, refused = _too_late(logs)
    first, *others = refused.rows
    more = replace(refused, rows=(replace(first, quantity=first.quantity + 1), *others))
    logs.rewrite(at, lambda events: [*events, more])


# ---------------------------------------------------------------------------------------------- forgotten orders
def _again(logs: Logs) -> tuple[e.AnyEvent, ...]:
    """What was decided of an order that has been shipped whole since."""
    _, decision = decision_about(logs, key("1"), e.OrderPlaced)
    return tuple(replace(event, fulfilment="Fagain") if isinstance(event, e.Reserved) else event for event in decision.events)


@breaks("one order")
def an_order_that_was_forgotten_is_allocated_again(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, *_again(logs)])


@breaks("holds")
def an_order_that_was_forgotten_is_held_and_allocated_all_the_same(logs: Logs) -> None:
    placed, *others = _again(logs)
    held = e.OrderHeld(order=key("1"), reasons=("suspected_duplicate",))
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, placed, held, *others])


# ---------------------------------------------------------------------------------------------- whole orders
@breaks("all or nothing")
def half_an_order_is_promised_where_the_policy_says_all_or_nothing(logs: Logs) -> None:
    at, _ = decision_about(logs, key("2", "dealer"), e.Reserved)
    logs.rewrite(at, lambda events: [replace(x, rows=x.rows[:1]) if isinstance(x, e.Reserved) else x for x in events])


@breaks("accounted")
def an_order_waits_and_nobody_remembers(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Backordered), lambda events: without(events, e.Backordered))


@breaks("holds")
def a_held_order_is_promised(logs: Logs) -> None:
    logs.rewrite(logs.find(e.HoldReleased), lambda events: without(events, e.HoldReleased))


@breaks("holds")
def a_hold_ends_twice(logs: Logs) -> None:
    at = logs.find(e.HoldReleased)
    logs.rewrite(at, lambda events: [*events, next(x for x in events if isinstance(x, e.HoldReleased))])


@breaks("holds")
def a_cancelled_order_is_promised(logs: Logs) -> None:
    at, decision = decision_about(logs, key("10"), e.Unreserved)
    back = next(event for event in decision.events if isinstance(event, e.Unreserved))
    again = e.Reserved(order=back.order, fulfilment="Fagain", node=back.node, rows=back.rows)
    logs.rewrite(at, lambda events: [*events, again])
