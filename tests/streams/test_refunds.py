"""Money given back: for what is cancelled, taken off or returned, or for nothing; never more than was paid, and all of it in the end."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.commands import PlaceOrder, decode_command
from streams.rules.announce import status
from tables.events import OrderLine, RefundDue, RefundLine, Refused
from tables.policy import Policy, Rule
from tables.refunds import CHARGES, accounts
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.logs import Logs

RefundOn = Literal["never", "received", "inspected"]


def shop(refund_on: RefundOn = "received", cancel: Literal["immediate", "confirm"] = "immediate") -> Story:
    story = one_shop({"hamburg": {"TEA": 1_000, "CUP": 1_000}})
    story.node("hamburg", cancel=cancel)
    story.policy(Policy(rule=Rule(refund_cancelled=True, refund_on=refund_on)))
    return story


def due(story: Story, order: str = "1") -> dict[str, int]:
    return {name: account.due[0] for name, account in accounts(story.order(order)).items()}


def left(story: Story, order: str = "1") -> int:
    return sum(account.left for account in accounts(story.order(order)).values())


def lines_of(decision: object) -> list[tuple[str, tuple[RefundLine, ...]]]:
    return [(event.cause, event.lines) for event in of_type(decision, RefundDue)]  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- cancels
def test_a_paid_order_that_is_cancelled_is_given_back_whole_with_its_postage() -> None:
    story = shop()
    story.place("1", line("TEA", 3), charges=490, paid=(("TEA", 2_999),))
    [refund] = of_type(story.cancel("1"), RefundDue)
    assert (refund.cause, refund.currency) == ("cancelled", "EUR")
    assert refund.lines == (RefundLine("TEA", 3, 2_999), RefundLine(CHARGES, 0, 490))
    assert left(story) == 0


def test_nothing_is_due_where_the_policy_leaves_it_to_the_channel() -> None:
    story = one_shop({"hamburg": {"TEA": 10}})
    story.place("1", line("TEA", 3))
    assert "RefundDue" not in said(story.cancel("1"))


def test_an_order_that_was_never_paid_is_owed_nothing() -> None:
    story = shop()
    story.place("1", line("TEA", 3), holds=("payment",))
    assert "RefundDue" not in said(story.cancel("1"))
    [refused] = of_type(story.refund("1", 1), Refused)
    assert refused.code == "more_than_paid"


def test_what_was_shipped_is_not_given_back_by_a_cancel_and_neither_is_the_postage() -> None:
    story = shop()
    story.place("1", line("TEA", 3), charges=490)
    story.ship(story.fulfilment("1"), ("TEA", 1))
    assert lines_of(story.cancel("1")) == [("cancelled", (RefundLine("TEA", 2, 2_000),))]


@pytest.mark.parametrize("too_late", [False, True])
def test_the_cancel_race_both_endings_balance_the_money(too_late: bool) -> None:
    story = shop(cancel="confirm")
    story.place("1", line("TEA", 2), charges=100)
    name = story.fulfilment("1")
    assert "RefundDue" not in said(story.cancel("1"))
    answer = story.ship(name) if too_late else story.refuse(name, "cancelled")
    assert lines_of(answer) == ([] if too_late else [("cancelled", (RefundLine("TEA", 2, 2_000), RefundLine(CHARGES, 0, 100)))])
    assert left(story) == (2_100 if too_late else 0)


def test_an_order_that_is_refused_for_want_of_stock_is_given_back() -> None:
    story = shop()
    story.policy(Policy(rule=Rule(shortage="reject", refund_cancelled=True)))
    decision = story.place("1", line("TEA", 5_000))
    assert lines_of(decision) == [("rejected", (RefundLine("TEA", 5_000, 5_000_000),))]


# ---------------------------------------------------------------------------------------------- units taken off
def test_what_a_channel_takes_off_it_has_given_back_itself() -> None:
    story = shop()
    story.place("1", line("TEA", 3), paid=(("TEA", 1_000),))
    assert "RefundDue" not in said(story.reduce("1", "r-1", ("TEA", 1)))
    told = status(story.pool, key("1"), 0)
    assert (told.refunded, told.refund_due, told.currency) == (334, 0, "EUR")
    assert lines_of(story.cancel("1")) == [("cancelled", (RefundLine("TEA", 2, 666),))]


def test_what_a_person_takes_off_is_due() -> None:
    story = shop()
    story.place("1", line("TEA", 3), paid=(("TEA", 1_000),))
    [refund] = of_type(story.take_off("1", "by-mei", ("TEA", 1)), RefundDue)
    assert (refund.cause, refund.document, refund.lines) == ("reduced", "by-mei", (RefundLine("TEA", 1, 334),))
    assert (status(story.pool, key("1"), 0).refunded, status(story.pool, key("1"), 0).refund_due) == (0, 334)
    assert lines_of(story.cancel("1")) == [("cancelled", (RefundLine("TEA", 2, 666),))]


# ---------------------------------------------------------------------------------------------- returns
def test_goods_that_come_back_are_given_back_once() -> None:
    story = shop()
    story.place("1", line("TEA", 2), line("CUP", 1), charges=490)
    story.ship(story.fulfilment("1"))
    assert lines_of(story.take_back("1", ("TEA", "TEA", 1), node="hamburg")) == [("returned", (RefundLine("TEA", 1, 1_000),))]
    assert lines_of(story.take_back("1", ("", "TEA", 1), ("", "CUP", 1), node="hamburg")) == [
        ("returned", (RefundLine("TEA", 1, 1_000), RefundLine("CUP", 1, 1_000)))
    ]
    assert left(story) == 490


@pytest.mark.parametrize("refund_on", ["never", "inspected"])
def test_goods_that_come_back_are_not_given_back_before_the_policy_says_so(refund_on: RefundOn) -> None:
    story = shop(refund_on)
    story.place("1", line("TEA", 2))
    story.ship(story.fulfilment("1"))
    assert "RefundDue" not in said(story.take_back("1", ("TEA", "TEA", 1), node="hamburg"))


def test_goods_are_given_back_as_they_pass_their_inspection() -> None:
    story = shop("inspected")
    story.place("1", line("TEA", 2, name="A"), line("TEA", 1, name="B"))
    story.ship(story.fulfilment("1"))
    story.take_back("1", ("A", "TEA", 1), ("B", "TEA", 1), node="hamburg", rma="RMA-1")
    assert lines_of(story.inspect("1", "RMA-1", ("TEA", "scrap", 1), node="hamburg")) == [("returned", (RefundLine("A", 1, 1_000),))]
    assert lines_of(story.inspect("1", "RMA-1", ("TEA", "resell", 1), node="hamburg")) == [("returned", (RefundLine("B", 1, 1_000),))]


def test_the_parts_of_a_bundle_add_up_to_the_bundle() -> None:
    story = shop()
    story.place("1", line("SET", 1, parts=(("TEA", 2), ("CUP", 1))))
    story.ship(story.fulfilment("1"))
    story.take_back("1", ("SET", "CUP", 1), node="hamburg")
    assert due(story)["SET"] == 334
    story.take_back("1", ("SET", "TEA", 2), node="hamburg")
    assert due(story)["SET"] == 1_000


# ---------------------------------------------------------------------------------------------- money alone
def test_a_person_gives_back_no_more_than_is_left() -> None:
    story = shop()
    story.place("1", line("TEA", 1), line("CUP", 1), charges=500)
    [refund] = of_type(story.refund("1", 1_001), RefundDue)
    assert (refund.reason, refund.by) == ("late", "mei")
    assert refund.lines == (RefundLine("TEA", 0, 401), RefundLine("CUP", 0, 400), RefundLine(CHARGES, 0, 200))
    [refused] = of_type(story.refund("1", 1_500), Refused)
    assert "1499" in refused.sentence
    assert left(story) == 1_499


def test_nobody_gives_back_money_of_an_order_that_is_not_known() -> None:
    [refused] = of_type(shop().refund("404", 1), Refused)
    assert refused.code == "unknown_order"


def test_what_is_left_after_goodwill_is_all_that_a_cancel_gives_back() -> None:
    story = shop()
    story.place("1", line("TEA", 3))
    story.refund("1", 1_000)
    assert lines_of(story.cancel("1")) == [("cancelled", (RefundLine("TEA", 3, 2_000),))]


def test_an_amendment_that_costs_less_than_was_given_back_leaves_nothing() -> None:
    story = shop()
    story.place("1", line("TEA", 3), at=1)
    story.refund("1", 2_500)
    story.place("1", line("TEA", 1), at=2)
    assert "RefundDue" not in said(story.cancel("1", at=3))


def test_an_order_that_was_given_back_and_comes_again_smaller_and_dearer_may_be_shown_goodwill() -> None:
    """More units were given back before than it has now; of the money something is left."""
    story = shop()
    story.place("1", line("TEA", 3), at=1)
    story.cancel("1", at=2)
    story.place("1", line("TEA", 2, price=9_000), at=3)

    assert lines_of(story.refund("1", 500)) == [("goodwill", (RefundLine("TEA", 0, 500),))]
    assert Logs(story).check().violations == ()


def test_an_order_of_which_money_was_given_back_keeps_its_currency() -> None:
    story = shop()
    story.place("1", line("TEA", 3), at=1)
    story.refund("1", 2_500)
    [first] = [command for _, _, value in story.commands if isinstance(command := decode_command(value), PlaceOrder)]
    again = replace(first, cause=story.cause(), updated_at=2, currency="JPY")

    [refused] = of_type(story.ask(again), Refused)

    assert refused.code == "other_currency"
    assert left(story) == 500


# ---------------------------------------------------------------------------------------------- any sequence
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["channel", "person", "back"]), st.sampled_from(["A", "B"]), st.integers(1, 4)),
        st.tuples(st.just("goodwill"), st.just(""), st.integers(1, 900)),
        st.tuples(st.just("ship"), st.sampled_from(["TEA", "CUP"]), st.integers(1, 4)),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=120)
@given(STEPS, st.integers(0, 2_000), st.integers(0, 2_000), st.integers(0, 500))
def test_whatever_is_given_back_in_whatever_order_it_adds_up(
    steps: list[tuple[str, str, int]], first: int, second: int, charges: int
) -> None:
    """Never more than was paid, line by line; and once all units are off, exactly what was paid."""
    story = shop()
    lines = (OrderLine("A", "TEA", 7, 300, (("TEA", 1),)), OrderLine("B", "SET", 3, 700, (("TEA", 2), ("CUP", 1))))
    story.place("1", *lines, paid=(("A", first), ("B", second)), charges=charges)
    for number, (what, name, units) in enumerate(steps):
        match what:
            case "channel":
                story.reduce("1", f"c-{number}", (name, units))
            case "person":
                story.take_off("1", f"p-{number}", (name, units))
            case "back":
                story.take_back("1", (name, "TEA", units), node="hamburg")
            case "goodwill":
                story.refund("1", units)
            case "ship" if story.order("1").open_fulfilments:
                story.ship(story.fulfilment("1"), (name, units))
        for account in accounts(story.order("1")).values():
            assert account.due[0] + account.told[0] <= account.paid
            assert account.due[1] + account.told[1] <= account.units
    story.cancel("1", at=9)
    for found in accounts(story.order("1")).values():
        assert found.due[0] + found.told[0] <= found.paid
        if found.units and not found.rest:
            assert found.due[0] + found.told[0] == found.paid
