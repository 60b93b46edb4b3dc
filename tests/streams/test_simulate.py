"""Sixty schedules of faults leave every promise standing; the same seed tells the same story; planted bugs are found."""

import os
import subprocess
import sys

import pytest
from msgspec.structs import replace

from deploy.simulating import companions
from streams.simulate import quiet, run, shrink, story
from streams.simulation.faults import THEMES, Fault
from streams.simulation.schedule import Schedule, play, schedule
from tests.source import ROOT
from tests.streams import planted, planted_ledger, planted_readers, planted_sink
from tests.streams.planted import Bug

PLANTED = (planted, planted_ledger, planted_readers, planted_sink)
BUGS = {name: found for module in PLANTED for name, found in vars(module).items() if isinstance(found, Bug)}


def test_forty_schedules_leave_every_promise_standing() -> None:
    # the last two strike ClickHouse in the middle of an insert and after it, which few schedules do
    summary = run((*range(40), 104, 185), companions())

    assert summary.failed == ()
    assert (summary.schedules, summary.violations) == (42, 0)
    # else nothing was shown
    assert summary.faults > 280
    assert min(summary.by_kind.get(kind, 0) for kind in ("kill", "freeze", "stop", "expel", "rebalance", "away", "jump")) > 0
    assert {point for point in THEMES["all"] if any(kind.endswith(f" in {point}") for kind in summary.by_kind)} == set(THEMES["all"])
    assert summary.repetitions > 400


def test_the_same_seed_tells_the_same_story_in_another_process() -> None:
    """Nor does it depend on how strings are hashed there."""
    code = "from streams.simulation.schedule import *; from streams.simulate import quiet\nwith quiet(): print(play(schedule(3)).trace)"
    there = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        for seed in ("1", "2")
    ]
    with quiet():
        here = play(schedule(3)).trace

    assert [found.stdout.strip() for found in there] == [here, here]


def test_another_seed_tells_another_story() -> None:
    with quiet():
        assert play(schedule(3)).trace != play(schedule(4)).trace


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[name].plant(monkeypatch)

    assert first_failure(BUGS[name]) is not None


def first_failure(bug: Bug) -> Schedule | None:
    plans = (schedule(seed, theme=bug.theme) for seed in range(bug.since, bug.since + bug.within))
    with quiet():
        return next((plan for plan in plans if play(plan, companions()).violations), None)


def test_a_failing_schedule_becomes_a_short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    bug = BUGS["a_command_that_comes_twice_takes_effect_twice"]
    bug.plant(monkeypatch)
    whole = first_failure(bug)
    assert whole is not None

    small, played = shrink(whole, tries=60)

    assert played.violations
    assert len(small.faults) + len(small.deliveries) < (len(whole.faults) + len(whole.deliveries)) / 2
    told = story(small, played)
    assert f"seed {whole.seed}" in told
    assert "what was decided:" in told
    assert "BROKEN: cause" in told


def test_a_fault_that_struck_nothing_is_not_counted() -> None:
    nothing = schedule(3)
    asleep = replace(nothing, faults=(Fault(kind="expel", group="sink", at=0.1), Fault(kind="jump", seconds=40, at=0.0)))

    with quiet():
        assert play(asleep).struck == {"jump": 1}
