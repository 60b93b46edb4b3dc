"""The life of a return: asked for, on its way, back, looked at. Nothing is sold again that has not come back and been inspected."""

from itertools import permutations

import pytest

from streams.rules.announce import status
from streams.rules.due import next_due
from tables import events as e
from tables.policy import DAY_MS, Policy
from tests.story import Story, key, line, of_type, one_shop, said


def shipped(stock: int = 9) -> Story:
    """Order 1 of Ama, three kettles and a tea set of one pot and four cups, has left east."""
    story = one_shop({"east": {"KETTLE": stock, "POT": 2, "CUP": 8}, "west": {}})
    story.place("1", line("KETTLE", 3), line("SET", 1, "set", [("POT", 1), ("CUP", 4)]))
    story.ship(story.fulfilment("1"))
    return story


def back(story: Story, units: int = 2) -> Story:
    """Some of the kettles were asked for as RMA-1, and are back at west."""
    story.request("1", ("KETTLE", "KETTLE", units), rma="RMA-1")
    story.take_back("1", ("KETTLE", "KETTLE", units), node="west", rma="RMA-1")
    return story


def code(decision: object) -> str:
    [refused] = of_type(decision, e.Refused)  # type: ignore[arg-type]
    assert refused.sentence
    return refused.code


def expected(story: Story, rma: str = "RMA-1") -> int:
    after = story.order("1").after
    return sum(after.cases[rma].expected().values()) if after else 0


# ---------------------------------------------------------------------------------------------- asked for
def test_a_buyer_asks_for_no_more_than_was_shipped_and_is_neither_back_nor_asked_for() -> None:
    story = shipped()
    story.take_back("1", ("KETTLE", "KETTLE", 1), node="east")
    story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1")

    assert code(story.request("1", ("KETTLE", "KETTLE", 2), rma="RMA-2")) == "more_than_shipped"
    assert said(story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-3")) == ["ReturnRequested"]


def test_a_line_without_a_sku_is_all_that_was_ordered_by_it() -> None:
    story = shipped()

    [asked] = of_type(story.request("1", ("set", "", 1), rma="RMA-1"), e.ReturnRequested)

    assert {row.sku: row.quantity for row in asked.rows} == {"POT": 1, "CUP": 4}


def test_asked_for_twice_is_asked_for_once() -> None:
    story = shipped()
    story.request("1", ("KETTLE", "KETTLE", 2), rma="RMA-1")

    assert said(story.request("1", ("KETTLE", "KETTLE", 2), rma="RMA-1")) == ["Duplicate"]
    assert expected(story) == 2


def test_what_is_no_longer_waited_for_may_be_asked_for_again() -> None:
    story = shipped()
    story.request("1", ("KETTLE", "KETTLE", 3), rma="RMA-1")
    story.end_return("1", "RMA-1", "cancelled")

    assert said(story.end_return("1", "RMA-1", "closed")) == ["Duplicate"]
    assert said(story.request("1", ("KETTLE", "KETTLE", 3), rma="RMA-2")) == ["ReturnRequested"]


def test_returns_of_unknown_orders_and_names_are_refused() -> None:
    story = shipped()

    assert code(story.request("9", ("KETTLE", "KETTLE", 1), rma="RMA-1")) == "unknown_order"
    assert code(story.end_return("9", "RMA-1", "closed")) == "unknown_order"
    assert code(story.end_return("1", "RMA-1", "closed")) == "unknown_return"
    assert code(story.inspect("1", "RMA-1", ("KETTLE", "scrap", 1), node="west")) == "unknown_return"


def test_a_return_that_does_not_come_is_given_up() -> None:
    story = shipped()
    story.policy(Policy(return_days=30))
    story.tick(DAY_MS)
    story.request("1", ("KETTLE", "KETTLE", 3), rma="RMA-1")
    for days in range(2, 31):
        story.tick(days * DAY_MS)
    assert expected(story) == 3
    assert next_due(story.pool) == 31 * DAY_MS

    [ended] = of_type(story.tick(31 * DAY_MS), e.ReturnEnded)

    assert (ended.order, ended.rma, ended.end) == (key("1"), "RMA-1", "expired")
    assert not story.pool.awaited


def test_an_order_is_not_forgotten_while_its_goods_are_to_come_back() -> None:
    story = shipped()
    story.policy(Policy(return_days=100, remember_days=30))
    story.tick(DAY_MS)
    story.request("1", ("KETTLE", "KETTLE", 3), rma="RMA-1", tracking="BACK-1")
    for day in range(21, 122, 20):
        story.tick(day * DAY_MS)
    assert key("1") in story.pool.orders
    for day in range(141, 182, 20):
        story.tick(day * DAY_MS)

    assert key("1") not in story.pool.orders
    assert not story.pool.coming


# ---------------------------------------------------------------------------------------------- on its way
def test_a_return_is_followed_by_its_parcel() -> None:
    story = shipped()
    story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1", tracking="back 1")

    assert said(story.track("BACK1", "in_transit", at=7)) == ["ReturnTracked"]
    assert said(story.track("BACK1", "in_transit", at=7)) == ["Duplicate"]
    assert said(story.track("BACK1", "label", at=6)) == ["Stale"]


def test_the_parcel_of_a_return_may_be_named_later_and_its_carrier_heard_before() -> None:
    story = shipped()
    story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1")
    story.track("BACK-1", "in_transit")

    assert said(story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1", tracking="BACK-1")) == ["ReturnRequested", "ReturnTracked"]
    assert expected(story) == 1
    assert not story.pool.early


@pytest.mark.parametrize("way", list(permutations(["request", "back", "track"])))
def test_a_return_is_the_same_in_whatever_order_it_is_heard_of(way: tuple[str, ...]) -> None:
    story = shipped()
    words = {
        "request": lambda: story.request("1", ("KETTLE", "KETTLE", 2), rma="RMA-1", tracking="BACK-1"),
        "back": lambda: story.take_back("1", ("KETTLE", "KETTLE", 1), node="west", rma="RMA-1"),
        "track": lambda: story.track("BACK-1", "delivered", at=9),
    }
    for word in way:
        words[word]()

    after = story.order("1").after
    assert after is not None
    [case] = after.cases.values()
    assert (case.expected(), case.status, case.unseen) == ({("KETTLE", "KETTLE"): 1}, "delivered", (("west", "KETTLE", 1),))


def test_goods_are_taken_though_their_return_was_refused() -> None:
    story = shipped()
    story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1")
    story.end_return("1", "RMA-1", "refused")

    assert said(story.take_back("1", ("KETTLE", "KETTLE", 1), node="west", rma="RMA-1")) == ["Returned"]


# ---------------------------------------------------------------------------------------------- inspected
def test_an_inspection_says_what_becomes_of_each_unit() -> None:
    story = back(shipped(), 3)
    story.take_back("1", ("set", "CUP", 4), node="west", rma="RMA-1")

    story.inspect("1", "RMA-1", ("KETTLE", "resell", 1), ("KETTLE", "refurbish", 1), ("KETTLE", "scrap", 1), node="west")
    story.inspect("1", "RMA-1", ("CUP", "return_to_vendor", 4), node="west")

    shelf = story.pool.stock["west"]
    assert (shelf.on_hand, shelf.other) == ({"KETTLE": 1}, {"quality": {}, "refurbish": {"KETTLE": 1}})


def test_what_is_sold_again_goes_to_those_who_wait() -> None:
    story = back(shipped(stock=3))
    story.place("2", line("KETTLE", 1))
    assert story.at("2") == {}

    story.inspect("1", "RMA-1", ("KETTLE", "resell", 2), node="west")

    assert story.at("2") == {"west": {"KETTLE": 1}}
    assert story.pool.free_units("b2c", "KETTLE") == 1


def test_goods_that_nobody_had_announced_are_inspected_under_their_document() -> None:
    story = shipped()
    story.take_back("1", ("", "KETTLE", 1), node="west", document="wms/RT-4")

    assert said(story.inspect("1", "wms/RT-4", ("KETTLE", "resell", 1), node="west")) == ["Inspected", "StockMoved"]


def test_a_unit_is_inspected_once_and_where_it_came_to() -> None:
    story = back(shipped())
    story.inspect("1", "RMA-1", ("KETTLE", "scrap", 1), node="west", document="I-1")

    assert said(story.inspect("1", "RMA-1", ("KETTLE", "scrap", 1), node="west", document="I-1")) == ["Duplicate"]
    assert code(story.inspect("1", "RMA-1", ("KETTLE", "resell", 1), ("KETTLE", "scrap", 1), node="west")) == "more_than_came_back"
    assert code(story.inspect("1", "RMA-1", ("KETTLE", "resell", 1), node="east")) == "more_than_came_back"
    assert code(story.inspect("1", "RMA-1", ("KETTLE", "resell", 1), node="nowhere")) == "unknown_node"
    assert story.pool.on_hand("west", "KETTLE") == 0


def test_what_was_moved_by_hand_is_not_moved_once_more() -> None:
    story = back(shipped())
    story.move("west", "quality", "on_hand", KETTLE=2)

    assert code(story.inspect("1", "RMA-1", ("KETTLE", "resell", 1), node="west")) == "not_enough"
    assert story.pool.on_hand("west", "KETTLE") == 2


def test_a_count_that_has_it_on_hand_already_is_not_added_to() -> None:
    story = back(shipped())
    story.count("west", at=12, KETTLE=2)

    story.inspect("1", "RMA-1", ("KETTLE", "resell", 2), node="west", at=11)

    assert story.pool.on_hand("west", "KETTLE") == 2


def test_at_a_node_that_does_not_sell_nothing_is_promised() -> None:
    story = back(shipped(stock=3))
    story.node("west", sellable=False)
    story.inspect("1", "RMA-1", ("KETTLE", "resell", 2), node="west")

    assert story.pool.on_hand("west", "KETTLE") == 2
    assert story.pool.free_units("b2c", "KETTLE") == 0


def test_the_status_tells_what_is_still_to_come_back() -> None:
    story = shipped()
    story.request("1", ("KETTLE", "KETTLE", 3), rma="RMA-1")
    story.take_back("1", ("KETTLE", "KETTLE", 1), node="west", rma="RMA-1")

    told = status(story.pool, key("1"), 0)

    assert (told.returned, told.returning) == (1, 2)
