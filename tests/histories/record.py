"""What an owner's books say of an order: what was bought of whom, what happened to it when, and how it ended."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

What = Literal["placed", "approved", "amended", "progress", "left", "scan", "cancelled", "refunded", "back", "refused", "answered"]


class Item(NamedTuple):
    """`sku` as its seller lists it; `price` in minor units."""

    line: str
    sku: str
    seller: str
    quantity: int = 1
    price: int = 0


class Did(NamedTuple):
    """Something that happened at `at` (milliseconds since the epoch). `seller`: who did it; "": all of the order's. `lines`: of a parcel
    (SKU, units), else (line, units), of an amendment the units that a line has from then on; none: all there is.
    `word`: a stage, a carrier's status, a reason, a hold, or the name of a refund."""

    at: int
    what: What
    seller: str = ""
    tracking: str = ""
    lines: tuple[tuple[str, int], ...] = ()
    word: str = ""


class History(NamedTuple):
    """`did` in the order in which it was recorded. `status` is the owner's last word in the words of topic `order-status`; `shipped`,
    `delivered` and `returned` are units."""

    order: str
    items: tuple[Item, ...]
    did: tuple[Did, ...]
    status: str
    shipped: int = 0
    delivered: int = 0
    returned: int = 0


class Source(NamedTuple):
    """A data set of histories. `read` raises FileNotFoundError where it is not there."""

    name: str
    read: Callable[[], Sequence[History]]
