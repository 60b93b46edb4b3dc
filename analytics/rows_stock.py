"""What decisions move: the moves of documents row by row, and the sums of these and of those that promises imply."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from analytics.facts import Row
from analytics.rows_orders import Told, moment
from analytics.sums import Sum, Way
from tables import events as e

_OUTSIDE = frozenset({"supplier", "customer", "adjustment"})
_WAY = attrgetter("from_node", "from_place", "to_node", "to_place")


def as_moved(event: e.AnyEvent) -> e.StockMoved | None:
    """A document that moves stock; a reservation is one too."""
    match event:
        case e.StockMoved():
            return event
        case e.ReservationMade(reservation=name, node=node, rows=rows):
            moves = [e.Move(row.sku, row.quantity, node, "on_hand", node, "reserved") for row in rows]
        case e.ReservationReleased(reservation=name, node=node, rows=rows, to=to):
            there = "" if to in _OUTSIDE else node
            moves = [e.Move(row.sku, row.quantity, node, "reserved", there, to) for row in rows]
        case _:
            return None
    return e.StockMoved(document=name, kind="reservation", at=0, moves=tuple(moves))


def moved_rows(front: tuple[object, ...], pool: str, event: e.StockMoved) -> Iterator[Row]:
    """`front`: where the record lies, and the place of the event in it."""
    for position, move in enumerate(event.moves):
        yield "stock_moves", (*front, position, pool, event.kind, event.document, move.sku, move.quantity, *_WAY(move))


def changed_rows(front: tuple[object, ...], pool: str, event: e.StockChanged) -> Iterator[Row]:
    """What a node said of units found or lost; what came of it is in the moves. `front`: as in `moved_rows`."""
    about = (pool, event.document, event.node, event.bucket, event.reason)
    for position, (sku, units) in enumerate(event.lines):
        yield "stock_changes", (*front, position, *about, sku, units, int(sku in event.counted), moment(event.at))


def moved_sums(pool: str, event: e.StockMoved) -> Iterator[Sum]:
    """Mostly one: the units of a document come and go the same way."""
    for way, found in groupby(event.moves, _WAY):
        moves = list(found)
        yield ("moved", pool, *way), [move.sku for move in moves], [move.quantity for move in moves]


def implied(pool: str, told: Sequence[Told]) -> Iterator[Sum]:
    """What moves with an order. The view `moves` says the same in SQL."""
    for _, event, gist in told:
        if way := _way(pool, event):
            yield way, gist.skus, gist.counts


def _way(pool: str, event: e.OrderEvent) -> Way | None:
    match event:
        case e.Reserved(node=node):
            return ("moved", pool, node, "on_hand", node, "reserved")
        case e.Unreserved(node=node, to=to):
            # units may be written off, and outside there are no nodes
            return ("moved", pool, node, "reserved", "" if to in _OUTSIDE else node, to)
        case e.Shipped(node=node):
            return ("moved", pool, node, "reserved", "", "customer")
        case e.FoundShipped():
            return ("moved", pool, "", "adjustment", "", "customer")
        case e.Returned(node=node):
            return ("moved", pool, "", "customer", node, "quality")
        case _:
            return None
