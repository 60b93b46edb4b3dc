"""What nodes and carriers see of goods on their way: late, in any order, and never moving anything back."""

from itertools import permutations
from typing import get_args

import pytest

from connectors import contract
from streams.rules.announce import status
from streams.rules.observe import STAGES
from tables import events as e
from tables.evolve_parcels import RANK
from tables.policy import DAY_MS, Policy
from tests.story import Story, key, line, of_type, one_shop, said

PARCEL = "GL-1"


def sold() -> Story:
    story = one_shop({"east": {"KETTLE": 9, "LAMP": 9}})
    story.place("1", line("KETTLE", 2), line("LAMP"))
    return story


def shipped() -> Story:
    story = sold()
    story.ship(story.fulfilment("1"), tracking=PARCEL)
    return story


def word(story: Story, order: str = "1") -> str:
    return status(story.pool, key(order), 0).status


# ---------------------------------------------------------------------------------------------- the words
def test_the_words_are_those_of_the_border() -> None:
    assert get_args(e.Stage) == get_args(contract.Stage) == STAGES
    assert set(get_args(e.TrackingStatus)) == set(get_args(contract.TrackingStatus)) == set(RANK)


# ---------------------------------------------------------------------------------------------- nodes
@pytest.mark.parametrize("before", ["", *STAGES])
@pytest.mark.parametrize("told", STAGES)
def test_a_node_only_gets_further(before: e.Stage, told: e.Stage) -> None:
    story = sold()
    fulfilment = story.fulfilment("1")
    if before:
        story.progress(fulfilment, before)
    ranks = {name: rank for rank, name in enumerate(("", *STAGES))}
    expected = "Progressed" if ranks[told] > ranks[before] else "Duplicate" if told == before else "Stale"

    assert said(story.progress(fulfilment, told)) == [expected]
    assert story.order("1").open_fulfilments[fulfilment].stage == max(before, told, key=lambda stage: ranks[stage])


def test_what_is_told_of_a_fulfilment_that_has_left_comes_too_late() -> None:
    story = sold()
    fulfilment = story.fulfilment("1")
    story.ship(fulfilment)

    assert said(story.progress(fulfilment, "packed")) == ["Stale"]


def test_a_part_that_ships_leaves_the_rest_where_it_was() -> None:
    story = sold()
    fulfilment = story.fulfilment("1")
    story.progress(fulfilment, "picked")
    story.ship(fulfilment, ("LAMP", 1))

    assert story.order("1").open_fulfilments[fulfilment].stage == "picked"


# ---------------------------------------------------------------------------------------------- carriers
def test_an_order_of_which_everything_arrived_is_delivered() -> None:
    story = shipped()
    assert word(story) == "shipped"

    decision = story.track(PARCEL, "delivered")

    assert said(decision) == ["Tracked", "Delivered"]
    assert word(story) == "delivered"
    assert status(story.pool, key("1"), 0).delivered == 3


def test_an_order_that_is_cancelled_when_it_has_left_is_cancelled_and_counts_what_left() -> None:
    story = shipped()
    story.cancel("1", at=9)
    story.track(PARCEL, "delivered")

    stands = status(story.pool, key("1"), 0)
    assert (stands.status, stands.shipped, stands.delivered, stands.cancelled) == ("cancelled", 3, 3, 0)


def test_an_order_in_two_parcels_is_delivered_with_the_last_of_them() -> None:
    story = sold()
    fulfilment = story.fulfilment("1")
    story.ship(fulfilment, ("LAMP", 1), tracking="GL-1")
    story.ship(fulfilment, ("KETTLE", 2), tracking="GL-2")

    story.track("GL-2", "delivered")
    assert word(story) == "shipped"
    story.track("GL-1", "delivered")
    assert word(story) == "delivered"


def test_a_parcel_with_goods_of_two_orders_delivers_both() -> None:
    story = sold()
    story.place("2", line("LAMP"))
    for order in ("1", "2"):
        story.ship(story.fulfilment(order), tracking=PARCEL)

    assert said(story.track(PARCEL, "delivered")) == ["Tracked", "Delivered", "Tracked", "Delivered"]
    assert (word(story, "1"), word(story, "2")) == ("delivered", "delivered")


def test_a_number_is_the_same_however_it_is_written() -> None:
    story = sold()
    story.ship(story.fulfilment("1"), tracking="gl -1")
    story.track(" GL-1", "delivered")

    assert word(story) == "delivered"


def test_a_carrier_that_is_heard_before_the_warehouse_is_remembered() -> None:
    story = sold()
    assert [event.order for event in of_type(story.track(PARCEL, "in_transit"), e.Tracked)] == [""]
    story.track(PARCEL, "delivered", at=8)

    decision = story.ship(story.fulfilment("1"), tracking=PARCEL)

    assert [event.status for event in of_type(decision, e.Tracked)] == ["delivered"]
    assert word(story) == "delivered"
    assert not story.pool.early


def test_a_carrier_may_be_heard_half_a_year_before_the_warehouse() -> None:
    """Owners' records have orders that arrived weeks before they left, and left months before they were approved."""
    story = sold()
    story.tick(DAY_MS)
    story.track(PARCEL, "delivered", at=8)
    for day in (9, 100, 180):
        story.tick(day * DAY_MS)

    story.ship(story.fulfilment("1"), tracking=PARCEL, at=180 * DAY_MS)

    assert word(story) == "delivered"


def test_what_nobody_ever_shipped_is_forgotten_as_parcels_are() -> None:
    story = sold()
    story.policy(Policy(remember_parcels_days=90))
    story.tick(DAY_MS)
    story.track(PARCEL, "in_transit")
    story.tick(91 * DAY_MS)
    assert story.pool.early
    story.tick(92 * DAY_MS)

    assert not story.pool.early


def test_parcels_go_with_their_order() -> None:
    story = shipped()
    story.track(PARCEL, "delivered")
    for day in (1, 31, 61, 91):
        story.tick(day * DAY_MS)

    assert key("1") not in story.pool.orders
    assert not story.pool.parcels


def test_of_two_times_of_one_arrival_the_earlier_holds_whichever_is_heard_first() -> None:
    ends = set()
    for way in permutations((("ship", 0), ("delivered", 7), ("delivered", 9), ("returning", 10))):
        story = sold()
        for what, at in way:
            if what == "ship":
                story.ship(story.fulfilment("1"), tracking=PARCEL)
            else:
                story.track(PARCEL, "delivered" if what == "delivered" else "returning", at)
        [parcel] = (story.order("1").parcels or {}).values()
        ends.add((word(story), parcel.status, parcel.at, parcel.delivered_at, repr(story.order("1").delivered)))

    assert ends == {("delivered", "returning", 10, 7, repr(story.order("1").delivered))}


WAY: list[tuple[e.TrackingStatus, int]] = [("label", 6), ("in_transit", 7), ("failed_attempt", 8), ("delivered", 9), ("returned", 10)]


@pytest.mark.parametrize("before", range(len(WAY) + 1))
def test_the_end_is_the_same_in_whatever_order_it_is_heard(before: int) -> None:
    """The shipment itself is heard of as the nth."""
    ends = set()
    for way in permutations(WAY):
        story = sold()
        for n in range(len(way) + 1):
            if n == before:
                story.ship(story.fulfilment("1"), tracking=PARCEL)
            if n < len(way):
                story.track(PARCEL, *way[n])
        order = story.order("1")
        ends.add((word(story), repr(order.parcels), repr(order.delivered), repr(story.pool.early)))

    assert len(ends) == 1


@pytest.mark.parametrize("known", list(RANK))
@pytest.mark.parametrize("told", list(RANK))
def test_earlier_words_of_a_carrier_change_nothing(known: e.TrackingStatus, told: e.TrackingStatus) -> None:
    story = shipped()
    story.track(PARCEL, known, at=7)
    moved = of_type(story.track(PARCEL, told, at=6), e.Tracked)

    assert bool(moved) == (RANK[told] > RANK[known])


def test_an_event_that_comes_twice_changes_nothing() -> None:
    story = shipped()
    story.track(PARCEL, "delivered")

    assert said(story.track(PARCEL, "delivered")) == ["Duplicate"]


def test_an_event_of_no_parcel_is_refused() -> None:
    story = shipped()

    assert [event.code for event in of_type(story.track(" ", "delivered"), e.Refused)] == ["no_tracking"]


def test_what_came_back_after_it_arrived_is_returned() -> None:
    story = shipped()
    story.track(PARCEL, "delivered")
    story.take_back("1", ("KETTLE", "KETTLE", 2), ("LAMP", "LAMP", 1), node="east")

    assert word(story) == "returned"
