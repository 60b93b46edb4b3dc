"""What a pool can be asked. One JSON object a record of topic `commands`, tagged by `type`, keyed by its pool.

`cause` says which record made the command: (source, partition, offset, ordinal); sources are `raw`, `import`, `tick`,
`operator`. Within one source and partition causes rise, so a repetition is known by its cause alone (design rule 1).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tables.carriers import Grams
from tables.events import (
    MOST_MONEY,
    MOST_UNITS,
    Amount,
    BillLine,
    BillVerdict,
    Disposition,
    Each,
    FoundOrLost,
    Gifts,
    Node,
    OrderLine,
    Paid,
    Rank,
    Segment,
    Shop,
    Stage,
    TrackingStatus,
)

# A number beyond these makes the record no command: sums and products of those within stay 64-bit integers.
Number = Annotated[int, Meta(ge=0, le=1 << 53)]  # offsets, versions
Moment = Annotated[int, Meta(ge=0, lt=253_402_300_800_000)]  # before the year 10000
Units = Annotated[int, Meta(ge=1, le=MOST_UNITS)]
Counted = Annotated[int, Meta(ge=0, le=MOST_UNITS)]
Why = Annotated[str, Meta(max_length=500)]
OrderKey = Annotated[str, Meta(pattern="^[^/]*/[^/]*/")]  # tenant/shop/order

Cause = tuple[str, Number, Number, Number]


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag=True):
    pool: str
    cause: Cause


class PlaceOrder(Command, frozen=True):
    """Place or amend. `digest`: hash of the parsed draft; with `updated_at` it is the revision (design rule 2).
    A line without parts names an unknown listing. `reductions`: those the payload already tells of. `charges`: what is paid for postage
    and fees; `paid`: for the lines that do not cost quantity x price. `reservation`: the one whose units it takes over; `gifts`: lines that
    come with others. `city`: folded, where it is one that a dealer or a store of the pool is in."""

    order: OrderKey
    shop: str
    channel: str
    number: str
    updated_at: Moment
    digest: str
    placed_at: Moment
    received_at: Moment
    currency: str
    lines: tuple[OrderLine, ...]
    reductions: tuple[tuple[str, tuple[tuple[str, Counted], ...]], ...] = ()
    holds: tuple[str, ...] = ()
    region: str = ""
    priority: Rank = 0
    sealed: str = ""
    charges: Amount = 0
    paid: Paid = ()
    reservation: str = ""
    shipping: str = ""
    gifts: Gifts = ()
    city: str = ""


class CancelOrder(Command, frozen=True):
    order: OrderKey
    shop: str
    updated_at: Moment
    digest: str
    reason: str = ""


class ReduceOrder(Command, frozen=True):
    """A refund told on its own; `reduction` is its id."""

    order: OrderKey
    shop: str
    reduction: str
    lines: tuple[tuple[str, Counted], ...]


class ReleaseHold(Command, frozen=True):
    """`reasons` empty: all of them."""

    order: OrderKey
    reasons: tuple[str, ...] = ()
    by: str = ""


class HoldOrder(Command, frozen=True):
    """A person keeps an order back. `why` is read by people, and names none."""

    order: OrderKey
    by: str
    why: Why


class ReserveUnits(Command, frozen=True):
    """Keep units by SKU for a shop until `expires_at`, all of them or none. `reservation` is named as orders are. `unknown`: listings
    without a SKU, for which it is refused."""

    reservation: OrderKey
    shop: str
    lines: tuple[tuple[str, Units], ...]
    expires_at: Moment
    region: str = ""
    unknown: tuple[str, ...] = ()


class ReleaseReservation(Command, frozen=True):
    reservation: OrderKey
    shop: str


class ReceiveStock(Command, frozen=True):
    """`supply`: the announced one that this is (a part) of."""

    document: str
    node: str
    at: Moment
    lines: tuple[tuple[str, Units], ...]
    supply: str = ""


class AnnounceSupply(Command, frozen=True):
    """What is to come to a node under the reference `supply`, as of `at`: units in all of each SKU that is named (0: no more of it comes).
    No lines: no more of any of it."""

    document: str
    supply: Annotated[str, Meta(min_length=1)]
    node: str
    at: Moment
    expected_at: Moment
    lines: tuple[tuple[str, Counted], ...]


class CountStock(Command, frozen=True):
    """Absolute counts as of `counted_at`. 0 means now: everything that moved so far is included."""

    document: str
    node: str
    counted_at: Moment
    lines: tuple[tuple[str, Counted], ...]


class MoveStock(Command, frozen=True):
    document: str
    node: str
    to_node: str
    from_bucket: str
    to_bucket: str
    at: Moment
    lines: tuple[tuple[str, Units], ...]


class ChangeStock(Command, frozen=True):
    """Units that were found in a bucket of a node or, negative, are no longer there, and why."""

    document: str
    node: str
    at: Moment
    reason: Why
    lines: tuple[tuple[str, FoundOrLost], ...]
    bucket: str = "on_hand"


class ConfirmShipment(Command, frozen=True):
    """No lines: all that is open of the fulfilment."""

    document: str
    fulfilment: str
    shipped_at: Moment
    lines: tuple[tuple[str, Units], ...] = ()
    carrier: str = ""
    tracking: str = ""


class RejectFulfilment(Command, frozen=True):
    """No lines: all that is open of the fulfilment. `at`: 0, nobody said when."""

    document: str
    fulfilment: str
    reason: str
    lines: tuple[tuple[str, Units], ...] = ()
    at: Moment = 0


class RefuseCancel(Command, frozen=True):
    """A node that was asked to cancel answers that it is too late: it ships."""

    document: str
    fulfilment: str


class ReportProgress(Command, frozen=True):
    """A node tells how far it is with a fulfilment."""

    document: str
    fulfilment: str
    stage: Stage
    at: Moment


class TrackParcel(Command, frozen=True):
    """A carrier tells of a parcel. `fulfilment`: what is to leave in it, "" where that is not said."""

    document: str
    carrier: str
    tracking: str
    status: TrackingStatus
    at: Moment
    fulfilment: str = ""


class ReturnStock(Command, frozen=True):
    """Goods of an order come back to a node: units by (line, SKU). Line "": whichever of the order's lines shipped that SKU. `rma`: the
    return of that order which they belong to."""

    document: str
    order: OrderKey
    node: str
    returned_at: Moment
    lines: tuple[tuple[str, str, Units], ...]
    rma: str = ""


class RequestReturn(Command, frozen=True):
    """The buyer wants to send goods back: units by (line, SKU). SKU "": units of the line as it was ordered, all of its SKUs; line "":
    whichever of the lines shipped that SKU. `rma` names the return within its order. `replacement`: what goes out in exchange, at no
    charge."""

    order: OrderKey
    rma: Annotated[str, Meta(min_length=1)]
    lines: Annotated[tuple[tuple[str, str, Units], ...], Meta(min_length=1)]
    requested_at: Moment
    reason: str = ""
    tracking: str = ""
    replacement: tuple[OrderLine, ...] = ()


class ReissueOrder(Command, frozen=True):
    """A person wants what left in a parcel to go out once more, whatever its carrier says."""

    order: OrderKey
    tracking: str
    at: Moment
    by: str = ""


class EndReturn(Command, frozen=True):
    """No more of a return is to be waited for: refused, closed, or cancelled by the buyer."""

    order: OrderKey
    rma: str
    end: Literal["refused", "closed", "cancelled"]
    at: Moment
    reason: str = ""
    by: str = ""


class InspectReturn(Command, frozen=True):
    """What a node found of goods that came back as `rma` (a return nobody had announced is named by its document): (SKU, what becomes
    of them, units)."""

    document: str
    order: OrderKey
    rma: str
    node: str
    at: Moment
    lines: Annotated[tuple[tuple[str, Disposition, Units], ...], Meta(min_length=1)]


class RefundOrder(Command, frozen=True):
    """A person gives money back, without goods: minor units of the order's currency."""

    order: OrderKey
    amount: Annotated[int, Meta(ge=1, le=MOST_MONEY)]
    reason: str
    by: str = ""


class BillPurchase(Command, frozen=True):
    """A supplier bills a purchase, named by its fulfilment: minor units of `currency`."""

    document: str
    fulfilment: str
    currency: str
    billed_at: Moment
    lines: Annotated[tuple[BillLine, ...], Meta(min_length=1)]
    freight: Amount = 0


class SettleBill(Command, frozen=True):
    """A person answers for a bill that is disputed."""

    document: str
    fulfilment: str
    verdict: BillVerdict
    by: Annotated[str, Meta(min_length=1)]


class SetNode(Command, frozen=True):
    version: Number
    node: Node


class SetPrices(Command, frozen=True):
    """A part of a node's price list, in minor units of the currency it bills in."""

    version: Number
    node: str
    part: Number
    prices: tuple[tuple[str, Amount], ...]


class SetShop(Command, frozen=True):
    version: Number
    shop: Shop


class SetSegment(Command, frozen=True):
    version: Number
    segment: Segment


class SetListing(Command, frozen=True):
    """A listing that orders may be held for: held ones go on."""

    version: Number
    shop: str
    listing: str
    parts: tuple[tuple[str, Each], ...]


class SetPolicy(Command, frozen=True):
    version: Number
    policy: msgspec.Raw


class SetCarriers(Command, frozen=True):
    """The table of carriers; `tables/carriers.py` says its form."""

    version: Number
    table: msgspec.Raw


class SetWeights(Command, frozen=True):
    """Grams of a unit by SKU. `part`: the version of each part rises by itself."""

    version: Number
    part: Number
    weights: Annotated[tuple[tuple[str, Grams], ...], Meta(min_length=1)]


class Tick(Command, frozen=True):
    at: Moment


AnyCommand = (
    PlaceOrder
    | CancelOrder
    | ReduceOrder
    | ReleaseHold
    | HoldOrder
    | ReserveUnits
    | ReleaseReservation
    | ReceiveStock
    | AnnounceSupply
    | CountStock
    | MoveStock
    | ChangeStock
    | ConfirmShipment
    | RejectFulfilment
    | RefuseCancel
    | ReportProgress
    | TrackParcel
    | ReturnStock
    | RequestReturn
    | ReissueOrder
    | EndReturn
    | InspectReturn
    | RefundOrder
    | BillPurchase
    | SettleBill
    | SetNode
    | SetPrices
    | SetShop
    | SetSegment
    | SetListing
    | SetPolicy
    | SetCarriers
    | SetWeights
    | Tick
)
Source = Literal["raw", "import", "tick", "operator"]

# what decoding raises on bytes that are not what they should be: the last one for endless nesting
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

encode_command = msgspec.json.Encoder().encode
decode_command = msgspec.json.Decoder(AnyCommand).decode
