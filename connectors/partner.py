"""Whom fulfilments are delivered to, and the form in which a partner's system is told and answers: values only.

A form is one more class with these two methods; `connectors/forms.py` lists them. Both are pure: the time is handed in, what goes
over the wire is a `Request`, what comes back a `Reply`.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from connectors.contract import Fulfilment, Millis, Person
from connectors.labels import Label, LabelTerms

# why an order is taken back as a whole; any other reason may leave a part of it
WHOLE = ("cancelled", "held", "told_anew")


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """One system that acts on fulfilments. `nodes` are its own; `kinds` are node kinds whose nodes nobody else has. `opens_recipient`:
    it may know name and address. `options` are for its form. Attempts: how often a record is tried while the partner answers others;
    `give_up_seconds`: and how long in all. `labels`: we ask for the labels of what it ships."""

    name: str
    url: str
    secret: bytes
    form: str = "webhook"
    nodes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    opens_recipient: bool = False
    timeout_seconds: float = 10.0
    concurrency: int = 8
    attempts: int = 12
    give_up_seconds: float = 259_200.0
    options: Mapping[str, str] = {}
    labels: LabelTerms | None = None

    def __repr__(self) -> str:
        """Without the secret: a repr ends up in logs."""
        return f"Partner({self.name!r})"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner is told: a fulfilment event under the id that it has in every replay. `recipient` is open where the partner may
    know it and there is one. `at`: when this attempt is made, which a signature may cover. `decided_at`: when the event was
    decided, the same in every repetition. `label`: which we have bought for it."""

    fulfilment: Fulfilment
    recipient: Person | None
    at: Millis
    decided_at: Millis = Millis(0)
    label: Label | None = None

    @property
    def id(self) -> str:
        return event_id(self.fulfilment)


class Request(msgspec.Struct, frozen=True):
    """One HTTP request; header names as they are sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


class Reply(msgspec.Struct, frozen=True):
    """What the partner answered; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Accepted(msgspec.Struct, frozen=True):
    """The partner has it and answers for it from here on; only this moves the position."""


class Again(msgspec.Struct, frozen=True):
    """Not now. `after`: seconds that the partner asks to be left alone for, 0 where it does not say."""

    sentence: str
    after: float = 0.0


class Refused(msgspec.Struct, frozen=True):
    """Never, as it is. The code names the reason, the sentence tells a person what to do; neither repeats personal data or secrets."""

    code: str
    sentence: str


Verdict = Accepted | Again | Refused


class Undeliverable(Exception):
    """There is no way to tell a partner's system this."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.refused = Refused(code, sentence)


class Form(Protocol):
    """How a partner is spoken to."""

    name: str

    def request(self, delivery: Delivery, partner: Partner) -> Request:
        """Raises Undeliverable."""
        ...

    def answer(self, reply: Reply) -> Verdict: ...


def event_id(fulfilment: Fulfilment) -> str:
    """The `ce_id` of the event: the same in every replay, so that whoever keeps it does nothing twice."""
    return f"{fulfilment.partition}-{fulfilment.src_offset}-{fulfilment.ordinal}"
