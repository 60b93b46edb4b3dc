"""Fulfilments that nodes are told of later: each of them once, none that was given back before, and none waits for ever."""

import msgspec

from streams.checks.findings import Findings
from streams.checks.promises import Promise, count
from tables import events as e

# A calendar has a wave a week; a change of the clocks may leave one out.
LONGEST_MS = 15 * 86_400_000


class _Policy(msgspec.Struct, frozen=True):
    fills_per_decision: int = 50


_decode = msgspec.json.Decoder(_Policy).decode


class Untold:
    """`_since`: by fulfilment, the tick since which it waits (0: none yet)."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._most = 50
        self._since: dict[str, int] = {}
        self._late: set[str] = set()
        self._released = 0

    def use(self, policy: bytes) -> None:
        self._most = max(1, _decode(policy).fills_per_decision)

    def begins(self, event: e.Reserved) -> None:
        if event.later:
            self._since[event.fulfilment] = 0

    def ticked(self, at: int) -> None:
        self._late = {name for name, since in self._since.items() if since and since + LONGEST_MS <= at}
        self._since = {name: since or at for name, since in self._since.items()}

    def released(self, event: e.FulfilmentReleased, promise: Promise | None) -> None:
        self._released += 1
        if promise is None or promise.node != event.node or count(promise.rows) != count(event.rows):
            self._findings.note("fulfilments", f"{event.order}: {event.node} is told of {event.fulfilment}, and not of what is reserved")
        if self._since.pop(event.fulfilment, None) is None:
            self._findings.note("fulfilments", f"{event.order}: {event.node} is told of {event.fulfilment}, and knows of it")

    def given_back(self, event: e.Unreserved) -> None:
        if event.untold != (event.fulfilment in self._since):
            knows = "knows of" if event.untold else "was never told of"
            self._findings.note("fulfilments", f"{event.order}: {event.node} {knows} {event.fulfilment}, which is given back")

    def ended(self, fulfilment: str) -> None:
        """Nothing is left of it."""
        self._since.pop(fulfilment, None)

    def settle(self) -> None:
        left = self._late & self._since.keys()
        if left and self._released < self._most:
            self._findings.note("fulfilments", f"{min(left)} should have been told to its node long ago", len(left))
        self._late.clear()
        self._released = 0
