"""What a channel is, and every record that crosses the border of Yipan, both ways.

Inwards: a channel turns a webhook, a polled page or a file into `RawRecord`s (the bytes exactly as received) and, later and
purely, each raw record into drafts. Outwards: `Fulfilment`, `OrderStatus` and `Availability` are what others consume; they
only ever gain optional fields. Times are integer milliseconds since the epoch, UTC; money is integer minor units.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NewType, Protocol, runtime_checkable

import msgspec

Millis = NewType("Millis", int)
LONGEST_NAME = 500
LONGEST_TIME = 14
LONGEST_METHOD = 100


# ---------------------------------------------------------------------------------------------- inwards: the raw record
class RawRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One delivery as it came in. `external_id` names the thing it speaks of (an order, a stock document)."""

    tenant: str
    shop: str
    channel: str
    kind: str
    external_id: str
    delivery_id: str
    received_at: Millis
    body: bytes

    def __repr__(self) -> str:
        """Without the body: it names people, and a repr ends up in logs."""
        return f"RawRecord({self.key!r}, {self.kind!r}, {len(self.body)} bytes)"

    @property
    def key(self) -> str:
        return f"{self.tenant}/{self.shop}/{self.external_id}"

    @property
    def nameable(self) -> bool:
        """Whether the names in it can be the key and the headers of a Kafka record."""
        if not 0 < len(self.external_id) <= LONGEST_NAME:
            return False
        written = f"{self.tenant}{self.shop}{self.channel}{self.kind}{self.external_id}{self.delivery_id}{self.received_at}"
        try:
            return len(written.encode()) <= 8 * LONGEST_NAME
        except UnicodeEncodeError:
            return False

    def headers(self) -> list[tuple[str, bytes]]:
        fields = ("tenant", "shop", "channel", "kind", "external_id", "delivery_id", "received_at")
        return [(name, str(getattr(self, name)).encode()) for name in fields]

    @classmethod
    def from_record(cls, headers: Iterable[tuple[str, bytes | None]] | None, body: bytes) -> "RawRecord":
        """Headers of a `raw` record -> RawRecord. Raises ValueError when one is missing or not what it should be."""
        found = {name: (value or b"").decode() for name, value in headers or ()}
        at = found.get("received_at", "0")
        if len(at) > LONGEST_TIME or not (at.isascii() and at.isdigit()):
            raise ValueError("the raw record's header received_at is not a time in milliseconds")
        try:
            return cls(
                tenant=found["tenant"],
                shop=found["shop"],
                channel=found["channel"],
                kind=found["kind"],
                external_id=found["external_id"],
                delivery_id=found["delivery_id"],
                received_at=Millis(int(found["received_at"])),
                body=body,
            )
        except KeyError as missing:
            raise ValueError(f"the raw record has no header {missing}") from None


class ShopRef(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel may know of the shop it parses for. `timezone` (IANA) is for files that carry local times only."""

    tenant: str
    shop: str
    channel: str
    pool: str
    currency: str = ""
    timezone: str = "UTC"
    url: str = ""


# ---------------------------------------------------------------------------------------------- inwards: drafts
class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Personal data of a recipient. It is sealed before it goes anywhere but the partner that ships."""

    name: str = ""
    company: str = ""
    phone: str = ""
    email: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    country: str = ""

    def __repr__(self) -> str:
        return "Person(…)"


class LineDraft(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line as ordered. `listings`: the names it may be listed under at this shop, most specific first (SKU, variant id, …);
    the first is the one taken as SKU where the shop says so. `quantity` > 0, before reductions. `price`: minor units each.
    `goods` is False for postage, fees, vouchers and discounts, which never reach allocation. `discount`: minor units off all of the
    line, less the taxes that come on top of it: quantity x price - discount is what is paid, so it may be below zero. `gift_of`: the
    line of the order that it comes with at no charge."""

    line: str
    listings: tuple[str, ...]
    quantity: int
    price: int
    goods: bool = True
    discount: int = 0
    gift_of: str = ""


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """Units taken off lines by one refund or edit, named by its own id, so that hearing of it twice changes nothing."""

    id: str
    lines: tuple[tuple[str, int], ...]


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True, tag="order", omit_defaults=True, gc=False):
    """An order as the channel now sees it: placed, or amended. `region` is ISO 3166-2 (`US-CA`) or a country code, "" unknown.
    `holds`: reasons known to the channel why it must not ship yet (`payment`, `fraud`, `address`, …). Defaults are left out of the
    digest that names a revision, so a field added with a default makes no old order look amended. `discount`: minor units off the
    whole order, beside those of its lines; `charges`: postage and fees that are no lines. `reservation`: the one whose units are for
    this order. `shipping`: the method the buyer chose, as the channel names it, in LONGEST_METHOD characters at most."""

    order: str
    number: str
    updated_at: Millis
    placed_at: Millis
    currency: str
    lines: tuple[LineDraft, ...]
    reductions: tuple[Reduction, ...] = ()
    holds: tuple[str, ...] = ()
    region: str = ""
    priority: int = 0
    recipient: Person | None = None
    discount: int = 0
    charges: int = 0
    reservation: str = ""
    shipping: str = ""


class CancelDraft(msgspec.Struct, frozen=True, kw_only=True, tag="cancel", omit_defaults=True):
    """The channel no longer wants the order."""

    order: str
    updated_at: Millis
    reason: str


class ReductionDraft(msgspec.Struct, frozen=True, kw_only=True, tag="reduction"):
    """A refund told on its own: the order's lines shrink by these units."""

    order: str
    reduction: Reduction


class ReservationDraft(msgspec.Struct, frozen=True, kw_only=True, tag="reservation", omit_defaults=True):
    """Units by listing that the shop keeps, for a checkout or on a deposit, until `expires_at` or until the order that names them."""

    reservation: str
    expires_at: Millis
    lines: tuple[tuple[str, int], ...]
    region: str = ""


class ReleaseDraft(msgspec.Struct, frozen=True, kw_only=True, tag="release"):
    """The shop needs a reservation no longer."""

    reservation: str


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    quantity: int


class CountDraft(msgspec.Struct, frozen=True, kw_only=True, tag="count"):
    """Absolute count of good units (free, reserved and picked together) at a node; it includes all that moved up to `counted_at`."""

    document: str
    node: str
    counted_at: Millis
    lines: tuple[StockLine, ...]


class ReceiptDraft(msgspec.Struct, frozen=True, kw_only=True, tag="receipt", omit_defaults=True):
    """`supply`: the announced one that this is (a part) of, "" none."""

    document: str
    node: str
    received_at: Millis
    lines: tuple[StockLine, ...]
    supply: str = ""


class SupplyDraft(msgspec.Struct, frozen=True, kw_only=True, tag="supply"):
    """Goods that are to come to a node under the reference `supply` (a purchase order, say), as of `told_at`: of each SKU that is named,
    units in all, those that have come already among them; 0: no more of it comes. No lines: no more of any of it."""

    document: str
    supply: str
    node: str
    told_at: Millis
    expected_at: Millis
    lines: tuple[StockLine, ...]


class MoveDraft(msgspec.Struct, frozen=True, kw_only=True, tag="move"):
    """Units moved between buckets of a node (`on_hand`, `damaged`, `quality`, `hold`), or to another node of the pool."""

    document: str
    node: str
    to_node: str
    from_bucket: str
    to_bucket: str
    moved_at: Millis
    lines: tuple[StockLine, ...]


class ChangeDraft(msgspec.Struct, frozen=True, kw_only=True, tag="change", omit_defaults=True):
    """Units that a node found or, negative, lost in one of its buckets, and why: a word of its own (`lost`, `found`, ...)."""

    document: str
    node: str
    changed_at: Millis
    reason: str
    lines: tuple[StockLine, ...]
    bucket: str = "on_hand"


class ShipmentDraft(msgspec.Struct, frozen=True, kw_only=True, tag="shipment"):
    """A node shipped (part of) a fulfilment. No lines: all that is still open of it."""

    document: str
    fulfilment: str
    shipped_at: Millis
    lines: tuple[StockLine, ...] = ()
    carrier: str = ""
    tracking: str = ""


class ReturnLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`line`: the order's line, "" where nobody knows which of the lines with this SKU it was."""

    sku: str
    quantity: int
    line: str = ""


class ReturnDraft(msgspec.Struct, frozen=True, kw_only=True, tag="return"):
    """Goods of an order (named as its shop names it) came back to a node. `rma`: the return they belong to, "" unknown."""

    document: str
    shop: str
    order: str
    node: str
    returned_at: Millis
    lines: tuple[ReturnLine, ...]
    rma: str = ""


Disposition = Literal["resell", "refurbish", "damaged", "return_to_vendor", "scrap"]
"""What becomes of goods that came back, once they were looked at."""


class InspectedLine(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    quantity: int
    disposition: Disposition


class InspectionDraft(msgspec.Struct, frozen=True, kw_only=True, tag="inspection"):
    """What a node found of goods that came back: of a return by its `rma`, else by the document that told of it (`returned`)."""

    document: str
    shop: str
    order: str
    node: str
    inspected_at: Millis
    lines: tuple[InspectedLine, ...]
    rma: str = ""
    returned: str = ""


class ReturnRequestDraft(msgspec.Struct, frozen=True, kw_only=True, tag="return_request", omit_defaults=True):
    """The buyer wants to send goods back, as the return `rma` of the order. A line without a SKU: units of it as it was ordered.
    `tracking`: the parcel they come in; said again with one, the request names it. `replacement`: what goes out in exchange, at no
    charge."""

    order: str
    rma: str
    requested_at: Millis
    lines: tuple[ReturnLine, ...]
    reason: str = ""
    tracking: str = ""
    replacement: tuple[LineDraft, ...] = ()


class ReissueDraft(msgspec.Struct, frozen=True, kw_only=True, tag="reissue"):
    """The shop wants what left in a parcel to go out once more."""

    order: str
    tracking: str
    asked_at: Millis
    by: str = ""


class ReturnEndDraft(msgspec.Struct, frozen=True, kw_only=True, tag="return_end"):
    """The shop waits for no more of a return."""

    order: str
    rma: str
    ended_at: Millis
    end: Literal["refused", "closed", "cancelled"]
    reason: str = ""


Stage = Literal["accepted", "picking", "picked", "packed"]
"""How far a node is with a fulfilment, in the order of the work."""

TrackingStatus = Literal["label", "in_transit", "out_for_delivery", "failed_attempt", "delivered", "returning", "returned", "lost"]
"""What a carrier says of a parcel."""


class ProgressDraft(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """A node tells how far it is with a fulfilment."""

    document: str
    fulfilment: str
    stage: Stage
    at: Millis


class TrackingDraft(msgspec.Struct, frozen=True, kw_only=True, tag="tracking", omit_defaults=True):
    """A carrier tells of a parcel, named by its tracking number; `carrier` is the carrier's own name for itself. One event a draft; the
    same event has the same `document` for ever. `fulfilment`: what is to leave in it, where that is known before it left."""

    document: str
    carrier: str
    tracking: str
    status: TrackingStatus
    at: Millis
    fulfilment: str = ""


class RejectionDraft(msgspec.Struct, frozen=True, kw_only=True, tag="rejection", omit_defaults=True):
    """A node will not ship (part of) a fulfilment: `short` (the units are not there), `cancelled` (answer to a cancel) or another reason.
    No lines: all that is still open of it; else what is not named still ships. `at`: as of when, to know which counts have seen it; 0: not
    told."""

    document: str
    fulfilment: str
    reason: str
    lines: tuple[StockLine, ...] = ()
    at: Millis = Millis(0)


class TooLateDraft(msgspec.Struct, frozen=True, kw_only=True, tag="too_late"):
    """A node's answer to a cancel: it is too late, the fulfilment ships."""

    document: str
    fulfilment: str


class BilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """`price`: minor units of one."""

    sku: str
    quantity: int
    price: int


class BillDraft(msgspec.Struct, frozen=True, kw_only=True, tag="bill", omit_defaults=True):
    """A node that ships for us bills a purchase, named by the fulfilment: minor units of `currency`."""

    document: str
    fulfilment: str
    currency: str
    billed_at: Millis
    lines: tuple[BilledLine, ...]
    freight: int = 0


OrderSide = OrderDraft | CancelDraft | ReductionDraft | ReservationDraft | ReleaseDraft
AfterSalesSide = ReturnRequestDraft | ReissueDraft | ReturnEndDraft | InspectionDraft
StockSide = (
    CountDraft
    | ReceiptDraft
    | SupplyDraft
    | MoveDraft
    | ChangeDraft
    | ShipmentDraft
    | RejectionDraft
    | ReturnDraft
    | ProgressDraft
    | TrackingDraft
    | TooLateDraft
)
Draft = OrderSide | AfterSalesSide | StockSide | BillDraft


class Ignored(msgspec.Struct, frozen=True):
    """Understood, and of no interest to us."""

    code: str
    sentence: str


class Rejected(msgspec.Struct, frozen=True):
    """Not usable as it is. The sentence tells a person what to do; it never repeats personal data or secrets."""

    code: str
    sentence: str


Parsed = tuple[Draft, ...] | Ignored | Rejected


# ---------------------------------------------------------------------------------------------- inwards: the channel
class Webhook(msgspec.Struct, frozen=True):
    """A request as it came: header names in lower case, the body untouched."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = {}


class Received(msgspec.Struct, frozen=True):
    """A webhook whose signature is right, named. A channel sets `external_id` by looking no deeper into the body than it must."""

    kind: str
    external_id: str
    delivery_id: str


class Refusal(msgspec.Struct, frozen=True):
    """A webhook that is not taken: `bad_signature` is answered 401, `malformed` 400, `ping` 200 without a record."""

    code: Literal["bad_signature", "malformed", "ping", "no_webhooks"]
    sentence: str


class Fetch(Protocol):
    """A GET with the shop's credentials: path and query in, decoded status, headers (lower case) and body out."""

    def __call__(self, path: str, query: Mapping[str, str]) -> "Fetched": ...


class Fetched(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """One page: (kind, external id, delivery id, body) of each thing on it, the cursor to store once they are acknowledged,
    and whether the next page should be asked for at once."""

    items: tuple[tuple[str, str, str, bytes], ...]
    cursor: str
    more: bool


class Channel(Protocol):
    """One file in `connectors/channels/` with an instance of this called CHANNEL. All of it is pure but `poll`, which does
    its I/O through the `fetch` it is given. None of it raises on anything that comes from outside."""

    name: str
    polls: bool

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        """Check the signature over the raw body in constant time, and name what came."""
        ...

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        """Raw bytes -> drafts. Deterministic; the same bytes give the same ids for ever."""
        ...

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """One page after `cursor` ("" at the very start). Raises ConnectionError when the platform does not answer."""
        ...


class Answered(msgspec.Struct, frozen=True):
    """An HTTP answer in a channel's own form."""

    status: int
    media_type: str
    body: bytes


@runtime_checkable
class Answering(Protocol):
    """What a channel may do besides: say the gateway's answers as its callers understand them. `code` is `taken` when the record is in
    Kafka; nothing else may read as if it were."""

    def answer(self, status: int, code: str, sentence: str) -> Answered: ...


# ---------------------------------------------------------------------------------------------- outwards
FulfilmentType = Literal["FulfilmentOrdered", "FulfilmentCancelled", "ReturnExpected", "SupplyExpected"]


class FulfilmentLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`cost`: what one of them costs us, in minor units, where it is bought and a price is agreed."""

    line: str
    sku: str
    quantity: int
    cost: int | None = None


class PurchaseOrder(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a node that bills us ships is bought of it. `number`: under which it bills us; `freight`: agreed for all of
    it, in minor units."""

    number: str
    currency: str
    freight: int = 0


class Fulfilment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Topic `fulfilments`: a node shall ship these units of an order, or no longer. Or, where it asked for it, units are to come to it:
    the return `id` of an order, in the parcel `tracking` ("" unknown), or supply of the reference `id`, which has no shop and no order,
    at `expected_at`; no lines: no more of it.

    `id` names the fulfilment order and is the same in every replay. `partition`, `src_offset` and `ordinal` place the event:
    a consumer that keeps the highest (src_offset, ordinal) per partition sees each event once. `final` is False when a cancel
    is a request which the node must answer. `recipient` is sealed (see docs in deploy/sealing.py). `group`: the same for fulfilments
    that are to leave in one parcel. `carrier`, `service`: who is to carry it ("": whoever the node takes), for `carriage` in minor units
    of `carriage_currency`, in `transit_days`, by what its `grams` come to (0: not known); all of the whole parcel of a group.
    `region`: whither, as the choice of the carrier has it. `purchase`: it is a purchase order, and its lines have costs."""

    type: FulfilmentType
    id: str
    tenant: str
    shop: str
    order: str
    pool: str
    node: str
    lines: tuple[FulfilmentLine, ...]
    partition: int
    src_offset: int
    ordinal: int
    final: bool = True
    reason: str = ""
    recipient: str = ""
    shipping: str = ""
    group: str = ""
    carrier: str = ""
    service: str = ""
    carriage: int = 0
    carriage_currency: str = ""
    transit_days: int = 0
    grams: int = 0
    purchase: PurchaseOrder | None = None
    tracking: str = ""
    expected_at: int = 0
    region: str = ""


class Expected(msgspec.Struct, frozen=True):
    """Units of a SKU that an order waits for, and when they are to be there."""

    sku: str
    quantity: int
    at: Millis


class OrderStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Topic `order-status`: where an order stands after the decision at `position` of its partition. Minor units of `currency`: `refunded`
    by the channel itself (the price of what it took off), `refund_due` by it for us, all together. `expected`: of what it
    waits for, that which has a date."""

    tenant: str
    shop: str
    order: str
    status: str
    revision: int
    position: int
    ordered: int
    reserved: int = 0
    backordered: int = 0
    shipped: int = 0
    cancelled: int = 0
    holds: tuple[str, ...] = ()
    returned: int = 0
    delivered: int = 0
    returning: int = 0
    refunded: int = 0
    refund_due: int = 0
    currency: str = ""
    expected: tuple[Expected, ...] = ()


class Availability(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Topic `availability`: units of a SKU that a shop may promise. A lower `version` never follows a higher one. `coming`: units that it
    may sell ahead, out of announced supply, to be there at `coming_at`; left out where there are none."""

    shop: str
    sku: str
    units: int
    version: int
    coming: int = 0
    coming_at: Millis = Millis(0)


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas of what others consume, by topic."""
    published = {"fulfilments": Fulfilment, "order-status": OrderStatus, "availability": Availability}
    return {topic: msgspec.json.schema(record) for topic, record in published.items()}
