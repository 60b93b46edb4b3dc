"""Units kept for a checkout or a deposit: for nobody else while they are kept, and for everybody once the time is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.decisions import decode_decision
from streams.rules.announce import seen, touched
from streams.rules.due import next_due
from tables import events as e
from tables.events import Refused
from tables.policy import Policy, Rule
from tables.tiers import available
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.histories import SHOPS, SKUS, VERBS, begun, fast, perform


def tea_house(units: int = 5) -> Story:
    story = one_shop({"east": {"TEA": units}})
    story.tick(1)
    return story


def offered(story: Story, sku: str = "TEA", shop: str = "web") -> int:
    return available(story.pool, shop, sku)


# ---------------------------------------------------------------------------------------------- keeping
def test_units_that_are_kept_are_offered_to_nobody_else() -> None:
    story = tea_house(5)

    story.keep("cart", 100, TEA=3)

    assert offered(story) == 2
    assert said(story.place("1", line("TEA", 3)))[-1] == "Backordered"


def test_a_reservation_is_made_whole_or_not_at_all() -> None:
    story = tea_house(5)

    decision = story.keep("cart", 100, TEA=5, CUP=1)

    assert of_type(decision, Refused)[0].code == "short"
    assert offered(story) == 5


def test_what_nobody_knows_the_sku_of_is_not_kept() -> None:
    story = tea_house(5)

    decision = story.keep("cart", 100, unknown=("MYSTERY",), TEA=1)

    assert of_type(decision, Refused)[0].code == "unknown_listing"
    assert offered(story) == 5


def test_a_reservation_that_comes_twice_keeps_once() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=3)

    assert said(story.keep("cart", 100, TEA=3)) == ["Duplicate"]
    assert offered(story) == 2


def test_a_reservation_takes_nothing_of_a_protected_segment_and_first_of_its_shops_own_units() -> None:
    story = Story()
    story.segment("b2c", ratio=5_000, may_borrow=True)
    story.segment("b2b", ratio=5_000, protected=True)
    story.node("east")
    story.shop("web", quotas=(("TEA", 2),))
    story.receive("east", TEA=10)

    assert of_type(story.keep("greedy", 100, TEA=6), Refused)[0].code == "short"
    [made] = of_type(story.keep("cart", 100, TEA=3), e.ReservationMade)

    assert made.rows[0].origins == (("@web", 2), ("b2c", 1))
    assert story.pool.free_units("b2b", "TEA") == 5


def test_nobody_is_told_to_ship_what_is_only_kept() -> None:
    story = tea_house(5)

    assert said(story.keep("cart", 100, TEA=3)) == ["ReservationMade"]


def test_goods_that_are_being_given_out_to_those_who_wait_are_not_kept_in_between() -> None:
    story = one_shop({"east": {}})
    story.policy(Policy(fills_per_decision=1))
    for name in ("1", "2"):
        story.place(name, line("TEA"))
    story.receive("east", TEA=2)

    assert of_type(story.keep("cart", 100, TEA=1), Refused)[0].code == "short"
    story.tick(50)
    assert story.at("2") == {"east": {"TEA": 1}}


# ---------------------------------------------------------------------------------------------- ending
def test_kept_units_are_free_again_when_they_are_let_go() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=3)
    story.place("1", line("TEA", 4))

    story.let_go("cart")

    assert story.at("1") == {"east": {"TEA": 4}}
    assert offered(story) == 1


def test_the_first_tick_after_its_time_ends_a_reservation_and_serves_who_waits() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=3)
    story.place("1", line("TEA", 4))

    assert next_due(story.pool) == 100
    assert said(story.tick(99)) == ["Ticked"]
    decision = story.tick(100)

    assert [event.reason for event in of_type(decision, e.ReservationReleased)] == ["expired"]
    assert story.at("1") == {"east": {"TEA": 4}}
    assert not story.pool.reservations


def test_where_many_expire_at_once_the_next_ticks_go_on_at_once() -> None:
    story = tea_house(5)
    story.policy(Policy(fills_per_decision=2))
    for name in range(5):
        story.keep(f"cart-{name}", 100, TEA=1)

    left = []
    for at in (100, 101, 102):
        story.tick(at)
        left.append(len(story.pool.reservations))

    assert left == [3, 1, 0]


def test_a_reservation_that_had_expired_before_it_came_keeps_nothing() -> None:
    story = tea_house(5)
    story.tick(100)

    assert of_type(story.keep("cart", 100, TEA=3), Refused)[0].code == "expired"


def test_a_release_that_overtakes_its_reservation_keeps_it_from_being_made() -> None:
    story = tea_house(5)
    story.let_go("cart")

    assert said(story.keep("cart", 100, TEA=3)) == ["Duplicate"]
    assert offered(story) == 5


def test_what_a_count_does_not_find_is_taken_from_reservations_before_orders() -> None:
    story = tea_house(5)
    story.place("1", line("TEA", 2))
    story.keep("cart", 100, TEA=3)

    story.count("east", TEA=3)

    assert story.at("1") == {"east": {"TEA": 2}}
    assert [row.quantity for row in story.pool.reservations[key("cart")].held["east"]] == [1]


# ---------------------------------------------------------------------------------------------- ordering
def test_an_order_takes_over_what_was_kept_for_it() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=3)
    story.place("other", line("TEA", 2))

    story.place("1", line("TEA", 3), reservation=key("cart"))

    assert story.at("1") == {"east": {"TEA": 3}}
    assert (offered(story), story.pool.reservations) == (0, {})


def test_an_order_for_less_leaves_the_rest_to_those_who_wait() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=5)
    story.place("other", line("TEA", 3))

    story.place("1", line("TEA", 2), reservation=key("cart"))
    story.tick(50)

    assert story.at("1") == {"east": {"TEA": 2}}
    assert story.at("other") == {"east": {"TEA": 3}}


@pytest.mark.parametrize("shortage", ["backorder", "partial"])
def test_an_order_for_more_has_what_was_kept_and_waits_for_the_rest(shortage: str) -> None:
    story = one_shop({"east": {"TEA": 4}}, shortage=shortage)  # type: ignore[arg-type]
    story.keep("cart", 100, TEA=3)
    story.place("other", line("TEA", 1))

    story.place("1", line("TEA", 5), reservation=key("cart"))

    assert story.at("1") == {"east": {"TEA": 3}}
    assert [waiting.quantity for waiting in story.order("1").waiting] == [2]


def test_where_the_policy_lets_nobody_wait_an_order_for_more_is_rejected_and_keeps_nothing() -> None:
    story = one_shop({"east": {"TEA": 4}}, shortage="reject")
    story.keep("cart", 100, TEA=3)

    assert said(story.place("1", line("TEA", 5), reservation=key("cart")))[-1] == "OrderRejected"
    assert offered(story) == 4


def test_an_order_that_comes_after_the_time_is_one_like_any_other() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=5)
    story.tick(100)
    story.place("other", line("TEA", 4))

    story.place("1", line("TEA", 5), reservation=key("cart"))

    assert story.at("1") == {}
    assert story.at("other") == {"east": {"TEA": 4}}


def test_an_order_that_overtakes_its_reservation_is_not_served_twice() -> None:
    story = tea_house(5)
    story.place("1", line("TEA", 3), reservation=key("cart"))

    assert said(story.keep("cart", 100, TEA=3)) == ["Duplicate"]
    assert offered(story) == 2


def test_the_units_of_a_held_order_are_kept_until_it_is_released_or_their_time_is_over() -> None:
    story = tea_house(5)
    for name in ("paid", "unpaid"):
        story.keep(f"cart-{name}", 100, TEA=2)
        story.place(name, line("TEA", 2), holds=("payment",), reservation=key(f"cart-{name}"))
    assert offered(story) == 1

    story.release("paid", "payment")
    story.tick(100)

    assert story.at("paid") == {"east": {"TEA": 2}}
    assert (offered(story), story.at("unpaid")) == (3, {})


def test_a_cancelled_order_lets_go_of_what_was_kept_for_it() -> None:
    story = tea_house(5)
    story.keep("cart", 100, TEA=2)
    story.place("1", line("TEA", 2), holds=("payment",), reservation=key("cart"))

    story.cancel("1")

    assert offered(story) == 5


def test_an_order_that_can_be_had_whole_ships_from_where_it_is_best() -> None:
    """When the cart was kept nobody knew where it would go."""
    story = one_shop({"east": {"TEA": 3}, "west": {"TEA": 3}})
    story.policy(Policy(rule=Rule(criteria=("distance",)), distances={"US-CA": {"east": 4_000, "west": 10}}))
    story.keep("cart", 100, TEA=3)

    story.place("1", line("TEA", 3), reservation=key("cart"), region="US-CA")

    assert story.at("1") == {"west": {"TEA": 3}}
    assert offered(story) == 3


def test_a_bundle_is_taken_over_in_whole_units() -> None:
    story = one_shop({"east": {"TEA": 3, "CUP": 1}})
    story.keep("cart", 100, TEA=3, CUP=1)

    story.place("1", line("SET", 2, parts=(("TEA", 2), ("CUP", 1))), reservation=key("cart"))

    assert story.at("1") == {"east": {"TEA": 2, "CUP": 1}}


# ---------------------------------------------------------------------------------------------- whatever happens
carts = st.lists(st.one_of(*(VERBS[verb] for verb in ("keep", "let_go", "order_of", "cancel", "count", "receive", "tick"))), max_size=30)


@fast
@given(carts)
def test_every_shop_whose_offer_changes_is_told(history: list[tuple[object, ...]]) -> None:
    story = begun()
    for what in history:
        before = {(shop, sku): available(story.pool, shop, sku) for shop in SHOPS for sku in SKUS}
        perform(story, what)
        cells = touched(story.pool, decode_decision(story.records[-1])).cells
        told = {(shop, sku) for shop, skus in seen(story.pool, cells).items() for sku in skus}
        assert {place for place, units in before.items() if available(story.pool, *place) != units} <= told


@fast
@given(carts)
def test_whatever_happens_no_reservation_outlives_its_time_and_all_units_come_back(history: list[tuple[object, ...]]) -> None:
    """After each step the story holds stock, segments and reservations to each other."""
    story = begun()
    for what in history:
        perform(story, what)
    story.tick(last := story.pool.now + 1_000)

    assert story.pool.reservations == {}
    assert story.pool.expiring == []
    assert next_due(story.pool) is None or next_due(story.pool) > last  # type: ignore[operator]
