"""Mutants of announced supply: promised for another day or to others, forgotten, received twice, and given out to whoever comes."""

from collections.abc import Callable

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import without

FIRST, SECOND = "acme/web/d1", "acme/web/d2"


def _dates(logs: Logs, change: Callable[[e.DatePromised], e.DatePromised]) -> None:
    """Of the decision that gives both orders theirs."""
    logs.rewrite(
        logs.find(e.DatePromised), lambda events: [change(event) if isinstance(event, e.DatePromised) else event for event in events]
    )


def _other(order: str) -> str:
    return {FIRST: SECOND, SECOND: FIRST}.get(order, order)


@breaks("dates")
def a_date_is_promised_on_which_nothing_comes(logs: Logs) -> None:
    _dates(logs, lambda event: replace(event, dates=(replace(event.dates[0], at=event.dates[0].at - 1),)))


@breaks("dates")
def what_comes_first_is_promised_to_all(logs: Logs) -> None:
    at = logs.find(e.DatePromised)
    [first] = next(event.dates for event in logs.decisions[at].events if isinstance(event, e.DatePromised))
    _dates(logs, lambda event: replace(event, dates=(replace(first, quantity=event.dates[0].quantity),)))


@breaks("dates")
def fewer_units_are_promised_than_are_waited_for(logs: Logs) -> None:
    _dates(logs, lambda event: replace(event, dates=(replace(event.dates[0], quantity=1),)))


@breaks("dates")
def the_second_in_line_is_promised_what_comes_first(logs: Logs) -> None:
    _dates(logs, lambda event: replace(event, order=_other(event.order)))


@breaks("dates")
def whoever_stands_first_is_forgotten(logs: Logs) -> None:
    at = logs.find(e.DatePromised)
    logs.rewrite(at, lambda events: [x for x in events if not (isinstance(x, e.DatePromised) and x.order == FIRST)])


@breaks("dates")
def a_delay_is_not_told(logs: Logs) -> None:
    logs.rewrite(logs.find(e.DatePromised, 1), lambda events: without(events, e.DatePromised))


@breaks("dates")
def a_supply_is_received_twice(logs: Logs) -> None:
    received = logs.find(e.SupplyReceived)
    logs.rewrite(received, lambda events: [*(x for x in events if isinstance(x, e.SupplyReceived)), *events])


@breaks("dates")
def a_supply_is_received_and_nothing_is_on_the_shelf(logs: Logs) -> None:
    logs.rewrite(logs.find(e.SupplyReceived), lambda events: without(events, e.StockMoved))


def _fewer(event: e.AnyEvent) -> e.AnyEvent:
    return replace(event, lines=(("MINT", 2),)) if isinstance(event, e.SupplyAnnounced) else event


def _later(event: e.AnyEvent) -> e.AnyEvent:
    return replace(event, expected_at=event.expected_at + 99 * 86_400_000) if isinstance(event, e.SupplyAnnounced) else event


def _announced_mint(logs: Logs) -> int:
    named = [
        [event for event in decision.events if isinstance(event, e.SupplyAnnounced) and event.supply == "PO-3"]
        for decision in logs.decisions
    ]
    return next(i for i, found in enumerate(named) if found)


@breaks("sold ahead")
def more_is_sold_ahead_than_is_announced(logs: Logs) -> None:
    logs.rewrite(_announced_mint(logs), lambda events: [_fewer(event) for event in events])


@breaks("sold ahead")
def what_comes_after_the_days_of_the_policy_is_sold_ahead(logs: Logs) -> None:
    logs.rewrite(_announced_mint(logs), lambda events: [_later(event) for event in events])


@breaks("sold ahead")
def one_who_should_be_rejected_waits(logs: Logs) -> None:
    at = logs.find(e.OrderRejected)
    waits = e.Backordered(order="acme/web/p3", rows=(e.Waiting("MINT", "MINT", 2),))
    logs.rewrite(at, lambda events: [waits if isinstance(event, e.OrderRejected) else event for event in events])


@breaks("in turn")
def a_younger_one_is_served_before_one_who_has_waited_too_long(logs: Logs) -> None:
    served = (e.Reserved, e.Backordered, e.Considered, e.CarrierChosen)

    def swapped(event: e.AnyEvent) -> e.AnyEvent:
        return replace(event, order=_other(event.order)) if isinstance(event, served) else event

    logs.rewrite(logs.find(e.SupplyReceived), lambda events: [swapped(event) for event in events])
