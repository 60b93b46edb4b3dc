"""`yipan simulate` on all cores."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec
from msgspec.structs import replace

from deploy.simulated_sink import SinkCompanion
from streams.simulate import Summary, run
from streams.simulation.schedule import MakeCompanion

AT_ONCE = 10


def companions() -> tuple[MakeCompanion, ...]:
    """What reads the log beside the stages."""
    return (SinkCompanion,)


def many(seeds: Sequence[int], processes: int, told: Callable[[int], None] = lambda done: None) -> Summary:
    """Each seed by itself, whichever process plays it. `told` hears how many are done."""
    begun, found, done = time.monotonic(), [], 0
    for part in _played([seeds[start : start + AT_ONCE] for start in range(0, len(seeds), AT_ONCE)], processes):
        found.append(part)
        told(done := done + part.schedules)
    return replace(joined(found), seconds=round(time.monotonic() - begun, 1))


def _played(parts: Sequence[Sequence[int]], processes: int) -> Iterator[Summary]:
    if len(parts) < 2 or processes < 2:
        yield from map(_some, parts)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_some, parts)


def _some(seeds: Sequence[int]) -> Summary:
    return run(seeds, companions())


def joined(found: Sequence[Summary]) -> Summary:
    kinds: dict[str, int] = {}
    for part in found:
        for kind, count in part.by_kind.items():
            kinds[kind] = kinds.get(kind, 0) + count
    names = ("schedules", "faults", "violations", "decisions", "fulfilments", "repetitions")
    totals = {name: sum(getattr(part, name) for part in found) for name in names}
    failed = tuple(sorted(seed for part in found for seed in part.failed))
    return msgspec.convert(totals | {"failed": failed, "by_kind": dict(sorted(kinds.items()))}, Summary)
