"""Somebody who follows a pool's decisions from outside, and says after each of them what must hold whatever was asked."""

from collections import Counter

from streams.decisions import Decision
from streams.rules.place import SUSPECTED_DUPLICATE
from streams.rules.readdress import TOLD_ANEW
from tables import events as e
from tables.events import UNASSIGNED, Row
from tables.orders import LineSku, Order, demand, sums
from tables.pool import Pool

Unit = tuple[str, str, str]  # order, line, SKU


class Onlooker:
    """`inside`: units of each SKU that crossed our border, less those that left. `asked`: the most that each order's line ever
    wanted of a SKU, over all its revisions; `shipped` and `returned`: what left for it and came back; `found`: what turned out to
    have left when it had been sourced anew; `looked_at`: what was inspected of what came back; `reissued`: what goes out once
    more."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        self.asked: Counter[Unit] = Counter()
        self.shipped: Counter[Unit] = Counter()
        self.found: Counter[Unit] = Counter()
        self.returned: Counter[Unit] = Counter()
        self.looked_at: Counter[tuple[str, str]] = Counter()
        self.reissued: Counter[Unit] = Counter()

    def follow(self, pool: Pool, decision: Decision) -> None:
        """`pool` as the decision leaves it."""
        for event in decision.events:
            self._border(event)
            self._customer(event)
            if isinstance(event, e.Reserved):
                assert_may_draw(pool, event)
        assert self.inside == units_inside(pool), "units come from somewhere and go somewhere"
        assert self.shipped <= self.asked, "nobody gets more than they ever asked for"
        assert self.returned <= self.shipped + self.found, "no more comes back than has left"
        assert self.looked_at <= by_order(self.returned), "nothing is sold again, or gone, that has not come back"
        assert self.reissued <= self.shipped + self.found, "no more goes out once more than did"
        promised = {event.order for event in decision.events if isinstance(event, e.Reserved)}
        taken_over = {event.order for event in decision.events if isinstance(event, e.ReservationReleased)}
        # what is told anew is what was promised before
        told_anew = {event.order for event in decision.events if isinstance(event, e.Unreserved) and event.reason == TOLD_ANEW}
        for key, order in pool.orders.items():
            assert_accounted(order)
            if key in promised - taken_over - told_anew:
                assert_all_or_nothing(pool, order)

    def _border(self, event: e.AnyEvent) -> None:
        match event:
            case e.StockMoved():
                for move in event.moves:
                    self.inside[move.sku] += move.quantity * (bool(move.to_node) - bool(move.from_node))
            case e.Shipped() | e.Unreserved(to="adjustment") | e.ReservationReleased(to="adjustment"):
                self.inside.subtract(units(event.rows))
            case e.Returned():
                self.inside.update(units(event.rows))
            case _:
                pass

    def _customer(self, event: e.AnyEvent) -> None:
        match event:
            case e.OrderPlaced() | e.OrderResolved():
                for (line, sku), wanted in demand(event.lines, None).items():
                    self.asked[event.order, line, sku] = max(wanted, self.asked[event.order, line, sku])
            case e.HoldReleased(order=order, reasons=reasons) if SUSPECTED_DUPLICATE in reasons:
                # a person has looked: it is an order of its own
                for counts in (self.shipped, self.found, self.returned, self.looked_at, self.reissued):
                    for unit in [unit for unit in counts if unit[0] == order]:
                        del counts[unit]
            case e.Shipped(order=order, rows=rows):
                self.shipped.update(by_line(order, rows))
            case e.FoundShipped(order=order, rows=rows):
                self.found.update(by_line(order, rows))
            case e.Returned(order=order, rows=rows):
                self.returned.update(by_line(order, rows))
            case e.Reissued(order=order, rows=rows):
                self.reissued.update(by_line(order, rows))
            case e.Inspected(order=order, lines=lines):
                for sku, _, quantity in lines:
                    self.looked_at[order, sku] += quantity
            case _:
                pass


def by_order(units: Counter[Unit]) -> Counter[tuple[str, str]]:
    """By order and SKU."""
    total: Counter[tuple[str, str]] = Counter()
    for (order, _, sku), quantity in units.items():
        total[order, sku] += quantity
    return total


def by_line(order: str, rows: tuple[Row, ...]) -> dict[Unit, int]:
    return {(order, line, sku): quantity for (line, sku), quantity in sums(rows).items()}


def units(rows: tuple[Row, ...]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        total[row.sku] += row.quantity
    return total


def units_inside(pool: Pool) -> Counter[str]:
    total: Counter[str] = Counter()
    for shelf in pool.stock.values():
        for bucket in (shelf.on_hand, shelf.reserved, *shelf.other.values()):
            total.update(bucket)
    return total


def assert_may_draw(pool: Pool, event: e.Reserved) -> None:
    """An order draws on its shop's quota, its segment and the unassigned; beyond those on whom it may borrow from, never on a
    protected segment."""
    order = pool.orders[event.order]
    own = pool.segments[order.segment]
    lenders = {name for name, other in pool.segments.items() if own.may_borrow and not other.protected}
    allowed = {"@" + order.shop, order.segment, UNASSIGNED} | lenders
    assert {origin for row in event.rows for origin, _ in row.origins} <= allowed
    assert pool.nodes[event.node].sellable


def reserved(order: Order) -> dict[LineSku, int]:
    """Units promised, by line and SKU."""
    return sums(row for found in order.open_fulfilments.values() for row in found.rows)


def asked_back(order: Order) -> dict[LineSku, int]:
    """Those of them that a node was asked to keep back, and has not answered for: they may leave or not."""
    return sums(row for found in order.open_fulfilments.values() for row in found.asked)


def wanted(order: Order) -> dict[LineSku, int]:
    over = order.cancelled or order.rejected or order.holds or not order.revision
    return {} if over else order.demand()


def assert_accounted(order: Order) -> None:
    """What a line wants is shipped, promised or waited for; no more than that is promised, and nothing of what nobody wants."""
    wants, has, gone, waits, asked = wanted(order), reserved(order), sums(order.shipped), sums(order.waiting), asked_back(order)
    for place in {*wants, *has, *waits}:
        due = max(0, wants.get(place, 0) - gone.get(place, 0))
        assert has.get(place, 0) - asked.get(place, 0) <= due
        assert waits.get(place, 0) <= due
        assert has.get(place, 0) + waits.get(place, 0) >= due


def assert_all_or_nothing(pool: Pool, order: Order) -> None:
    """Unless the policy says partial, a decision that promises an order anything promises it everything."""
    if pool.policy.for_segment(order.segment).shortage_after(pool.now - order.placed_at) != "partial":
        has, gone = reserved(order), sums(order.shipped)
        later = dict(order.gifts) if pool.policy.for_segment(order.segment).gifts != "wait" else {}
        whole = {place: units for place, units in wanted(order).items() if place[0] not in later}
        assert all(has.get(place, 0) + gone.get(place, 0) >= units for place, units in whole.items())
