"""A bundle is promised, amended, refunded and called off in whole sets, whatever the policy says of parts of orders."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tables.orders import Order
from tables.policy import Policy, Rule
from tests.story import Story, line
from tests.streams.histories import BUNDLE, VERBS, begun, fast, perform
from tests.streams.logs import Logs

UNTORN = ("place", "move_house", "cancel", "reduce", "receive", "release", "tick")


def assert_whole(order: Order) -> None:
    """Units of a set's components that stay promised are as many as make whole sets; those asked back are as good as gone."""
    kept: Counter[str] = Counter()
    for found in order.open_fulfilments.values():
        kept.update({row.sku: row.quantity for row in found.rows if row.line == "set"})
        kept.subtract({row.sku: row.quantity for row in found.asked if row.line == "set"})
    sets = {kept[sku] / each for sku, each in BUNDLE}
    assert len(sets) == 1
    assert all(count.is_integer() for count in sets)


@fast
@given(st.sampled_from(["partial", "backorder"]), st.lists(st.one_of(*(VERBS[verb] for verb in UNTORN)), max_size=30))
def test_no_set_is_torn(shortage: Any, history: list[tuple[Any, ...]]) -> None:
    story = begun()
    story.policy(Policy(rule=Rule(shortage=shortage, max_splits=2)))
    for what in history:
        perform(story, what)
        for order in story.pool.orders.values():
            assert_whole(order)
    assert Logs(story).check().violations == ()


def test_a_refund_of_one_set_gives_back_each_of_its_parts() -> None:
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hamburg")
    story.shop("web")
    story.receive("hamburg", TEA=4, CUP=2)
    story.place("1", line("SET", 2, "set", BUNDLE))

    story.reduce("1", "refund", ("set", 1))

    assert story.at("1") == {"hamburg": {"TEA": 2, "CUP": 1}}
