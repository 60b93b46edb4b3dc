"""A long tail of the log is folded aside: by another process, once for all who wait for it here. It leaves a snapshot, and they load that.

Folding in a thread would stall the partitions that this process keeps, use one core only, and be done twice: for the ledger and the view.
"""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Protocol

# Records. To fold them takes about as long as a process takes to start, to connect and to save.
LONG = 20_000
LOOK_S = 0.1

Wanted = Callable[[], bool]
Behind = Callable[[], int]
Fold = Callable[[int, Wanted], None]


class Aside(Protocol):
    def __call__(self, partition: int, behind: Behind, wanted: Wanted) -> None:
        """Returns when there will be no newer snapshot. `behind`: how many records the newest one is behind. Raises LogDamaged."""
        ...


class Asides:
    """Of one process, for any number of threads: at most `at_once` partitions are folded aside at a time, those of ledgers first, as
    orders are decided again first and told of after. `fold` leaves a snapshot, or says in the process's log why not: whoever finds none
    folds by himself."""

    def __init__(self, fold: Fold, at_once: int, long: int = LONG) -> None:
        self._fold = fold
        self._at_once = at_once
        self._long = long
        self._changed = threading.Condition()
        self._folding: set[int] = set()
        self._folded = Counter[int]()
        self._ledgers = 0  # that wait for their turn

    def for_ledger(self, partition: int, behind: Behind, wanted: Wanted) -> None:
        self._in_turn(partition, behind, wanted, 1)

    def for_view(self, partition: int, behind: Behind, wanted: Wanted) -> None:
        self._in_turn(partition, behind, wanted, 0)

    def _in_turn(self, partition: int, behind: Behind, wanted: Wanted, ledgers: int) -> None:
        while behind() > self._long and wanted():
            if self._begun(partition, wanted, ledgers):
                try:
                    self._fold(partition, wanted)
                finally:
                    self._end(partition)
                return

    def _begun(self, partition: int, wanted: Wanted, ledgers: int) -> bool:
        """False once it is no longer wanted, or somebody else has folded the partition meanwhile."""
        before = self._folded[partition]

        def done() -> bool:
            return self._folded[partition] != before

        def free() -> bool:
            return partition not in self._folding and len(self._folding) < self._at_once and (ledgers > 0 or not self._ledgers)

        with self._changed:
            self._ledgers += ledgers
            while wanted() and not self._changed.wait_for(lambda: done() or free(), LOOK_S):
                pass
            self._ledgers -= ledgers
            turn = wanted() and not done()
            if turn:
                self._folding.add(partition)
        return turn

    def _end(self, partition: int) -> None:
        with self._changed:
            self._folding.discard(partition)
            self._folded[partition] += 1
            self._changed.notify_all()
