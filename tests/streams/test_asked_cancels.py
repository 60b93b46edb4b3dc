"""A node that must confirm a cancel: what it ships meanwhile, and asking it for more, leave the books right."""

import pytest

from tests.story import Story, line
from tests.streams.logs import Logs


@pytest.fixture
def story() -> Story:
    """Five units promised by a node that confirms cancels, three of the segment and two unassigned; one of them asked back."""
    story = Story()
    story.segment("b2c", ratio=5_000)
    story.node("hamburg", cancel="confirm")
    story.shop("web")
    story.receive("hamburg", ASSAM=6)
    story.place("1", line("ASSAM", 5))
    story.reduce("1", "first refund", ("ASSAM", 1))
    return story


def open_and_asked(story: Story) -> tuple[int, int]:
    [found] = story.order("1").open_fulfilments.values()
    return sum(row.quantity for row in found.rows), sum(row.quantity for row in found.asked)


def test_what_ships_before_the_answer_is_not_what_was_asked_for(story: Story) -> None:
    story.ship(story.fulfilment("1"), ("ASSAM", 3))

    assert open_and_asked(story) == (2, 1)


def test_no_more_is_asked_for_than_there_is_left(story: Story) -> None:
    story.cancel("1", at=9)
    story.ship(story.fulfilment("1"), ("ASSAM", 3))

    assert open_and_asked(story) == (2, 2)


def test_another_refund_asks_for_the_difference(story: Story) -> None:
    story.ship(story.fulfilment("1"), ("ASSAM", 3))
    story.reduce("1", "second refund", ("ASSAM", 1))

    assert open_and_asked(story) == (2, 2)


@pytest.mark.parametrize("shipped", [0, 1, 3])
def test_confirmed_units_go_back_where_each_of_them_came_from(story: Story, shipped: int) -> None:
    if shipped:
        story.ship(story.fulfilment("1"), ("ASSAM", shipped))
    story.reduce("1", "second refund", ("ASSAM", 1))
    story.refuse(story.fulfilment("1"), "cancelled")

    assert (story.pool.free_units("", "ASSAM"), story.pool.free_units("b2c", "ASSAM")) == (3, 0)
    assert Logs(story).check().violations == ()


def test_what_was_asked_back_and_shipped_all_the_same_is_not_shipped_again_from_elsewhere() -> None:
    """Three ordered: two from Hamburg, one from Porto. Only one is wanted in the end; Porto is asked for its unit, and ships it."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hamburg")
    story.node("porto", cancel="confirm", priority=1)
    story.shop("web")
    for node, units in (("hamburg", 2), ("porto", 1)):
        story.receive(node, ASSAM=units)
    story.place("1", line("ASSAM", 3), at=1)
    story.place("1", line("ASSAM", 1), at=2)
    assert story.at("1") == {"hamburg": {"ASSAM": 1}, "porto": {"ASSAM": 1}}
    [porto] = [name for name, found in story.order("1").open_fulfilments.items() if found.node == "porto"]

    story.ship(porto)

    assert story.at("1") == {}
    assert story.pool.free_units("b2c", "ASSAM") == 2
    assert Logs(story).check().violations == ()
