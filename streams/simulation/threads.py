"""Threads, their locks and their clock, as a simulated process has them."""

from collections.abc import Callable
from typing import Any

from streams.agents.allocate import Threads
from streams.simulation.loop import Loop, Strand, running
from streams.simulation.world import World

BEGIN_S = 0.001


class SimulatedThreads(Threads):
    def __init__(self, world: World) -> None:
        self._world = world

    def condition(self) -> "Condition":
        return Condition(self._world.loop)

    def start(self, work: Callable[[], None], name: str) -> "Thread":
        return Thread(self._world.loop, work)

    def monotonic(self) -> float:
        return self._world.now


class Thread:
    def __init__(self, loop: Loop, work: Callable[[], None]) -> None:
        self._work = work
        self._ended = False
        self._changed = Condition(loop)
        loop.strand(self._run, BEGIN_S)

    def _run(self) -> None:
        self._work()
        self._ended = True
        self._changed.notify_all()

    def join(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended)


class Condition:
    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._held = False
        self._entering: list[Strand] = []
        self._waiting: list[Strand] = []

    def __enter__(self) -> bool:
        while self._held:
            self._entering.append(running())
            running().pause(None)
        self._held = True
        return True

    def __exit__(self, *error: Any) -> None:
        self._held = False
        _wake(self._entering)

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        until = None if timeout is None else self._loop.time() + timeout
        while not predicate():
            left = None if until is None else until - self._loop.time()
            if left is not None and left <= 0:
                return False
            self.__exit__()
            self._waiting.append(running())
            running().pause(left)
            self.__enter__()
        return True

    def notify_all(self) -> None:
        _wake(self._waiting)


def _wake(strands: list[Strand]) -> None:
    for strand in strands:
        strand.wake()
    strands.clear()
