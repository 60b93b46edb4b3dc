"""How a demo says where its orders end, and that nobody is owed anything without a reason."""

import pytest

from deploy.demo.standing import explain, standing
from streams.read import MemoryLog
from tables.policy import Policy, Rule
from tests.story import Story, key, line, one_shop
from tests.streams.logs import Logs


def why(story: Story, order: str) -> tuple[str, str]:
    return explain(story.pool, key(order))


def test_what_was_delivered_or_came_back_or_is_off_is_final() -> None:
    story = one_shop({"hamburg": {"ASSAM": 9}})
    for number in ("1", "2", "3"):
        story.place(number, line("ASSAM", 2))
        assert why(story, number) == ("reserved", "")
        if number != "3":
            story.ship(story.fulfilment(number), tracking=f"GL{number}")
            assert why(story, number) == ("shipped", "")
            story.track(f"GL{number}", "delivered")
    story.take_back("2", ("", "ASSAM", 2), node="hamburg")
    story.cancel("3")

    assert [why(story, number) for number in ("1", "2", "3")] == [("delivered", "final"), ("returned", "final"), ("cancelled", "final")]


def test_what_is_held_says_what_for() -> None:
    story = one_shop({"hamburg": {"ASSAM": 9}})
    story.place("1", line("ASSAM", 1), holds=("payment",))
    story.place("2", line("NOBODYS", 1, parts=()))

    assert why(story, "1") == ("held", "held: payment")
    assert why(story, "2")[1].startswith("held: ")


def test_who_waits_for_what_is_not_there_is_explained_and_who_waits_beside_it_is_not() -> None:
    story = one_shop({"hamburg": {"ASSAM": 1}}, "partial")
    story.place("1", line("ASSAM", 2))
    story.ship(story.fulfilment("1"), tracking="GL1")
    assert why(story, "1") == ("partially_reserved", "")
    story.track("GL1", "delivered")

    assert why(story, "1") == ("partially_reserved", "backordered: no stock")


def test_goods_where_nobody_ships_them_from_explain_a_backorder_too() -> None:
    story = one_shop({"hamburg": {"ASSAM": 2}, "porto": {"OOLONG": 2}})
    story.place("1", line("ASSAM", 2))
    story.refuse(story.fulfilment("1"))
    story.policy(Policy(rule=Rule(shortage="backorder", exclude=("porto",))))
    story.place("2", line("OOLONG", 1))

    assert why(story, "1") == ("backordered", "backordered: stock only where it was refused")
    assert why(story, "2") == ("backordered", "backordered: stock only where the policy lets it not ship from")


def test_goods_of_another_segment_explain_a_backorder() -> None:
    story = Story()
    story.segment("b2c", ratio=0)
    story.segment("b2b", ratio=10_000, protected=True)
    story.node("hamburg")
    story.shop("web")
    story.policy(Policy(rule=Rule(shortage="backorder")))
    story.count("hamburg", ASSAM=5)
    story.place("1", line("ASSAM", 1))

    assert why(story, "1") == ("backordered", "backordered: stock is kept for others")


def test_what_could_be_promised_and_is_not_is_explained_by_nothing() -> None:
    """The policy let it be divided no further; once all else has left, that is no reason any more, and the next tick sees to it."""
    story = one_shop({"hamburg": {"ASSAM": 1}, "porto": {"OOLONG": 1}}, "partial")
    story.policy(Policy(rule=Rule(shortage="partial", max_splits=0)))
    story.place("1", line("ASSAM", 1), line("OOLONG", 1))
    assert why(story, "1") == ("partially_reserved", "")
    story.ship(story.fulfilment("1"), tracking="GL1")
    story.track("GL1", "delivered")

    assert why(story, "1")[1] == ""

    story.tick(at=10)
    assert story.at("1") == {"porto": {"OOLONG": 1}}


def test_of_a_bundle_the_part_that_lacks_explains_the_others() -> None:
    story = one_shop({"hamburg": {"ASSAM": 5}})
    story.place("1", line("SET", 1, parts=(("ASSAM", 1), ("POT", 1))))

    assert why(story, "1")[1] == "backordered: the policy allows no more splits, or a bundle lacks a part"


def test_all_orders_of_a_log_are_counted_once() -> None:
    story = one_shop({"hamburg": {"ASSAM": 3}})
    for number in range(5):
        story.place(str(number), line("ASSAM", 1))
    story.cancel("0")
    story.cancel("overtaken", at=9)
    story.place("overtaken", line("ASSAM", 1))
    story.reduce("not heard of", "r1", ("ASSAM", 1))

    found = standing(MemoryLog(Logs(story).topics()))

    assert found.states == {"backordered": 1, "cancelled": 2, "reserved": 3}
    assert found.explained == {"backordered: no stock": 1, "final": 2}
    assert len(found.unexplained) == 3


@pytest.mark.parametrize("word", ["reserved", "shipped"])
def test_an_order_that_somebody_still_works_on_is_named(word: str) -> None:
    story = one_shop({"hamburg": {"ASSAM": 3}})
    story.place("1001", line("ASSAM", 1))
    if word == "shipped":
        story.ship(story.fulfilment("1001"))

    assert standing(MemoryLog(Logs(story).topics())).unexplained == (f"acme/web/1001 is {word}",)
