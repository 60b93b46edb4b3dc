"""How simulated warehouses work and what goes wrong there: drawn from a seed and a name, so alike however often it is asked. Pure."""

from hashlib import blake2b
from typing import Literal

import msgspec

HOUR = 3_600_000
DAY = 24 * HOUR

Outage = Literal["", "unavailable", "closed"]


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """Times in milliseconds of the warehouse's own clock, which runs `speed` times as fast as ours: from order to shipment `latency`, from
    there to the door `transit`, each give or take its spread. `refuse`, `short`, `parcels`, `returns`: shares of fulfilments that are
    rejected, miss a unit, leave in two parcels, come back; `duplicate`: of messages sent twice; `late_cancel`: of cancels that came in time
    and are answered too late all the same; `tell`: of what is only on its way (progress, scans before the delivery) that is told.
    `outage_every`, `outage_for`: seconds of our clock, 0 for none."""

    seed: int = 1
    speed: float = 1.0
    latency: int = 4 * HOUR
    spread: int = 2 * HOUR
    transit: int = 2 * DAY
    transit_spread: int = DAY
    refuse: float = 0.0
    short: float = 0.0
    parcels: float = 0.1
    returns: float = 0.06
    duplicate: float = 0.0
    late_cancel: float = 0.0
    tell: float = 1.0
    outage_every: float = 0.0
    outage_for: float = 0.0

    def chance(self, name: str, what: str) -> float:
        """0 ≤ … < 1, the same for a name and a purpose."""
        drawn = blake2b(f"{self.seed}/{what}/{name}".encode(), digest_size=7).digest()
        return int.from_bytes(drawn) / 2**56

    def takes(self, name: str, what: str, mean: int, spread: int) -> int:
        """How long it takes; in the middle of mean ± spread more often than at its ends."""
        off = self.chance(name, what) + self.chance(name, f"{what} again") - 1.0
        return max(1, mean + int(off * spread))

    def later(self, at: int, by: int) -> int:
        """The time of our clock when `by` of the warehouse's has passed since `at`."""
        return at + max(1, int(by / self.speed))

    def outage(self, seconds: float) -> Outage:
        """What whoever calls meets so many seconds after the start: every other outage closes the connection unanswered."""
        if not self.outage_every:
            return ""
        number, into = divmod(seconds, self.outage_every)
        if number < 1 or into >= self.outage_for:
            return ""
        return "unavailable" if number % 2 else "closed"
