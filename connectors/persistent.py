"""Asks one system until it has answered for good: at most so many requests at once, back-off, and a circuit breaker. What is asked, and
what an answer means, is the caller's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from prometheus_client import Counter, Gauge, Histogram

from connectors.partner import Again, Partner, Refused
from connectors.patience import Breaker, given_up, pause

log = logging.getLogger(__name__)

DELIVERIES = Counter("yipan_deliveries", "Attempts and ends of deliveries to partners, by how they went", ["partner", "outcome"])
SECONDS = Histogram("yipan_delivery_seconds", "One request to a partner", ["partner"])
DOWN = Gauge("yipan_partner_down", "1 while a partner's breaker is open: its records wait", ["partner"])

T = TypeVar("T")


class Persistent:
    """As patient as `partner` has it, under a name that labels metrics. `random` gives a number from 0 to 1. Seconds are the event
    loop's."""

    def __init__(self, name: str, partner: Partner, random: Callable[[], float]) -> None:
        self.breaker = Breaker()
        self._name = name
        self._partner = partner
        self._random = random
        self._slots = asyncio.Semaphore(partner.concurrency)
        DOWN.labels(name).set(0)

    async def ask(self, once: Callable[[], Awaitable[T | Again | Refused]]) -> T | Refused:
        """What `once` comes to when it is not Again any more; or Refused, as `given_up`."""
        attempts, began = 0, _clock()
        while True:
            verdict, probe = await self._attempt(once)
            if not isinstance(verdict, Again):
                return verdict
            # while a system is down for all, that is no fault of the record which asks how it is
            attempts += not probe
            waited = _clock() - began
            if given_up(attempts, waited, most=self._partner.attempts, longest=self._partner.give_up_seconds):
                return Refused("given_up", f"Given up after {attempts} attempts and {waited:.0f} s; the last one: {verdict.sentence}.")
            await asyncio.sleep(pause(max(attempts, 1), self._random(), verdict.after))

    async def _attempt(self, once: Callable[[], Awaitable[T | Again | Refused]]) -> tuple[T | Again | Refused, bool]:
        """The verdict, and whether it was a probe."""
        async with self._slots:
            while (wait := self.breaker.wait(_clock())) > 0:
                await asyncio.sleep(wait)
            probe = not self.breaker.closed
            self.breaker = self.breaker.sent()
            try:
                with SECONDS.labels(self._name).time():
                    verdict = await once()
            except BaseException:
                if probe:
                    self.breaker = self.breaker.dropped()
                raise
            self._note(verdict)
            return verdict, probe

    def _note(self, verdict: T | Again | Refused) -> None:
        was_closed, now, outcome, said = self.breaker.closed, _clock(), "accepted", ""
        match verdict:
            case Refused(sentence=said):
                self.breaker, outcome = self.breaker.refused(now), "refused"
            case Again(sentence=said, after=after):
                self.breaker, outcome = self.breaker.failed(now, after), "again"
            case _:
                self.breaker = self.breaker.accepted()
        DELIVERIES.labels(self._name, outcome).inc()
        DOWN.labels(self._name).set(not self.breaker.closed)
        if was_closed and not self.breaker.closed:
            log.error("ALARM: partner %s takes nothing at the moment (%s); its records wait, and it is probed.", self._name, said)
        elif self.breaker.closed and not was_closed:
            log.warning("Partner %s takes deliveries again.", self._name)


def _clock() -> float:
    return asyncio.get_running_loop().time()
