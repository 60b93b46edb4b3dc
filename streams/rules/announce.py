"""What shops and people are told of a pool after a decision: order statuses and available-to-promise levels. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from connectors.contract import Availability, Expected, Millis, OrderStatus
from streams.decisions import Decision
from tables import events as e
from tables.events import Row, Shop, Waiting
from tables.orders import Order
from tables.pool import Pool
from tables.presale import coming, sells_ahead
from tables.refunds import accounts
from tables.tiers import offers

EVERY = "*"
Cells = dict[str, dict[str, None]]  # SKUs by segment


class Touched(NamedTuple):
    """What decisions may have changed: orders by their keys, and cells whose shops may promise more or less than before. Segment EVERY:
    all. The units of a new order that is reserved as a whole say all about it; 0: look into the book."""

    orders: dict[str, int]
    cells: Cells


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
                orders[event.order] = 0
                segment = _segment(pool, decision, event.order)
                for row in event.rows:
                    cells.setdefault(EVERY if row.origins else segment, {})[row.sku] = None
            case e.ReservationMade(rows=rows) | e.ReservationReleased(rows=rows):
                cells.setdefault(EVERY, {}).update({row.sku: None for row in rows})
            case e.StockMoved():
                every = cells.setdefault(EVERY, {})
                every.update({move.sku: None for move in event.moves})
                every.update({grant.sku: None for grant in event.grants})
            case e.ShopSet() | e.SegmentSet() | e.NodeSet() | e.PolicySet():
                cells.setdefault(EVERY, {}).update(dict.fromkeys(_all_skus(pool)))
            case _:
                if (order := getattr(event, "order", None)) is not None and order in pool.orders:
                    orders[order] = 0
    if pool.recast_after == decision.seq - 1 and sells_ahead(pool):
        cells.setdefault(EVERY, {}).update(pool.recast)
    _whole(found, decision)


def _segment(pool: Pool, decision: Decision, order: str) -> str:
    """Of an order placed by this very decision without looking for it in the book."""
    first = decision.events[0]
    return first.segment if isinstance(first, e.OrderPlaced) and first.order == order else pool.orders.peek(order).segment


def _whole(found: Touched, decision: Decision) -> None:
    match decision.events:
        case (e.OrderPlaced(revision=1) as placed, e.Considered(), e.Reserved() as reserved) if placed.order == reserved.order:
            ordered = sum([line.quantity * units for line in placed.lines for _, units in line.parts])
            if ordered == sum([row.quantity for row in reserved.rows]):
                found.orders[placed.order] = ordered


def _all_skus(pool: Pool) -> list[str]:
    return sorted({sku for cells in pool.free.values() for sku in cells} | pool.incoming.keys())


def levels(pool: Pool, cells: Cells, version: int) -> list[Availability]:
    """Levels of these cells for every shop that sees them."""
    return [level for shop, skus in seen(pool, cells).items() for level in offered(pool, shop, list(skus), version)]


def seen(pool: Pool, cells: Cells) -> Cells:
    """The SKUs of these cells by the shops that see them: the shops of the segment, and, as one segment's free units may be lent to
    others, those of segments that borrow."""
    found: Cells = {}
    for segment, skus in cells.items():
        for shop in _viewers(pool, segment):
            found[shop] = found[shop] | skus if shop in found else skus
    return found


def offered(pool: Pool, shop: str, skus: Sequence[str], version: int) -> list[Availability]:
    found = zip(skus, offers(pool, shop, skus), strict=True)
    if pool.incoming and (about := pool.shops[shop]).active and pool.policy.for_segment(about.segment).presale:
        return [_with_coming(pool, about, sku, units, version) for sku, units in found]
    return [Availability(shop=shop, sku=sku, units=units, version=version) for sku, units in found]


def _with_coming(pool: Pool, shop: Shop, sku: str, units: int, version: int) -> Availability:
    more = coming(pool, shop.segment, shop.shop, sku, pool.now)
    return Availability(shop=shop.shop, sku=sku, units=units, version=version, coming=more.units, coming_at=Millis(more.at))


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
    delivered = _units(order.delivered)
    ordered = sum([line.quantity * units for line in order.lines for _, units in line.parts])
    refunded, due = _given_back(order)
    return OrderStatus(
        tenant=tenant,
        shop=shop,
        order=name,
        status=_word(order, reserved, backordered, shipped, returned, delivered),
        revision=order.revision,
        position=position,
        ordered=ordered,
        reserved=reserved,
        backordered=backordered,
        shipped=shipped,
        returned=returned,
        delivered=delivered,
        cancelled=max(0, ordered - reserved - backordered - shipped) if order.cancelled or order.rejected or order.reductions else 0,
        holds=order.holds,
        returning=sum([units for case in order.after.cases.values() for units in case.expected().values()]) if order.after else 0,
        refunded=refunded,
        refund_due=due,
        currency=order.currency if refunded or due else "",
        expected=_expected(pool, key, order),
    )


def whole(key: str, units: int, position: int) -> OrderStatus:
    """`status` of a new order that is reserved as a whole."""
    tenant, shop, name = key.split("/", 2)
    return OrderStatus(
        tenant=tenant, shop=shop, order=name, status="reserved", revision=1, position=position, ordered=units, reserved=units
    )


def _given_back(order: Order) -> tuple[int, int]:
    if not (order.reductions or order.refunds) or order.unpaid:
        return 0, 0
    found = accounts(order).values()
    return sum([account.told[0] for account in found]), sum([account.due[0] for account in found])


def _expected(pool: Pool, key: str, order: Order) -> tuple[Expected, ...]:
    """By SKU, what it waits for and has a date."""
    skus = dict.fromkeys([row.sku for row in order.waiting]) if pool.dates else ()
    found = [pool.dates[sku][key] for sku in skus if key in pool.dates.get(sku, ())]
    return tuple([Expected(dated.sku, dated.quantity, Millis(dated.at)) for dated in found])


def _units(rows: Sequence[Row | Waiting]) -> int:
    return sum([row.quantity for row in rows])


def _word(order: Order, reserved: int, backordered: int, shipped: int, returned: int, delivered: int) -> str:
    """The one word for it. Precedence: what is over, what is stopped, what is under way."""
    if order.rejected:
        return "rejected"
    if shipped and returned == shipped and not (reserved or backordered or order.holds):
        return "returned"
    if order.cancelled:
        answers = {found.answer for found in order.open_fulfilments.values()}
        if answers:
            return "cancel_refused" if answers == {"too_late"} else "cancel_requested"
        return _gone(shipped, delivered) if order.outran else "cancelled"
    if order.holds:
        return "held"
    if backordered:
        return "partially_reserved" if reserved or shipped else "backordered"
    if shipped:
        return "partially_shipped" if reserved else _gone(shipped, delivered)
    return "reserved" if reserved else "cancelled" if order.reductions else "accepted"


def _gone(shipped: int, delivered: int) -> str:
    return "delivered" if delivered >= shipped else "shipped"
