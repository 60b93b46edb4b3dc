"""What is sold for less than its floor is held until somebody lets it go."""

from typing import Any

import pytest

from tables.events import OrderLine
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import Policy
from tests.story import Story, line, one_shop, said

FLOORS = {"TEA": {"EUR": 1_000, "USD": 1_100}, "CUP": {"EUR": 300}, "SET": {"EUR": 2_000}}


def shop_with_floors(**rules: HoldRule) -> Story:
    story = one_shop({"hall": {"TEA": 9, "CUP": 9}})
    story.policy(Policy(flow=Flow(rule=ShopFlow(holds=rules, floors=FLOORS))))
    return story


def sold(price: int, quantity: int = 2, listing: str = "TEA", *parts: tuple[str, int]) -> OrderLine:
    return OrderLine("1", listing, quantity, price, parts or ((listing, 1),))


def is_held(story: Story, *lines: OrderLine, **about: Any) -> bool:
    story.place("1", *lines, **about)
    return story.order("1").holds == ("price_floor",)


@pytest.mark.parametrize(
    ("what", "held"),
    [
        (sold(1_000), False),
        (sold(999), True),
        (sold(2_000, 1, "SET", ("TEA", 2), ("CUP", 1)), False),  # a listing's floor goes before those of its SKUs
        (sold(1_999, 1, "SET", ("TEA", 1)), True),
        (sold(2_300, 1, "PAIR", ("TEA", 2), ("CUP", 1)), False),
        (sold(2_299, 1, "PAIR", ("TEA", 2), ("CUP", 1)), True),  # two tea and a cup
        (sold(0, 1, "POT"), False),  # has no floor
    ],
)
def test_a_line_below_its_floor_holds_the_order(what: OrderLine, held: bool) -> None:
    assert is_held(shop_with_floors(), what) is held


def test_a_discount_counts() -> None:
    assert is_held(shop_with_floors(), sold(1_200), paid=(("1", 1_999),))
    assert not is_held(shop_with_floors(), sold(900), paid=(("1", 2_000),))


def test_a_floor_in_another_currency_says_nothing() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.policy(Policy(flow=Flow(rule=ShopFlow(floors={"TEA": {"USD": 1_100}}))))

    assert not is_held(story, sold(1))


def test_a_shop_that_ignores_floors_sells_at_any_price() -> None:
    assert not is_held(shop_with_floors(price_floor=HoldRule(ignore=True)), sold(1))


def test_what_was_let_go_stays_let_go_when_it_is_amended() -> None:
    story = shop_with_floors()
    assert is_held(story, sold(900))

    assert said(story.release("1")) == ["HoldReleased", "Considered", "Reserved"]
    assert not is_held(story, sold(900, 3), at=2)


def test_an_amendment_that_is_too_cheap_gives_back_what_was_promised() -> None:
    story = shop_with_floors()
    story.place("1", sold(1_000))

    assert said(story.place("1", sold(900), at=2)) == ["OrderPlaced", "OrderHeld", "Unreserved"]


def test_an_amendment_at_a_fair_price_goes_on() -> None:
    story = shop_with_floors()
    assert is_held(story, sold(900))

    assert not is_held(story, sold(1_000), at=2)
    assert story.at("1") == {"hall": {"TEA": 2}}


def test_a_listing_that_becomes_known_may_turn_out_to_be_too_cheap() -> None:
    story = shop_with_floors()
    story.place("1", line("NEW", 1, parts=()))
    story.place("2", line("OLD", 1, parts=()))

    story.listing("web", "NEW", ("TEA", 2))
    decision = story.listing("web", "OLD", ("TEA", 1))

    assert story.order("1").holds == ("price_floor",)
    assert said(decision) == ["ListingSet", "OrderResolved", "HoldReleased", "Considered", "Reserved"]


def test_what_replaces_goods_costs_nothing_and_is_not_held_for_that() -> None:
    """Not when it is made, and not when a listing of it that nobody knew is known at last."""
    story = shop_with_floors()
    story.place("1", sold(1_000))
    story.ship(story.fulfilment("1"))

    story.request("1", ("1", "TEA", 1), rma="RMA-1", replacement=(OrderLine("new", "NEW-TEA", 1, 0),))
    assert story.order("1~x1").holds == ("unknown_listing",)
    story.listing("web", "NEW-TEA", ("TEA", 1))

    assert story.at("1~x1") == {"hall": {"TEA": 1}}
