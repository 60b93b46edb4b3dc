"""When nodes may be told of what waits for a wave, or for others of its recipient: read off the policy, and looked for backwards, from the
moment at which they are told. Pure."""

from bisect import bisect_right

import msgspec

Clock = tuple[tuple[int, int], ...]  # (from when on, ms; minutes ahead of UTC), the first from 0 on
MINUTE_MS = 60_000
WEEK = 7 * 24 * 60
EPOCH = 3 * 24 * 60  # 1970-01-01 was a Thursday, and weeks begin on Monday
NEVER = -1


class _Waves(msgspec.Struct, frozen=True, array_like=True):
    minutes: tuple[int, ...]
    zone: str


class _Shop(msgspec.Struct, frozen=True):
    merge_minutes: int = 0


class _Flow(msgspec.Struct, frozen=True):
    rule: _Shop = _Shop()
    shops: dict[str, _Shop] = {}
    waves: dict[str, _Waves] = {}
    clocks: dict[str, Clock] = {}


class _Policy(msgspec.Struct, frozen=True):
    fills_per_decision: int = 50
    flow: _Flow | None = None


_decode = msgspec.json.Decoder(_Policy).decode


class Calendar:
    """Of the policy in force. `most`: nodes are told of so many fulfilments by one decision, one at least."""

    def __init__(self) -> None:
        self.most = 50
        self._flow = _Flow()
        self._latest: dict[tuple[str, int], int] = {}

    def use(self, policy: bytes) -> None:
        told = _decode(policy)
        self.most, self._flow = max(1, told.fills_per_decision), told.flow or _Flow()
        self._latest.clear()

    def later(self, node: str, shop: str) -> bool:
        """Whether the node is not told at once of what is promised there."""
        return node in self._flow.waves or self._merged(shop) > 0

    def due(self, node: str, shop: str, since: int, now: int) -> bool:
        """Whether it may be told by `now` of what waits since then, and must be."""
        if node in self._flow.waves:
            return self._left_at(node, now) >= since
        return since + self._merged(shop) <= now

    def _merged(self, shop: str) -> int:
        return self._flow.shops.get(shop, self._flow.rule).merge_minutes * MINUTE_MS

    def _left_at(self, node: str, now: int) -> int:
        """The last wave by then; worked out once a tick."""
        if (node, now) not in self._latest:
            waves = self._flow.waves[node]
            clock = self._flow.clocks.get(waves.zone, ())
            # without a clock it is told at once
            self._latest = {(node, now): last_wave(waves.minutes, clock, now) if clock else now}
        return self._latest[node, now]


def last_wave(minutes: tuple[int, ...], clock: Clock, at: int) -> int:
    """The last one at `at` or before, ms."""
    until = at
    for begin, ahead in reversed(clock):
        if begin > at:
            continue
        week, minute = divmod(until // MINUTE_MS + ahead + EPOCH, WEEK)
        i = bisect_right(minutes, minute) - 1
        wave = (week + i // len(minutes)) * WEEK + minutes[i]
        found = (wave - ahead - EPOCH) * MINUTE_MS
        if found >= begin:
            return found
        until = begin - 1
    return NEVER
