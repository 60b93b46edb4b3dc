"""A short search at every way in, the same each time; `make fuzz` goes on where it ends. And a search must be able to find."""

import os
import signal
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.child import Budget, Told
from tests.fuzz.explore import Found, draw, explore
from tests.fuzz.guard import guarded
from tests.fuzz.run import run
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
    """Opens letter by letter: chance alone would take billions of inputs."""
    if data[:1] == b"O":
        if data[1:2] == b"P":
            if data[2:3] == b"E":
                must(data[3:4] != b"N", "the vault is open")
            return "closed"
        return "closed"
    return "closed"


VAULT = Target(name="vault", seeds=lambda: [b"...."], take=vault, words=tuple(bytes([letter]) for letter in b"ABCDEFGHIJKLMNOP"))


def test_a_search_that_sees_its_way_finds_what_is_there_and_the_same_seed_finds_the_same() -> None:
    seeing, again = ([found for found in islice(explore(VAULT, 1, files=(__file__,)), 12_000) if found] for _ in range(2))

    assert [found.data[:4] for found in seeing] == [b"OPEN"]
    assert seeing == again
    assert not any(islice(explore(VAULT, 1, files=()), 12_000))


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


def kills(data: bytes) -> str:
    if data == b"poison":
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def deadly() -> dict[str, Target]:
    """Made where they run: a target is not sent to another process."""
    made = (Target(name="deadly", seeds=lambda: [b"bread", b"poison", b"wine"], take=kills), VAULT)
    return {target.name: target for target in made}


def test_an_input_that_kills_its_process_is_found_and_the_search_goes_on_with_the_next_target(tmp_path: Path) -> None:
    heard: list[Told | Found] = []
    run(deadly, ["deadly", "vault"], Budget(seed=1, inputs=30), 1, tmp_path, heard.append)

    assert [(found.target, found.data) for found in heard if isinstance(found, Found)] == [("deadly", b"poison")]
    assert [said.inputs for said in heard if isinstance(said, Told) and said.target == "vault" and said.over] == [30]
