"""A decision as far as `fulfil` reads it. The lines of the order and the nodes thought of are most of its bytes, and are passed over."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, get_args

import msgspec

from tables import events as e


class Placed(msgspec.Struct, frozen=True, gc=False, tag=e.OrderPlaced.__name__):
    """Of an OrderPlaced: when its raw record was received, ms, and who gets it how."""

    order: str
    received_at: int
    sealed: str = ""
    shipping: str = ""


class Looked(msgspec.Struct, frozen=True, gc=False, tag=e.Considered.__name__):
    """Of a Considered: that it is there."""


if TYPE_CHECKING:
    BriefEvent = e.AnyEvent | Placed | Looked
else:
    SHORT = {e.OrderPlaced: Placed, e.Considered: Looked}
    BriefEvent = reduce(or_, [SHORT.get(kind, kind) for kind in get_args(e.AnyEvent)])


class Brief(msgspec.Struct, frozen=True, gc=False):
    """See Decision, whose places of events are kept."""

    pool: str
    src_offset: int
    events: tuple[BriefEvent, ...]


decode_brief = msgspec.json.Decoder(Brief).decode
