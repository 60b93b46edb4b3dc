"""Folding keeps the interpreter busy. So those who fold take turns, one batch each: who decides meanwhile competes with one of them only.

Ledgers go before views: orders are decided again first, and told of after.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from streams.read import Log, Positions, Record


class Turns:
    """Of one process. A batch that was read is folded until the next one is asked for: so long its reader has the turn."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._ledgers = 0

    def of_ledger(self, source: Log) -> Log:
        return _InTurn(source, self._ledger, lambda: self._turn(lambda: not self._taken))

    def of_view(self, source: Log) -> Log:
        return _InTurn(source, self._view, lambda: self._turn(lambda: not self._taken and not self._ledgers))

    @contextmanager
    def _ledger(self) -> Iterator[None]:
        with self._changed:
            self._ledgers += 1
        try:
            yield
        finally:
            with self._changed:
                self._ledgers -= 1
                self._changed.notify_all()

    @contextmanager
    def _view(self) -> Iterator[None]:
        yield

    @contextmanager
    def _turn(self, free: Callable[[], bool]) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(free)
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()


Held = Callable[[], AbstractContextManager[None]]


class _InTurn:
    """A log that is read batch by batch in turn. `reading` is held all the while, `turn` with each batch."""

    def __init__(self, source: Log, reading: Held, turn: Held) -> None:
        self._source = source
        self._reading = reading
        self._turn = turn

    def low(self, topic: str) -> Positions:
        return self._source.low(topic)

    def ends(self, topic: str) -> Positions:
        return self._source.ends(topic)

    def end(self, topic: str, partition: int) -> int:
        return self._source.end(topic, partition)

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        with self._reading():
            for batch in self._source.read(topic, start, stop):
                with self._turn():
                    yield batch
