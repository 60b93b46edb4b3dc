"""Everything that can happen to a pool: the only input of `evolve()`, and what a decision is made of.

Units are integers, times milliseconds since the epoch. An order is named by its key `tenant/shop/order`. Events are JSON
objects tagged by `type`; rows inside them are arrays, because an order of ten lines carries dozens of them.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tables.carriers import Offer

MOST_UNITS = 1_000_000_000
Units = Annotated[int, Meta(ge=0, le=MOST_UNITS)]
FoundOrLost = Annotated[int, Meta(ge=-MOST_UNITS, le=MOST_UNITS)]
Each = Annotated[int, Meta(ge=1, le=1_000_000)]
MOST_MONEY = 1_000_000_000_000
Money = Annotated[int, Meta(ge=-MOST_MONEY, le=MOST_MONEY)]
Amount = Annotated[int, Meta(ge=0, le=MOST_MONEY)]
Paid = tuple[tuple[str, Amount], ...]  # line, what is paid for all of it
Gifts = tuple[tuple[str, str], ...]  # line, the line that it is given with
Rank = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]

# Buckets of a node. Moves to and from OUTSIDE change what we own; all others only change where it lies.
Bucket = Literal["on_hand", "reserved", "picked", "damaged", "quality", "refurbish", "hold", "in_transit", "incoming"]
Outside = Literal["supplier", "customer", "adjustment"]
Place = str  # a Bucket or an Outside
MovedBy = Literal["receipt", "count", "move", "shipment", "rejection", "inspection", "node", "segment", "shop", "reservation", "change"]

# Where a promised unit was taken from: a segment's name, UNASSIGNED, or "@shop" for that shop's exclusive quota.
Origin = tuple[str, int]
UNASSIGNED = ""

# How far a node is with a fulfilment, in the order of the work; and what a carrier says of a parcel.
Stage = Literal["accepted", "picking", "picked", "packed"]
TrackingStatus = Literal["label", "in_transit", "out_for_delivery", "failed_attempt", "delivered", "returning", "returned", "lost"]
RefundCause = Literal["cancelled", "rejected", "reduced", "returned", "goodwill"]

# What becomes of goods that came back, once they were looked at; and why no more of a return is waited for.
Disposition = Literal["resell", "refurbish", "damaged", "return_to_vendor", "scrap"]
ReissueReason = Literal["lost", "returned_to_sender", "asked", "exchange"]
ReturnEnd = Literal["refused", "closed", "cancelled", "expired"]

# Why a supplier's bill is not approved as it is, and what a person makes of it.
DifferenceReason = Literal["currency", "not_ordered", "no_cost", "price", "not_shipped", "freight"]
BillVerdict = Literal["approved", "rejected"]

# Reasons of an Unreserved that the node itself gave, so that it need not be told.
NODE_SAID = frozenset({"rejected", "short", "cancel_confirmed"})


class OrderLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One goods line. `parts`: (SKU, units per unit of the line); a bundle has several, an unknown listing none."""

    line: str
    listing: str
    quantity: Units
    price: Money
    parts: tuple[tuple[str, Each], ...] = ()


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of one SKU for one order line. `origins` empty: all of it from the free units of the order's own segment."""

    line: str
    sku: str
    quantity: int
    origins: tuple[Origin, ...] = ()


class Waiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of one SKU that an order line waits for."""

    line: str
    sku: str
    quantity: int


class Move(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`quantity` > 0 units of `sku` from a bucket of a node to a bucket of a node ("" as node where the place is outside)."""

    sku: str
    quantity: int
    from_node: str
    from_place: Place
    to_node: str
    to_place: Place


class Grant(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Change of the free units of a segment (or of UNASSIGNED, or of a quota "@shop") for a SKU."""

    sku: str
    origin: str
    units: int


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A node thought of for an order. `covers`: demanded units it has, as far as that was looked at; `scores`: one per criterion of the
    policy, less is better; `verdict`: "chosen", or why not."""

    node: str
    covers: int
    scores: tuple[int, ...]
    verdict: str


class RefundLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is given back of an order's line ("": of its charges), and for how many units of SKUs: 0 for money alone."""

    line: str
    units: int
    amount: Amount


class Dated(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All `quantity` units of a SKU that an order waits for are covered once `supply` is at `node`, which is expected `at`. 0 units: it
    has no date any more."""

    sku: str
    quantity: int
    node: str = ""
    supply: str = ""
    at: int = 0


class PurchaseLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of one SKU for one order line, and what one of them costs us: minor units, None where no price is agreed."""

    line: str
    sku: str
    units: int
    cost: int | None = None


class BillLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of one SKU as a supplier bills them, and its price of one in minor units."""

    sku: str
    units: Units
    price: Amount


class Difference(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a bill differs from its purchase order or from what was shipped of it; `sku` "": as a whole. Minor units of a price or of
    the freight, else units."""

    reason: DifferenceReason
    sku: str
    expected: int
    found: int


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag=True):
    pass


# ---------------------------------------------------------------------------------------------- orders
class OrderPlaced(Event, frozen=True):
    """A revision of an order is taken: the first one, or an amendment (`revision` > 1). `of`: the order it is linked to, whose goods it
    replaces at no charge (the Reissued of the same decision says why). `charges`: what is paid for postage and fees;
    `paid`: for the lines that do not cost quantity x price; `reservation`: whose units it takes over; `gifts`: lines that come with
    others; `city`: where it goes, if one of our dealers or stores is there."""

    order: str
    shop: str
    channel: str
    segment: str
    number: str
    revision: int
    updated_at: int
    digest: str
    placed_at: int
    received_at: int
    currency: str
    region: str
    priority: int
    lines: tuple[OrderLine, ...]
    sealed: str = ""
    charges: Amount = 0
    paid: Paid = ()
    reservation: str = ""
    shipping: str = ""
    of: str = ""
    gifts: Gifts = ()
    city: str = ""


class OrderReduced(Event, frozen=True):
    """A refund or edit, named by `reduction`, takes units off lines. It may come before its order. Or the policy gives no more of a gift
    than there is (`gifts@…`)."""

    order: str
    reduction: str
    lines: tuple[tuple[str, int], ...]


class OrderHeld(Event, frozen=True):
    """The order must not be allocated for these reasons; replaces the reasons held before. `by`: the person who held it, and `why`; ""
    where its channel or the policy did."""

    order: str
    reasons: tuple[str, ...]
    by: str = ""
    why: str = ""


class HoldReleased(Event, frozen=True):
    """`by`: a person, `policy` where the time of these reasons was up, or `carriers` where one may take it now."""

    order: str
    reasons: tuple[str, ...]
    by: str


class OrderResolved(Event, frozen=True):
    """Lines of a held order got their SKUs."""

    order: str
    lines: tuple[OrderLine, ...]


class OrderCancelled(Event, frozen=True):
    """May come before its order: then it stands as a mark that keeps older revisions out. `by`: `policy` where the time of a hold was
    up; "": its channel."""

    order: str
    updated_at: int
    digest: str
    reason: str
    by: str = ""


class OrderRejected(Event, frozen=True):
    """The policy refuses the order; nothing of it is promised."""

    order: str
    reason: str


class Considered(Event, frozen=True):
    """What the decider saw: candidates with scores, best first, then those excluded and why; and what is short. A node that has all
    is chosen before the rest is looked at: of these the next best are named (`not_reached`), and `more` counts the others."""

    order: str
    criteria: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    short: tuple[tuple[str, int], ...] = ()
    more: int = 0


class Reserved(Event, frozen=True):
    """A fulfilment order: a node shall ship these rows. Moves on_hand -> reserved there, and takes the origins' free units.
    `sealed`, `shipping`: the recipient and the shipping method, where this decision has no OrderPlaced of the order that says them.
    `later`: the node is told when a FulfilmentReleased says so; `recipient`: what others for the same recipient there have in common, to
    be released with it."""

    order: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]
    sealed: str = ""
    shipping: str = ""
    later: bool = False
    recipient: str = ""


class FulfilmentReleased(Event, frozen=True):
    """The node is told of a fulfilment that was reserved earlier: these rows are left of it. `group`: the same for all that are to leave
    in one parcel; "": it leaves by itself."""

    order: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]
    sealed: str = ""
    shipping: str = ""
    group: str = ""


class CarrierChosen(Event, frozen=True):
    """Who is to carry a fulfilment that its node is told of by this decision, by the table of rates `table`: chosen out of `offers` for a
    parcel of so many grams to `region`. `service` "": none will do, as the offers say, or as nobody weighed the SKUs `unweighed`.
    `price` in minor units of `currency`, `days` from now to the door; of all of the parcel where it goes with others (`group`)."""

    order: str
    fulfilment: str
    node: str
    table: int
    region: str
    grams: int
    service: str = ""
    carrier: str = ""
    price: int = 0
    currency: str = ""
    days: int = 0
    offers: tuple[Offer, ...] = ()
    unweighed: tuple[str, ...] = ()
    group: str = ""


class CarrierMissing(Event, frozen=True):
    """No service takes these rows of an order, which `node` would have been told to ship in `parcel`: the order is held (policy). All else
    as in CarrierChosen."""

    order: str
    node: str
    parcel: str
    rows: tuple[Row, ...]
    table: int
    region: str
    grams: int
    offers: tuple[Offer, ...] = ()
    unweighed: tuple[str, ...] = ()


class Unreserved(Event, frozen=True):
    """Rows of a fulfilment are given back: reserved -> `to`. `to` on_hand: the origins get their free units back; any other
    place: they do not, and were found missing at `at` (0: now). The node is told (FulfilmentCancelled) unless `reason` is one of
    NODE_SAID: then it told us; or it is `untold`: then it was never told to ship them."""

    order: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]
    to: Place
    reason: str
    at: int = 0
    untold: bool = False


class CancelRequested(Event, frozen=True):
    """The node must answer before these rows are free: they stay reserved until it does. Adds to what was asked before."""

    order: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]
    reason: str


class CancelRefused(Event, frozen=True):
    """The node's other answer to a cancel: it is too late, these rows ship. They stay reserved, and are not asked for again."""

    order: str
    document: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]


class AmendmentTooLate(Event, frozen=True):
    """The order changed where or how its goods go (`what`); this fulfilment is under way already and goes as it was told."""

    order: str
    fulfilment: str
    node: str
    what: tuple[Literal["recipient", "shipping"], ...]


class FulfilmentRejected(Event, frozen=True):
    """A node refused a fulfilment; the order does not go to this node again."""

    order: str
    fulfilment: str
    node: str
    reason: str


class Backordered(Event, frozen=True):
    """What the order waits for from now on (empty: for nothing more)."""

    order: str
    rows: tuple[Waiting, ...]


class DatePromised(Event, frozen=True):
    """When what the order waits for is expected, SKU by SKU: those of its dates that change. All else stays as it was promised before."""

    order: str
    dates: tuple[Dated, ...]


class Shipped(Event, frozen=True):
    """Moves reserved -> customer. Units that the node's last count had left out already come back to on_hand from the
    adjustment: that is a StockMoved (`shipment`) of the same decision."""

    order: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]
    shipped_at: int
    carrier: str = ""
    tracking: str = ""


class FoundShipped(Event, frozen=True):
    """Promised units that a count had found missing (their Shortage) had been shipped before it, and are told of after it: adjustment ->
    customer, which moves nothing here. The order has them."""

    order: str
    fulfilment: str
    node: str
    rows: tuple[Row, ...]
    shipped_at: int
    carrier: str = ""
    tracking: str = ""


class Progressed(Event, frozen=True):
    """A node tells how far it is with a fulfilment: further than it had told before."""

    order: str
    fulfilment: str
    node: str
    stage: Stage
    at: int


class Tracked(Event, frozen=True):
    """A carrier tells of a parcel what is later than all that was known of it. `order` "": no shipment under this number is known yet; what
    was said is kept as long as parcels are, for the shipment to come. `fulfilment`: nor is one here, but this one of the order is to leave
    in it."""

    order: str
    tracking: str
    carrier: str
    status: TrackingStatus
    at: int
    fulfilment: str = ""


class Delivered(Event, frozen=True):
    """The parcel with these rows has reached the customer. Once for each row that was shipped in it, whatever is heard of it later;
    without rows: those that had reached him did so at this earlier time."""

    order: str
    tracking: str
    rows: tuple[Row, ...]
    delivered_at: int


class ReturnRequested(Event, frozen=True):
    """The buyer is to send these rows back, as the return `rma` of the order: shipped, and neither back nor asked for before.
    `tracking`: the parcel they come in, "" unknown."""

    order: str
    rma: str
    rows: tuple[Row, ...]
    reason: str
    requested_at: int
    tracking: str = ""


class ReturnTracked(Event, frozen=True):
    """A carrier tells of the parcel of a return what is later than all that was known of it."""

    order: str
    rma: str
    tracking: str
    carrier: str
    status: TrackingStatus
    at: int


class ArrivalExpected(Event, frozen=True):
    """A node that asked for it is told what is to come to it: `return`, these rows of the order, which it shipped, as the return `name`;
    `supply`, these units under the reference `name` (rows without a line, and no order), expected at `expected_at`. No rows: no more of it
    comes. Said again, it stands instead of what was said before."""

    kind: Literal["return", "supply"]
    name: str
    node: str
    rows: tuple[Row, ...]
    order: str = ""
    tracking: str = ""
    expected_at: int = 0


class ReturnEnded(Event, frozen=True):
    """No more of a return is waited for. `by`: who said so, "" by itself."""

    order: str
    rma: str
    end: ReturnEnd
    reason: str = ""
    by: str = ""


class Returned(Event, frozen=True):
    """Goods that were shipped came back, once under `document`: customer -> quality. They are for nobody until an inspection moves
    them on. The rows' lines have shipped, and not got back before, at least as many. `rma`: the return they belong to; "": they are a
    return of their own, named by the document. `tracking`: the parcel that came back undelivered, by its carrier's word alone."""

    order: str
    document: str
    node: str
    rows: tuple[Row, ...]
    returned_at: int
    rma: str = ""
    tracking: str = ""


class Inspected(Event, frozen=True):
    """What was found of goods that came back as the return `rma`: (SKU, what becomes of them, units). They leave `quality` by the
    StockMoved (`inspection`) of the same decision."""

    order: str
    document: str
    rma: str
    node: str
    lines: tuple[tuple[str, Disposition, int], ...]
    inspected_at: int


class RefundDue(Event, frozen=True):
    """Money is to be given back, which its channel has not done itself: minor units of the order's currency, each once under the name
    `refund`. `document`: the reduction or return it is for. Over all refunds of a line, never more than was paid for it."""

    order: str
    refund: str
    cause: RefundCause
    lines: tuple[RefundLine, ...]
    currency: str
    document: str = ""
    reason: str = ""
    by: str = ""


class Reissued(Event, frozen=True):
    """Goods go out in the stead of `rows`, as an order of its own (`child`, placed by the same decision) at no charge: of a parcel
    (`tracking`) that was lost or came back undelivered or that a person asked for, or in exchange for a return (`rma`, no rows)."""

    order: str
    child: str
    reason: ReissueReason
    rows: tuple[Row, ...] = ()
    tracking: str = ""
    rma: str = ""
    by: str = ""


class ParcelFound(Event, frozen=True):
    """A parcel that was taken for lost has arrived. What went out in its stead (`rows`) is not called back."""

    order: str
    tracking: str
    rows: tuple[Row, ...]


class PurchaseOrdered(Event, frozen=True):
    """What a node that bills us ships is bought of it: the purchase order, whose number is the fulfilment's. It comes with the Reserved
    or the FulfilmentReleased by which the node is told. `freight`: agreed for all of it; minor units of `currency`."""

    order: str
    fulfilment: str
    node: str
    currency: str
    lines: tuple[PurchaseLine, ...]
    freight: Amount = 0


class BilledBack(Event, frozen=True):
    """A supplier's bill for a purchase, once under `document`. Without `differences` all of it (`total`) is approved: it is what was
    ordered, has been shipped and was not billed before, within the policy's tolerance. Else it is disputed until a BillSettled."""

    order: str
    document: str
    fulfilment: str
    node: str
    currency: str
    billed_at: int
    lines: tuple[BillLine, ...]
    total: int
    freight: Amount = 0
    differences: tuple[Difference, ...] = ()


class BillSettled(Event, frozen=True):
    """A disputed bill is disputed no more. `by`: the person who answers for it; "": all of it has been shipped by now, so that it matches.
    `payable`: all of it or nothing, in minor units."""

    order: str
    document: str
    fulfilment: str
    verdict: BillVerdict
    payable: int
    by: str = ""


class CreditExpected(Event, frozen=True):
    """Goods of a purchase came back (`document` tells of the return): their cost is to be credited by the supplier."""

    order: str
    fulfilment: str
    node: str
    document: str
    currency: str
    lines: tuple[PurchaseLine, ...]


class Shortage(Event, frozen=True):
    """Promised units that are not there, and the order they were taken from."""

    order: str
    node: str
    sku: str
    quantity: int


# ---------------------------------------------------------------------------------------------- reservations
class ReservationMade(Event, frozen=True):
    """Units of a node are kept for a shop until `expires_at`, and for no order yet. Moves on_hand -> reserved there, and takes the
    origins' free units. One event a node; the rows are of no line."""

    reservation: str
    shop: str
    segment: str
    node: str
    rows: tuple[Row, ...]
    expires_at: int


class ReservationReleased(Event, frozen=True):
    """Rows of a reservation are given back: reserved -> `to`. `to` on_hand: the origins get their free units back; adjustment: they were
    found missing at `at` (0: now). `reason`: released, expired, shortage, ordered or cancelled; of the last two `order` says by which: what
    an order takes over it reserves in this very decision. A reservation without rows has ended."""

    reservation: str
    node: str
    rows: tuple[Row, ...]
    to: Place
    reason: str
    at: int = 0
    order: str = ""


# ---------------------------------------------------------------------------------------------- stock
class StockMoved(Event, frozen=True):
    """Moves and the grants that go with them, caused by one document of the outside or of ours."""

    document: str
    kind: MovedBy
    at: int
    moves: tuple[Move, ...]
    grants: tuple[Grant, ...] = ()


class StockCounted(Event, frozen=True):
    """The marks a count leaves: nothing that moved up to `counted_at` may be booked on these SKUs a second time."""

    document: str
    node: str
    counted_at: int
    skus: tuple[str, ...]


class StockChanged(Event, frozen=True):
    """A node tells why units of one of its buckets were found or, negative, lost (`lines`: SKU and units). What its last count has seen
    (`counted`) is in the books already. All else is booked by this decision: by its StockMoved (`change`) and, where units were promised,
    by what is given back to the adjustment."""

    document: str
    node: str
    at: int
    reason: str
    lines: tuple[tuple[str, FoundOrLost], ...]
    bucket: Place = "on_hand"
    counted: tuple[str, ...] = ()


class SupplyAnnounced(Event, frozen=True):
    """What is to come to a node under the reference `supply`: of each SKU, units in all (what has come already is among them), expected at
    `expected_at`. 0 units: no more of it comes; no lines: no more of any of it. `at`: when that was said; what was said later stands."""

    document: str
    supply: str
    node: str
    at: int
    expected_at: int
    lines: tuple[tuple[str, int], ...]


class SupplyReceived(Event, frozen=True):
    """What has come of an announced supply. The StockMoved of the same decision puts it on the shelf."""

    supply: str
    node: str
    at: int
    lines: tuple[tuple[str, int], ...]


class DatingDeferred(Event, frozen=True):
    """Those who wait for these SKUs are given their dates by a later tick: they are too many for one decision, or are being served."""

    skus: tuple[str, ...]


class FillDeferred(Event, frozen=True):
    """More backorders could be filled with these SKUs than one decision may hold; the next tick goes on."""

    skus: tuple[str, ...]


# ---------------------------------------------------------------------------------------------- reference
class Node(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`priority`: 1 is asked before 2. `cancel`: whether a cancel is final at once or needs this node's answer. `accept_minutes`: for so
    long it may think a fulfilment over before it goes to another node; 0: it takes all it is told to ship. `bills_in`: the currency in
    which it bills us for what it ships, which is bought of it then; `freight`: agreed for each such purchase, in minor units. `arrivals`:
    it is told of returns and supply that are to come to it."""

    node: str
    kind: str = "warehouse"
    region: str = ""
    city: str = ""
    priority: Rank = 0
    cancel: Literal["immediate", "confirm"] = "immediate"
    sellable: bool = True
    accept_minutes: Annotated[int, Meta(ge=0, le=100_000)] = 0
    bills_in: str = ""
    freight: Amount = 0
    arrivals: bool = False


class Shop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`share` in per cent of what the segment has left, `buffer` in units, `quotas`: exclusive units by SKU."""

    shop: str
    tenant: str
    channel: str
    segment: str
    share: Annotated[int, Meta(ge=0, le=100)] = 100
    buffer: Units = 0
    quotas: tuple[tuple[str, Units], ...] = ()
    active: bool = True


class Segment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ratio` in basis points of each receipt, or `quota` units to be filled up first. `rank`: the declared order.
    `priority`: 1 is dearer than 2; losses hit the highest number first."""

    segment: str
    ratio: Annotated[int, Meta(ge=0, le=10_000)] = 0
    quota: Units = 0
    protected: bool = False
    may_borrow: bool = False
    priority: Rank = 0
    rank: Rank = 0


class NodeSet(Event, frozen=True):
    version: int
    node: Node


class PricesSet(Event, frozen=True):
    """What a node that bills us wants for one of these SKUs, in minor units of its currency; others stay as they are. `part`: of its
    price list, which comes in parts."""

    version: int
    node: str
    part: int
    prices: tuple[tuple[str, Amount], ...]


class ShopSet(Event, frozen=True):
    version: int
    shop: Shop


class SegmentSet(Event, frozen=True):
    version: int
    segment: Segment


class ListingSet(Event, frozen=True):
    version: int
    shop: str
    listing: str
    parts: tuple[tuple[str, int], ...]


class PolicySet(Event, frozen=True):
    """`policy` is the checked policy as JSON (`tables/policy.py` says its form)."""

    version: int
    policy: msgspec.Raw


class RatesSet(Event, frozen=True):
    """`table` is the checked table of carriers as JSON (`tables/carriers.py` says its form); one without services: none is chosen."""

    version: int
    table: msgspec.Raw


class WeightsSet(Event, frozen=True):
    """What a unit of these SKUs weighs, in grams; of others it stays known. `part`: a large business tells it in several."""

    version: int
    part: int
    weights: tuple[tuple[str, int], ...]


class Ticked(Event, frozen=True):
    at: int


# ---------------------------------------------------------------------------------------------- nothing happened, and why
class Duplicate(Event, frozen=True):
    """Seen before: by cause, by order revision, or by document."""

    of: str


class Stale(Event, frozen=True):
    """Older than what is known."""

    of: str


class Refused(Event, frozen=True):
    """The command is answered with a reason and changed nothing. `code` for programs, `sentence` for a person."""

    code: str
    sentence: str


OrderEvent = (
    OrderPlaced
    | OrderReduced
    | OrderHeld
    | HoldReleased
    | OrderResolved
    | OrderCancelled
    | OrderRejected
    | Considered
    | Reserved
    | Unreserved
    | FulfilmentReleased
    | CarrierChosen
    | CarrierMissing
    | CancelRequested
    | CancelRefused
    | AmendmentTooLate
    | FulfilmentRejected
    | Backordered
    | DatePromised
    | Shipped
    | FoundShipped
    | Progressed
    | Tracked
    | Delivered
    | ReturnRequested
    | ReturnTracked
    | ReturnEnded
    | Returned
    | Inspected
    | RefundDue
    | Reissued
    | ParcelFound
    | PurchaseOrdered
    | BilledBack
    | BillSettled
    | CreditExpected
    | Shortage
)
ReferenceEvent = NodeSet | PricesSet | ShopSet | SegmentSet | ListingSet | PolicySet | RatesSet | WeightsSet | Ticked
SupplyEvent = SupplyAnnounced | SupplyReceived | DatingDeferred | ArrivalExpected
StockEvent = StockMoved | StockCounted | StockChanged | FillDeferred | ReservationMade | ReservationReleased | SupplyEvent
NoEvent = Duplicate | Stale | Refused
AnyEvent = OrderEvent | StockEvent | ReferenceEvent | NoEvent
