"""CPU time of a piece of work, several times over, beside that of a fixed loop on the same machine in the same minute."""

import cProfile
import gc
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

LOOPS, ROUNDS = 3, 200_000


class Trial(NamedTuple):
    """Work that is ready to be done, once, and how many orders and lines it is."""

    orders: int
    lines: int
    work: Callable[[], object]


Prepare = Callable[[], Trial]


class Measured(NamedTuple):
    """µs of CPU an order, the best of `times`, and the worst. `reference_us`: a round of the fixed loop, so that figures of machines
    (and minutes) that differ can be compared by their ratio."""

    us: float
    worst_us: float
    median_us: float
    times: int
    orders: int
    lines: int
    reference_us: float

    def told(self) -> dict[str, Any]:
        return {
            "us_per_order": round(self.us, 2),
            "median_us": round(self.median_us, 2),
            "worst_us": round(self.worst_us, 2),
            "spread": round(self.worst_us / self.us - 1, 3),
            "times": self.times,
            "orders": self.orders,
            "lines_per_order": round(self.lines / self.orders, 1),
            "orders_per_s": round(1e6 / self.us),
            "lines_per_s": round(1e6 / self.us * self.lines / self.orders),
            "reference_us": round(self.reference_us, 4),
            "ratio": round(self.us / self.reference_us, 1),
        }


def measure(prepare: Prepare, times: int = 3) -> Measured:
    """Each time from the same beginning, which is not measured."""
    found, loops = [], [reference_us()]
    for _ in range(times):
        trial = prepare()
        with collected_as_in_a_worker():
            begun = time.process_time()
            trial.work()
            found.append((time.process_time() - begun) / trial.orders * 1e6)
        loops.append(reference_us())
    return Measured(min(found), max(found), statistics.median(found), times, trial.orders, trial.lines, min(loops))


def reference_us() -> float:
    """CPU µs of one round of a fixed loop of plain Python: a dictionary, integers, a string."""
    return min(_loop() for _ in range(LOOPS)) / ROUNDS * 1e6


def _loop() -> float:
    cells: dict[str, int] = {}
    begun = time.process_time()
    for number in range(ROUNDS):
        key = f"TEA-{number % 5_000}"
        cells[key] = cells.get(key, 0) + number % 7
    return time.process_time() - begun


@contextmanager
def collected_as_in_a_worker() -> Iterator[None]:
    """The settings that `streams.worker` gives the garbage collector."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def profile(trial: Trial, most: int = 35) -> None:
    """What the work spends its time on, to stderr. The profiler itself takes as much again: believe the shape, not the sum."""
    profiler = cProfile.Profile()
    with collected_as_in_a_worker():
        profiler.runcall(trial.work)
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(most)
