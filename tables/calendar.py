"""When a node's waves leave: times of the local week, and when its clocks were and will be set. Integers only; whoever writes the policy
works them out.

A time that a change of the clocks leaves out has no wave that day; one that it repeats has two.
"""

from bisect import bisect_left, bisect_right
from typing import Annotated

import msgspec
from msgspec import Meta

MINUTE_MS = 60_000
WEEK = 7 * 24 * 60
EPOCH = 3 * 24 * 60  # 1970-01-01 was a Thursday, and weeks begin on Monday

Clock = tuple[tuple[int, int], ...]  # (from when on, ms; minutes ahead of UTC), the first from 0 on


class Waves(msgspec.Struct, frozen=True, array_like=True):
    """`minutes`: of the local week from Monday 00:00 on, rising, one at least. `zone`: the name of its clock."""

    minutes: Annotated[tuple[Annotated[int, Meta(ge=0, lt=WEEK)], ...], Meta(min_length=1)]
    zone: str


def next_wave(minutes: tuple[int, ...], clock: Clock, at: int) -> int:
    """The first wave at `at` or later, ms."""
    for n in range(max(0, bisect_right(clock, at, key=_begin) - 1), len(clock)):
        begin, ahead = clock[n]
        local = -(-max(at, begin) // MINUTE_MS) + ahead + EPOCH
        week, minute = divmod(local, WEEK)
        i = bisect_left(minutes, minute)
        wave = (week + i // len(minutes)) * WEEK + minutes[i % len(minutes)]
        found = (wave - ahead - EPOCH) * MINUTE_MS
        if n + 1 == len(clock) or found < clock[n + 1][0]:
            return found
    return at  # without a clock it goes at once


def ahead(clock: Clock, at: int) -> int:
    """Minutes ahead of UTC; 0 without a clock."""
    return clock[max(0, bisect_right(clock, at, key=_begin) - 1)][1] if clock else 0


def _begin(change: tuple[int, int]) -> int:
    return change[0]
