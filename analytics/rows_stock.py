"""Rows of stock: every double-entry move of a decision, those implied by promises included."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from analytics.facts import At, Span
from analytics.gist import Gist
from streams.decisions import Decision
from tables import events as e

_OUTSIDE = frozenset({"supplier", "customer", "adjustment"})
_WAY = attrgetter("from_node", "from_place", "to_node", "to_place")


def stock_rows(at: At, decision: Decision, gists: Sequence[Gist]) -> Iterator[Span]:
    """`gists`: of the decision's events."""
    for ordinal, (event, gist) in enumerate(zip(decision.events, gists, strict=True)):
        front = (*at, ordinal, decision.pool)
        if isinstance(event, e.StockMoved):
            yield from _told(front, event)
        elif implied := _implied(event):
            yield "moves", (*front, *implied), (range(len(gist.skus)), gist.skus, gist.counts)


def _told(front: tuple[object, ...], event: e.StockMoved) -> Iterator[Span]:
    """Mostly one span: the units of a document come and go the same way."""
    position = 0
    for way, found in groupby(event.moves, _WAY):
        moves = list(found)
        own = (range(position, position + len(moves)), [move.sku for move in moves], [move.quantity for move in moves])
        yield "moves", (*front, event.kind, event.document, "", *way), own
        position += len(moves)


def _implied(event: e.AnyEvent) -> tuple[str, ...]:
    """(cause, document, order, from node, from place, to node, to place) of what moves with an order; () where nothing does."""
    match event:
        case e.Reserved(node=node):
            return "reserved", event.fulfilment, event.order, node, "on_hand", node, "reserved"
        case e.Unreserved(node=node):
            # units may be written off, and outside there are no nodes
            return event.reason, event.fulfilment, event.order, node, "reserved", "" if event.to in _OUTSIDE else node, event.to
        case e.Shipped(node=node):
            return "shipped", event.fulfilment, event.order, node, "reserved", "", "customer"
        case e.FoundShipped():
            return "shipped", event.fulfilment, event.order, "", "adjustment", "", "customer"
        case e.Returned(node=node):
            return "returned", event.document, event.order, "", "customer", node, "quality"
        case _:
            return ()
