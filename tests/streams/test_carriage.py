"""Who carries a fulfilment is chosen with it, by the pool's table of carriers; and chosen anew when it goes to another node or address."""

from typing import Any

import msgspec
import pytest

from streams import commands as c
from streams.decisions import Decision
from streams.rules.fulfil import fulfil
from tables import events as e
from tables.calendar import MINUTE_MS
from tables.carriers import Band, RateTable, Service, Zone
from tables.flow import Flow, ShopFlow
from tables.policy import DAY_MS, Policy, Rule
from tests.carriage import set_carriers
from tests.story import POOL, Story, line, of_type, one_shop, said
from tests.streams.logs import Logs

HOUR = 60 * MINUTE_MS
NOON = 20 * DAY_MS + 12 * HOUR


def service(name: str, carrier: str, days: int, price: int, to: str = "DE", cut_off: int = 24 * 60, **about: Any) -> Service:
    zone = Zone(name=to, to=(to,), days=days, bands=(Band(500, price), Band(5_000, 2 * price)))
    return Service(name=name, carrier=carrier, cut_off=cut_off, zones=(zone,), **about)


GROUND = service("gull-ground", "gull", 3, 400)
AIR = service("heron-air", "heron", 1, 1_900, to="*", cut_off=15 * 60, methods=("Express",))
TABLE = RateTable(version=7, currency="EUR", services=(GROUND, AIR))


def shop(table: RateTable = TABLE, now: int = NOON, **grams: int) -> Story:
    """Teas of 100 g in Hamburg, and in Porto behind it."""
    story = one_shop({"hamburg": {"ASSAM": 50, "SENCHA": 50}, "porto": {"ASSAM": 50}})
    story.tick(now)
    set_carriers(story, table, **(grams or {"ASSAM": 100, "SENCHA": 100}))
    return story


def order(story: Story, name: str = "1", units: int = 2, tea: str = "ASSAM", **about: Any) -> Decision:
    usual: dict[str, Any] = {"region": "DE-HH", "placed_at": NOON, "sealed": "k1.mei"}
    return story.place(name, line(tea, units), **(usual | about))


def way(decision: Decision) -> list[tuple[str, str, int, int, int]]:
    """Of what nodes are told to ship: carrier, service, price, days, grams."""
    told = [one for one in fulfil(decision, 0) if one.type == "FulfilmentOrdered"]
    return [(one.carrier, one.service, one.carriage, one.transit_days, one.grams) for one in told]


def verdicts(decision: Decision) -> dict[str, str]:
    [chosen] = of_type(decision, e.CarrierChosen)
    return {offer.service: offer.excluded for offer in chosen.offers}


BY_GROUND, BY_AIR, BY_NOBODY = ("gull", "gull-ground", 400, 3, 200), ("heron", "heron-air", 1_900, 1, 200), ("", "", 0, 0, 0)


# ---------------------------------------------------------------------------------------------- the choice
def test_the_node_is_told_the_cheapest_service_and_the_decision_says_why() -> None:
    story = shop()

    decision = order(story)

    assert way(decision) == [BY_GROUND]
    [chosen] = of_type(decision, e.CarrierChosen)
    assert (chosen.table, chosen.region, chosen.grams, chosen.currency) == (7, "DE-HH", 200, "EUR")
    assert [(offer.service, offer.price, offer.days) for offer in chosen.offers] == [("gull-ground", 400, 3), ("heron-air", 1_900, 1)]
    assert Logs(story).check().violations == ()


def test_without_a_table_nothing_is_chosen_and_one_without_services_takes_it_back() -> None:
    story = one_shop({"hamburg": {"ASSAM": 9}})
    plain = said(order(story))
    set_carriers(story, TABLE, ASSAM=100)
    assert said(order(story, "2")) == [*plain, "CarrierChosen"]

    set_carriers(story, msgspec.structs.replace(TABLE, services=()))

    assert said(order(story, "3")) == plain
    assert Logs(story).check().violations == ()


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"region": "PT-13"}, BY_AIR),
        ({"shipping": "Express"}, BY_AIR),
        ({"shipping": "express"}, BY_AIR),
        ({"shipping": "heron-air"}, BY_AIR),
        ({"shipping": "Standard"}, BY_GROUND),
        ({"region": ""}, BY_AIR),
        ({"units": 6}, ("gull", "gull-ground", 800, 3, 600)),
        ({"units": 51, "tea": "ASSAM"}, BY_NOBODY),
        ({"placed_at": NOON - DAY_MS}, BY_GROUND),
        ({"placed_at": NOON - 2 * DAY_MS}, BY_AIR),
        ({"placed_at": NOON - 9 * DAY_MS}, BY_NOBODY),
    ],
)
def test_region_method_weight_and_promise_decide(about: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Within four days of its placing an order is at the door."""
    story = shop(msgspec.structs.replace(TABLE, promise_days=4))
    story.receive("hamburg", ASSAM=50)

    assert way(order(story, **about)) == [expected]
    assert Logs(story).check().violations == ()


def test_where_nothing_fits_it_is_told_without_a_carrier_and_the_decision_says_why() -> None:
    story = shop()

    decision = order(story, units=50, tea="SENCHA", region="PT-13", shipping="gull-ground")

    assert way(decision) == [BY_NOBODY]
    assert verdicts(decision) == {"gull-ground": "no_zone", "heron-air": "not_asked"}


def test_a_promise_of_its_own_shop_holds_and_what_is_late_already_goes_the_fastest_way() -> None:
    story = shop(msgspec.structs.replace(TABLE, promises={"web": 0}, late="fastest"))

    decision = order(story)

    assert (way(decision), verdicts(decision)) == ([BY_AIR], {"gull-ground": "too_late", "heron-air": "too_late"})
    assert Logs(story).check().violations == ()


@pytest.mark.parametrize(("zone", "days"), [("UTC", 1), ("Asia/Shanghai", 2)])
def test_the_cut_off_is_the_nodes_own_time_of_day(zone: str, days: int) -> None:
    """At noon in London it is eight in the evening in Shanghai."""
    clocks = {"UTC": ((0, 0),), "Asia/Shanghai": ((0, 480),)}
    story = shop(msgspec.structs.replace(TABLE, timezones={"hamburg": zone}, clocks=clocks))

    assert way(order(story, region="PT-13"))[0][3] == days
    assert Logs(story).check().violations == ()


def test_an_order_that_comes_after_the_last_tick_is_late_for_the_cut_off_by_its_own_time() -> None:
    story = shop()

    assert way(order(story, region="PT-13", at=NOON + 4 * HOUR)) == [("heron", "heron-air", 1_900, 2, 200)]


def test_what_nobody_weighed_has_no_carrier_unless_the_table_says_what_it_weighs() -> None:
    story = shop(ASSAM=100)

    decision = story.place("1", line("ASSAM", 1), line("SENCHA", 2), region="DE-HH")

    assert (way(decision), of_type(decision, e.CarrierChosen)[0].unweighed) == ([BY_NOBODY], ("SENCHA",))
    set_carriers(story, msgspec.structs.replace(TABLE, default_grams=300))
    assert way(story.place("2", line("ASSAM", 1), line("SENCHA", 2), region="DE-HH")) == [("gull", "gull-ground", 800, 3, 700)]
    assert Logs(story).check().violations == ()


def test_kinds_of_nodes_that_the_table_leaves_out_take_whom_they_like() -> None:
    story = shop(msgspec.structs.replace(TABLE, kinds=("store",)))

    assert "CarrierChosen" not in said(order(story))
    assert Logs(story).check().violations == ()


# ---------------------------------------------------------------------------------------------- chosen anew
def test_another_node_chooses_for_its_own_region() -> None:
    near = service("tern", "tern", 1, 100, to="DE", cut_off=24 * 60)
    from_porto = msgspec.structs.replace(near, zones=(msgspec.structs.replace(near.zones[0], origin=("PT",)),))
    story = shop(msgspec.structs.replace(TABLE, services=(GROUND, from_porto)))
    story.node("porto", region="PT-13", priority=1)
    assert way(order(story)) == [BY_GROUND]

    assert way(story.refuse(story.fulfilment("1"))) == [("tern", "tern", 100, 1, 200)]
    assert Logs(story).check().violations == ()


@pytest.mark.parametrize("change", [{"sealed": "k1.jonas", "region": "PT-13"}, {"shipping": "Express"}])
def test_an_amended_address_or_method_is_chosen_for_anew(change: dict[str, Any]) -> None:
    story = shop()
    order(story)

    assert way(order(story, at=2, **change)) == [BY_AIR]
    assert Logs(story).check().violations == ()


def test_what_waits_is_chosen_for_when_it_is_filled_by_the_method_of_its_order() -> None:
    story = shop(OOLONG=100)
    assert way(order(story, tea="OOLONG", shipping="express")) == []

    assert way(story.receive("hamburg", OOLONG=5)) == [BY_AIR]
    assert Logs(story).check().violations == ()


# ---------------------------------------------------------------------------------------------- parcels of several
def merging(table: RateTable = TABLE) -> Story:
    story = shop(table)
    story.policy(Policy(rule=Rule(), flow=Flow(rule=ShopFlow(merge_minutes=30))))
    return story


def test_what_leaves_in_one_parcel_is_weighed_together_and_chosen_when_it_leaves() -> None:
    story = merging()
    assert way(order(story, "1")) == way(order(story, "2")) == []
    story.tick(NOON + 1)

    decision = story.tick(NOON + HOUR)

    assert way(decision) == [("gull", "gull-ground", 400, 3, 400)] * 2
    assert {chosen.group for chosen in of_type(decision, e.CarrierChosen)} == {fulfil(decision, 0)[0].group} != {""}
    assert Logs(story).check().violations == ()


def test_a_parcel_goes_the_way_of_who_asked_for_the_faster_one() -> None:
    story = merging()
    order(story, "1", shipping="gull-ground")
    order(story, "2", shipping="express")
    story.tick(NOON + 1)

    assert {service for _, service, *_ in way(story.tick(NOON + HOUR))} == {"heron-air"}
    assert Logs(story).check().violations == ()


# ---------------------------------------------------------------------------------------------- the table
def test_a_table_that_is_older_or_not_of_its_form_changes_nothing() -> None:
    story = shop()
    about: dict[str, Any] = {"pool": POOL, "cause": story.cause()}

    assert said(story.ask(c.SetCarriers(version=1, table=msgspec.Raw(b"{}"), **about))) == ["Stale"]
    about["cause"] = story.cause()
    decision = story.ask(c.SetCarriers(version=10**6, table=msgspec.Raw(b'{"version":8}'), **about))

    assert of_type(decision, e.Refused)[0].code == "bad_carriers"
    assert way(order(story)) == [BY_GROUND]
