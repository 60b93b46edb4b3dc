"""Mutants of what nodes find and lose: booked twice, not as it was told, or where a count has seen it already."""

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import without


@breaks("stock changes")
def a_loss_is_booked_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.StockChanged), lambda events: [*events, *events])


@breaks("stock changes")
def a_loss_is_told_and_stays_in_the_books(logs: Logs) -> None:
    logs.rewrite(logs.find(e.StockChanged), lambda events: without(events, e.StockMoved))


@breaks("stock changes")
def units_vanish_that_nobody_has_lost(logs: Logs) -> None:
    logs.rewrite(logs.find(e.StockChanged), lambda events: without(events, e.StockChanged))


@breaks("stock changes")
def promised_units_are_not_lost_with_the_others(logs: Logs) -> None:
    at = next(i for i, d in enumerate(logs.decisions) if {e.StockChanged, e.Shortage} <= set(map(type, d.events)))
    logs.rewrite(at, lambda events: without(events, e.Unreserved))


@breaks("stock changes")
def what_a_count_has_found_is_found_once_more(logs: Logs) -> None:
    def again(event: e.AnyEvent) -> list[e.AnyEvent]:
        if not isinstance(event, e.StockChanged):
            return [event]
        moves = tuple(e.Move(sku, units, "", "adjustment", event.node, "on_hand") for sku, units in event.lines)
        grants = tuple(e.Grant(sku, "b2c", units) for sku, units in event.lines)
        moved = e.StockMoved(document=event.document, kind="change", at=event.at, moves=moves, grants=grants)
        return [replace(event, counted=()), moved]

    at = next(i for i, d in enumerate(logs.decisions) if any(isinstance(x, e.StockChanged) and x.counted for x in d.events))
    logs.rewrite(at, lambda events: [more for event in events for more in again(event)])
