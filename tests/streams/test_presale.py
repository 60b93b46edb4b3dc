"""What is announced may be sold before it is there: as much as the policy says, after those who wait, and never more than comes."""

import pytest

from tables import events as e
from tables.policy import DAY_MS, Policy, Presale, Rule
from tests.story import Story, key, line, of_type, said
from tests.streams.selling_ahead import NEXT_WEEK, TODAY, ahead, presale, sold_out, stands, told_last


# ---------------------------------------------------------------------------------------------- how much is sold ahead
def test_what_is_announced_is_sold_ahead_and_no_more() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)

    assert ahead(story) == (5, NEXT_WEEK)
    for number, units in enumerate((3, 3, 2, 1), 1):
        story.place(str(number), line("LAMP", units), at=number)
    assert [stands(story, order) for order in "1234"] == ["waits", "rejected", "waits", "rejected"]
    assert ahead(story) == (0, 0)


def test_who_is_sold_ahead_is_promised_the_day_that_the_shop_was_told() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)
    story.announce("PO-2", expected_at=NEXT_WEEK + DAY_MS, LAMP=5)
    story.place("1", line("LAMP", 5))
    assert ahead(story) == (5, NEXT_WEEK + DAY_MS)
    story.place("2", line("LAMP", 1), at=2)

    story.tick(TODAY + 1_000)

    assert {order: dated.at for order, dated in story.pool.dates["LAMP"].items()} == {
        key("1"): NEXT_WEEK,
        key("2"): NEXT_WEEK + DAY_MS,
    }


def test_the_margin_stays_unsold() -> None:
    story = sold_out(presale(percent=80))
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=9)

    assert ahead(story) == (7, NEXT_WEEK)
    story.place("1", line("LAMP", 7))
    story.place("2", line("LAMP", 1), at=2)
    assert (stands(story, "1"), stands(story, "2")) == ("waits", "rejected")


@pytest.mark.parametrize(("expected_at", "units"), [(TODAY - 1, 0), (TODAY, 5), (NEXT_WEEK + DAY_MS - 1, 5), (NEXT_WEEK + DAY_MS, 0)])
def test_what_comes_beyond_the_days_of_the_policy_or_is_late_is_not_sold_ahead(expected_at: int, units: int) -> None:
    story = sold_out(presale(days=7))
    story.announce("PO-1", expected_at=expected_at, LAMP=5)

    assert ahead(story)[0] == units


def test_a_new_day_brings_more_of_it_near_and_the_shops_are_told() -> None:
    story = sold_out(presale(days=7))
    story.announce("PO-1", expected_at=NEXT_WEEK + DAY_MS, LAMP=5)
    assert ahead(story) == (0, 0)

    story.tick(TODAY + DAY_MS)

    assert told_last(story) == {"LAMP": 5}


def test_those_who_wait_already_have_theirs_first() -> None:
    story = sold_out(Policy())
    story.place("old", line("LAMP", 4))
    story.policy(presale())
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)

    assert ahead(story) == (1, NEXT_WEEK)


def test_what_a_segment_is_not_granted_its_shops_do_not_sell_ahead() -> None:
    story = Story()
    story.segment("b2c", ratio=6_000)
    story.segment("b2b", ratio=4_000, protected=True)
    story.node("hall")
    story.shop("web")
    story.shop("dealers", "b2b")
    story.policy(Policy(rule=Rule(shortage="reject"), segments={"b2c": presale().rule}))
    story.tick(TODAY)
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=10)

    assert (ahead(story), ahead(story, "dealers")) == ((6, NEXT_WEEK), (0, 0))


def test_what_comes_to_a_node_that_does_not_serve_the_shop_is_not_sold_ahead() -> None:
    story = sold_out(Policy(rule=Rule(shortage="reject", exclude=("outlet",), presale=Presale(days=30))))
    story.node("outlet")
    story.announce("PO-1", "outlet", expected_at=NEXT_WEEK, LAMP=10)

    assert ahead(story) == (0, 0)


# ---------------------------------------------------------------------------------------------- what becomes of an order
def test_what_is_there_goes_at_once_and_the_rest_when_it_comes() -> None:
    story = sold_out(LAMP=2)
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)

    story.place("1", line("LAMP", 3), line("CUP", 1))

    assert story.at("1") == {"hall": {"LAMP": 2, "CUP": 1}}
    story.arrives("PO-1", LAMP=5)
    assert stands(story, "1") == "reserved"


def test_what_comes_is_kept_for_those_who_were_sold_it_while_it_is_given_out() -> None:
    """One order a decision is filled here."""
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=3)
    for number in (1, 2, 3):
        story.place(str(number), line("LAMP", 1), at=number)

    assert said(story.arrives("PO-1", LAMP=3))[-1] == "FillDeferred"
    story.place("late", line("LAMP", 1), at=9)

    assert stands(story, "late") == "rejected"
    for _ in range(2):
        story.tick(story.pool.now + 1)
    assert [stands(story, order) for order in "123"] == ["reserved"] * 3


def test_what_was_kept_for_a_checkout_is_its_orders_while_others_are_served() -> None:
    story = sold_out(LAMP=1)
    story.keep("cart", TODAY + DAY_MS, LAMP=1)
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=2)
    for number in (1, 2):
        story.place(str(number), line("LAMP", 1), at=number)
    assert said(story.arrives("PO-1", LAMP=2))[-1] == "FillDeferred"

    story.place("cart", line("LAMP", 1), at=9, reservation=key("cart"))

    assert stands(story, "cart") == "reserved"


def test_who_waits_goes_on_waiting_when_his_supply_is_called_off() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=3)
    story.place("1", line("LAMP", 3))
    story.announce("PO-1", at=2)

    story.place("1", line("LAMP", 3), line("CUP", 1), at=2)
    assert (stands(story, "1"), ahead(story)) == ("waits", (0, 0))
    story.place("1", line("LAMP", 4), at=3)
    assert stands(story, "1") == "rejected"


def test_an_order_that_grows_does_not_stand_in_its_own_way() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)
    story.place("1", line("LAMP", 3))

    story.place("1", line("LAMP", 5), at=2)

    assert stands(story, "1") == "waits"
    assert ahead(story) == (0, 0)


def test_orders_that_one_decision_lets_go_are_sold_no_more_together() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)
    for number in "12":
        story.place(number, line("LAMP", 3), line("BOX", 1, parts=()), at=int(number))

    decision = story.listing("web", "BOX", ("CUP", 1))

    assert (len(of_type(decision, e.Backordered)), len(of_type(decision, e.OrderRejected))) == (1, 1)


@pytest.mark.parametrize("goods", [(line("SET", 1, parts=(("LAMP", 1), ("CUP", 1))),), (line("LAMP", 1), line("BULB", 1, "gift", price=0))])
def test_sets_are_not_sold_ahead(goods: tuple[e.OrderLine, ...]) -> None:
    """What comes of one part would go to others while they wait for another part."""
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5, BULB=5)

    story.place("1", *goods, gifts=(("gift", "LAMP"),) if len(goods) > 1 else ())

    assert stands(story, "1") == "rejected"


def test_a_shop_whose_policy_lets_anybody_wait_is_told_what_comes_all_the_same() -> None:
    story = sold_out(Policy(rule=Rule(presale=Presale(days=30))))
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)
    story.place("1", line("LAMP", 4))
    assert ahead(story) == (1, NEXT_WEEK)

    story.place("2", line("LAMP", 4), at=2)

    assert stands(story, "2") == "waits"
