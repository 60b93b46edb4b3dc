"""What holds an order back, and what ends that: its channel, a person, or the policy when the time is up."""

import pytest

from streams.rules.due import next_due
from tables import events as e
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import Policy
from tests.story import Story, line, of_type, one_shop, said

MINUTE = 60_000
NOON = 1_790_000_000_000
HOUR_TO_PAY = HoldRule(expires_minutes=60)
HOUR_TO_CHECK = HoldRule(expires_minutes=60, then="release")


def shop_that_holds(shops: dict[str, ShopFlow] | None = None, fills: int = 50, **rules: HoldRule) -> Story:
    """Nine tea at one node; holds end as `rules` say, at these shops otherwise."""
    story = one_shop({"hall": {"TEA": 9}})
    story.policy(Policy(flow=Flow(rule=ShopFlow(holds=rules), shops=shops or {}), fills_per_decision=fills))
    story.tick(NOON)
    return story


def held(story: Story, order: str = "1", *reasons: str, shop: str = "web") -> None:
    story.place(order, line("TEA", 2), holds=reasons or ("payment",), shop=shop)


def standing(story: Story, order: str = "1") -> str:
    found = story.order(order)
    return "cancelled" if found.cancelled else f"held for {', '.join(found.holds)}" if found.holds else "reserved"


# ---------------------------------------------------------------------------------------------- whether a reason holds at all
def test_a_reason_that_the_policy_ignores_holds_nothing() -> None:
    story = shop_that_holds(fraud=HoldRule(ignore=True))
    held(story, "1", "fraud")

    assert story.at("1") == {"hall": {"TEA": 2}}


def test_one_shop_ignores_what_holds_at_another() -> None:
    story = shop_that_holds(shops={"kiosk": ShopFlow(holds={"payment": HoldRule(ignore=True)})})
    story.shop("kiosk")
    held(story, "1")
    held(story, "1", shop="kiosk")

    assert standing(story) == "held for payment"
    assert story.at("1", "kiosk") == {"hall": {"TEA": 2}}


def test_what_was_held_for_a_reason_goes_on_when_the_policy_ignores_it() -> None:
    story = shop_that_holds()
    held(story)
    story.policy(Policy(flow=Flow(rule=ShopFlow(holds={"payment": HoldRule(ignore=True)}))))
    story.tick(NOON + 1)
    decision = story.tick(NOON + 2)

    assert said(decision) == ["Ticked", "HoldReleased", "Considered", "Reserved"]


@pytest.mark.parametrize("rule", [HoldRule(ignore=True), HoldRule(expires_minutes=1, then="release")])
def test_no_policy_lets_go_what_may_have_shipped_or_has_no_sku(rule: HoldRule) -> None:
    story = shop_that_holds(unknown_listing=rule, suspected_duplicate=rule)
    story.place("1", line("NEW", parts=()))
    for minutes in range(1, 5):
        story.tick(NOON + minutes * MINUTE)

    assert standing(story) == "held for unknown_listing"
    assert next_due(story.pool) > story.pool.now + MINUTE  # type: ignore[operator]


# ---------------------------------------------------------------------------------------------- the time is up
def test_an_order_that_is_not_paid_in_time_is_cancelled_by_the_policy() -> None:
    story = shop_that_holds(payment=HOUR_TO_PAY)
    held(story)
    story.tick(NOON + 1)
    story.tick(NOON + 1 + 59 * MINUTE)
    assert standing(story) == "held for payment"

    decision = story.tick(NOON + 1 + 60 * MINUTE)

    [cancelled] = of_type(decision, e.OrderCancelled)
    assert (cancelled.reason, cancelled.by) == ("payment_expired", "policy")


def test_an_order_goes_on_when_nobody_objects_in_time() -> None:
    story = shop_that_holds(fraud=HOUR_TO_CHECK)
    held(story, "1", "fraud")
    story.tick(NOON + 1)

    decision = story.tick(NOON + 1 + 60 * MINUTE)

    assert [(event.reasons, event.by) for event in of_type(decision, e.HoldReleased)] == [(("fraud",), "policy")]
    assert story.at("1") == {"hall": {"TEA": 2}}


def test_a_tick_comes_when_a_time_begins_and_when_it_ends() -> None:
    story = shop_that_holds(payment=HOUR_TO_PAY)
    held(story)
    assert next_due(story.pool) == NOON + 1

    story.tick(NOON + 5)

    assert next_due(story.pool) == NOON + 5 + 60 * MINUTE


def test_each_of_several_holds_ends_for_itself() -> None:
    story = shop_that_holds(fraud=HoldRule(expires_minutes=10, then="release"), address=HoldRule(expires_minutes=20, then="release"))
    held(story, "1", "address", "fraud", "payment")
    story.tick(NOON + 1)

    story.tick(NOON + 1 + 10 * MINUTE)
    assert standing(story) == "held for address, payment"
    story.tick(NOON + 1 + 20 * MINUTE)
    assert standing(story) == "held for payment"


def test_what_is_over_at_the_same_time_ends_in_one_decision_and_a_cancel_goes_before() -> None:
    story = shop_that_holds(payment=HOUR_TO_PAY, fraud=HOUR_TO_CHECK)
    held(story, "1", "fraud", "payment")
    story.tick(NOON + 1)

    assert said(story.tick(NOON + 1 + 60 * MINUTE)) == ["Ticked", "OrderCancelled"]


def test_a_cell_of_time_is_the_shops_own() -> None:
    story = shop_that_holds(shops={"kiosk": ShopFlow(holds={"payment": HoldRule(expires_minutes=5)})}, payment=HOUR_TO_PAY)
    story.shop("kiosk")
    held(story, "1")
    held(story, "1", shop="kiosk")
    story.tick(NOON + 1)

    decision = story.tick(NOON + 1 + 5 * MINUTE)

    assert [event.order for event in of_type(decision, e.OrderCancelled)] == ["acme/kiosk/1"]


def test_an_amendment_does_not_begin_the_time_anew() -> None:
    story = shop_that_holds(payment=HOUR_TO_PAY)
    held(story)
    story.tick(NOON + 1)
    story.tick(NOON + 50 * MINUTE)
    story.place("1", line("TEA", 1), holds=("payment",), at=2)

    story.tick(NOON + 1 + 60 * MINUTE)

    assert standing(story) == "cancelled"


def test_what_is_paid_in_time_is_not_cancelled() -> None:
    story = shop_that_holds(payment=HOUR_TO_PAY)
    held(story)
    story.tick(NOON + 1)
    story.place("1", line("TEA", 2), at=2)

    story.tick(NOON + 2 * 60 * MINUTE)

    assert standing(story) == "reserved"
    assert story.pool.holds == {}


def test_what_is_paid_too_late_is_a_word_of_the_channel_and_brings_the_order_back() -> None:
    story = shop_that_holds(payment=HOUR_TO_PAY)
    held(story)
    story.tick(NOON + 1)
    story.tick(NOON + 1 + 60 * MINUTE)

    held(story)  # the same word, delivered again
    assert standing(story) == "cancelled"
    story.place("1", line("TEA", 2), at=2)

    assert story.at("1") == {"hall": {"TEA": 2}}


def test_the_policy_of_today_ends_holds_of_yesterday() -> None:
    story = shop_that_holds()
    held(story)
    story.tick(NOON + 1)
    story.tick(NOON + 61 * MINUTE)
    story.policy(Policy(flow=Flow(rule=ShopFlow(holds={"payment": HOUR_TO_PAY}))))

    story.tick(NOON + 61 * MINUTE + 1)

    assert standing(story) == "cancelled"


def test_one_decision_ends_no_more_orders_than_it_may_fill_and_the_next_goes_on() -> None:
    story = shop_that_holds(fills=2, payment=HOUR_TO_PAY)
    for order in ("1", "2", "3"):
        held(story, order)
    story.tick(NOON + 1)

    story.tick(NOON + 1 + 60 * MINUTE)
    assert [standing(story, order) for order in ("1", "2", "3")] == ["cancelled", "cancelled", "held for payment"]
    assert next_due(story.pool) == story.pool.now + 1
    story.tick(NOON + 2 + 60 * MINUTE)

    assert standing(story, "3") == "cancelled"


def test_without_a_flow_holds_last() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    held(story)
    for day in range(1, 40):
        story.tick(NOON + day * 1_440 * MINUTE)

    assert standing(story) == "held for payment"


# ---------------------------------------------------------------------------------------------- a person holds
def test_a_person_holds_an_order_and_its_units_come_back() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.place("1", line("TEA", 2))

    decision = story.hold("1", why="the address is a building site", by="mei")

    assert said(decision) == ["OrderHeld", "Unreserved"]
    [found] = of_type(decision, e.OrderHeld)
    assert (found.reasons, found.by, found.why) == (("manual",), "mei", "the address is a building site")
    assert story.pool.free == {"b2c": {"TEA": 9}}


def test_what_a_node_must_be_asked_for_is_asked_for() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.node("hall", cancel="confirm")
    story.place("1", line("TEA", 2))

    assert said(story.hold("1")) == ["OrderHeld", "CancelRequested"]


def test_a_persons_hold_comes_to_those_of_the_channel_and_outlives_them() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    held(story)
    story.hold("1")
    assert standing(story) == "held for payment, manual"

    story.place("1", line("TEA", 2), at=2)
    assert standing(story) == "held for manual"

    assert said(story.release("1")) == ["HoldReleased", "Considered", "Reserved"]


def test_what_was_released_may_be_held_again() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.place("1", line("TEA", 2))
    story.hold("1")
    story.release("1")

    assert said(story.hold("1")) == ["OrderHeld", "Unreserved"]


def test_units_that_a_held_order_gives_back_go_to_who_waits() -> None:
    story = one_shop({"hall": {"TEA": 2}})
    story.place("1", line("TEA", 2))
    story.place("2", line("TEA", 2))

    story.hold("1")

    assert story.at("2") == {"hall": {"TEA": 2}}


def test_a_persons_hold_may_have_a_time_as_well() -> None:
    story = shop_that_holds(manual=HOUR_TO_CHECK)
    story.place("1", line("TEA", 2))
    story.hold("1")
    story.tick(NOON + 1)

    story.tick(NOON + 1 + 60 * MINUTE)

    assert standing(story) == "reserved"


def test_held_twice_is_held_once() -> None:
    story = one_shop({"hall": {"TEA": 9}})
    story.place("1", line("TEA", 2))
    story.hold("1")

    assert said(story.hold("1")) == ["Duplicate"]


@pytest.mark.parametrize("ended", ["shipped", "cancelled", "never came"])
def test_of_an_order_that_is_over_or_unknown_nothing_is_held(ended: str) -> None:
    story = one_shop({"hall": {"TEA": 9}})
    if ended != "never came":
        story.place("1", line("TEA", 2))
    if ended == "shipped":
        story.ship(story.fulfilment("1"))
    if ended == "cancelled":
        story.cancel("1")

    [refused] = of_type(story.hold("1"), e.Refused)

    assert refused.code == ("unknown_order" if ended == "never came" else "over")
