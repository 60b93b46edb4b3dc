"""Token buckets and the circuit breaker, on a clock that is given: seconds that never go back."""

from connectors.writeback.outward import Rate

FAILURES = 5
FIRST_WAIT = 0.5
LONGEST_WAIT = 120.0
LONGEST_OPEN = 300.0
FIRST_OPEN = 5.0


class Bucket:
    """Full at first. `take` and `left` move time on."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._held = rate.burst
        self._at = 0.0

    def wait(self, cost: float, now: float) -> float:
        """Seconds until `cost` can be taken; a cost above the burst is as good as a full bucket."""
        self._refill(now)
        short = min(cost, self._rate.burst) - self._held
        # a rounding error must not make the caller ask for ever
        return short / self._rate.per_second if short > 1e-9 else 0.0

    def take(self, cost: float, now: float) -> None:
        self._refill(now)
        self._held -= cost

    def heard(self, back: float, left: float, now: float) -> None:
        """`back` was taken and not spent. What is `left` never lifts ours, as requests may be on their way; it lowers ours, as others may
        draw on the same bucket."""
        self._refill(now)
        self._held = min(self._held + back, left, self._rate.burst)

    def rest(self, seconds: float, now: float) -> None:
        """Nothing for so long: we were too fast."""
        self._refill(now)
        self._held = min(self._held, 1.0 - seconds * self._rate.per_second)

    def _refill(self, now: float) -> None:
        self._held = min(self._rate.burst, self._held + max(0.0, now - self._at) * self._rate.per_second)
        self._at = max(self._at, now)


class Breaker:
    """Opens after FAILURES in a row: then one request at a time finds out whether the platform is back, each later than the last."""

    def __init__(self) -> None:
        self.failures = 0
        self.closed_at = 0.0

    @property
    def open(self) -> bool:
        return self.failures >= FAILURES

    def worked(self) -> None:
        self.failures, self.closed_at = 0, 0.0

    def failed(self, now: float, chance: float) -> None:
        self.failures += 1
        if self.open:
            self.closed_at = now + spread(FIRST_OPEN, self.failures - FAILURES, LONGEST_OPEN, chance)


def back_off(failures: int, chance: float) -> float:
    """Seconds before the next try of one thing that failed so often."""
    return spread(FIRST_WAIT, failures - 1, LONGEST_WAIT, chance)


def spread(first: float, doublings: int, longest: float, chance: float) -> float:
    """`first` doubled so often, `longest` at most; then a `chance` (0 to 1) of up to half of it less, so that what failed together does
    not come back together."""
    return float(min(first * 2.0 ** min(doublings, 20), longest) * (1 - chance / 2))
