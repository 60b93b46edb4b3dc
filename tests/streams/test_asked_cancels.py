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
