"""Orders are amended at any stage. Where and how they go changes for what nobody has begun, is said to be too late for the rest; and
whatever is amended, cancelled, refunded, refused and shipped, what was taken and what was given back come out even."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.decisions import Decision
from streams.rules.fulfil import fulfil
from tables import events as e
from tables.orders import sums
from tables.policy import Policy, Rule
from tests.story import Story, line, of_type, one_shop, said
from tests.streams.histories import VERBS, begun, fast, perform
from tests.streams.logs import Logs

OLD, NEW = "k1.HafenStreet", "k1.RiverLane"


@pytest.fixture
def story() -> Story:
    """Three teas promised by Hamburg, to an address."""
    story = one_shop({"hamburg": {"ASSAM": 9}, "porto": {"ASSAM": 9}})
    story.place("1", line("ASSAM", 3), sealed=OLD, shipping="standard")
    return story


def moves(story: Story, quantity: int = 3, at: int = 2, **about: Any) -> Decision:
    return story.place("1", line("ASSAM", quantity), at=at, **({"sealed": NEW, "shipping": "standard"} | about))


def told(decision: Decision) -> list[tuple[str, int, str, str]]:
    return [(one.type, one.lines[0].quantity, one.recipient, one.shipping) for one in fulfil(decision, 0)]


# ---------------------------------------------------------------------------------------------- where and how it goes
@pytest.mark.parametrize("stage", ["", "accepted"])
def test_what_nobody_has_begun_is_told_anew(story: Story, stage: Any) -> None:
    """The same units of the same node, under another id."""
    before = story.fulfilment("1")
    if stage:
        story.progress(before, stage)

    decision = moves(story)

    assert told(decision) == [("FulfilmentCancelled", 3, "", ""), ("FulfilmentOrdered", 3, NEW, "standard")]
    assert (story.at("1"), story.fulfilment("1") != before) == ({"hamburg": {"ASSAM": 3}}, True)
    assert Logs(story).check().violations == ()


@pytest.mark.parametrize("stage", ["picking", "picked", "packed"])
def test_what_is_under_way_goes_as_it_was_told(story: Story, stage: Any) -> None:
    name = story.fulfilment("1")
    story.progress(name, stage)

    decision = moves(story, shipping="express")

    assert [event.what for event in of_type(decision, e.AmendmentTooLate)] == [("recipient", "shipping")]
    assert (fulfil(decision, 0), story.fulfilment("1")) == ((), name)
    assert Logs(story).check().violations == ()


def test_what_is_sourced_anew_later_goes_to_the_new_address(story: Story) -> None:
    """Nothing is lost of an amendment that came too late for one parcel."""
    name = story.fulfilment("1")
    story.progress(name, "packed")
    moves(story)

    assert told(story.refuse(name, "damaged")) == [("FulfilmentOrdered", 3, NEW, "standard")]


def test_another_shipping_method_is_told(story: Story) -> None:
    assert told(moves(story, sealed=OLD, shipping="express"))[1:] == [("FulfilmentOrdered", 3, OLD, "express")]


def test_a_revision_that_says_no_address_leaves_the_one_that_is_known(story: Story) -> None:
    name = story.fulfilment("1")

    assert fulfil(moves(story, sealed="", shipping="", priority=1), 0) == ()
    assert told(story.refuse(name, "full")) == [("FulfilmentOrdered", 3, OLD, "standard")]


@pytest.mark.parametrize(("quantity", "anew"), [(2, [2]), (5, [2, 3])])
def test_quantity_and_address_change_at_once(story: Story, quantity: int, anew: list[int]) -> None:
    decision = moves(story, quantity)

    assert sorted(units for kind, units, who, _ in told(decision) if kind == "FulfilmentOrdered" and who == NEW) == anew
    assert story.at("1") == {"hamburg": {"ASSAM": quantity}}
    assert Logs(story).check().violations == ()


def test_a_held_order_is_told_its_new_address_once_it_goes_on(story: Story) -> None:
    assert [one.type for one in fulfil(moves(story, holds=("address",)), 0)] == ["FulfilmentCancelled"]
    assert told(story.release("1")) == [("FulfilmentOrdered", 3, NEW, "standard")]


def test_who_is_filled_by_the_way_gets_nobody_elses_address() -> None:
    """The first order gives its tea back; the second, which waited for it and says no address, gets it."""
    story = one_shop({"hamburg": {"ASSAM": 3, "CUP": 1}})
    story.place("1", line("ASSAM", 3), sealed=OLD)
    story.place("2", line("ASSAM", 3))

    decision = story.place("1", line("CUP", 1), at=2, sealed=NEW)

    assert {one.order: one.recipient for one in fulfil(decision, 0) if one.type == "FulfilmentOrdered"} == {"1": NEW, "2": ""}


# ---------------------------------------------------------------------------------------------- a node that answers cancels
@pytest.fixture
def asking(story: Story) -> Story:
    story.node("hamburg", cancel="confirm")
    moves(story)
    return story


def test_a_node_that_answers_cancels_is_asked_before_it_is_told_anew(asking: Story) -> None:
    name = asking.fulfilment("1")
    assert (asking.at("1"), Logs(asking).check().violations) == ({"hamburg": {"ASSAM": 3}}, ())

    assert told(asking.refuse(name, "cancelled")) == [("FulfilmentOrdered", 3, NEW, "standard")]
    assert asking.at("1") == {"hamburg": {"ASSAM": 3}}


def test_it_may_say_that_it_is_too_late(asking: Story) -> None:
    name = asking.fulfilment("1")

    assert said(asking.too_late(name)) == ["CancelRefused"]
    assert said(moves(asking, at=3, sealed="k1.Third"))[1:] == ["AmendmentTooLate"]
    asking.ship(name)
    assert [row.quantity for row in asking.order("1").shipped] == [3]
    assert Logs(asking).check().violations == ()


# ---------------------------------------------------------------------------------------------- it comes out even
STEPS = st.one_of(
    *(VERBS[verb] for verb in ("place", "move_house", "cancel", "reduce", "ship", "progress", "refuse", "too_late", "node", "policy"))
)


@fast
@given(st.lists(STEPS, max_size=30))
def test_what_was_taken_is_given_back_or_shipped(history: list[tuple[Any, ...]]) -> None:
    """For each order, SKU and origin: units taken = given back + shipped + found missing, once all is called off."""
    story = begun()
    for what in history:
        perform(story, what)
    for order in list(story.pool.orders):
        _, shop, name = order.split("/")
        story.cancel(name, at=story.order(name, shop).updated_at + 1, shop=shop)
    for name in list(story.pool.index):
        story.refuse(name, "cancelled")

    logs = Logs(story)
    assert (+_balance(logs), -_balance(logs)) == (Counter(), Counter())
    assert not any(shelf.reserved for shelf in story.pool.stock.values())
    assert logs.check().violations == ()


def _balance(logs: Logs) -> Counter[tuple[str, str, str, str]]:
    """Units taken less those that ended, by order, fulfilment, SKU and origin."""
    taken: Counter[tuple[str, str, str, str]] = Counter()
    for decision in logs.decisions:
        for event in decision.events:
            if isinstance(event, e.Reserved | e.Unreserved | e.Shipped):
                sign = 1 if isinstance(event, e.Reserved) else -1
                for row in event.rows:
                    for origin, units in row.origins or (("own", row.quantity),):
                        taken[event.order, event.fulfilment, row.sku, origin] += sign * units
    return taken


def test_an_order_that_is_refused_when_it_is_amended_is_asked_back_whole() -> None:
    """Some of it because it is not wanted any more, the rest because the order is refused: nothing of it stays promised unasked."""
    story = one_shop({"south": {"CUP": 4, "POT": 2, "TEA": 1}})
    story.node("south", cancel="confirm")
    story.policy(Policy(rule=Rule(shortage="reject")))
    story.place("1", line("SET", 2, "set", [("CUP", 2), ("POT", 1)]), line("TEA", 1))

    story.place("1", line("SET", 1, "set", [("CUP", 2), ("POT", 1)]), line("TEA", 3), at=2)

    [asked] = story.order("1").open_fulfilments.values()
    assert story.order("1").rejected
    assert sums(asked.asked) == sums(asked.rows)
