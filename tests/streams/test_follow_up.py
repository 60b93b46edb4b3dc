"""What waits while the policy lets an order be divided no further, and what becomes of it when all else has left."""

from tables import events as e
from tables.policy import Policy, Rule
from tests.story import Story, line, of_type, one_shop, said


def divided(stock: int = 1) -> Story:
    """One parcel is all that the policy allows: hamburg's tea, and porto's waits."""
    story = one_shop({"hamburg": {"ASSAM": 2}, "porto": {"OOLONG": stock}}, "partial")
    story.policy(Policy(rule=Rule(shortage="partial", max_splits=0)))
    story.place("1", line("ASSAM", 2), line("OOLONG", 1))
    assert story.at("1") == {"hamburg": {"ASSAM": 2}}
    return story


def test_it_follows_by_the_tick_after_the_last_parcel() -> None:
    story = divided()

    [deferred] = of_type(story.ship(story.fulfilment("1")), e.FillDeferred)
    assert deferred.skus == ("OOLONG",)
    assert of_type(story.tick(at=10), e.Reserved)
    assert story.at("1") == {"porto": {"OOLONG": 1}}


def test_it_waits_while_a_node_still_has_some_of_it() -> None:
    story = divided()

    assert not of_type(story.ship(story.fulfilment("1"), ("ASSAM", 1)), e.FillDeferred)
    assert said(story.tick(at=10)) == ["Ticked"]


def test_nothing_is_looked_for_where_there_is_none() -> None:
    story = divided(stock=0)

    assert not of_type(story.ship(story.fulfilment("1")), e.FillDeferred)
