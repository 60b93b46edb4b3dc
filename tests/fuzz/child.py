"""The process that runs the inputs: it may be killed by one of them, so the input at hand lies in a file that outlives it."""

import mmap
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from tests.fuzz.explore import DRAWN, Found, draw, explore
from tests.fuzz.target import Target

Make = Callable[[], Mapping[str, Target]]

MOST_MEMORY = 4 << 30
ROOM = 1 << 20
TELL_S = 0.25
CHUNK = 200


class Budget(msgspec.Struct, frozen=True):
    """For each target: so many inputs, or so many seconds."""

    seed: int
    inputs: int = 0
    seconds: float = 0.0


class Told(msgspec.Struct, frozen=True):
    """How far a target is. `over`: nothing more of it will come."""

    target: str
    inputs: int
    over: bool = False


def work(make: Make, names: Sequence[str], budget: Budget, at_hand: Path, parent: Connection) -> None:
    """Search the targets one by one; Told and Found go to the parent."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    keep = AtHand(at_hand)
    targets = make()
    for name in names:
        inputs, last = 0, 0.0
        parent.send(Told(name, 0))
        for found in search(targets[name], budget, keep):
            inputs += 1
            if isinstance(found, Found):
                parent.send(found)
            if time.monotonic() - last > TELL_S:
                last = time.monotonic()
                parent.send(Told(name, inputs))
        parent.send(Told(name, inputs, over=True))


def search(target: Target, budget: Budget, keep: "AtHand") -> Iterator[Found | None]:
    """Both searches, an input a step, until the budget is used up. One input in DRAWN is drawn by hypothesis."""
    drawn = budget.inputs // DRAWN
    end = time.monotonic() + budget.seconds * (DRAWN - 1) / DRAWN
    guided = explore(target, budget.seed, keep)
    yield from islice(guided, budget.inputs - drawn) if budget.inputs else _until(guided, end)
    end, chunk = time.monotonic() + budget.seconds / DRAWN, 0
    while drawn > 0 if budget.inputs else time.monotonic() < end:
        size = min(CHUNK, drawn) if budget.inputs else CHUNK
        found = draw(target, budget.seed * 1_000_003 + chunk, size, keep)
        yield found
        yield from [None] * (size - 1)
        drawn, chunk = drawn - size, chunk + 1
        if found:
            return


def _until(guided: Iterator[Found | None], end: float) -> Iterator[Found | None]:
    while time.monotonic() < end:
        yield next(guided)


class AtHand:
    """Remembers the input that runs, in memory that the kernel writes to a file whatever becomes of the process."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(ROOM))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), ROOM)

    def __call__(self, data: bytes) -> None:
        kept = len(data).to_bytes(8, "little") + data[: ROOM - 8]
        self._memory[: len(kept)] = kept


def read_at_hand(file: Path) -> bytes:
    kept = file.read_bytes()
    return kept[8 : 8 + int.from_bytes(kept[:8], "little")]
