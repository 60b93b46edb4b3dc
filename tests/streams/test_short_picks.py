"""A node that ships a part of what it was told to, and says of the rest that it will not."""

import pytest

from streams.rules.announce import status
from tables import events as e
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.logs import Logs


@pytest.fixture
def story() -> Story:
    """Three kettles and two lamps of order 1 lie at east; west has as many again."""
    story = one_shop({"east": {"KETTLE": 5, "LAMP": 2}, "west": {"KETTLE": 5, "LAMP": 2}})
    story.place("1", line("KETTLE", 3), line("LAMP", 2))
    return story


def test_what_was_not_found_comes_from_the_next_node_and_the_rest_still_ships(story: Story) -> None:
    name = story.fulfilment("1")

    story.refuse(name, "short", ("KETTLE", 1))

    assert story.at("1") == {"east": {"KETTLE": 2, "LAMP": 2}, "west": {"KETTLE": 1}}
    assert story.pool.stock["east"].good("KETTLE") == 4, "the unit that is not there has left the books"
    story.ship(name)
    story.ship(story.fulfilment("1"))
    assert status(story.pool, key("1"), 0).status == "shipped"
    assert Logs(story).check().violations == ()


def test_what_a_node_will_not_ship_is_on_its_shelf_again_and_not_asked_of_it_again(story: Story) -> None:
    story.refuse(story.fulfilment("1"), "no_capacity", ("LAMP", 2))

    assert story.at("1") == {"east": {"KETTLE": 3}, "west": {"LAMP": 2}}
    assert story.pool.on_hand("east", "LAMP") == 2
    assert story.order("1").refused_by == ("east",)


def test_what_nobody_has_is_waited_for_while_the_rest_ships() -> None:
    story = one_shop({"east": {"KETTLE": 3}}, shortage="partial")
    story.place("1", line("KETTLE", 3))

    story.refuse(story.fulfilment("1"), "short", ("KETTLE", 1))

    assert [row.quantity for row in story.order("1").waiting] == [1]
    assert story.at("1") == {"east": {"KETTLE": 2}}


def test_more_than_is_open_is_refused_whole(story: Story) -> None:
    name = story.fulfilment("1")

    for lines in ((("KETTLE", 4),), (("KETTLE", 1), ("CUP", 1))):
        assert [event.code for event in of_type(story.refuse(name, "short", *lines), e.Refused)] == ["more_than_open"]
    assert story.at("1") == {"east": {"KETTLE": 3, "LAMP": 2}}


def test_a_cancel_is_answered_for_all_that_was_asked(story: Story) -> None:
    story.node("east", cancel="confirm")
    name = story.fulfilment("1")
    story.cancel("1")

    assert [event.code for event in of_type(story.refuse(name, "cancelled", ("LAMP", 1)), e.Refused)] == ["part_of_an_answer"]
    assert "Unreserved" in said(story.refuse(name, "cancelled"))


def test_all_of_it_by_its_lines_is_all_of_it(story: Story) -> None:
    story.refuse(story.fulfilment("1"), "short", ("KETTLE", 3), ("LAMP", 2))

    assert story.at("1") == {"west": {"KETTLE": 3, "LAMP": 2}}


@pytest.mark.parametrize(("counted_at", "left"), [(9, 4), (5, 4), (3, 3)])
@pytest.mark.parametrize("counted_first", [True, False])
def test_a_count_of_later_has_seen_what_was_not_found(story: Story, counted_at: int, left: int, counted_first: bool) -> None:
    """Four kettles are counted at east. Whoever counted before the pick had the missing one among them."""
    name = story.fulfilment("1")
    if not counted_first:
        story.refuse(name, "short", ("KETTLE", 1), at=5)
    story.count("east", at=counted_at, KETTLE=4)
    if counted_first:
        story.refuse(name, "short", ("KETTLE", 1), at=5)

    assert story.pool.stock["east"].good("KETTLE") == left
    assert sum(units.get("KETTLE", 0) for units in story.at("1").values()) == 3
    assert Logs(story).check().violations == ()
