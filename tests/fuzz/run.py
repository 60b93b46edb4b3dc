"""Several processes that search, and the one that watches them: whoever dies or falls silent did so over the input at hand."""

import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from tests.fuzz.child import Budget, Make, Told, read_at_hand, work
from tests.fuzz.explore import Found

SILENT_S = 120.0
LOOK_S = 0.5

Hear = Callable[[Told | Found], None]


class Worker:
    """A process and the targets that it still has to search."""

    def __init__(self, make: Make, names: Sequence[str], budget: Budget, at_hand: Path) -> None:
        self.left = list(names)
        self._make, self._budget, self._at_hand = make, budget, at_hand
        self._start()

    def _start(self) -> None:
        spawn = get_context("spawn")
        self.pipe, theirs = spawn.Pipe(duplex=False)
        self._process: SpawnProcess = spawn.Process(
            target=work, args=(self._make, self.left, self._budget, self._at_hand, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        self._heard = time.monotonic()

    def hear(self, hear: Hear) -> None:
        """Passes on what the process has said."""
        try:
            while self.pipe.poll():
                said: Told | Found = self.pipe.recv()
                self._heard = time.monotonic()
                if isinstance(said, Told) and said.over:
                    self.left.remove(said.target)
                hear(said)
        except EOFError:
            self._process.join()

    def look(self, hear: Hear) -> None:
        """A process that is dead or silent before its work is done has met a violation; another one goes on behind it."""
        dead, silent = not self._process.is_alive(), time.monotonic() - self._heard > SILENT_S
        if not self.left or not (dead or silent):
            return
        self._process.kill()
        self._process.join()
        how = f"the process ends with code {self._process.exitcode}" if dead else f"nothing is heard for {SILENT_S:.0f} s"
        hear(Found(self.left[0], read_at_hand(self._at_hand), how))
        hear(Told(self.left.pop(0), 0, over=True))
        if self.left:
            self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.join()


def run(make: Make, names: Sequence[str], budget: Budget, processes: int, folder: Path, hear: Hear) -> None:
    """Returns once every target that is named, of those that `make` makes, is searched."""
    shares = [share for number in range(processes) if (share := names[number::processes])]
    workers = [Worker(make, share, budget, folder / f"at-hand-{number}") for number, share in enumerate(shares)]
    try:
        while any(worker.left for worker in workers):
            wait([_pipe(worker) for worker in workers if worker.left], LOOK_S)
            for worker in workers:
                worker.hear(hear)
                worker.look(hear)
    finally:
        for worker in workers:
            worker.stop()


def _pipe(worker: Worker) -> Connection:
    return worker.pipe
