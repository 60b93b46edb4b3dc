"""What a pool can be asked. One JSON object a record of topic `commands`, tagged by `type`, keyed by its pool.

`cause` says which record made the command: (source, partition, offset, ordinal); sources are `raw`, `import`, `tick`,
`operator`. Within one source and partition causes rise, so a repetition is known by its cause alone (design rule 1).
"""

from typing import Literal

import msgspec

from tables.events import Node, OrderLine, Segment, Shop

Cause = tuple[str, int, int, int]


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag=True):
    pool: str
    cause: Cause


class PlaceOrder(Command, frozen=True):
    """Place or amend. `digest`: hash of the parsed draft; with `updated_at` it is the revision (design rule 2).
    A line without parts names an unknown listing. `reductions`: those the payload already tells of."""

    order: str
    shop: str
    channel: str
    number: str
    updated_at: int
    digest: str
    placed_at: int
    received_at: int
    currency: str
    lines: tuple[OrderLine, ...]
    reductions: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    holds: tuple[str, ...] = ()
    region: str = ""
    priority: int = 0
    sealed: str = ""


class CancelOrder(Command, frozen=True):
    order: str
    shop: str
    updated_at: int
    digest: str
    reason: str = ""


class ReduceOrder(Command, frozen=True):
    """A refund told on its own; `reduction` is its id."""

    order: str
    shop: str
    reduction: str
    lines: tuple[tuple[str, int], ...]


class ReleaseHold(Command, frozen=True):
    """`reasons` empty: all of them."""

    order: str
    reasons: tuple[str, ...] = ()
    by: str = ""


class ReceiveStock(Command, frozen=True):
    document: str
    node: str
    at: int
    lines: tuple[tuple[str, int], ...]


class CountStock(Command, frozen=True):
    """Absolute counts as of `counted_at`. 0 means now: everything that moved so far is included."""

    document: str
    node: str
    counted_at: int
    lines: tuple[tuple[str, int], ...]


class MoveStock(Command, frozen=True):
    document: str
    node: str
    to_node: str
    from_bucket: str
    to_bucket: str
    at: int
    lines: tuple[tuple[str, int], ...]


class ConfirmShipment(Command, frozen=True):
    """No lines: all that is open of the fulfilment."""

    document: str
    fulfilment: str
    shipped_at: int
    lines: tuple[tuple[str, int], ...] = ()
    carrier: str = ""
    tracking: str = ""


class RejectFulfilment(Command, frozen=True):
    document: str
    fulfilment: str
    reason: str


class ReturnStock(Command, frozen=True):
    """Goods of an order come back to a node: units by (line, SKU). Line "": whichever of the order's lines shipped that SKU."""

    document: str
    order: str
    node: str
    returned_at: int
    lines: tuple[tuple[str, str, int], ...]


class SetNode(Command, frozen=True):
    version: int
    node: Node


class SetShop(Command, frozen=True):
    version: int
    shop: Shop


class SetSegment(Command, frozen=True):
    version: int
    segment: Segment


class SetListing(Command, frozen=True):
    """A listing that orders may be held for: held ones go on."""

    version: int
    shop: str
    listing: str
    parts: tuple[tuple[str, int], ...]


class SetPolicy(Command, frozen=True):
    version: int
    policy: msgspec.Raw


class Tick(Command, frozen=True):
    at: int


AnyCommand = (
    PlaceOrder
    | CancelOrder
    | ReduceOrder
    | ReleaseHold
    | ReceiveStock
    | CountStock
    | MoveStock
    | ConfirmShipment
    | RejectFulfilment
    | ReturnStock
    | SetNode
    | SetShop
    | SetSegment
    | SetListing
    | SetPolicy
    | Tick
)
Source = Literal["raw", "import", "tick", "operator"]

encode_command = msgspec.json.Encoder().encode
decode_command = msgspec.json.Decoder(AnyCommand).decode
