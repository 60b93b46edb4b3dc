"""Delivers to one partner: its label first where we buy them, then the record; at the end an acknowledgement or a dead letter."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from connectors.contract import Fulfilment, Millis, Person
from connectors.labels import Label
from connectors.partner import Accepted, Again, Delivery, Form, Partner, Refused, Reply, Request, Undeliverable, event_id
from connectors.persistent import DELIVERIES, Persistent
from connectors.times import zoned

log = logging.getLogger(__name__)


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


class Labels(Protocol):
    """Where a partner's labels come from."""

    async def label(self, fulfilment: Fulfilment, decided_at: Millis) -> Label | Refused | None:
        """None: it goes without one of ours."""
        ...

    async def give_back(self, fulfilment: Fulfilment) -> None:
        """What was bought for that which this cancels, once the partner has taken the cancel."""
        ...


class NoLabels:
    async def label(self, fulfilment: Fulfilment, decided_at: Millis) -> None:
        return None

    async def give_back(self, fulfilment: Fulfilment) -> None:
        return None


class Courier:
    """At most `partner.concurrency` requests at once, over all partitions."""

    def __init__(self, partner: Partner, form: Form, outside: Outside, labels: Labels | None = None) -> None:
        self.partner = partner
        self._form = form
        self._outside = outside
        self._labels = labels or NoLabels()
        self._persistent = Persistent(partner.name, partner, outside.random)

    async def deliver(self, record: Consumed, fulfilment: Fulfilment) -> None:
        """Returns once the partner has acknowledged it, or its dead letter is written."""
        label = await self._labels.label(fulfilment, record.decided_at)
        if isinstance(label, Refused):
            ended: Accepted | Refused = label
        else:
            ended = await self._persistent.ask(lambda: self._ask(record, fulfilment, label))
        if isinstance(ended, Refused):
            await self._bury(record, fulfilment, ended)
        else:
            await self._labels.give_back(fulfilment)

    async def _ask(self, record: Consumed, fulfilment: Fulfilment, label: Label | None) -> Accepted | Again | Refused:
        try:
            known = self.partner.opens_recipient and fulfilment.recipient
            person = self._outside.open(fulfilment.recipient) if known else None
            at = self._outside.now()
            delivery = Delivery(fulfilment=fulfilment, recipient=person, at=at, decided_at=record.decided_at, label=label)
            request = self._form.request(delivery, self.partner)
            return self._form.answer(await self._outside.send(request, self.partner.timeout_seconds))
        except ConnectionError as away:
            return Again(str(away))
        except Undeliverable as never:
            return never.refused
        except ValueError:
            return UNSEALABLE
        except Exception as bug:
            # its text may quote the recipient
            return Refused("form_failed", f"Form {self._form.name} failed with {type(bug).__name__}: this is a fault of ours.")

    async def _bury(self, record: Consumed, fulfilment: Fulfilment, why: Refused) -> None:
        told = f"Partner {self.partner.name} did not take {fulfilment.type} {fulfilment.id} (event {event_id(fulfilment)}). {why.sentence}"
        await self._outside.bury(record, why.code, told)
        DELIVERIES.labels(self.partner.name, "dead_letter").inc()
        log.error("ALARM: a fulfilment is not delivered, %s: %s", why.code, told)


UNSEALABLE = Refused("unsealable", "The recipient was not sealed with the key it names, or was changed since.")
