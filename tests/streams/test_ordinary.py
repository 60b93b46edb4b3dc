"""The short way, compiled or not, and the long way decide the same."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given

from streams import compiled
from streams.agents.fulfil import Fulfil
from streams.agents.news import News
from streams.agents.telling import told
from streams.ledger import MAX_RECORD, Ledger
from streams.read import MemoryLog, Record
from streams.rules import place
from streams.rules.ordinary import ordinary
from tables.events import OrderLine
from tables.policy import DAY_MS, Policy, Rule
from tests.story import Story, line
from tests.streams.histories import BUNDLE, begun, fast, histories, played
from tests.streams.shells import Sent

Made = tuple[list[bytes], bytes]  # the records, and the state behind them


def made(story: Story, ledger: Ledger) -> Made:
    return [record for _, record in ledger.decide(story.commands)], ledger.dump()


def by_python_alone(story: Story) -> Made:
    with patch.object(compiled, "quick", lambda: None):
        return made(story, Ledger(0))


def the_long_way(story: Story) -> Made:
    with patch.object(place, "ordinary", lambda *_: False):
        return by_python_alone(story)


@fast
@given(histories)
def test_an_order_is_decided_alike_whichever_way_it_goes(history: list[tuple[Any, ...]]) -> None:
    story = played(history)

    assert the_long_way(story) == by_python_alone(story) == made(story, Ledger(0)) == (story.records, story.ledger.dump())


@fast
@given(histories)
def test_the_log_leads_to_the_same_state_and_news_whichever_way_it_is_followed(history: list[tuple[Any, ...]]) -> None:
    story, folded, followed = played(history), Ledger(0), Ledger(0)
    read, heard = News(), News()
    for offset, record in enumerate(story.records):
        read.note(folded, folded.fold(offset, record))
        heard.note(followed, followed.follow(offset, record))

    assert folded.dump() == followed.dump() == story.ledger.dump()
    assert list(told(folded.pools, read.take(), 0, lambda: 0)) == list(told(followed.pools, heard.take(), 0, lambda: 0))


def goes_the_short_way(story: Story, *lines: OrderLine, **about: Any) -> bool:
    """Whether one more order does, and then, where that is built, the compiled way; it must be decided alike the long way."""
    went: list[bool] = []

    def watched(*asked: Any) -> bool:
        went.append(ordinary(*asked))
        return went[-1]

    quick, before = compiled.quick(), Ledger.load(0, story.ledger.dump())
    story.place("last", *lines, **about)
    assert before is not None
    with patch.object(place, "ordinary", watched):
        assert by_python_alone(story) == the_long_way(story) == (story.records, story.ledger.dump())
    if quick is not None:
        offset, _, command = story.commands[-1]
        assert not went[-1] or quick.decide(before, offset, command, MAX_RECORD) is not None
    return went[-1]


def test_an_ordinary_order_goes_the_short_way() -> None:
    assert goes_the_short_way(begun(), line("TEA", 2, "a"), line("CUP", 1, "b"))


def test_so_does_one_that_the_second_best_node_has_all_of() -> None:
    story = begun()
    story.place("1", line("TEA", 4, "a"))

    assert goes_the_short_way(story, line("TEA", 2, "a"))


@pytest.mark.parametrize(
    "lines",
    [
        [line("TEA", 1, "a"), line("TEA", 1, "b")],
        [line("TEA", 1_000, "a")],
        [line("TEA", 0, "a")],
        [line("SET", 1, "set", BUNDLE)],
        [line("NEW", 1, "new", ())],
        [line("TEA", 1, "a"), line("CUP", 1, "a")],
        [],
    ],
    ids=["a SKU twice", "more than there is", "none of it", "a bundle", "an unknown listing", "a line twice", "no lines"],
)
def test_lines_that_have_to_be_looked_at_go_the_long_way(lines: list[OrderLine]) -> None:
    assert not goes_the_short_way(begun(), *lines)


def test_an_order_that_its_channel_holds_goes_the_long_way() -> None:
    assert not goes_the_short_way(begun(), line("TEA", 1, "a"), holds=("payment",))


def test_an_order_that_is_refunded_already_goes_the_long_way() -> None:
    assert not goes_the_short_way(begun(), line("TEA", 2, "a"), reductions=(("r1", (("a", 1),)),))


def test_an_order_that_may_have_been_forgotten_goes_the_long_way() -> None:
    story = begun()
    story.place("1", line("TEA", 1, "a"), placed_at=5)
    story.tick(10)
    story.ship(story.fulfilment("1"), at=10)
    story.tick(10 + 30 * DAY_MS)
    story.tick(10 + 70 * DAY_MS)

    assert not goes_the_short_way(story, line("TEA", 1, "a"), placed_at=4)


def test_an_order_of_a_shop_with_units_of_its_own_goes_the_long_way() -> None:
    story = begun()
    story.shop("web", "b2c", quotas=(("TEA", 2),))
    story.receive("east", TEA=4)

    assert not goes_the_short_way(story, line("TEA", 1, "a"))


def test_who_comes_while_goods_are_given_out_goes_the_long_way() -> None:
    story = begun()
    story.policy(Policy(fills_per_decision=1))
    story.place("1", line("TEA", 20, "a"))
    story.place("2", line("TEA", 20, "a"))
    story.receive("east", TEA=200)

    assert story.pool.deferred == ("TEA",)
    assert not goes_the_short_way(story, line("TEA", 1, "a"))


def test_where_the_most_stock_wins_all_nodes_are_looked_at() -> None:
    story = begun()
    story.policy(Policy(rule=Rule(criteria=("most_stock",))))
    story.receive("shop", TEA=50)

    assert not goes_the_short_way(story, line("TEA", 1, "a"))


@fast
@given(histories)
def test_the_nodes_are_told_the_same_whichever_way_a_decision_is_read(history: list[tuple[Any, ...]]) -> None:
    records = [Record(0, offset, 1_700_000_000_000 + offset, b"", (), value) for offset, value in enumerate(played(history).records)]
    with patch.object(compiled, "quick", lambda: None):
        told = Fulfil(MemoryLog({}), Sent())._fresh(0, records)

    assert Fulfil(MemoryLog({}), Sent())._fresh(0, records) == told
