"""Deciding the recorded commands again gives the log to the byte; where it does not, the place is named."""

import pytest
from msgspec.structs import replace as with_

from streams.checks.findings import Violation
from streams.ledger import Ledger
from streams.read import MemoryLog
from streams.replay import Replayed, replay
from tables import events as e
from tests.story import Story
from tests.streams.logs import Logs
from tests.streams.shopping import busy_day


@pytest.fixture(scope="module")
def day() -> Story:
    return busy_day()


def again(logs: Logs, **options: object) -> Replayed:
    return replay(MemoryLog(logs.topics()), progress=lambda *_: None, **options)  # type: ignore[arg-type]


def first(replayed: Replayed) -> Violation:
    [violation] = replayed.violations
    return violation


def test_a_sound_log_is_decided_again_to_the_byte(day: Story) -> None:
    replayed = again(Logs(day))

    assert replayed.violations == ()
    assert replayed.decisions == len(day.records)
    assert replayed.digests == {0: day.ledger.chain}


def test_from_a_snapshot_the_rest_comes_out_alike(day: Story) -> None:
    ledger = Ledger(0)
    ledger.decide(day.commands[:30])
    snapshot = ledger.dump()

    replayed = again(Logs(day), start=lambda partition: Ledger.load(partition, snapshot))

    assert replayed.violations == ()
    assert (replayed.decisions, replayed.digests) == (len(day.records) - 30, {0: day.ledger.chain})


def test_a_decision_that_the_rules_would_not_make_is_found(day: Story) -> None:
    """It is sound in itself: only deciding again can tell."""
    logs = Logs(day)
    at = logs.find(e.Considered, 5)
    logs.rewrite(at, lambda events: [with_(x, candidates=x.candidates[::-1]) if isinstance(x, e.Considered) else x for x in events])

    assert logs.check().violations == ()
    assert first(again(logs)).first == f"decisions[0]@{at}: deciding its command again gives other bytes"


def test_a_decision_by_a_version_that_is_not_here_is_named(day: Story) -> None:
    logs = Logs(day)
    logs.change(7, decider=99)

    assert "version 99" in first(again(logs)).first


@pytest.mark.parametrize("nth", [0, 17])
def test_a_doubled_decision_does_not_pass(nth: int, day: Story) -> None:
    logs = Logs(day)
    logs.decisions.insert(nth, logs.decisions[nth])

    assert first(again(logs)).first.startswith(f"decisions[0]@{nth + 1}: ")


def test_a_decision_without_its_command_does_not_pass(day: Story) -> None:
    logs = Logs(day)
    del logs.commands[-1]

    assert first(again(logs)).first.endswith("there is no such command")


def test_commands_that_wait_to_be_decided_are_not_compared(day: Story) -> None:
    logs = Logs(day)
    del logs.decisions[40:]

    replayed = again(logs)

    assert (replayed.violations, replayed.decisions) == ((), 40)
