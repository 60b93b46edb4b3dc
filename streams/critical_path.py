"""The critical path of an order: which of its units arrived last, or is least far, and by which fulfilment and parcel it came. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from tables import events as e
from tables.evolve_parcels import number
from tables.orders import Order
from tables.pool import Pool, evolve

Told = tuple[int, e.AnyEvent]  # when it was decided, and what
Left = e.Shipped | e.FoundShipped
ENDINGS = (e.OrderCancelled, e.OrderRejected, e.OrderReduced, e.Unreserved)


class Path(msgspec.Struct, frozen=True):
    """The critical unit: its SKU ("": any), the fulfilment it went by at last ("": none), the shipment it left in, and when it was
    there, or the order was over otherwise (None: it is not)."""

    sku: str = ""
    fulfilment: str = ""
    left: Left | None = None
    until: int | None = None


def critical(told: Sequence[Told], key: str) -> Path:
    order = _fold(told, key)
    left = [event for _, event in told if isinstance(event, Left)]
    if order.holds or order.waiting:
        return Path(order.waiting[0].sku if order.waiting else "")
    if order.fulfilments:
        last = [event for _, event in told if isinstance(event, e.Reserved) and event.fulfilment in order.fulfilments][-1]
        return Path(last.rows[0].sku, last.fulfilment)
    if not left:
        return _came_to_nothing(told, order)
    return _sent(told, order, left)


def _fold(told: Sequence[Told], key: str) -> Order:
    """Only what is about the order: stock is of no interest here."""
    pool = Pool("")
    for _, event in told:
        evolve(pool, event)
    return pool.orders[key]


def _came_to_nothing(told: Sequence[Told], order: Order) -> Path:
    ended = order.cancelled or order.rejected or order.reductions
    given_back = [event.rows[0].sku for _, event in told if isinstance(event, e.Unreserved)]
    until = max([at for at, event in told if isinstance(event, ENDINGS)], default=None)
    return Path(given_back[-1] if given_back else "", until=until if ended else None)


def _sent(told: Sequence[Told], order: Order, left: Sequence[Left]) -> Path:
    """All that there is has left."""
    delivered = [event for _, event in told if isinstance(event, e.Delivered) and event.rows]
    arrived = {event.tracking for event in delivered}
    on_its_way = [event for event in left if number(event.tracking) not in arrived]
    if not on_its_way:
        last = max(delivered, key=lambda event: event.delivered_at)
        sku = last.rows[0].sku
        parcel = [event for event in left if number(event.tracking) == last.tracking and any(row.sku == sku for row in event.rows)][-1]
        return Path(sku, parcel.fulfilment, parcel, last.delivered_at)
    parcel, back = on_its_way[-1], [event.returned_at for _, event in told if isinstance(event, e.Returned)]
    all_back = _units(order.returned) == _units(order.shipped)
    return Path(parcel.rows[0].sku, parcel.fulfilment, parcel, max(back) if all_back else None)


def _units(rows: Iterable[e.Row]) -> int:
    return sum(row.quantity for row in rows)
