"""The checker catches every bug that was planted: in the records of the pipeline, and in what was decided."""

import pytest

from tests.story import Story
from tests.streams import mutants_of_the_log, mutants_of_the_rules
from tests.streams.logs import Logs, broken
from tests.streams.mutants import MUTANTS
from tests.streams.shopping import busy_day

PLANTED = (mutants_of_the_log, mutants_of_the_rules)


@pytest.fixture(scope="module")
def day() -> Story:
    return busy_day()


def test_the_day_is_sound_before_it_is_damaged(day: Story) -> None:
    assert Logs(day).check().violations == ()


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 25


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str, day: Story) -> None:
    logs = Logs(day)
    MUTANTS[name].damage(logs)

    report = logs.check()

    assert MUTANTS[name].invariant in broken(report)
    assert report.invariants != "ok"
