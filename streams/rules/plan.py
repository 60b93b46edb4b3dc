"""What one decision does so far, laid over a pool that it must not touch: the events, and the stock as they leave it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

import msgspec

from tables.events import (
    AnyEvent,
    Backordered,
    CancelRequested,
    CarrierMissing,
    FillDeferred,
    Grant,
    Move,
    MovedBy,
    OrderPlaced,
    PurchaseLine,
    PurchaseOrdered,
    ReservationMade,
    ReservationReleased,
    Reserved,
    Row,
    StockMoved,
    Unreserved,
    Waiting,
)
from tables.orders import Order
from tables.pool import Pool
from tables.stock import Cells
from tables.tiers import grants, losses

Untaken = Mapping[str, tuple[CarrierMissing, ...]]


class Plan:
    """Collects the events of the decision about the command at `offset`. `touched`: orders that it has dealt with already; `claims`:
    reservations that its orders name; `let_go`: reservations that it gives back; `now`: state time as the decision leaves it. `untaken`:
    orders to be held because no carrier takes them."""

    def __init__(self, pool: Pool, offset: int, untaken: Untaken | None = None) -> None:
        self.pool = pool
        self.offset = offset
        self.untaken = untaken or {}
        self.now = pool.now
        self.events: list[AnyEvent] = []
        self.touched: set[str] = set()
        self._on_hand: dict[str, dict[str, int]] = {}
        self._free: dict[str, dict[str, int]] = {}
        self.claims: dict[str, str] = {}
        self.let_go: set[str] = set()
        self._unread: list[tuple[Reserved | ReservationMade, str]] = []  # most decisions reserve and never look again
        self._fulfilments = 0

    # ------------------------------------------------------------------------------------------ what is there now
    def on_hand(self, node: str, sku: str) -> int:
        self._read()
        return self.pool.on_hand(node, sku) + self._on_hand.get(node, {}).get(sku, 0)

    def shelf(self, node: str, skus: Sequence[str]) -> list[int]:
        """Units on hand at a node, SKU by SKU."""
        self._read()
        found = self.pool.stock.get(node)
        units = _of_each(found.on_hand if found else None, skus)
        if changed := self._on_hand.get(node):
            units = [have + changed.get(sku, 0) for have, sku in zip(units, skus, strict=True)]
        return units

    def free(self, origin: str, sku: str) -> int:
        self._read()
        units = self.pool.free_units(origin, sku)
        if self._free and (changed := self._free.get(origin)):
            units += changed.get(sku, 0)
        return units

    def all_free(self, origin: str, skus: Sequence[str]) -> list[int]:
        """Free units of an origin, SKU by SKU."""
        self._read()
        units = _of_each(self.pool.free.get(origin), skus)
        if changed := self._free.get(origin):
            units = [have + changed.get(sku, 0) for have, sku in zip(units, skus, strict=True)]
        return units

    def sellable(self, node: str) -> bool:
        found = self.pool.nodes.get(node)
        return found is not None and found.sellable

    def asks(self, key: str, node: str, fulfilment: str) -> bool:
        """Whether a cancel is to be answered by this node before it holds. Of what it was never told it is not asked."""
        found = self.pool.nodes.get(node)
        return found is not None and found.cancel == "confirm" and not self.pool.is_untold(key, node, fulfilment)

    # ------------------------------------------------------------------------------------------ what is done
    def emit(self, event: AnyEvent) -> None:
        self.events.append(event)

    def reserve(self, key: str, segment: str, node: str, rows: tuple[Row, ...], sealed: str, shipping: str = "") -> None:
        """A fulfilment order, named by a hash of (pool, offset, ordinal), so that every replay names it alike."""
        name = hashlib.blake2b(f"{self.pool.name}/{self.offset}/{self._fulfilments}".encode(), digest_size=10).hexdigest()
        self._fulfilments += 1
        event = Reserved(order=key, fulfilment=f"F{name}", node=node, rows=rows, sealed=sealed, shipping=shipping)
        flow = self.pool.policy.flow
        if flow is not None and flow.tells_later(node, key.split("/", 2)[1]):
            placed = next((found.sealed for found in self.events if isinstance(found, OrderPlaced) and found.order == key), "") or sealed
            event = msgspec.structs.replace(event, later=True, recipient=party(key, node, placed))
        self.emit(event)
        self._unread.append((event, segment))
        if not event.later:
            self.buy(key, event.fulfilment, node, rows)

    def buy(self, key: str, fulfilment: str, node: str, rows: Iterable[Row]) -> None:
        """What a node that bills us is told to ship is bought of it, at the costs of now."""
        if not (currency := self.pool.bills_in(node)):
            return
        costs = self.pool.prices.get(node, {})
        lines = tuple([PurchaseLine(row.line, row.sku, row.quantity, costs.get(row.sku)) for row in rows])
        freight = self.pool.nodes[node].freight
        self.emit(PurchaseOrdered(order=key, fulfilment=fulfilment, node=node, currency=currency, lines=lines, freight=freight))

    def set_aside(self, event: ReservationMade) -> None:
        self.emit(event)
        self._unread.append((event, event.segment))

    def _read(self) -> None:
        """Take in what was reserved since the last look at the stock."""
        if not self._unread:
            return
        for event, segment in self._unread:
            for row in event.rows:
                self._change(self._on_hand, event.node, row.sku, -row.quantity)
                for origin, units in row.origins or ((segment, row.quantity),):
                    self._change(self._free, origin, row.sku, -units)
        self._unread.clear()

    def give_back(self, key: str, order: Order, fulfilment: str, rows: tuple[Row, ...], reason: str) -> None:
        """Rows of a fulfilment go back on hand, or the node is asked for them first where its cancels need an answer."""
        node = order.open_fulfilments[fulfilment].node
        if self.asks(key, node, fulfilment):
            self.emit(CancelRequested(order=key, fulfilment=fulfilment, node=node, rows=rows, reason=reason))
        else:
            self.unreserve(key, order, fulfilment, rows, "on_hand", reason)

    def unreserve(self, key: str, order: Order, fulfilment: str, rows: tuple[Row, ...], to: str, reason: str, at: int = 0) -> None:
        node = order.open_fulfilments[fulfilment].node
        untold = self.pool.is_untold(key, node, fulfilment)
        self.emit(Unreserved(order=key, fulfilment=fulfilment, node=node, rows=rows, to=to, reason=reason, at=at, untold=untold))
        if to == "on_hand":
            self._put_back(node, order.segment, rows)

    def let(self, name: str, node: str, rows: tuple[Row, ...], reason: str, *, to: str = "on_hand", at: int = 0, order: str = "") -> None:
        """Rows of a reservation go back on hand (or, found missing, off the books)."""
        self.let_go.add(name)
        self.emit(ReservationReleased(reservation=name, node=node, rows=rows, to=to, reason=reason, at=at, order=order))
        if to == "on_hand":
            self._put_back(node, self.pool.reservations[name].segment, rows)

    def _put_back(self, node: str, segment: str, rows: Iterable[Row]) -> None:
        lost: list[Grant] = []
        for row in rows:
            self._change(self._on_hand, node, row.sku, row.quantity)
            for origin, units in row.origins or ((segment, row.quantity),):
                self._change(self._free, origin, row.sku, units)
                lost.append(Grant(row.sku, origin, -units))
        if not self.sellable(node):
            self.moved("", "node", 0, (), lost)  # free units at a node that may not sell are nobody's

    def moved(self, document: str, kind: MovedBy, at: int, moves: Iterable[Move], granted: Iterable[Grant]) -> None:
        """Stock moves as one document of the outside or of ours says, with the grants that go with them."""
        event = StockMoved(document=document, kind=kind, at=at, moves=tuple(moves), grants=tuple(granted))
        self.emit(event)
        for move in event.moves:
            if move.from_place == "on_hand":
                self._change(self._on_hand, move.from_node, move.sku, -move.quantity)
            if move.to_place == "on_hand":
                self._change(self._on_hand, move.to_node, move.sku, move.quantity)
        for grant in event.grants:
            self._change(self._free, grant.origin, grant.sku, grant.units)

    def backorder(self, key: str, before: tuple[Waiting, ...], rows: Sequence[Row]) -> None:
        """What the order waits for from now on; nothing is said where nothing changes."""
        if not rows and not before:
            return
        waiting = tuple(Waiting(row.line, row.sku, row.quantity) for row in rows)
        if waiting != before:
            self.emit(Backordered(order=key, rows=waiting))

    def let_others_have(self, rows: Iterable[Row]) -> None:
        """What is on hand again, and waited for, is given out by the next tick."""
        skus = tuple(dict.fromkeys(row.sku for row in rows if row.sku in self.pool.queues))
        if skus:
            self.emit(FillDeferred(skus=skus))

    # ------------------------------------------------------------------------------------------ grants of a change
    def granted(self, sku: str, units: int) -> list[Grant]:
        """Grants for `units` that become sellable (or, negative, cease to be)."""
        pool = self.pool
        if units > 0:
            return [Grant(sku, origin, part) for origin, part in grants(self.free, pool.segments, pool.shops.values(), sku, units)]
        return [Grant(sku, origin, part) for origin, part in losses(self.free, pool.segments, pool.shops.values(), sku, -units)]

    @staticmethod
    def _change(deltas: dict[str, dict[str, int]], where: str, sku: str, units: int) -> None:
        cells = deltas.setdefault(where, {})
        cells[sku] = cells.get(sku, 0) + units


def party(key: str, node: str, sealed: str) -> str:
    """What fulfilments for one recipient of a tenant at a node have in common; "" where it is not known. It names nobody: a sealed
    recipient is the same bytes for the same person and address."""
    tenant = key.split("/", 1)[0]
    return f"P{hashlib.blake2b(f'{tenant}/{node}/{sealed}'.encode(), digest_size=10).hexdigest()}" if sealed else ""


def _of_each(cells: Cells | None, skus: Sequence[str]) -> list[int]:
    return list(map(cells.get, skus, repeat(0))) if cells else [0] * len(skus)
