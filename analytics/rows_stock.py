"""Rows of stock: every double-entry move of a decision, those implied by promises included."""

from collections.abc import Iterator

from analytics.facts import At, FactRow
from streams.decisions import Decision
from tables import events as e


def stock_rows(at: At, decision: Decision) -> Iterator[FactRow]:
    for ordinal, event in enumerate(decision.events):
        cause, document, order, moves = _moves(event)
        for position, move in enumerate(moves):
            front = (*at, ordinal, position, decision.pool, cause, document, order, move.sku, move.quantity)
            yield "moves", (*front, move.from_node, move.from_place, move.to_node, move.to_place)


def _moves(event: e.AnyEvent) -> tuple[str, str, str, tuple[e.Move, ...]]:
    """(cause, document, order, moves) of an event; most events move nothing."""
    match event:
        case e.Reserved(node=node):
            moves = (e.Move(row.sku, row.quantity, node, "on_hand", node, "reserved") for row in event.rows)
            return "reserved", event.fulfilment, event.order, tuple(moves)
        case e.Unreserved(node=node):
            moves = (e.Move(row.sku, row.quantity, node, "reserved", node, event.to) for row in event.rows)
            return event.reason, event.fulfilment, event.order, _outside(tuple(moves))
        case e.Shipped(node=node):
            moves = (e.Move(row.sku, row.quantity, node, "reserved", "", "customer") for row in event.rows)
            return "shipped", event.fulfilment, event.order, tuple(moves)
        case e.FoundShipped():
            moves = (e.Move(row.sku, row.quantity, "", "adjustment", "", "customer") for row in event.rows)
            return "shipped", event.fulfilment, event.order, tuple(moves)
        case e.Returned(node=node):
            moves = (e.Move(row.sku, row.quantity, "", "customer", node, "quality") for row in event.rows)
            return "returned", event.document, event.order, tuple(moves)
        case e.StockMoved():
            return event.kind, event.document, "", event.moves
        case _:
            return "", "", "", ()


def _outside(moves: tuple[e.Move, ...]) -> tuple[e.Move, ...]:
    """An Unreserved may write units off; outside there are no nodes."""
    return tuple(
        e.Move(move.sku, move.quantity, move.from_node, move.from_place, "", move.to_place) if move.to_place in _OUTSIDE else move
        for move in moves
    )


_OUTSIDE = frozenset({"supplier", "customer", "adjustment"})
