"""Delivers to one partner: attempts, back-off, circuit breaker, and at the end an acknowledgement or a dead letter."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from connectors.contract import Fulfilment, Millis, Person
from connectors.partner import Accepted, Again, Delivery, Form, Partner, Refused, Reply, Request, Undeliverable, Verdict, event_id
from connectors.patience import Breaker, given_up, pause
from connectors.times import zoned

log = logging.getLogger(__name__)

DELIVERIES = Counter("yipan_deliveries", "Attempts and ends of deliveries to partners, by how they went", ["partner", "outcome"])
SECONDS = Histogram("yipan_delivery_seconds", "One request to a partner", ["partner"])
DOWN = Gauge("yipan_partner_down", "1 while a partner's breaker is open: its records wait", ["partner"])


class Consumed(msgspec.Struct, frozen=True, gc=False):
    """A record of `fulfilments` as it was read."""

    partition: int
    offset: int
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes

    @property
    def decided_at(self) -> Millis:
        """The header `ce_time`; 0 where there is none."""
        try:
            return zoned(dict(self.headers).get("ce_time", b"").decode())
        except ValueError:
            return Millis(0)


# Returns once the dead letter of the record, with a code and a sentence, is acknowledged.
Bury = Callable[[Consumed, str, str], Awaitable[None]]


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What a courier does its work with. `send` has so many seconds and raises ConnectionError without a reply. `open` raises
    ConnectionError while the key is not there, ValueError for what no key opens. `random` gives a number from 0 to 1."""

    send: Callable[[Request, float], Awaitable[Reply]]
    open: Callable[[str], Person]
    bury: Bury
    now: Callable[[], Millis]
    random: Callable[[], float]


class Courier:
    """At most `partner.concurrency` requests at once, over all partitions. Seconds are the event loop's."""

    def __init__(self, partner: Partner, form: Form, outside: Outside) -> None:
        self.partner = partner
        self.breaker = Breaker()
        self._form = form
        self._outside = outside
        self._slots = asyncio.Semaphore(partner.concurrency)
        DOWN.labels(partner.name).set(0)

    async def deliver(self, record: Consumed, fulfilment: Fulfilment) -> None:
        """Returns once the partner has acknowledged it, or its dead letter is written."""
        attempts, began = 0, _clock()
        while True:
            verdict, probe = await self._attempt(record, fulfilment)
            match verdict:
                case Accepted():
                    return
                case Refused(code=code, sentence=sentence):
                    await self._bury(record, fulfilment, code, sentence)
                    return
                case Again(sentence=sentence, after=after):
                    # while a partner is down for all, that is no fault of the record which asks how it is
                    attempts += not probe
                    waited = _clock() - began
                    if given_up(attempts, waited, most=self.partner.attempts, longest=self.partner.give_up_seconds):
                        tried = f"Given up after {attempts} attempts and {waited:.0f} s; the last one: {sentence}."
                        await self._bury(record, fulfilment, "given_up", tried)
                        return
                    await asyncio.sleep(pause(max(attempts, 1), self._outside.random(), after))

    async def _attempt(self, record: Consumed, fulfilment: Fulfilment) -> tuple[Verdict, bool]:
        """The verdict, and whether it was a probe."""
        async with self._slots:
            while (wait := self.breaker.wait(_clock())) > 0:
                await asyncio.sleep(wait)
            probe = not self.breaker.closed
            self.breaker = self.breaker.sent()
            try:
                with SECONDS.labels(self.partner.name).time():
                    verdict = await self._ask(record, fulfilment)
            except BaseException:
                if probe:
                    self.breaker = self.breaker.dropped()
                raise
            self._note(verdict)
            return verdict, probe

    async def _ask(self, record: Consumed, fulfilment: Fulfilment) -> Verdict:
        try:
            known = self.partner.opens_recipient and fulfilment.recipient
            person = self._outside.open(fulfilment.recipient) if known else None
            delivery = Delivery(fulfilment=fulfilment, recipient=person, at=self._outside.now(), decided_at=record.decided_at)
            request = self._form.request(delivery, self.partner)
            return self._form.answer(await self._outside.send(request, self.partner.timeout_seconds))
        except ConnectionError as away:
            return Again(str(away))
        except Undeliverable as never:
            return never.refused
        except ValueError:
            return Refused("unsealable", "The recipient was not sealed with the key it names, or was changed since.")
        except Exception as bug:
            # its text may quote the recipient
            return Refused("form_failed", f"Form {self._form.name} failed with {type(bug).__name__}: this is a fault of ours.")

    def _note(self, verdict: Verdict) -> None:
        name, was_closed, now = self.partner.name, self.breaker.closed, _clock()
        match verdict:
            case Accepted():
                self.breaker = self.breaker.accepted()
            case Refused():
                self.breaker = self.breaker.refused(now)
            case Again(after=after):
                self.breaker = self.breaker.failed(now, after)
        DELIVERIES.labels(name, type(verdict).__name__.lower()).inc()
        DOWN.labels(name).set(not self.breaker.closed)
        if was_closed and not self.breaker.closed:
            said = "" if isinstance(verdict, Accepted) else verdict.sentence
            log.error("ALARM: partner %s takes nothing at the moment (%s); its records wait, and it is probed.", name, said)
        elif self.breaker.closed and not was_closed:
            log.warning("Partner %s takes deliveries again.", name)

    async def _bury(self, record: Consumed, fulfilment: Fulfilment, code: str, sentence: str) -> None:
        told = f"Partner {self.partner.name} did not take {fulfilment.type} {fulfilment.id} (event {event_id(fulfilment)}). {sentence}"
        await self._outside.bury(record, code, told)
        DELIVERIES.labels(self.partner.name, "dead_letter").inc()
        log.error("ALARM: a fulfilment is not delivered, %s: %s", code, told)


def _clock() -> float:
    return asyncio.get_running_loop().time()
