"""What shops and people are told of a pool after a decision: order statuses and available-to-promise levels. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from connectors.contract import Availability, OrderStatus
from streams.decisions import Decision
from tables import events as e
from tables.events import Row, Waiting
from tables.orders import Order
from tables.pool import Pool
from tables.tiers import offer

Cell = tuple[str, str]  # (segment, SKU)


EVERY = "*"


class Touched(NamedTuple):
    """What decisions may have changed: order keys, and cells whose shops may promise more or less than before. Segment "*": all."""

    orders: dict[str, None]
    cells: dict[Cell, None]


def touched(pool: Pool, decision: Decision) -> Touched:
    """Call it after the decision has been folded into `pool`."""
    found = Touched({}, {})
    touch(found, pool, decision)
    return found


def touch(found: Touched, pool: Pool, decision: Decision) -> None:
    """Add what the decision has changed to what is `found` already."""
    orders, cells = found
    for event in decision.events:
        match event:
            case e.Reserved() | e.Unreserved():
                orders[event.order] = None
                segment = pool.orders[event.order].segment
                for row in event.rows:
                    cells[EVERY if row.origins else segment, row.sku] = None
            case e.StockMoved():
                for move in event.moves:
                    cells[EVERY, move.sku] = None
                for grant in event.grants:
                    cells[EVERY, grant.sku] = None
            case e.ShopSet() | e.SegmentSet() | e.NodeSet() | e.PolicySet():
                cells |= {(EVERY, sku): None for sku in _all_skus(pool)}
            case _:
                if (order := getattr(event, "order", None)) is not None and order in pool.orders:
                    orders[order] = None


def _all_skus(pool: Pool) -> list[str]:
    return sorted({sku for cells in pool.free.values() for sku in cells})


def levels(pool: Pool, cells: Iterable[Cell], version: int) -> list[Availability]:
    """Levels of these cells for every shop that sees them: the shops of the segment, and, as one segment's free units may be lent to
    others, those of segments that borrow."""
    offers = {shop: offer(pool, shop) for shop in pool.shops}
    seen_by: dict[str, list[str]] = {}
    wanted: dict[tuple[str, str], None] = {}
    for segment, sku in cells:
        shops = seen_by.get(segment)
        if shops is None:
            shops = seen_by[segment] = _viewers(pool, segment)
        for shop in shops:
            wanted[shop, sku] = None
    return [Availability(shop=shop, sku=sku, units=offers[shop](sku), version=version) for shop, sku in wanted]


def _viewers(pool: Pool, segment: str) -> list[str]:
    return [shop for shop, about in pool.shops.items() if segment in (EVERY, about.segment) or _borrows(pool, about.segment)]


def _borrows(pool: Pool, segment: str) -> bool:
    about = pool.segments.get(segment)
    return about is not None and about.may_borrow


def status(pool: Pool, key: str, position: int) -> OrderStatus:
    """Where an order stands: a fold of its line units, counted in units of SKUs."""
    order = pool.orders.peek(key)
    tenant, shop, name = key.split("/", 2)
    reserved = sum([row.quantity for found in order.open_fulfilments.values() for row in found.rows])
    backordered, shipped, returned = _units(order.waiting), _units(order.shipped), _units(order.returned)
    ordered = sum([line.quantity * units for line in order.lines for _, units in line.parts])
    return OrderStatus(
        tenant=tenant,
        shop=shop,
        order=name,
        status=_word(order, reserved, backordered, shipped, returned),
        revision=order.revision,
        position=position,
        ordered=ordered,
        reserved=reserved,
        backordered=backordered,
        shipped=shipped,
        returned=returned,
        cancelled=max(0, ordered - reserved - backordered - shipped) if order.cancelled or order.rejected or order.reductions else 0,
        holds=order.holds,
    )


def _units(rows: Sequence[Row | Waiting]) -> int:
    return sum([row.quantity for row in rows])


def _word(order: Order, reserved: int, backordered: int, shipped: int, returned: int) -> str:
    """The one word for it. Precedence: what is over, what is stopped, what is under way."""
    if order.rejected:
        return "rejected"
    if shipped and returned == shipped and not (reserved or backordered or order.holds):
        return "returned"
    if order.cancelled:
        asked = any(found.rows for found in order.open_fulfilments.values())
        return "cancel_requested" if asked else "shipped" if shipped else "cancelled"
    if order.holds:
        return "held"
    if backordered:
        return "partially_reserved" if reserved or shipped else "backordered"
    if shipped:
        return "partially_shipped" if reserved else "shipped"
    return "reserved" if reserved else "cancelled" if order.reductions else "accepted"
