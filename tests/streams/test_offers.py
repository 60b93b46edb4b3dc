"""Dealers and suppliers accept, decline or let the time go by: then the next one is asked."""

from streams.rules.due import next_due
from streams.rules.fulfil import fulfil
from tables import events as e
from tables.policy import Policy, Rule
from tests.story import Story, line, of_type, one_shop, said

MINUTE = 60_000
NOON = 1_700_000_000_000


def offered() -> Story:
    """The dealer is asked first, and has ten minutes; the warehouse takes what it is told."""
    story = one_shop({"dealer": {"KETTLE": 5}, "warehouse": {"KETTLE": 5}})
    story.node("dealer", kind="dealer", priority=0, accept_minutes=10)
    story.place("1", line("KETTLE", 2))
    return story


def test_its_time_begins_with_the_next_tick_which_is_due_at_once() -> None:
    story = offered()
    assert next_due(story.pool) == story.pool.now + 1

    story.tick(NOON)
    assert next_due(story.pool) == NOON + 10 * MINUTE


def test_who_does_not_accept_in_time_has_declined() -> None:
    story = offered()
    story.tick(NOON)
    assert said(story.tick(NOON + 9 * MINUTE)) == ["Ticked"]

    decision = story.tick(NOON + 10 * MINUTE)

    assert [(event.node, event.reason) for event in of_type(decision, e.FulfilmentRejected)] == [("dealer", "timed_out")]
    assert story.at("1") == {"warehouse": {"KETTLE": 2}}
    assert not story.pool.offered


def test_it_is_told_that_it_need_not_ship_any_more() -> None:
    story = offered()
    story.tick(NOON)

    told = fulfil(story.tick(NOON + 10 * MINUTE), 0)

    assert [(event.type, event.node, event.reason) for event in told] == [
        ("FulfilmentCancelled", "dealer", "timed_out"),
        ("FulfilmentOrdered", "warehouse", ""),
    ]


def test_who_has_accepted_keeps_it() -> None:
    story = offered()
    story.tick(NOON)
    story.progress(story.fulfilment("1"), "accepted")
    story.tick(NOON + 60 * MINUTE)

    assert story.at("1") == {"dealer": {"KETTLE": 2}}


def test_who_ships_a_part_has_accepted() -> None:
    story = offered()
    story.tick(NOON)
    story.ship(story.fulfilment("1"), ("KETTLE", 1))
    story.tick(NOON + 60 * MINUTE)

    assert story.at("1") == {"dealer": {"KETTLE": 1}}


def test_who_declines_is_not_asked_again() -> None:
    story = offered()
    story.refuse(story.fulfilment("1"))

    assert story.at("1") == {"warehouse": {"KETTLE": 2}}
    assert not story.pool.offered


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    story = offered()
    fulfilment = story.fulfilment("1")
    story.tick(NOON)
    story.tick(NOON + 10 * MINUTE)

    assert said(story.progress(fulfilment, "accepted")) == ["Stale"]
    assert story.at("1") == {"warehouse": {"KETTLE": 2}}


def test_where_nobody_else_has_it_the_order_waits_and_others_may_have_the_goods() -> None:
    story = offered()
    story.count("warehouse", at=0, KETTLE=0)
    story.place("2", line("KETTLE", 5))
    story.tick(NOON)
    story.tick(NOON + 10 * MINUTE)

    assert [row.quantity for row in story.order("1").waiting] == [2]
    assert story.at("2") == {"dealer": {"KETTLE": 5}}


def test_many_that_time_out_at_once_go_on_by_several_ticks() -> None:
    story = one_shop({"dealer": {"KETTLE": 9}, "warehouse": {"KETTLE": 9}})
    story.policy(Policy(rule=Rule(), fills_per_decision=0))
    story.node("dealer", kind="dealer", priority=0, accept_minutes=10)
    for order in "123":
        story.place(order, line("KETTLE"))
    story.tick(NOON)
    later = NOON + 10 * MINUTE
    for tick in range(3):
        assert len(of_type(story.tick(later + tick), e.FulfilmentRejected)) == 1

    assert not story.pool.offered


def test_a_node_that_is_no_longer_asked_keeps_what_it_has() -> None:
    story = offered()
    story.tick(NOON)
    story.node("dealer", kind="dealer", priority=0)
    story.tick(NOON + 60 * MINUTE)

    assert story.at("1") == {"dealer": {"KETTLE": 2}}
