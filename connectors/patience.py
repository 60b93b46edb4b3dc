"""When a delivery is tried again, when it is given up, and when a partner is left alone: pure functions of what happened so far."""

import msgspec

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
FAILURES_IN_A_ROW = 5
# A wrong address or secret refuses everything: that must not turn a whole topic into dead letters.
REFUSALS_IN_A_ROW = 100
LOOK_AGAIN = 0.5


def pause(attempt: int, chance: float, after: float = 0.0) -> float:
    """Seconds before the next try: full jitter, a `chance` (0 to 1) of FIRST_PAUSE doubled with each attempt up to LONGEST_PAUSE, and
    never less than the partner asked for. The first attempt is 1."""
    return max(after, chance * ceiling(attempt))


def ceiling(attempt: int) -> float:
    return float(min(FIRST_PAUSE * 2.0 ** min(attempt - 1, 20), LONGEST_PAUSE))


def given_up(attempts: int, waited: float, *, most: int, longest: float) -> bool:
    """Whether a record that was tried `attempts` times and first `waited` seconds ago is given up."""
    return attempts >= most or waited >= longest


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Closed, everything is sent. Open until `probes_at`, nothing is. Then one probe is sent, and its answer closes it or leaves it open
    for twice as long. Times are seconds of any clock that does not go back."""

    failures: int = 0
    refusals: int = 0
    openings: int = 0
    probes_at: float = 0.0
    probing: bool = False

    @property
    def closed(self) -> bool:
        return not self.openings

    def wait(self, now: float) -> float:
        """Seconds until asking again makes sense; 0: send now."""
        if self.closed:
            return 0.0
        if now < self.probes_at:
            return self.probes_at - now
        return LOOK_AGAIN if self.probing else 0.0

    def sent(self) -> "Breaker":
        """A request goes out; with the breaker open it is the probe."""
        return self if self.closed else msgspec.structs.replace(self, probing=True)

    def dropped(self) -> "Breaker":
        """It was called off before there was an answer."""
        return msgspec.structs.replace(self, probing=False)

    def accepted(self) -> "Breaker":
        return _NEW

    def refused(self, now: float) -> "Breaker":
        """An answer all the same, unless it is the same to everybody."""
        refusals = self.refusals + 1
        if refusals < REFUSALS_IN_A_ROW:
            return Breaker(refusals=refusals)
        return self._opened(now, 0, refusals, 0.0)

    def failed(self, now: float, after: float = 0.0) -> "Breaker":
        """`after`: seconds that the partner asks to be left alone for."""
        failures = self.failures + 1
        if self.closed and failures < FAILURES_IN_A_ROW:
            return msgspec.structs.replace(self, failures=failures)
        return self._opened(now, failures, self.refusals, after)

    def _opened(self, now: float, failures: int, refusals: int, after: float) -> "Breaker":
        # what was still under way when it opened says nothing new
        if not self.closed and not self.probing:
            return self
        openings = self.openings + 1
        return Breaker(failures=failures, refusals=refusals, openings=openings, probes_at=now + max(ceiling(openings + 1), after))


_NEW = Breaker()
