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
def a_node_is_told_of_what_nobody_carries(logs: Logs) -> None:
    """As if no person had let it go."""
    at, _ = decision_about(logs, key("n2"), e.HoldReleased)
    logs.rewrite(at, lambda events: [replace(x, by="carriers") if isinstance(x, e.HoldReleased) else x for x in events])


@breaks("carriers")
def an_order_is_held_that_a_carrier_takes(logs: Logs) -> None:
    at, _ = decision_about(logs, key("n5"), e.CarrierMissing)
    light = (e.Row("ASSAM", "ASSAM", 1),)
    logs.rewrite(at, lambda events: [replace(x, rows=light, grams=100) if isinstance(x, e.CarrierMissing) else x for x in events])


@breaks("carriers")
def nobody_says_why_an_order_has_no_carrier(logs: Logs) -> None:
    at, _ = decision_about(logs, key("n5"), e.CarrierMissing)
    logs.rewrite(at, lambda events: without(events, e.CarrierMissing))


@breaks("carriers")
def an_order_without_a_carrier_is_not_held(logs: Logs) -> None:
    at, _ = decision_about(logs, key("n5"), e.CarrierMissing)
    logs.rewrite(at, lambda events: without(events, e.OrderHeld))


@breaks("carriers")
def nobody_looks_whether_there_is_a_carrier_now(logs: Logs) -> None:
    at, _ = decision_about(logs, key("n1"), e.HoldReleased)
    logs.rewrite(at, lambda events: [x for x in events if isinstance(x, e.Ticked)])


@breaks("carriers")
def a_carrier_ends_what_a_person_holds(logs: Logs) -> None:
    at, _ = decision_about(logs, key("n4"), e.HoldReleased)
    more = ("no_carrier", "manual")
    logs.rewrite(
        at, lambda events: [replace(x, reasons=more) if isinstance(x, e.HoldReleased) and x.order == key("n4") else x for x in events]
    )


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
