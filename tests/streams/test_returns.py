"""Goods that come back: never more than were shipped, counted once, and nobody's until they are inspected."""

import pytest

from streams.rules.announce import status
from tables.events import Duplicate, Refused, Reserved, Returned
from tests.story import Story, key, line, of_type, one_shop


def shipped(stock: int = 5, ordered: int = 3) -> Story:
    """Order 1 of Ama has left east."""
    story = one_shop({"east": {"KETTLE": stock}, "west": {}})
    story.place("1", line("KETTLE", ordered))
    story.ship(story.fulfilment("1"))
    return story


def code(story: Story, *lines: tuple[str, str, int], order: str = "1", node: str = "east") -> str:
    [refused] = of_type(story.take_back(order, *lines, node=node), Refused)
    assert refused.sentence
    return refused.code


def test_what_comes_back_waits_for_inspection_and_is_promised_to_nobody() -> None:
    story = shipped(stock=3)
    story.place("2", line("KETTLE", 1))

    decision = story.take_back("1", ("KETTLE", "KETTLE", 2), node="west")

    assert of_type(decision, Reserved) == []
    assert story.pool.stock["west"].units("quality", "KETTLE") == 2
    assert story.at("2") == {}


def test_the_inspection_says_which_of_it_is_sold_again() -> None:
    story = shipped(stock=3)
    story.place("2", line("KETTLE", 1))
    story.take_back("1", ("KETTLE", "KETTLE", 2), node="west")

    story.move("west", "quality", "damaged", KETTLE=1)
    story.move("west", "quality", "on_hand", KETTLE=1)

    assert story.at("2") == {"west": {"KETTLE": 1}}
    assert story.pool.stock["west"].units("quality", "KETTLE") == 0


def test_over_all_returns_no_more_comes_back_than_was_shipped() -> None:
    story = shipped(ordered=3)
    story.take_back("1", ("KETTLE", "KETTLE", 2), node="east")

    assert code(story, ("KETTLE", "KETTLE", 2)) == "more_than_shipped"
    assert story.pool.stock["east"].units("quality", "KETTLE") == 2
    assert of_type(story.take_back("1", ("KETTLE", "KETTLE", 1), node="east"), Returned)


def test_a_refused_return_books_none_of_its_lines() -> None:
    story = one_shop({"east": {"KETTLE": 1, "CUP": 6}})
    story.place("1", line("KETTLE", 1), line("CUP", 6))
    story.ship(story.fulfilment("1"))

    assert code(story, ("CUP", "CUP", 6), ("KETTLE", "KETTLE", 2)) == "more_than_shipped"
    assert story.order("1").returned == ()
    assert story.pool.stock["east"].other.get("quality", {}) == {}


def test_what_is_promised_but_has_not_left_cannot_come_back() -> None:
    story = one_shop({"east": {"KETTLE": 5}})
    story.place("1", line("KETTLE", 3))
    story.ship(story.fulfilment("1"), ("KETTLE", 1))

    assert code(story, ("KETTLE", "KETTLE", 2)) == "more_than_shipped"


def test_a_return_told_of_twice_counts_once() -> None:
    story = shipped()
    story.take_back("1", ("KETTLE", "KETTLE", 1), node="east", document="RT-4")

    assert of_type(story.take_back("1", ("KETTLE", "KETTLE", 1), node="east", document="RT-4"), Duplicate) == [Duplicate(of="RT-4")]
    assert story.pool.stock["east"].units("quality", "KETTLE") == 1


def test_a_refused_return_may_be_sent_again_once_it_is_right() -> None:
    story = one_shop({"east": {"KETTLE": 5}})
    story.place("1", line("KETTLE", 3))
    story.take_back("1", ("KETTLE", "KETTLE", 1), node="east", document="RT-4")
    story.ship(story.fulfilment("1"))

    assert of_type(story.take_back("1", ("KETTLE", "KETTLE", 1), node="east", document="RT-4"), Returned)


@pytest.mark.parametrize(("order", "node", "expected"), [("99", "east", "unknown_order"), ("1", "atlantis", "unknown_node")])
def test_goods_of_unknown_orders_and_at_unknown_nodes_are_not_booked(order: str, node: str, expected: str) -> None:
    assert code(shipped(), ("KETTLE", "KETTLE", 1), order=order, node=node) == expected


def test_a_warehouse_need_not_know_the_line_and_named_lines_come_first() -> None:
    story = one_shop({"east": {"KETTLE": 5}})
    story.place("1", line("KETTLE", 2, "a"), line("KETTLE", 3, "b"))
    story.ship(story.fulfilment("1"))

    story.take_back("1", ("", "KETTLE", 2), ("a", "KETTLE", 1), node="east")

    assert {row.line: row.quantity for row in story.order("1").returned} == {"a": 2, "b": 1}


def test_a_part_of_a_bundle_may_come_back_alone() -> None:
    story = one_shop({"east": {"POT": 1, "CUP": 4}})
    story.place("1", line("TEA-SET", 1, "set", [("POT", 1), ("CUP", 4)]))
    story.ship(story.fulfilment("1"))

    story.take_back("1", ("", "CUP", 1), node="east")

    assert [(row.line, row.sku, row.quantity) for row in story.order("1").returned] == [("set", "CUP", 1)]


def test_an_order_keeps_what_came_back_and_is_not_served_anew() -> None:
    story = shipped(stock=9, ordered=3)

    story.take_back("1", ("KETTLE", "KETTLE", 2), node="east")
    partly = status(story.pool, key("1"), 0)
    story.take_back("1", ("KETTLE", "KETTLE", 1), node="east")
    whole = status(story.pool, key("1"), 0)
    story.place("1", line("KETTLE", 3), at=20, region="DE")

    assert (partly.status, partly.shipped, partly.returned) == ("shipped", 3, 2)
    assert (whole.status, whole.shipped, whole.returned) == ("returned", 3, 3)
    assert story.at("1") == {}


def test_an_order_of_which_more_is_still_to_leave_is_not_called_returned() -> None:
    story = one_shop({"east": {"KETTLE": 5}})
    story.place("1", line("KETTLE", 3))
    story.ship(story.fulfilment("1"), ("KETTLE", 1))

    story.take_back("1", ("KETTLE", "KETTLE", 1), node="east")

    assert status(story.pool, key("1"), 0).status == "partially_shipped"


def test_a_cancelled_order_takes_back_what_had_left_before() -> None:
    story = shipped()
    story.cancel("1", at=7)

    story.take_back("1", ("KETTLE", "KETTLE", 3), node="east")

    assert status(story.pool, key("1"), 0).status == "returned"
    assert story.pool.free_units("b2c", "KETTLE") == 2


def test_a_count_after_a_return_does_not_take_it_for_good_units() -> None:
    story = shipped(stock=5, ordered=3)
    story.take_back("1", ("KETTLE", "KETTLE", 1), node="east", at=9)

    story.count("east", at=10, KETTLE=2)

    assert story.pool.on_hand("east", "KETTLE") == 2
    assert story.pool.stock["east"].units("quality", "KETTLE") == 1
