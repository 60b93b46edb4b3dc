"""Mutants of what comes after an order has left: returns, inspections, and what goes out in its stead."""

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import without


def _changed(logs: Logs, kind: type[e.AnyEvent], **fields: object) -> None:
    """The first such event says something else."""
    logs.rewrite(logs.find(kind), lambda events: [replace(event, **fields) if isinstance(event, kind) else event for event in events])


def _first(logs: Logs, kind: type[e.AnyEvent]) -> e.AnyEvent:
    return next(event for event in logs.decisions[logs.find(kind)].events if isinstance(event, kind))


# ---------------------------------------------------------------------------------------------- asked for
@breaks("returns")
def more_is_asked_to_come_back_than_was_shipped(logs: Logs) -> None:
    asked = _first(logs, e.ReturnRequested)
    assert isinstance(asked, e.ReturnRequested)
    [row, *others] = asked.rows
    _changed(logs, e.ReturnRequested, rows=(replace(row, quantity=row.quantity + 9), *others))


@breaks("returns")
def two_returns_ask_for_the_same_goods(logs: Logs) -> None:
    asked = _first(logs, e.ReturnRequested)
    assert isinstance(asked, e.ReturnRequested)
    logs.rewrite(logs.find(e.ReturnRequested), lambda events: [*events, replace(asked, rma="RMA-again")])


@breaks("returns")
def a_node_is_told_of_more_than_is_to_come_back(logs: Logs) -> None:
    told = next(
        event for decision in logs.decisions for event in decision.events if isinstance(event, e.ArrivalExpected) and event.kind == "return"
    )
    more = replace(told, rows=tuple(replace(row, quantity=row.quantity + 1) for row in told.rows))
    at = next(number for number, decision in enumerate(logs.decisions) if told in decision.events)
    logs.rewrite(at, lambda events: [more if event == told else event for event in events])


@breaks("fulfilments")
def a_decision_keeps_what_is_announced_from_its_node(logs: Logs) -> None:
    logs.rewrite(logs.find(e.SupplyAnnounced), lambda events: without(events, e.ArrivalExpected))


@breaks("fulfilments")
def a_node_is_told_of_other_supply_than_is_announced(logs: Logs) -> None:
    def fewer(event: e.AnyEvent) -> e.AnyEvent:
        return replace(event, rows=event.rows[1:]) if isinstance(event, e.ArrivalExpected) else event

    logs.rewrite(logs.find(e.SupplyAnnounced), lambda events: [*map(fewer, events)])


@breaks("fulfilments")
def a_node_is_not_told_of_what_is_to_come(logs: Logs) -> None:
    logs.told.remove(next(told for told in logs.told if told.type == "SupplyExpected"))


@breaks("returns")
def a_return_ends_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.ReturnEnded), lambda events: [*events, *events])


# ---------------------------------------------------------------------------------------------- inspected
@breaks("inspections")
def goods_are_inspected_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Inspected), lambda events: [*events, *events])


@breaks("inspections")
def goods_are_inspected_that_did_not_come_back_in_this_return(logs: Logs) -> None:
    _changed(logs, e.Inspected, rma="RMA-other")


@breaks("inspections")
def what_is_to_be_scrapped_is_sold(logs: Logs) -> None:
    found = _first(logs, e.Inspected)
    assert isinstance(found, e.Inspected)
    _changed(logs, e.Inspected, lines=tuple((sku, "scrap", units) for sku, _, units in found.lines))


@breaks("inspections")
def goods_come_on_hand_by_an_inspection_that_nobody_made(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Inspected), lambda events: without(events, e.Inspected))


@breaks("conservation")
def goods_that_are_sold_again_are_granted_to_nobody(logs: Logs) -> None:
    at = logs.find(e.Inspected)
    logs.rewrite(at, lambda events: [replace(event, grants=()) if isinstance(event, e.StockMoved) else event for event in events])


# ---------------------------------------------------------------------------------------------- in its stead
@breaks("linked orders")
def a_lost_parcel_goes_out_twice(logs: Logs) -> None:
    def again(event: e.AnyEvent) -> e.AnyEvent:
        if not isinstance(event, e.Reissued):
            return event
        return replace(event, rows=tuple(replace(row, quantity=2 * row.quantity) for row in event.rows))

    logs.rewrite(logs.find(e.Reissued), lambda events: [again(event) for event in events])


@breaks("linked orders")
def an_order_replaces_goods_and_nobody_says_of_which(logs: Logs) -> None:
    at = logs.find(e.Reissued)
    logs.rewrite(at, lambda events: [replace(event, of="") if isinstance(event, e.OrderPlaced) else event for event in events])


@breaks("linked orders")
def an_order_says_to_replace_goods_of_one_that_knows_nothing_of_it(logs: Logs) -> None:
    _changed(logs, e.OrderPlaced, of="acme/web/6")


@breaks("linked orders")
def a_replacement_is_charged_for(logs: Logs) -> None:
    def dear(event: e.AnyEvent) -> e.AnyEvent:
        return replace(event, lines=tuple(replace(line, price=1) for line in event.lines)) if isinstance(event, e.OrderPlaced) else event

    logs.rewrite(logs.find(e.Reissued), lambda events: [dear(event) for event in events])
