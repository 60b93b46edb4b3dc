"""What `fulfil` reads of a decision says the same as the whole of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from streams.decisions import decode_decision
from streams.rules.brief import Looked, Placed, decode_brief
from streams.rules.fulfil import fulfil
from streams.rules.outcome import outcome
from tests.story import line
from tests.streams.histories import fast, histories, played
from tests.streams.shells import sell, tea_shop


@fast
@given(histories)
def test_nodes_are_told_the_same_as_by_the_whole_decision(history: list[tuple[Any, ...]]) -> None:
    for record in played(history).records:
        whole, brief = decode_decision(record), decode_brief(record)
        assert fulfil(brief, 3) == fulfil(whole, 3)
        assert outcome(brief) == outcome(whole)


def test_what_is_passed_over_keeps_its_place() -> None:
    story = sell(tea_shop(), "1")
    placed, looked, reserved = decode_brief(story.records[-1]).events
    assert isinstance(placed, Placed)
    assert isinstance(looked, Looked)
    assert reserved == decode_decision(story.records[-1]).events[2]


def test_what_is_no_decision_is_refused() -> None:
    story = tea_shop()
    story.place("1", line("ASSAM", 1))
    for broken in (b"", b"{}", story.records[-1][:-2], story.records[-1].replace(b'"Reserved"', b'"Dreamt"')):
        with pytest.raises(msgspec.DecodeError):
            decode_brief(broken)
