"""The parcels of an order as its events tell of them: what left where, under which number, and how far it came. Pure."""

from collections.abc import Sequence

import msgspec

from streams.critical_path import Told
from tables import events as e
from tables.evolve_parcels import number


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One shipment. `tracking` "": it left under no number, and nobody can follow it. `status`: what its carrier said last ("": nothing
    yet), as of `status_at`. Times in milliseconds, 0: never."""

    fulfilment: str
    node: str
    carrier: str
    tracking: str
    shipped_at: int
    rows: tuple[e.Row, ...]
    status: str = ""
    status_at: int = 0
    delivered_at: int = 0


def boxes(told: Sequence[Told]) -> tuple[Box, ...]:
    """In the order in which they were told of. Carriers may have spoken first."""
    said = {event.tracking: event for _, event in told if isinstance(event, e.Tracked)}
    arrived = {event.tracking: event.delivered_at for _, event in told if isinstance(event, e.Delivered)}
    return tuple(_box(event, said, arrived) for _, event in told if isinstance(event, e.Shipped | e.FoundShipped))


def _box(left: e.Shipped | e.FoundShipped, said: dict[str, e.Tracked], arrived: dict[str, int]) -> Box:
    tracking = number(left.tracking)
    word = said.get(tracking)
    return Box(
        fulfilment=left.fulfilment,
        node=left.node,
        carrier=left.carrier or (word.carrier if word else ""),
        tracking=tracking,
        shipped_at=left.shipped_at,
        rows=left.rows,
        status=word.status if word else "",
        status_at=word.at if word else 0,
        delivered_at=arrived.get(tracking, 0),
    )
