"""What is remembered of one pool. Only `tables.pool.evolve` changes it."""

from sys import intern
from typing import Any

import msgspec

from tables.book import OrderBook
from tables.carriers import RateTable
from tables.events import Dated, Node, Row, Segment, Shop, TrackingStatus
from tables.policy import Policy
from tables.stock import Cells, NodeStock
from tables.supply import Supply

WEEK_MS = 7 * 86_400_000
Queue = list[tuple[int, int, str]]  # (-priority, placed_at, order): the order in which backorders are filled


class Missing(msgspec.Struct, array_like=True):
    """Rows of an order that a node's count did not find, and when that was heard of."""

    order: str
    node: str
    rows: tuple[Row, ...]
    at: int


class Early(msgspec.Struct, array_like=True):
    """What was said of a parcel before anybody told that it was shipped. `delivered_at`: 0 while that was not said. `since`: state time
    when it was heard of. `fulfilments`: those known to be meant for it."""

    carrier: str
    status: TrackingStatus
    at: int
    delivered_at: int
    since: int
    fulfilments: tuple[str, ...] = ()


class Awaited(msgspec.Struct, array_like=True):
    """A return of which goods are still to come, and since which state time."""

    order: str
    rma: str
    since: int


class Reservation(msgspec.Struct, array_like=True):
    """Units that a shop keeps until `expires_at`: by node, rows of no line."""

    shop: str
    segment: str
    expires_at: int
    held: dict[str, tuple[Row, ...]]


class Pool(msgspec.Struct):
    """`now`: state time, the highest tick. `documents`: business keys of stock documents seen in the last week. `movements`: what
    moved in and out of a node's good units, by SKU, as (time, units), for counts that come late; `marks`: up to when each SKU's
    last count spoke. `missing`: by fulfilment, what counts of the last week did not find of it: it may turn out to have left.
    `held`: held orders, first held first; `holds`: by shop and reason, which orders it holds and since which state time (0: the next
    tick will tell), longest first. `deferred`: SKUs whose backorders the next tick goes on filling.
    `queues` (by SKU, who waits) and `index` (fulfilment -> order) follow from `orders`. `over`: a heap of (since when, order) of the
    orders that nothing is left to do for; `forgotten`: by shop, up to when an order may have been placed that was forgotten.
    `parcels` (tracking number -> orders) follows from `orders` too; `early`: what carriers told of parcels that are not known yet.
    `offered`: by fulfilment, the node that has yet to accept it, and since which state time it knows (0: the next tick will tell).
    `awaited`: by `order#rma`, the returns that are still to come, first asked for first; `coming`: by tracking number, their parcels.
    `expiring`: a heap of (expires_at, reservation), the first of which stands; `claims`: by order, the reservation it names.
    `untold`: by node and shop, the fulfilments that the node is not told of yet: since which state time they wait (0: the next tick will
    tell), longest first, and their recipient; `parties`: by recipient, which of them are for it.
    `rates`: the table of carriers (None: no carrier is chosen), `grams`: what a unit of a SKU weighs. `untaken`: the orders held because
    no carrier takes them, each with the `terms` (how often rates, weights, nodes or policy were set) as of which it was looked at, oldest
    first.
    `supplies`: what is to come, by `node#reference`; `incoming`: by SKU, those of them that more of it is expected of. `dates`: by SKU and
    order, what was promised of it; `undated`: SKUs whose orders may have other dates by now, which is looked at no sooner than
    DATING_MS after the state time `dated_at` of the last look.
    `recast`: SKUs of which more or less may be sold ahead since the decision that followed number `recast_after`.
    `prices`: by node that bills us, what it wants for one of a SKU; `purchases`: by fulfilment that is bought, its order.
    `rankings` only spare the decider work it has done before, and follow from nodes and policy."""

    name: str
    seq: int = 0
    now: int = 0
    policy: Policy = Policy()
    policy_version: int = 0
    versions: dict[str, int] = {}
    nodes: dict[str, Node] = {}
    shops: dict[str, Shop] = {}
    segments: dict[str, Segment] = {}
    listings: dict[str, dict[str, tuple[tuple[str, int], ...]]] = {}
    stock: dict[str, NodeStock] = {}
    free: dict[str, Cells] = {}
    orders: OrderBook = msgspec.field(default_factory=OrderBook)
    index: dict[str, str] = {}
    queues: dict[str, Queue] = {}
    held: dict[str, None] = {}
    documents: dict[str, int] = {}
    movements: dict[str, dict[str, list[tuple[int, int]]]] = {}
    marks: dict[str, Cells] = {}
    missing: dict[str, Missing] = {}
    deferred: tuple[str, ...] = ()
    over: list[tuple[int, str]] = []
    parcels: dict[str, tuple[str, ...]] = {}
    early: dict[str, Early] = {}
    offered: dict[str, tuple[str, int]] = {}
    forgotten: dict[str, int] = {}
    awaited: dict[str, Awaited] = {}
    coming: dict[str, tuple[str, str]] = {}
    holds: dict[str, dict[str, dict[str, int]]] = {}
    reservations: dict[str, Reservation] = {}
    expiring: list[tuple[int, str]] = []
    claims: dict[str, str] = {}
    untold: dict[str, dict[str, dict[str, tuple[int, str]]]] = {}
    parties: dict[str, tuple[str, ...]] = {}
    supplies: dict[str, Supply] = {}
    incoming: dict[str, dict[str, None]] = {}
    dates: dict[str, dict[str, Dated]] = {}
    undated: dict[str, None] = {}
    dated_at: int = 0
    prices: dict[str, dict[str, int]] = {}
    purchases: dict[str, str] = {}
    rankings: dict[Any, Any] = {}
    rates: RateTable | None = None
    grams: dict[str, int] = {}
    recast: dict[str, None] = {}
    recast_after: int = -1
    terms: int = 0
    untaken: dict[str, int] = {}

    def free_units(self, origin: str, sku: str) -> int:
        cells = self.free.get(origin)
        return cells.get(sku, 0) if cells else 0

    def on_hand(self, node: str, sku: str) -> int:
        found = self.stock.get(node)
        return found.on_hand.get(sku, 0) if found else 0

    def time_to_accept(self, node: str) -> int:
        """Milliseconds; 0: it is not asked."""
        found = self.nodes.get(node)
        return found.accept_minutes * 60_000 if found else 0

    def bills_in(self, node: str) -> str:
        """The currency in which it bills us for what it ships; "": it does not."""
        found = self.nodes.get(node)
        return found.bills_in if found else ""

    def is_told_of_arrivals(self, node: str) -> bool:
        found = self.nodes.get(node)
        return found is not None and found.arrivals

    def is_told_only(self, node: str) -> bool:
        """It is neither asked whether it will ship, nor paid for it."""
        found = self.nodes.get(node)
        return found is None or not (found.accept_minutes or found.bills_in)

    def is_untold(self, key: str, node: str, fulfilment: str) -> bool:
        by_shop = self.untold.get(node)
        return by_shop is not None and fulfilment in by_shop.get(key.split("/", 2)[1], ())

    def moved(self, node: str, sku: str, when: int, units: int) -> None:
        """Remember that good units came (or, negative, went) at a node."""
        by_sku = self.movements.get(node)
        if by_sku is None:
            by_sku = self.movements[node] = {}
        found = by_sku.get(sku)
        if found is None:
            by_sku[intern(sku)] = [(when, units)]
        else:
            found.append((when, units))
