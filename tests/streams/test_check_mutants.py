"""The checker catches every bug that was planted: in the records of the pipeline, and in what was decided."""

import pytest
from msgspec.structs import replace

from streams.checks.orders import Orders
from streams.checks.promises import Known
from tests.story import Story
from tests.streams.logs import Logs
from tests.streams.mutants import MUTANTS
from tests.streams.mutants_caught import PROMISES, caught
from tests.streams.shopping import busy_day


@pytest.fixture(scope="module")
def day() -> Story:
    return busy_day()


def test_the_day_is_sound_before_it_is_damaged(day: Story) -> None:
    assert Logs(day).check().violations == ()
    assert Logs(day).replay().violations == ()


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 25


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_is_broken_by_some_of_them(promise: str) -> None:
    for invariant in PROMISES[promise]:
        assert [name for name, mutant in MUTANTS.items() if mutant.invariant == invariant], invariant


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str, day: Story) -> None:
    assert caught(name, day)


@pytest.mark.parametrize("name", [None, *MUTANTS])
def test_the_quick_looks_miss_nothing(name: str | None, day: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most orders are seen at a glance: what is found must be the same without."""
    logs = Logs(day)
    if name:
        MUTANTS[name].damage(logs)
    quick = logs.check()

    for look in ("placed_and_promised", "shipped_as_promised"):
        monkeypatch.setattr(Orders, look, lambda *_: False)
    for look in ("plainly_whole", "plainly_over"):
        monkeypatch.setattr(Known, look, lambda *_: False)

    assert replace(logs.check(), seconds=0, decisions_per_s=0) == replace(quick, seconds=0, decisions_per_s=0)
