"""A node is told of what is promised there with its waves, or together with what else is for the same recipient."""

from typing import Any

import pytest

from streams.decisions import Decision
from streams.rules.due import next_due
from streams.rules.fulfil import fulfil
from tables import events as e
from tables.calendar import MINUTE_MS, Waves
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import Policy
from tests.story import Story, line, of_type, one_shop, said

MONDAY = 4 * 86_400_000  # 1970-01-05
HOUR = 60 * MINUTE_MS
AT_ELEVEN_AND_FOUR = Waves((11 * 60, 16 * 60), "UTC")
MEI, JONAS = "k1.mei", "k1.jonas"


def shop(waves: Waves | None = None, merge_minutes: int = 0, fills: int = 50, **holds: HoldRule) -> Story:
    """Nine tea in the hall, nine more in the shed, on a Monday at eight."""
    story = one_shop({"hall": {"TEA": 9}, "shed": {"TEA": 9}})
    flow = Flow(rule=ShopFlow(merge_minutes=merge_minutes, holds=holds), waves={"hall": waves} if waves else {}, clocks={"UTC": ((0, 0),)})
    story.policy(Policy(flow=flow, fills_per_decision=fills))
    story.tick(MONDAY + 8 * HOUR)
    return story


def order(story: Story, name: str, units: int = 1, sealed: str = MEI, **about: Any) -> Decision:
    return story.place(name, line("TEA", units), sealed=sealed, **about)


def told(decision: Decision) -> list[tuple[str, str]]:
    """(what, order)."""
    return [(one.type.removeprefix("Fulfilment"), one.order) for one in fulfil(decision, 0)]


def at(story: Story, hour: int, minute: int = 0) -> Decision:
    return story.tick(MONDAY + hour * HOUR + minute * MINUTE_MS)


# ---------------------------------------------------------------------------------------------- waves
def test_stock_is_promised_at_once_and_the_node_is_told_with_its_wave() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    assert told(order(story, "1")) == []
    assert story.at("1") == {"hall": {"TEA": 1}}
    assert told(at(story, 9)) == []

    decision = at(story, 11)

    assert told(decision) == [("Ordered", "1")]
    assert fulfil(decision, 0)[0].recipient == MEI
    assert told(at(story, 16)) == []


def test_what_comes_after_the_cut_off_goes_with_the_next_wave() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    at(story, 11, 1)
    order(story, "1")
    at(story, 11, 2)

    assert told(at(story, 15, 59)) == []
    assert told(at(story, 16)) == [("Ordered", "1")]


def test_a_tick_comes_at_once_and_then_with_the_wave() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    order(story, "1")
    assert next_due(story.pool) == story.pool.now + 1

    at(story, 9)

    assert next_due(story.pool) == MONDAY + 11 * HOUR


@pytest.mark.parametrize("cancel", ["immediate", "confirm"])
def test_what_is_cancelled_before_its_wave_was_never_told(cancel: str) -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    story.node("hall", cancel=cancel)
    order(story, "1")
    at(story, 9)

    assert told(story.cancel("1")) == []
    assert told(at(story, 11)) == []
    assert (story.pool.untold, story.pool.parties) == ({}, {})


def test_what_is_cancelled_after_its_wave_is_called_back() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    order(story, "1")
    at(story, 9)
    at(story, 11)

    assert told(story.cancel("1")) == [("Cancelled", "1")]


def test_the_node_is_told_of_what_is_left_by_then() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    order(story, "1", 3)
    at(story, 9)
    assert told(story.reduce("1", "r1", ("TEA", 1))) == []

    [ordered] = fulfil(at(story, 11), 0)

    assert [one.quantity for one in ordered.lines] == [2]


def test_another_node_has_no_waves() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    order(story, "1", 9)

    assert told(order(story, "2", 2)) == [("Ordered", "2")]


def test_a_policy_without_waves_tells_what_still_waits() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    order(story, "1")
    at(story, 9)
    story.policy(Policy())

    assert told(at(story, 9, 1)) == [("Ordered", "1")]


def test_a_node_that_may_decline_has_its_time_from_the_wave_on() -> None:
    story = shop(AT_ELEVEN_AND_FOUR)
    story.node("hall", accept_minutes=30)
    order(story, "1")
    at(story, 9)
    at(story, 10)
    assert story.pool.offered == {}

    at(story, 11)

    assert list(story.pool.offered) == [story.fulfilment("1")]


def test_one_decision_tells_no_more_than_it_may_fill_and_the_next_goes_on() -> None:
    story = shop(AT_ELEVEN_AND_FOUR, fills=2)
    for name in ("1", "2", "3"):
        order(story, name, sealed="")
    at(story, 9)

    assert told(at(story, 11)) == [("Ordered", "1"), ("Ordered", "2")]
    assert next_due(story.pool) == story.pool.now + 1
    assert told(at(story, 11, 1)) == [("Ordered", "3")]


# ---------------------------------------------------------------------------------------------- one parcel
def groups(decision: Decision) -> dict[str, str]:
    return {one.order: one.group for one in fulfil(decision, 0)}


def test_orders_of_one_recipient_within_the_time_leave_in_one_parcel() -> None:
    story = shop(merge_minutes=30)
    order(story, "1")
    order(story, "2", sealed=JONAS)
    at(story, 8, 1)
    order(story, "3")
    at(story, 8, 20)

    found = groups(at(story, 8, 31))

    assert found["1"] == found["3"] != ""
    assert found["2"] == ""


def test_who_comes_after_the_time_leaves_in_a_parcel_of_its_own() -> None:
    story = shop(merge_minutes=30)
    order(story, "1")
    at(story, 8, 1)
    assert groups(at(story, 8, 31)) == {"1": ""}
    order(story, "2")
    at(story, 8, 32)

    assert groups(at(story, 9, 2)) == {"2": ""}


def test_another_address_or_another_tenant_or_nobody_is_no_company() -> None:
    story = shop(merge_minutes=30)
    order(story, "1")
    order(story, "2", sealed=JONAS)
    order(story, "3", sealed="")
    order(story, "4", sealed="")
    at(story, 8, 1)

    assert set(groups(at(story, 8, 31)).values()) == {""}


def test_who_is_amended_to_another_address_stays_behind() -> None:
    story = shop(merge_minutes=30)
    order(story, "1")
    at(story, 8, 1)
    order(story, "2")
    at(story, 8, 2)
    order(story, "2", sealed=JONAS, at=2)

    assert groups(at(story, 8, 31)) == {"1": ""}
    assert [(one.order, one.recipient) for one in fulfil(at(story, 9, 1), 0)] == [("2", JONAS)]


def test_what_goes_with_a_wave_is_merged_as_well() -> None:
    story = shop(AT_ELEVEN_AND_FOUR, merge_minutes=30)
    order(story, "1")
    order(story, "2")
    at(story, 9)

    decision = at(story, 11)

    assert len(set(groups(decision).values())) == 1
    assert said(decision) == ["Ticked", "FulfilmentReleased", "FulfilmentReleased"]


def test_a_parcel_is_told_whole_even_where_that_is_more_than_one_decision_fills() -> None:
    story = shop(merge_minutes=30, fills=1)
    for name in ("1", "2", "3"):
        order(story, name)
    at(story, 8, 1)

    assert len(groups(at(story, 8, 31))) == 3


def test_a_held_order_leaves_nothing_behind() -> None:
    story = shop(merge_minutes=30)
    order(story, "1")
    order(story, "2")
    at(story, 8, 1)

    assert told(story.hold("2")) == []
    assert groups(at(story, 8, 31)) == {"1": ""}


def test_without_a_flow_the_group_is_nowhere_said() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    decision = order(story, "1")

    [reserved] = of_type(decision, e.Reserved)
    assert (reserved.later, reserved.recipient) == (False, "")
    assert fulfil(decision, 0)[0].group == ""
