"""Mutants of the choice of carriers: not what the table says, or not told to the node."""

from typing import Any

from msgspec.structs import replace

from tables import events as e
from tests.story import key
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import decision_about, without


def rechosen(logs: Logs, order: str, **about: Any) -> None:
    at, _ = decision_about(logs, order, e.CarrierChosen)
    logs.rewrite(at, lambda events: [replace(x, **about) if isinstance(x, e.CarrierChosen) else x for x in events])


@breaks("carriers")
def a_parcel_goes_a_dearer_way_than_it_may(logs: Logs) -> None:
    rechosen(logs, key("c1"), service="heron-air", carrier="heron", price=1_490, days=1)


@breaks("carriers")
def a_method_that_was_asked_for_counts_for_nothing(logs: Logs) -> None:
    rechosen(logs, key("c2"), service="gull-ground", carrier="gull", price=390, days=2)


@breaks("carriers")
def a_carrier_is_chosen_that_does_not_go_there(logs: Logs) -> None:
    rechosen(logs, key("c3"), service="gull-ground", carrier="gull", price=390, days=2)


@breaks("carriers")
def a_parcel_is_weighed_with_the_scales_of_another(logs: Logs) -> None:
    rechosen(logs, key("c2"), grams=200)


@breaks("carriers")
def what_nobody_weighed_weighs_nothing(logs: Logs) -> None:
    rechosen(logs, key("c4"), service="gull-ground", carrier="gull", price=390, days=2)


@breaks("carriers")
def each_order_of_a_parcel_is_weighed_by_itself(logs: Logs) -> None:
    rechosen(logs, key("c5", "slow"), grams=200, price=390)


@breaks("carriers")
def nobody_is_chosen(logs: Logs) -> None:
    at, _ = decision_about(logs, key("c3"), e.CarrierChosen)
    logs.rewrite(at, lambda events: without(events, e.CarrierChosen))


@breaks("carriers")
def somebody_is_chosen_by_no_table(logs: Logs) -> None:
    at = logs.find(e.RatesSet)
    logs.rewrite(at, lambda events: [e.Stale(of="carriers")])


@breaks("carriers")
def a_label_is_of_another_order(logs: Logs) -> None:
    at = next(
        place
        for place in range(len(logs.decisions))
        if any(isinstance(x, e.Tracked) and x.fulfilment for x in logs.decisions[place].events)
    )
    logs.rewrite(at, lambda events: [replace(x, order=key("c1")) if isinstance(x, e.Tracked) else x for x in events])


@breaks("fulfilments")
def the_node_is_told_another_carrier_than_was_chosen(logs: Logs) -> None:
    at = next(place for place, told in enumerate(logs.told) if told.carrier)
    logs.told[at] = replace(logs.told[at], carrier="stork")
