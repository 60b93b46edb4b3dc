"""What nodes say of fulfilment orders: shipped, refused, cancelled or too late."""

import pytest

from streams.rules.announce import status
from streams.rules.fulfil import fulfil
from tables.events import CancelRequested, Refused, Reserved, Shortage, Unreserved
from tests.story import key, line, of_type, one_shop, said


def refusal(events: tuple[object, ...]) -> str:
    [event] = events
    assert isinstance(event, Refused)
    return event.code


def test_a_part_of_a_fulfilment_may_ship_first() -> None:
    story = one_shop({"hall": {"TEA": 5, "CUP": 5}})
    story.place("1", line("TEA", 3), line("CUP", 1))
    fulfilment = story.fulfilment("1")

    story.ship(fulfilment, ("TEA", 2))
    assert status(story.pool, key("1"), 0).status == "partially_shipped"
    assert refusal(story.ship(fulfilment, ("TEA", 2)).events) == "more_than_open"

    story.ship(fulfilment)
    assert status(story.pool, key("1"), 0).status == "shipped"
    assert refusal(story.ship(fulfilment).events) == "not_open"


def test_a_refused_shipment_says_what_is_open() -> None:
    story = one_shop({"hall": {"TEA": 5, "CUP": 5}})
    story.place("1", line("TEA", 3), line("CUP", 1))
    name = story.fulfilment("1")

    for told in (story.ship(name, ("CUP", 1), ("TEA", 2), ("TEA", 2)), story.refuse(name, "short", ("TEA", 4))):
        [refused] = of_type(told, Refused)
        assert f"4 of 'TEA', of which fulfilment {name!r} has 3 open; nothing was booked" in refused.sentence


def test_shipped_lines_are_immutable_and_an_amendment_orders_anew() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.place("1", line("TEA", 2), at=1)
    story.ship(story.fulfilment("1"))

    story.place("1", line("TEA", 3), at=2)
    assert story.at("1") == {"hall": {"TEA": 1}}

    story.cancel("1", at=3)
    assert status(story.pool, key("1"), 0).shipped == 2


def test_a_refused_fulfilment_goes_to_another_node_and_never_back() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {"TEA": 5}})
    story.place("1", line("TEA", 2))

    story.refuse(story.fulfilment("1"))
    assert story.at("1") == {"attic": {"TEA": 2}}
    assert story.pool.on_hand("hall", "TEA") == 5

    story.refuse(story.fulfilment("1"))
    assert story.at("1") == {}
    assert not of_type(story.receive("attic", TEA=9), Reserved)


def test_units_that_a_node_does_not_find_leave_the_books() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {}})
    story.place("1", line("TEA", 2))

    decision = story.refuse(story.fulfilment("1"), "short")

    assert [event.quantity for event in of_type(decision, Shortage)] == [2]
    assert story.pool.stock["hall"].good("TEA") == 3


def test_a_node_that_must_confirm_keeps_the_units_until_it_answers() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.node("hall", cancel="confirm")
    story.place("1", line("TEA", 2))
    fulfilment = story.fulfilment("1")

    asked = story.cancel("1")
    assert said(asked) == ["OrderCancelled", "CancelRequested"]
    assert [told.final for told in fulfil(asked, 0)] == [False]
    assert story.pool.on_hand("hall", "TEA") == 3

    story.refuse(fulfilment, "cancelled")
    assert story.pool.on_hand("hall", "TEA") == 5


@pytest.mark.parametrize("answer", ["cancelled", "shipped"])
def test_a_cancel_that_meets_a_shipment_balances_either_way(answer: str) -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.node("hall", cancel="confirm")
    story.place("1", line("TEA", 2))
    fulfilment = story.fulfilment("1")
    story.cancel("1")

    if answer == "shipped":
        story.ship(fulfilment)
    else:
        story.refuse(fulfilment, "cancelled")

    assert story.pool.stock["hall"].good("TEA") == (3 if answer == "shipped" else 5)
    assert status(story.pool, key("1"), 0).status == answer


def test_nothing_is_asked_of_a_node_twice() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    story.node("hall", cancel="confirm")
    story.place("1", line("TEA", 3), at=1)
    story.reduce("1", "refund-1", ("TEA", 1))

    decision = story.cancel("1", at=2)

    assert [row.quantity for row in of_type(decision, CancelRequested)[0].rows] == [2]


def test_a_node_is_not_told_what_it_said_itself() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {"TEA": 5}})
    story.place("1", line("TEA", 2))

    decision = story.refuse(story.fulfilment("1"))

    assert of_type(decision, Unreserved)
    assert [(told.type, told.node) for told in fulfil(decision, 0)] == [("FulfilmentOrdered", "attic")]


def test_a_fulfilment_of_a_backorder_carries_its_recipient() -> None:
    story = one_shop({"hall": {}})
    story.place("1", line("TEA", 2), sealed="k1.c2VhbGVk")

    decision = story.receive("hall", TEA=2)

    assert [told.recipient for told in fulfil(decision, 0)] == ["k1.c2VhbGVk"]
