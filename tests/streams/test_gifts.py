"""A gift goes with its parent, is given up or waited for as the policy says, and comes back with it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.events import CancelRequested, OrderReduced, RefundDue, ReturnRequested, Row, Unreserved
from tables.flow import Flow, ShopFlow
from tables.gifts import share
from tables.policy import GiftReturns, GiftShort, Policy, Rule, Shortage
from tests.story import Story, line, of_type, one_shop
from tests.streams.histories import NODES, VERBS, begun, fast, perform
from tests.streams.logs import Logs

GIFTS = (("gift", "tea"),)
DAY_MS = 86_400_000


def shop(stock: dict[str, dict[str, int]], short: GiftShort = "wait", shortage: Shortage = "backorder", **about: Any) -> Story:
    story = one_shop(stock)
    story.policy(Policy(rule=Rule(gifts=short, shortage=shortage, **about)))
    return story


def order(story: Story, tea: int, cups: int, name: str = "1", **about: Any) -> Any:
    """So much tea, and so many cups as a gift."""
    return story.place(name, line("TEA", tea, "tea"), line("CUP", cups, "gift", price=0), gifts=GIFTS, **about)


def waiting(story: Story, name: str = "1") -> dict[str, int]:
    return {row.line: row.quantity for row in story.order(name).waiting}


# ---------------------------------------------------------------------------------------------- going
def test_a_gift_leaves_in_the_fulfilment_of_its_parent() -> None:
    """The first node has everything but cups: what the cup belongs to leaves from the second, which has both."""
    story = shop({"east": {"TEA": 9, "POT": 9}, "west": {"TEA": 9, "CUP": 9}})

    story.place("1", line("POT", 1), line("TEA", 2, "tea"), line("CUP", 1, "gift", price=0), gifts=GIFTS)

    assert story.at("1") == {"east": {"POT": 1}, "west": {"TEA": 2, "CUP": 1}}


def test_a_parent_waits_for_its_gift() -> None:
    story = shop({"east": {"TEA": 9}})
    order(story, 2, 1)

    assert story.at("1") == {}
    story.receive("east", CUP=1)
    assert story.at("1") == {"east": {"TEA": 2, "CUP": 1}}


def test_a_gift_that_ships_later_follows() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 1}}, "ship_later")
    order(story, 4, 2)

    assert (story.at("1"), waiting(story)) == ({"east": {"TEA": 4, "CUP": 1}}, {"gift": 1})
    story.ship(story.fulfilment("1"))
    story.receive("east", CUP=5)
    assert story.at("1") == {"east": {"CUP": 1}}


def test_a_gift_never_goes_first() -> None:
    story = shop({"east": {"CUP": 9}}, "ship_later")
    order(story, 4, 2)

    assert (story.at("1"), waiting(story)) == ({}, {"tea": 4, "gift": 2})


def test_a_gift_that_is_not_there_is_given_up() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 1}}, "drop")

    decision = order(story, 4, 2)

    assert [event.lines for event in of_type(decision, OrderReduced)] == [(("gift", 1),)]
    assert (story.at("1"), waiting(story)) == ({"east": {"TEA": 4, "CUP": 1}}, {})
    story.receive("east", CUP=5)
    story.ship(story.fulfilment("1"))
    assert story.order("1").is_over()


def test_a_bundle_that_is_given_up_for_want_of_a_part_is_given_back_whole() -> None:
    story = one_shop({"east": {"POT": 1, "CUP": 2}, "west": {"TEA": 4}})
    story.policy(Policy(rule=Rule(gifts="drop")))
    story.place("1", line("POT"), line("SET", 2, "set", (("TEA", 2), ("CUP", 1))), gifts=(("set", "POT"),))
    assert story.at("1") == {"east": {"POT": 1, "CUP": 2}, "west": {"TEA": 4}}

    story.count("west", TEA=0)

    assert story.at("1") == {"east": {"POT": 1}}
    assert Logs(story).check().violations == ()


def test_what_is_given_up_counts_from_what_goes_with_the_rest_of_the_parent() -> None:
    story = shop({"east": {"TEA": 9}}, "drop")
    story.place("1", line("TEA", 4, "tea"), line("CUP", 4, "gift", price=0), gifts=GIFTS, reductions=(("r1", (("tea", 2),)),))

    assert (story.at("1"), waiting(story)) == ({"east": {"TEA": 2}}, {})


def test_nobody_refuses_an_order_for_its_gift() -> None:
    story = shop({"east": {"TEA": 9}}, "ship_later", "reject")
    order(story, 2, 1)

    assert (story.order("1").rejected, story.at("1"), waiting(story)) == (False, {"east": {"TEA": 2}}, {"gift": 1})


@pytest.mark.parametrize(("short", "promised"), [("wait", {"TEA": 2, "CUP": 1}), ("ship_later", {"TEA": 3, "CUP": 1})])
def test_parts_of_a_parent_take_their_part_of_the_gift(short: GiftShort, promised: dict[str, int]) -> None:
    """Six tea and three cups are ordered: each two have one, and the odd one of three has one as well. One cup is there."""
    story = shop({"east": {"TEA": 3, "CUP": 1}}, short, "partial")
    order(story, 6, 3)

    assert story.at("1") == {"east": promised}


def test_a_gift_of_its_own_parent_is_counted_once() -> None:
    """Three for two, of five."""
    story = shop({"east": {"TEA": 5}}, "wait", "partial")
    story.place("1", line("TEA", 4, "tea"), line("TEA", 2, "gift", price=0), gifts=GIFTS)

    assert sum(row.quantity for found in story.order("1").open_fulfilments.values() for row in found.rows if row.line == "gift") == 2
    assert story.at("1") == {"east": {"TEA": 5}}
    assert waiting(story) == {"tea": 1}


def test_a_gift_is_not_too_cheap() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 9}})
    story.policy(Policy(flow=Flow(rule=ShopFlow(floors={"CUP": {"EUR": 500}}))))
    order(story, 2, 1)

    assert story.order("1").holds == ()


# ---------------------------------------------------------------------------------------------- being cancelled
def test_what_is_taken_off_a_parent_takes_its_part_of_the_gift_off() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 9}})
    order(story, 4, 2)

    story.reduce("1", "r1", ("tea", 3))
    assert story.at("1") == {"east": {"TEA": 1, "CUP": 1}}
    story.reduce("1", "r2", ("gift", 1))  # the shop says the same in its own words
    assert story.at("1") == {"east": {"TEA": 1, "CUP": 1}}
    story.reduce("1", "r3", ("tea", 1))
    assert story.at("1") == {}


def test_a_cancelled_order_gives_its_gifts_back() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 9}}, refund_cancelled=True)
    order(story, 4, 2)

    decision = story.cancel("1")

    assert story.at("1") == {}
    assert [[refund.line for refund in event.lines] for event in of_type(decision, RefundDue)] == [["tea"]]


# ---------------------------------------------------------------------------------------------- moving
def test_a_gift_follows_its_parent_to_another_node() -> None:
    """East cannot ship one tea: of the cups in its fulfilment, half go where this comes from now."""
    story = shop({"east": {"TEA": 2, "CUP": 2}, "west": {"TEA": 9, "CUP": 9}})
    order(story, 2, 2)

    decision = story.refuse(story.fulfilment("1"), "short", ("TEA", 1))

    assert story.at("1") == {"east": {"TEA": 1, "CUP": 1}, "west": {"TEA": 1, "CUP": 1}}
    assert [(event.rows, event.reason) for event in of_type(decision, Unreserved)] == [
        ((Row("tea", "TEA", 1),), "short"),
        ((Row("gift", "CUP", 1),), "with_parent"),
    ]


def test_a_gift_whose_node_answers_cancels_is_asked_for_first() -> None:
    story = shop({"east": {"TEA": 1, "CUP": 1}, "west": {"TEA": 9, "CUP": 9}})
    story.node("east", cancel="confirm")
    order(story, 1, 1)
    fulfilment = story.fulfilment("1")

    story.refuse(fulfilment, "damaged", ("TEA", 1))
    assert story.at("1") == {"east": {"CUP": 1}, "west": {"TEA": 1}}
    story.refuse(fulfilment, "cancelled")
    assert story.at("1") == {"west": {"TEA": 1, "CUP": 1}}


def test_the_node_of_an_order_that_cannot_be_had_any_more_is_asked_for_its_gift_once() -> None:
    """The tea is not to be had elsewhere, and nobody is let wait: the cup, and the tea that is left, are asked back."""
    story = shop({"east": {"TEA": 2, "CUP": 2}}, shortage="reject")
    story.node("east", cancel="confirm")
    order(story, 2, 2)

    decision = story.refuse(story.fulfilment("1"), "damaged", ("TEA", 1))

    asked = [(row.line, row.quantity) for event in of_type(decision, CancelRequested) for row in event.rows]
    assert sorted(asked) == [("gift", 1), ("gift", 1), ("tea", 1)]
    assert Logs(story).check().violations == ()


def test_a_lost_parcel_goes_out_once_more_with_its_gift() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 9}})
    story.policy(Policy(lost="reissue"))
    order(story, 2, 1)
    story.ship(story.fulfilment("1"), tracking="GL-1")

    story.track("GL-1", "lost")
    story.reduce("1~x1", "r1", ("tea", 1))

    assert story.order("1~x1").gifts == GIFTS
    assert story.at("1~x1") == {"east": {"TEA": 1, "CUP": 1}}


# ---------------------------------------------------------------------------------------------- coming back
def returned(story: Story, returns: GiftReturns, *lines: tuple[str, str, int]) -> dict[str, int]:
    story.policy(Policy(rule=Rule(gift_returns=returns, refund_on="received")))
    order(story, 4, 2)
    story.ship(story.fulfilment("1"))
    [asked] = of_type(story.request("1", *lines, rma="RMA-1"), ReturnRequested)
    return {row.line: row.quantity for row in asked.rows}


@pytest.mark.parametrize(
    ("returns", "lines", "asked"),
    [
        ("expected", [("tea", "", 4)], {"tea": 4, "gift": 2}),
        ("expected", [("tea", "", 2)], {"tea": 2, "gift": 1}),
        ("expected", [("tea", "", 1)], {"tea": 1}),  # the tie is the customer's
        ("expected", [("tea", "", 2), ("gift", "", 2)], {"tea": 2, "gift": 2}),
        ("kept", [("tea", "", 4)], {"tea": 4}),
    ],
)
def test_a_gift_comes_back_with_its_parent(returns: GiftReturns, lines: list[tuple[str, str, int]], asked: dict[str, int]) -> None:
    assert returned(shop({"east": {"TEA": 9, "CUP": 9}}), returns, *lines) == asked


@pytest.mark.parametrize("part", [("SET", "POT", 1), ("SET", "CUP", 2)])
def test_a_bundle_of_which_a_part_comes_back_is_whole_no_more(part: tuple[str, str, int]) -> None:
    story = one_shop({"east": {"POT": 9, "CUP": 9, "TEA": 9}})
    story.place("1", line("SET", 1, parts=(("POT", 1), ("CUP", 2))), line("TEA", 2), gifts=(("TEA", "SET"),))
    story.ship(story.fulfilment("1"))

    [asked] = of_type(story.request("1", part, rma="R-1"), ReturnRequested)

    assert {(row.line, row.sku): row.quantity for row in asked.rows} == {part[:2]: part[2], ("TEA", "TEA"): 2}
    assert Logs(story).check().violations == ()


def test_piece_by_piece_all_of_a_gift_is_asked_back() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 9}})
    returned(story, "expected", ("tea", "", 1))
    for rma in ("RMA-2", "RMA-3", "RMA-4"):
        story.request("1", ("tea", "", 1), rma=rma)

    cases = story.order("1").after
    assert cases is not None
    assert sum(row.quantity for case in cases.cases.values() for row in case.rows if row.line == "gift") == 2


def test_nothing_is_due_for_a_gift() -> None:
    story = shop({"east": {"TEA": 9, "CUP": 9}})
    returned(story, "expected", ("tea", "", 4))

    decision = story.take_back("1", ("tea", "TEA", 4), ("gift", "CUP", 2), node="east", rma="RMA-1")

    assert [[refund.line for refund in event.lines] for event in of_type(decision, RefundDue)] == [["tea"]]


# ---------------------------------------------------------------------------------------------- whatever happens
ASKED = ("give", "gift_policy", "cancel", "reduce", "receive", "count", "ship", "refuse", "refuse_part", "request", "take_back", "node")


@fast
@given(st.lists(st.one_of(*(VERBS[verb] for verb in (*ASKED, "tick"))), max_size=40))
def test_no_gift_goes_alone(history: list[tuple[Any, ...]]) -> None:
    """By the checker, which knows nothing of the rules; and nothing is ever due for one."""
    story = begun()
    story.policy(Policy(rule=Rule(refund_cancelled=True, refund_on="received")))
    for node in NODES:
        story.count(node, TEA=2, CUP=1)
    for what in history:
        perform(story, what)
    assert Logs(story).check().violations == ()
    for found in story.pool.orders.values():
        assert not any(row.line == "gift" for refund in (found.refunds or {}).values() for row in refund.lines)


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 9))
def test_shares_are_of_the_largest_remainder(gift: int, of: int, units: int) -> None:
    units = min(units, of)
    gone, stays = share(gift, units, of), gift - share(gift, units, of)

    assert abs(gone * of - gift * units) * 2 <= of
    assert abs(stays * of - gift * (of - units)) * 2 <= of
