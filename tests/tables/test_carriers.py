"""Which carrier takes a parcel: the choice against one that tries everything, and the tables that are not taken."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from deploy.business.carriers import CarriersForm, table_of
from tables.carriers import Choice, Parcel, RateTable, choose

BANDS = [{"grams": 500, "price": 420}, {"grams": 2_000, "price": 690}]
GULL: dict[str, Any] = {
    "name": "gull-ground",
    "carrier": "gull",
    "cut_off": "15:00",
    "zones": [
        {"name": "near", "from": "US-NV", "to": ["US-CA", "US-NV"], "days": 2, "bands": BANDS},
        {"name": "far", "to": "US", "days": 5, "bands": [{"grams": 2_000, "price": 910}]},
    ],
}
HERON: dict[str, Any] = {
    "name": "heron-air",
    "carrier": "heron",
    "zones": [{"name": "all", "to": "*", "days": 1, "bands": [{"grams": 1_000, "price": 1_950}]}],
}
PLACES = ("", "US", "US-CA", "US-C", "US-NV", "CN", "CN-31")


def table(*services: Any, **fields: Any) -> RateTable:
    form = CarriersForm.model_validate({"version": 3, "currency": "USD", "services": services or (GULL, HERON)} | fields)
    return table_of(form)


def chosen(grams: int = 400, origin: str = "US-NV", to: str = "US-CA", days: int | None = None, ready: int = 0, **fields: Any) -> Choice:
    return choose(table(**fields), Parcel(grams=grams, origin=origin, to=to, promise_days=days, ready=ready))


def service(choice: Choice) -> str:
    return choice.chosen.service if choice.chosen else ""


def reasons(choice: Choice) -> list[str]:
    return [offer.excluded for offer in choice.offers]


def test_the_cheapest_service_that_keeps_the_promise_is_chosen() -> None:
    assert [service(chosen(days=days)) for days in (None, 2, 1, 0)] == ["gull-ground", "gull-ground", "heron-air", ""]


def test_a_choice_names_its_table_and_every_candidate_with_its_price_or_the_reason_against_it() -> None:
    choice = chosen(days=1)

    assert (choice.version, choice.currency) == (3, "USD")
    assert [(one.service, one.carrier, one.zone, one.price, one.days, one.excluded) for one in choice.offers] == [
        ("gull-ground", "gull", "near", 420, 2, "too_late"),
        ("heron-air", "heron", "all", 1_950, 1, ""),
    ]
    assert choice.chosen == choice.offers[1]


def test_where_no_service_will_do_the_reasons_say_so() -> None:
    assert reasons(chosen(grams=2_001)) == ["too_heavy", "too_heavy"]
    assert reasons(chosen(to="CN-31", days=0)) == ["no_zone", "too_late"]
    assert chosen(to="CN-31", days=0).chosen is None


def test_a_band_ends_with_its_last_gram() -> None:
    assert [choice.offers[0].price for choice in (chosen(grams=500), chosen(grams=501))] == [420, 690]


def test_a_parcel_that_is_ready_after_the_cut_off_leaves_a_day_later() -> None:
    assert [chosen(ready=ready).offers[0].days for ready in (15 * 60, 15 * 60 + 1)] == [2, 3]


@pytest.mark.parametrize(
    ("origin", "to", "zone"),
    [
        ("US-NV", "US-CA", "near"),
        ("US-NY", "US-CA", "far"),
        ("US-NV", "US-TX", "far"),
        ("US-NV", "US", "far"),
        ("", "US-CA", "far"),
        ("US-NV", "USA", ""),
        ("US-NV", "", ""),
    ],
)
def test_the_zone_is_the_one_that_names_the_regions_most_closely(origin: str, to: str, zone: str) -> None:
    assert chosen(origin=origin, to=to).offers[0].zone == zone


def test_equal_prices_go_to_the_faster_and_equals_to_the_first_of_the_table() -> None:
    def offered(name: str, days: int) -> dict[str, Any]:
        return HERON | {"name": name, "zones": [{"name": "all", "to": "*", "days": days, "bands": BANDS}]}

    parcel = Parcel(grams=1, origin="", to="")

    assert service(choose(table(offered("a", 3), offered("b", 2), offered("c", 2)), parcel)) == "b"


def test_a_method_that_names_a_service_leaves_no_other() -> None:
    def asked(*methods: str, **fields: Any) -> Choice:
        swift = HERON | {"name": "heron-night", "methods": ["Overnight", "Express"]}
        parcel = Parcel(grams=400, origin="US-NV", to="US-CA", methods=methods, **fields)
        return choose(table(GULL, HERON | {"methods": ["express"]}, swift), parcel)

    assert [service(asked(method)) for method in ("Standard", "HERON-NIGHT", "overnight", "Express", "")] == [
        *("gull-ground", "heron-night", "heron-night", "heron-air", "gull-ground")
    ]
    assert reasons(asked("overnight")) == ["not_asked", "not_asked", ""]
    assert service(asked("gull-ground", promise_days=1)) == ""


def test_who_asked_for_the_faster_way_gets_it_for_all_of_a_parcel() -> None:
    parcel = Parcel(grams=400, origin="US-NV", to="US-CA", methods=("gull-ground", "heron-air"))

    assert service(choose(table(), parcel)) == "heron-air"


def test_a_promise_that_nobody_keeps_goes_by_the_fastest_where_the_table_says_so() -> None:
    assert [service(chosen(days=0, late=late)) for late in ("none", "fastest")] == ["", "heron-air"]
    assert service(chosen(grams=2_001, late="fastest")) == ""


# ---------------------------------------------------------------------------------------------- against trying everything
places = st.lists(st.sampled_from([place for place in (*PLACES, "*") if place and place != "US-C"]), min_size=1, max_size=3)
zones = st.fixed_dictionaries(
    {
        "name": st.sampled_from("xyz"),
        "from": places,
        "to": places,
        "days": st.integers(0, 4),
        "bands": st.sets(st.integers(1, 6), min_size=1, max_size=3).flatmap(
            lambda ends: st.tuples(*[st.fixed_dictionaries({"grams": st.just(end), "price": st.integers(0, 3)}) for end in sorted(ends)])
        ),
    }
)
services = st.lists(st.lists(zones, min_size=1, max_size=3), min_size=1, max_size=4)
parcels = st.builds(
    Parcel,
    grams=st.integers(1, 7),
    origin=st.sampled_from(PLACES),
    to=st.sampled_from(PLACES),
    promise_days=st.none() | st.integers(0, 5),
    ready=st.integers(0, 1_439),
)


@settings(derandomize=True, deadline=None, max_examples=120)
@given(told=services, parcel=parcels, cut_off=st.sampled_from(["00:00", "12:00", "23:59"]))
def test_the_choice_is_that_of_who_tries_everything(told: list[list[dict[str, Any]]], parcel: Parcel, cut_off: str) -> None:
    offered = [{"name": f"s{rank}", "carrier": "c", "cut_off": cut_off, "zones": zones} for rank, zones in enumerate(told)]
    late = parcel.ready > int(cut_off[:2]) * 60 + int(cut_off[3:])

    kept = [offer for rank, zones in enumerate(told) for offer in _offers(rank, zones, parcel, late)]

    assert service(choose(table(*offered), parcel)) == (f"s{min(kept)[2]}" if kept else "")


def _offers(rank: int, zones: list[dict[str, Any]], parcel: Parcel, late: bool) -> list[tuple[int, int, int]]:
    """(price, days, rank), by way of every pair of places that fits, every band that is wide enough."""
    fits = [
        (-len(_code(to)), -len(_code(origin)), place)
        for place, zone in enumerate(zones)
        for to, origin in product(zone["to"], zone["from"])
        if (parcel.to + "-").startswith(_code(to)) and (parcel.origin + "-").startswith(_code(origin))
    ]
    if not fits:
        return []
    zone = zones[min(fits)[2]]
    days = zone["days"] + int(late)
    prices = [(band["grams"], band["price"]) for band in zone["bands"] if band["grams"] >= parcel.grams]
    in_time = parcel.promise_days is None or days <= parcel.promise_days
    return [(min(prices)[1], days, rank)] if prices and in_time else []


def _code(place: str) -> str:
    return "" if place == "*" else place + "-"


# ---------------------------------------------------------------------------------------------- tables
@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0},
        {"currency": "XXX"},
        {"services": [GULL, GULL]},
        {"services": [GULL | {"cut_off": "24:00"}]},
        {"services": [GULL | {"cut_off": 900}]},
        {"services": [GULL | {"surcharge": 1}]},
        {"services": [GULL | {"name": ""}]},
        {"services": [GULL | {"zones": [GULL["zones"][0] | {"to": "California"}]}]},
        {"services": [GULL | {"zones": [GULL["zones"][0] | {"bands": BANDS[::-1]}]}]},
        {"services": [GULL | {"zones": [GULL["zones"][0] | {"bands": [{"grams": 1, "price": 1.5}]}]}]},
        {"services": "gull"},
    ],
)
def test_a_table_that_does_not_make_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        table(**wrong)
