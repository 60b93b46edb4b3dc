"""A short search at every way in, the same each time; `make fuzz` goes on where it ends. And a search must be able to find."""

from collections.abc import Callable
from itertools import islice

import pytest

from connectors.times import gmt
from tests.fuzz.explore import draw, explore
from tests.fuzz.guard import guarded
from tests.fuzz.target import Target, Violation, must
from tests.fuzz.targets import every_target

SEED = 20_260_301
# what takes long for an input, and how many of them are enough here; 250 for all others
INPUTS = {"commands": 40, "file": 120, "folder": 60, "policy": 60}


@pytest.mark.parametrize("target", every_target().values(), ids=lambda target: target.name)
def test_whatever_comes_in_ends_as_it_may(target: Target) -> None:
    inputs = INPUTS.get(target.name, 250)

    assert [found for found in islice(explore(target, SEED), inputs) if found] == []
    assert draw(target, SEED, inputs // 5) is None


# ---------------------------------------------------------------------------------------------- the search itself
def vault(data: bytes) -> str:
    """Opens step by step: chance alone would take 2^32 inputs."""
    try:
        moment = gmt(data.decode("latin-1"))
    except (ValueError, OverflowError):
        return "no time"
    must(moment < 4_000_000_000_000, "the vault is open")
    return "closed"


VAULT = Target(name="vault", seeds=lambda: [b"2026-03-01T09:00:00Z"], take=vault, words=(b"2", b"1", b"9"))


def test_a_search_finds_what_is_there_and_the_same_seed_finds_the_same() -> None:
    first, again = ([found for found in islice(explore(VAULT, 1), 3_000) if found] for _ in range(2))

    assert first
    assert first == again


def escapes(data: bytes) -> str:
    return str(1 // 0)


def grows(data: bytes) -> str:
    return "x" * (1 << 29)


def says_no(data: bytes) -> str:
    raise Violation("no")


@pytest.mark.parametrize("take", [escapes, grows, says_no])
def test_what_breaks_a_promise_is_a_violation(take: Callable[[bytes], str]) -> None:
    with pytest.raises(Violation):
        guarded(Target(name="broken", seeds=list, take=take), b"")
