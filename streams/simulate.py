"""Many schedules one after the other, and a failing one made small: fewer faults, fewer deliveries, the same promise broken."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from streams.simulation.schedule import MakeCompanion, Played, Schedule, play, schedule
from streams.simulation.tempo import QUICK

T = TypeVar("T")
TRIES = 300
TALKERS = ("streams", "analytics")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`faults` that came to pass, by kind; `failed`: seeds, each of which fails again when it is run alone."""

    schedules: int
    faults: int
    violations: int
    failed: tuple[int, ...]
    decisions: int
    fulfilments: int
    repetitions: int
    by_kind: dict[str, int]
    seconds: float = 0.0


def run(seeds: Sequence[int], companions: Sequence[MakeCompanion] = (), told: Callable[[Played], None] = lambda played: None) -> Summary:
    """Play the schedule of each seed."""
    found: list[Played] = []
    with quiet():
        for seed in seeds:
            played = play(schedule(seed), companions)
            told(played)
            # the story of a schedule that went well is of no use any more
            found.append(replace(played, story=(), decided=()))
    return summary(found)


def summary(found: Sequence[Played]) -> Summary:
    kinds = sum((Counter(played.struck) for played in found), Counter[str]())
    return Summary(
        schedules=len(found),
        faults=kinds.total(),
        violations=sum(len(played.violations) for played in found),
        failed=tuple(sorted(played.seed for played in found if played.violations)),
        decisions=sum(played.decisions for played in found),
        fulfilments=sum(played.fulfilments for played in found),
        repetitions=sum(played.repeated for played in found),
        by_kind=dict(sorted(kinds.items())),
    )


def shrink(plan: Schedule, companions: Sequence[MakeCompanion] = (), tries: int = TRIES) -> tuple[Schedule, Played]:
    """The smallest schedule found that breaks one of the promises that `plan` breaks, and how it went. `plan` must fail."""
    with quiet():
        best = plan, play(plan, companions)
        broken = _broken(best[1])

        def fails(smaller: Schedule) -> bool:
            nonlocal best, tries
            if tries <= 0:
                return False
            tries -= 1
            played = play(smaller, companions)
            if not _broken(played) & broken:
                return False
            best = smaller, played
            return True

        size = None
        while size != (size := _size(best[0])) and tries > 0:
            _reduce(best[0].faults, lambda faults: fails(replace(best[0], faults=faults)))
            _reduce(best[0].deliveries, lambda some: fails(replace(best[0], deliveries=some)))
            for fewer in range(1, best[0].workers):
                fails(replace(best[0], workers=fewer))
            fails(replace(best[0], tempo=QUICK))
        return best


def _size(plan: Schedule) -> tuple[int, ...]:
    return len(plan.faults), len(plan.deliveries), plan.workers


def _reduce(items: tuple[T, ...], fails: Callable[[tuple[T, ...]], bool]) -> None:
    """Leave out halves, then quarters, … then single ones, as long as it still fails."""
    size = max(1, len(items) // 2)
    while items:
        start = 0
        while start < len(items):
            smaller = items[:start] + items[start + size :]
            if fails(smaller):
                items = smaller
            else:
                start += size
        if size == 1:
            return
        size //= 2


def _broken(played: Played) -> set[str]:
    """Names of the promises that were broken."""
    return {violation.partition(" (")[0] for violation in played.violations}


def story(plan: Schedule, played: Played) -> str:
    """For a person: what was planned to go wrong, what happened, what is broken."""
    faults = [f"  - {fault}" for fault in plan.faults]
    head = f"seed {plan.seed}: {plan.workers} workers, {plan.partitions} partitions, {len(plan.deliveries)} deliveries"
    wrong = ["what goes wrong:", *faults] if faults else ["nothing goes wrong:"]
    decided = ["", "what was decided:", *(f"  {line}" for line in played.decided)] if played.decided else []
    broken = [f"BROKEN: {violation}" for violation in played.violations]
    return "\n".join([head, *wrong, "", *played.story, *decided, "", *broken])


@contextmanager
def quiet() -> Iterator[None]:
    """What the stages log of faults is told by the story."""
    loggers = [logging.getLogger(name) for name in TALKERS]
    before = [logger.propagate for logger in loggers]
    silence = logging.NullHandler()
    for logger in loggers:
        logger.addHandler(silence)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(silence)
            logger.propagate = propagate
