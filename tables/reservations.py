"""Units kept for a while and for no order yet (a checkout, a deposit), and how events change them.

They lie in `reserved` as those of an order do: a warehouse counts them among its good units and is told nothing of them.
"""

from heapq import heappop, heappush

from tables import events as e
from tables.evolve_orders import draw
from tables.orders import subtract
from tables.state import Pool, Reservation
from tables.stock import GOOD, add, at


def document(reservation: str) -> str:
    """The business key under which a reservation that has ended stays known for a week."""
    return f"reservation {reservation}"


def made(pool: Pool, event: e.ReservationMade) -> None:
    shelf = at(pool.stock, event.node)
    for row in event.rows:
        add(shelf.on_hand, row.sku, -row.quantity)
        add(shelf.reserved, row.sku, row.quantity)
        draw(pool, row, event.segment, -1)
    known = pool.reservations.get(event.reservation)
    if known is None:
        known = pool.reservations[event.reservation] = Reservation(event.shop, event.segment, event.expires_at, {})
        heappush(pool.expiring, (event.expires_at, event.reservation))
    known.held[event.node] = event.rows


def released(pool: Pool, event: e.ReservationReleased) -> None:
    known = pool.reservations[event.reservation]
    shelf = at(pool.stock, event.node)
    for row in event.rows:
        add(shelf.reserved, row.sku, -row.quantity)
        if event.to == "on_hand":
            add(shelf.on_hand, row.sku, row.quantity)
            draw(pool, row, known.segment, 1)
        elif event.to not in GOOD:
            pool.moved(event.node, row.sku, event.at or pool.now, -row.quantity)
    known.held[event.node] = subtract(known.held[event.node], event.rows)
    if not known.held[event.node]:
        del known.held[event.node]
    if not known.held:
        _end(pool, event)


def _end(pool: Pool, event: e.ReservationReleased) -> None:
    del pool.reservations[event.reservation]
    pool.claims.pop(event.order, None)
    pool.documents[document(event.reservation)] = pool.now
    while pool.expiring and not alive(pool, pool.expiring[0]):
        heappop(pool.expiring)


def alive(pool: Pool, entry: tuple[int, str]) -> bool:
    """Whether an entry of the heap still speaks of a reservation that stands."""
    expires_at, name = entry
    known = pool.reservations.get(name)
    return known is not None and known.expires_at == expires_at


def next_expiry(pool: Pool) -> int | None:
    """When the next reservation expires, or at once where one decision had too many to end; None: there are none."""
    return max(pool.now + 1, pool.expiring[0][0]) if pool.expiring else None
