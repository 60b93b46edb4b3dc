"""`yipan simulate` on all cores."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec

from deploy.simulated_sink import SinkCompanion
from streams.simulate import Summary, run
from streams.simulation.schedule import MakeCompanion

AT_ONCE = 10


def companions() -> tuple[MakeCompanion, ...]:
    """What reads the log beside the stages."""
    return (SinkCompanion,)


def many(seeds: Sequence[int], processes: int) -> Summary:
    """Each seed by itself, whichever process plays it."""
    if len(seeds) <= AT_ONCE or processes < 2:
        return run(seeds, companions())
    parts = [seeds[start : start + AT_ONCE] for start in range(0, len(seeds), AT_ONCE)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(_some, parts))
    return joined(found)


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
