"""Deciding the recorded commands again gives the log to the byte; where it does not, the place is named."""

from pathlib import Path

import pytest
from msgspec.structs import replace as with_

from streams.checks.findings import Violation
from streams.commands import AnyCommand
from streams.ledger import Ledger
from streams.read import MemoryLog
from streams.replay import Begun, Replayed, from_every_snapshot, from_the_start, replay
from streams.rules.decide import DECIDER, DECIDERS, decide
from streams.snapshots import Origin, Snapshot, Snapshots, StoredFiles
from tables import events as e
from tables.pool import Pool
from tests.story import Story, line, one_shop
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


def begun(day: Story, after: int) -> Begun:
    """As a snapshot of `day` after so many decisions has it."""
    ledger = Ledger(0)
    ledger.decide(day.commands[:after])
    loaded = Ledger.load(0, ledger.dump())
    assert loaded is not None
    return Begun(loaded, after)


@pytest.mark.parametrize("after", [1, 30, 87])
def test_from_a_snapshot_the_rest_comes_out_alike(after: int, day: Story) -> None:
    replayed = again(Logs(day), beginnings=lambda partition: [begun(day, after)])

    assert replayed.violations == ()
    assert (replayed.decisions, replayed.digests) == (len(day.records) - after, {0: day.ledger.chain})


def test_a_partition_is_decided_again_from_its_start_and_from_each_snapshot(day: Story) -> None:
    replayed = again(Logs(day), beginnings=lambda partition: [*from_the_start(partition), begun(day, 30), begun(day, 60)])

    assert replayed.violations == ()
    assert (replayed.decisions, replayed.beginnings) == (3 * len(day.records) - 90, 3)


def test_a_snapshot_of_another_history_is_found() -> None:
    replayed = again(Logs(busy_day(20)), beginnings=lambda partition: [begun(busy_day(21), 36)])

    assert first(replayed).first == "decisions[0]@35: it is not the decision that a snapshot was taken after"


def test_a_snapshot_whose_state_is_not_that_of_the_log_is_found(day: Story) -> None:
    wrong = begun(day, 30)
    wrong.ledger.pools["north"].free["b2c"]["ASSAM"] = 0

    assert "gives other bytes" in first(again(Logs(day), beginnings=lambda partition: [wrong])).first


def test_stored_snapshots_are_taken_newest_first_after_the_start(day: Story, tmp_path: Path) -> None:
    snapshots = Snapshots(StoredFiles(tmp_path), Origin("cluster", "topic"))
    for after in (30, 60):
        snapshot = begun(day, after)
        snapshots.save(0, Snapshot(after, snapshot.ledger.chain, snapshot.ledger.dump()))

    assert [position for _, position in from_every_snapshot(snapshots, 0)] == [0, 60, 30]


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


# ---------------------------------------------------------------------------------------------- several versions
NEXT = DECIDER + 1


@pytest.fixture
def rolling_deploy(monkeypatch: pytest.MonkeyPatch) -> Story:
    """The old version, the next one, and the old one once more have decided; the next one refuses orders of a single unit."""
    monkeypatch.setitem(DECIDERS, NEXT, refuses_single_units)
    story = one_shop({"hamburg": {"ASSAM": 50}})
    for number, decider in enumerate((DECIDER, DECIDER, NEXT, NEXT, DECIDER, NEXT)):
        story.ledger.decider = decider
        story.place(str(number), line("ASSAM", 1 + number % 2))
    return story


def refuses_single_units(pool: Pool, command: AnyCommand, offset: int) -> tuple[e.AnyEvent, ...]:
    events = decide(pool, command, offset)
    if any(isinstance(event, e.OrderPlaced) and event.lines[0].quantity == 1 for event in events):
        return (e.Refused(code="too_little", sentence="We send no single cup of tea."),)
    return events


def test_each_decision_is_decided_again_by_the_version_it_names(rolling_deploy: Story) -> None:
    replayed = again(Logs(rolling_deploy))

    assert replayed.violations == ()
    assert (replayed.decisions, replayed.digests) == (len(rolling_deploy.records), {0: rolling_deploy.ledger.chain})


def test_a_decision_that_names_another_version_than_made_it_is_found(rolling_deploy: Story) -> None:
    logs = Logs(rolling_deploy)
    at = logs.find(e.Refused)
    logs.change(at, decider=DECIDER)

    assert first(again(logs)).first == f"decisions[0]@{at}: deciding its command again gives other bytes"


def test_what_a_version_decided_that_is_not_here_any_more_is_not_passed_over(
    rolling_deploy: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(DECIDERS, NEXT)
    logs = Logs(rolling_deploy)

    replayed = again(logs)

    assert replayed.decisions == logs.find(e.Refused)
    assert f"version {NEXT}" in first(replayed).first


# ---------------------------------------------------------------------------------------------- damage
@pytest.mark.parametrize("nth", [0, 17])
def test_a_doubled_decision_does_not_pass(nth: int, day: Story) -> None:
    logs = Logs(day)
    logs.decisions.insert(nth, logs.decisions[nth])

    assert first(again(logs)).first.startswith(f"decisions[0]@{nth + 1}: ")


def test_a_decision_without_its_command_does_not_pass(day: Story) -> None:
    logs = Logs(day)
    del logs.commands[-1]

    assert first(again(logs)).first.endswith("there is no such command")


def test_a_hole_in_the_commands_is_named_where_it_is(day: Story) -> None:
    topics = Logs(day).topics()
    del topics["commands"][0][30]

    replayed = replay(MemoryLog(topics), progress=lambda *_: None)

    assert replayed.decisions == 30
    assert first(replayed).first == "decisions[0]@30: there is no such command"


@pytest.mark.parametrize("foreign", [b"", b"gibberish", b"[]", b'{"src_offset":7,"decider":"the last one"}'])
def test_a_foreign_record_among_the_decisions_is_named(foreign: bytes, day: Story) -> None:
    topics = Logs(day).topics()
    topics["decisions"][0][7] = with_(topics["decisions"][0][7], value=foreign)

    replayed = replay(MemoryLog(topics), progress=lambda *_: None)

    assert first(replayed).first == "decisions[0]@7: it is not a decision"


def test_commands_that_wait_to_be_decided_are_not_compared(day: Story) -> None:
    logs = Logs(day)
    del logs.decisions[40:]

    replayed = again(logs)

    assert (replayed.violations, replayed.decisions) == ((), 40)
