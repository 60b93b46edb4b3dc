"""The checker and the decider know nothing of each other: whatever the one decides, the other finds sound."""

from typing import Any

from hypothesis import given

from streams.read import MemoryLog
from streams.replay import replay
from tests.streams.histories import fast, histories, played
from tests.streams.logs import Logs


@fast
@given(histories)
def test_any_history_is_sound(history: list[tuple[Any, ...]]) -> None:
    logs = Logs(played(history))

    report = logs.check()

    assert report.violations == ()
    assert (report.lost, report.oversold, report.pending) == (0, 0, {})
    assert report.orders_decided <= len(logs.decisions)


@fast
@given(histories)
def test_any_history_is_decided_again_alike(history: list[tuple[Any, ...]]) -> None:
    assert replay(MemoryLog(Logs(played(history)).topics()), progress=lambda *_: None).violations == ()
