"""What is told to a platform, as requests, and what its answers mean. All of it pure; docs/writeback.md tells the whole.

A *level* is how many units of an item a shop may offer. A *fact* is a shipment, a cancel or a refund of one of its orders; facts of one
order are told one after the other. Every half below can tell a repetition from news, so that a fact that is told twice counts once.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from connectors.contract import ShopRef

Tell = Literal["levels", "shipments", "cancels", "refunds"]
NO_WAIT = 0.0


class Rate(msgspec.Struct, frozen=True):
    """A platform's bucket: it holds `burst` and refills by `per_second`; a request takes its cost out of it."""

    per_second: float
    burst: float


class Spent(msgspec.Struct, frozen=True):
    """What a request did cost in the end, and what is left in the bucket."""

    cost: float
    left: float


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is already quoted and begins with a slash. `bucket` names one of the half's rates."""

    method: Literal["GET", "POST", "PUT", "PATCH"]
    path: str
    bucket: str
    query: Mapping[str, str] = {}
    body: bytes = b""
    cost: float = 1.0


class Reply(msgspec.Struct, frozen=True):
    """Header names in lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


# ---------------------------------------------------------------------------------------------- what is told
class Level(msgspec.Struct, frozen=True):
    """`item` as the platform calls it; the latest `units`, and the version they follow from."""

    item: str
    units: int
    version: int


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order's lines left together. `id` names the fulfilment and the document that told of it, the same in every replay.
    `order` and the lines are called as the shop calls them; `shipped_at` in ms since the epoch."""

    id: str
    order: str
    lines: tuple[tuple[str, int], ...]
    shipped_at: int
    carrier: str = ""
    tracking: str = ""


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing of the order will ship, and the shop does not know."""

    id: str
    order: str
    reason: str


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money of an order that the shop is to give back, and has not given back itself: `amount` > 0 in minor units of `currency`. `id`: the
    name of its RefundDue, the same in every replay; `cause`: the one it says."""

    id: str
    order: str
    amount: int
    currency: str
    cause: str


Fact = Shipment | Cancel | Refund


def told_as(fact: Fact) -> Tell:
    """What a shop must want to be told, to be told of this."""
    match fact:
        case Shipment():
            return "shipments"
        case Cancel():
            return "cancels"
        case Refund():
            return "refunds"


# ---------------------------------------------------------------------------------------------- what is answered
class Done(msgspec.Struct, frozen=True):
    """The platform has it, by this request or an earlier one."""


class Again(msgspec.Struct, frozen=True):
    """Not now: the same once more after so many seconds (0: as the back-off says). `limited`: the platform is well, we were too fast."""

    why: str
    after: float = NO_WAIT
    limited: bool = False


class Refused(msgspec.Struct, frozen=True):
    """The platform will never take it. The sentence tells a person what to do."""

    code: str
    sentence: str


Answer = Done | Again | Refused


class Half(Protocol):
    """The outbound half of a channel. `item` is the form of what listings.csv says in its column of that name, `said` the same in
    words; `batch`: levels in one request at most; `rates` by the names of buckets. Nothing in it raises on what a platform answers."""

    name: str
    item: re.Pattern[str]
    said: str
    batch: int
    rates: Mapping[str, Rate]

    def group(self, item: str) -> str:
        """Levels of one group may share a request."""
        ...

    def levels(self, shop: ShopRef, levels: Sequence[Level]) -> Request: ...

    def leveled(self, levels: Sequence[Level], reply: Reply) -> Sequence[Answer]:
        """One answer a level."""
        ...

    def look(self, shop: ShopRef, fact: Fact) -> Request | None:
        """What must be read before the fact can be told."""
        ...

    def choose(self, shop: ShopRef, fact: Fact, seen: Reply | None) -> Request | Answer:
        """What to send, given what was read; Done when the platform has it already."""
        ...

    def answered(self, fact: Fact, reply: Reply) -> Answer: ...

    def spent(self, reply: Reply) -> Spent | None:
        """What the reply says of its request's bucket."""
        ...


# ---------------------------------------------------------------------------------------------- what all platforms share
RETRY_AFTER = 2.0
LONGEST_RETRY_AFTER = 600.0


def trouble(reply: Reply) -> Again | Refused | None:
    """What the status alone says; None: the body has to be read. A wrong key is no reason to drop what must be told: it waits."""
    match reply.status:
        case 429:
            return Again("too_fast", retry_after(reply.headers), limited=True)
        case 401 | 403:
            return Again("not_let_in")
        case status if status >= 500 or status in (408, 425):
            return Again(f"status_{status}", retry_after(reply.headers, NO_WAIT))
        case status if status >= 300:
            return Refused(f"status_{status}", f"The platform answered {status}; see what it holds of this, and tell it by hand.")
    return None


def retry_after(headers: Mapping[str, str], otherwise: float = RETRY_AFTER) -> float:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return otherwise
    return min(max(seconds, 0.1), LONGEST_RETRY_AFTER) if seconds == seconds else otherwise


def options(shop: ShopRef) -> dict[str, str]:
    """What follows the question mark of a shop's url."""
    pairs = [pair.partition("=") for pair in shop.url.partition("?")[2].split("&")]
    return {name: value for name, _, value in pairs if value}
