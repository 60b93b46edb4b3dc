"""What a node tells of units that were found or lost."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.events import Refused, Shortage, StockChanged, Unreserved
from tests.sound import assert_sound
from tests.story import line, of_type, one_shop, said
from tests.streams.histories import fast
from tests.streams.logs import Logs


def test_lost_units_are_no_longer_sold_and_the_reason_is_kept() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    decision = story.change("hall", reason="water", TEA=-2)

    [change] = of_type(decision, StockChanged)
    assert (change.lines, change.reason) == ((("TEA", -2),), "water")
    assert (story.pool.on_hand("hall", "TEA"), story.pool.free_units("b2c", "TEA")) == (3, 3)


def test_found_units_are_promised_to_who_waits() -> None:
    story = one_shop({"hall": {"TEA": 1}})
    story.place("1", line("TEA", 3))
    assert story.at("1") == {}

    story.change("hall", reason="found", TEA=2)

    assert story.at("1") == {"hall": {"TEA": 3}}


def test_a_change_told_twice_is_a_duplicate() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.change("hall", document="wms/V-1", TEA=-2)

    assert said(story.change("hall", document="wms/V-1", TEA=-2)) == ["Duplicate"]
    assert story.pool.on_hand("hall", "TEA") == 3


def test_promised_units_that_are_lost_are_sourced_elsewhere_the_youngest_order_first() -> None:
    story = one_shop({"hall": {"TEA": 4}, "attic": {"TEA": 9}})
    story.place("old", line("TEA", 2), at=1)
    story.place("young", line("TEA", 2), at=2)

    decision = story.change("hall", TEA=-1)

    assert [(short.sku, short.quantity) for short in of_type(decision, Shortage)] == [("TEA", 1)]
    assert [row.quantity for gone in of_type(decision, Unreserved) for row in gone.rows] == [1]
    assert story.at("old") == {"hall": {"TEA": 2}}
    assert story.at("young") == {"hall": {"TEA": 1}, "attic": {"TEA": 1}}


def test_what_was_lost_before_the_last_count_is_missing_from_it_already() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.count("hall", at=100, TEA=7)

    decision = story.change("hall", at=100, TEA=-2)

    assert said(decision) == ["StockChanged"]
    assert of_type(decision, StockChanged)[0].counted == ("TEA",)
    assert story.pool.on_hand("hall", "TEA") == 7
    assert said(story.change("hall", at=100, document=of_type(decision, StockChanged)[0].document, TEA=-2)) == ["Duplicate"]


def test_what_was_lost_after_a_count_is_taken_off_a_count_that_comes_late() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.change("hall", at=200, TEA=-2)

    story.count("hall", at=100, TEA=9)

    assert story.pool.on_hand("hall", "TEA") == 7


@pytest.mark.parametrize(
    ("about", "code"),
    [({"TEA": -6}, "not_enough"), ({"TEA": 1, "bucket": "reserved"}, "unknown_bucket"), ({"TEA": -1, "bucket": "damaged"}, "not_enough")],
)
def test_what_is_not_there_cannot_be_lost(about: dict[str, int], code: str) -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.place("1", line("TEA", 2))

    [refused] = of_type(story.change("hall", **about), Refused)  # type: ignore[arg-type]
    assert refused.code == code
    assert story.at("1") == {"hall": {"TEA": 2}}


def test_all_that_was_promised_may_be_lost_reservations_of_shops_before_orders() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.place("1", line("TEA", 2))
    story.keep("cart", 1_000, TEA=3)

    story.change("hall", TEA=-3)
    assert (story.at("1"), story.pool.reservations) == ({"hall": {"TEA": 2}}, {})
    story.change("hall", TEA=-2)
    assert story.at("1") == {}


def test_damaged_units_may_be_found_and_lost_and_are_never_sold() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.change("hall", bucket="damaged", TEA=3)
    story.change("hall", bucket="damaged", TEA=-1)

    shelf = story.pool.stock["hall"]
    assert (shelf.units("damaged", "TEA"), shelf.on_hand["TEA"], story.pool.free_units("b2c", "TEA")) == (2, 5, 5)


def test_a_shipment_of_units_that_were_reported_lost_shows_that_others_were() -> None:
    story = one_shop({"hall": {"TEA": 4}, "attic": {"TEA": 9}})
    story.place("1", line("TEA", 2), at=1)
    story.place("2", line("TEA", 2), at=2)
    name = story.fulfilment("2")
    story.change("hall", at=10, TEA=-2)  # of the younger order, as far as the books know
    assert story.at("2") == {"attic": {"TEA": 2}}

    story.ship(name, at=9)

    assert (story.at("1"), story.at("2")) == ({"attic": {"TEA": 2}}, {})
    assert_sound(story.pool)


changes = st.tuples(st.just("change"), st.integers(1, 9), st.integers(-3, 3))


@fast
@given(st.lists(changes, max_size=4), st.integers(1, 9), st.integers(0, 6), st.randoms(use_true_random=False))
def test_a_count_among_changes_ends_the_same_wherever_it_is_heard(
    told: list[tuple[str, int, int]], at: int, wanted: int, random: Random
) -> None:
    """What lies there follows from the count and the changes after it."""
    lies = 20 + sum(units for _, when, units in told if when <= at)
    messages = [(f"c{n}", when, units) for n, (_, when, units) in enumerate(told)] + [("count", at, lies)]
    ends = []
    for _ in range(2):
        story = one_shop({"hall": {"TEA": 20}, "attic": {"TEA": 50}})
        story.place("1", line("TEA", wanted + 1))
        for name, when, units in messages:
            if name == "count":
                story.count("hall", at=when, document=name, TEA=units)
            else:
                story.change("hall", when, document=name, TEA=units)
        shelf = story.pool.stock["hall"]
        ends.append((shelf.good("TEA"), story.at("1")))
        assert Logs(story).check().violations == ()
        random.shuffle(messages)
    assert ends[0] == ends[1]
    assert ends[0][0] == 20 + sum(units for _, _, units in told)
