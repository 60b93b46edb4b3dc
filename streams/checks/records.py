"""Decisions as the checker reads them: without what no invariant depends on, as building that takes a quarter of the time."""

from typing import TYPE_CHECKING, Union, get_args

import msgspec

from streams.commands import Cause
from tables import events as e

Millis = int


class OrderPlaced(msgspec.Struct, frozen=True, gc=False, tag=True):
    order: str
    shop: str
    segment: str
    revision: int
    updated_at: Millis
    digest: str
    placed_at: Millis
    priority: int
    lines: tuple[e.OrderLine, ...]
    currency: str
    charges: int = 0
    paid: e.Paid = ()
    sealed: str = ""
    shipping: str = ""
    of: str = ""
    region: str = ""
    received_at: Millis = 0
    gifts: e.Gifts = ()


class Considered(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What the decider saw is its own affair."""

    order: str


if TYPE_CHECKING:
    AnyEvent = e.AnyEvent | OrderPlaced | Considered
else:
    AnyEvent = Union[(OrderPlaced, Considered, *(kind for kind in get_args(e.AnyEvent) if kind not in (e.OrderPlaced, e.Considered)))]


class Decision(msgspec.Struct, frozen=True, gc=False):
    pool: str
    seq: int
    src_offset: int
    command_id: str
    cause: Cause
    decider: int
    policy_version: int
    prev: str
    events: tuple[AnyEvent, ...]


decode_decision = msgspec.json.Decoder(Decision).decode
