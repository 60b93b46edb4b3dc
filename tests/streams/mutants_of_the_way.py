"""Mutants of what happens to goods that have left: what a log must not say of their way, their arrival and their return."""

from msgspec.structs import replace

from tables import events as e
from tests.streams.logs import Logs
from tests.streams.mutants import breaks
from tests.streams.mutants_of_the_rules import events_of


# ---------------------------------------------------------------------------------------------- coming back
def _back(logs: Logs, more: int) -> e.Returned:
    """What was shipped of an order comes back, and so many units more."""
    _, events = events_of(logs, e.Shipped)
    shipped = next(event for event in events if isinstance(event, e.Shipped))
    first, *others = (e.Row(row.line, row.sku, row.quantity) for row in shipped.rows)
    rows = (replace(first, quantity=first.quantity + more), *others)
    return e.Returned(order=shipped.order, document="back-1", node=shipped.node, rows=rows, returned_at=9)


@breaks("returns")
def more_comes_back_than_was_shipped(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, _back(logs, 1)])


@breaks("returns")
def the_same_goods_come_back_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, _back(logs, 0), _back(logs, 0)])


@breaks("conservation")
def less_than_nothing_comes_back(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, _back(logs, -9)])


@breaks("conservation")
def what_comes_back_can_be_sold_before_anybody_has_looked_at_it(logs: Logs) -> None:
    """It moves on hand, and to no segment: free units and the shelf differ."""

    def sold(event: e.Returned) -> e.StockMoved:
        moves = tuple(e.Move(row.sku, row.quantity, event.node, "quality", event.node, "on_hand") for row in event.rows)
        return e.StockMoved(document="", kind="move", at=1, moves=moves)

    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, _back(logs, 0), sold(_back(logs, 0))])


# ---------------------------------------------------------------------------------------------- on the way
def _arrived(logs: Logs, more: int) -> e.Delivered:
    back = _back(logs, more)
    return e.Delivered(order=back.order, tracking="GL-1", rows=back.rows, delivered_at=9)


@breaks("deliveries")
def more_arrives_than_was_shipped(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, _arrived(logs, 1)])


@breaks("deliveries")
def the_same_goods_arrive_twice(logs: Logs) -> None:
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, _arrived(logs, 0), _arrived(logs, 0)])


@breaks("deliveries")
def a_node_packs_what_it_has_shipped_already(logs: Logs) -> None:
    _, events = events_of(logs, e.Shipped)
    shipped = next(event for event in events if isinstance(event, e.Shipped))
    late = e.Progressed(order=shipped.order, fulfilment=shipped.fulfilment, node=shipped.node, stage="packed", at=9)
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, late])


# ---------------------------------------------------------------------------------------------- where it goes
def _moves_house(logs: Logs) -> tuple[int, list[e.AnyEvent]]:
    """A decision that tells a fulfilment anew, because the address changed."""
    at = next(
        i for i, decision in enumerate(logs.decisions) for x in decision.events if isinstance(x, e.Unreserved) and x.reason == "told_anew"
    )
    return at, list(logs.decisions[at].events)


@breaks("amendments")
def a_changed_address_reaches_nobody(logs: Logs) -> None:
    at, events = _moves_house(logs)
    logs.rewrite(at, lambda _: events[:1])


@breaks("amendments")
def what_is_called_back_for_its_address_is_not_told_again(logs: Logs) -> None:
    at, events = _moves_house(logs)
    logs.rewrite(at, lambda _: [event for event in events if not isinstance(event, e.Reserved)])


@breaks("amendments")
def it_is_too_late_for_a_change_that_nobody_made(logs: Logs) -> None:
    _, events = events_of(logs, e.Reserved)
    reserved = next(event for event in events if isinstance(event, e.Reserved))
    late = e.AmendmentTooLate(order=reserved.order, fulfilment=reserved.fulfilment, node=reserved.node, what=("recipient",))
    logs.rewrite(logs.find(e.Ticked), lambda events: [*events, late])
