"""A label is bought before a parcel leaves: its order knows under which number it is to leave, and nothing moves by it."""

import pytest

from streams.rules.announce import status
from tables import events as e
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.logs import Logs


@pytest.fixture
def story() -> Story:
    story = one_shop({"east": {"KETTLE": 9}})
    story.place("1", line("KETTLE", 2))
    return story


def labelled(story: Story, number: str = "EZ1", order: str = "1", at: int = 5) -> list[e.Tracked]:
    return of_type(story.track(number, "label", at, story.fulfilment(order)), e.Tracked)


def test_the_order_of_a_fulfilment_hears_of_its_label(story: Story) -> None:
    [told] = labelled(story)

    assert (told.order, told.fulfilment, told.tracking, told.status) == (key("1"), story.fulfilment("1"), "EZ1", "label")
    assert status(story.pool, key("1"), 1).status == "reserved"
    assert Logs(story).check().violations == ()


def test_told_again_it_changes_nothing(story: Story) -> None:
    labelled(story)

    assert said(story.track("EZ1", "label", 5, story.fulfilment("1"))) == ["Duplicate"]


def test_a_parcel_of_two_orders_is_told_to_both(story: Story) -> None:
    story.place("2", line("KETTLE", 1))

    assert [told.order for order in ("1", "2") for told in labelled(story, order=order)] == [key("1"), key("2")]
    story.ship(story.fulfilment("1"), tracking="EZ1")
    story.ship(story.fulfilment("2"), tracking="EZ1")
    story.track("EZ1", "delivered", 9)
    assert [status(story.pool, key(order), 1).status for order in ("1", "2")] == ["delivered", "delivered"]
    assert Logs(story).check().violations == ()


@pytest.mark.parametrize("early", [True, False])
def test_a_carrier_that_speaks_before_the_label_is_heard_all_the_same(story: Story, early: bool) -> None:
    name = story.fulfilment("1")
    says = [("in_transit", ""), ("label", name)] if early else [("label", name), ("in_transit", "")]
    for word, meant in says:
        story.track("EZ1", "label" if word == "label" else "in_transit", 4, meant)

    story.ship(name, tracking="EZ1")

    assert (story.order("1").parcels or {})["EZ1"].status == "in_transit"
    assert Logs(story).check().violations == ()


def test_the_label_of_what_has_left_or_is_off_is_an_observation_like_any_other(story: Story) -> None:
    name = story.fulfilment("1")
    story.ship(name, tracking="EZ1")

    assert said(story.track("EZ1", "label", 5, name)) == ["Tracked"]
    assert said(story.track("EZ2", "label", 5, name)) == ["Tracked"]
    assert "EZ2" in story.pool.early
    assert Logs(story).check().violations == ()
