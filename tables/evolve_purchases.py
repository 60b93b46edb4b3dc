"""How events change what is bought of nodes that bill us."""

from collections.abc import Iterable

import msgspec

from tables import events as e
from tables.orders import Order, bare, merge
from tables.purchases import Bill, CalledOff, Purchase, units
from tables.state import Pool

# Reasons of an Unreserved by which the node itself does not ship; all others are ours.
_ENDS: dict[str, CalledOff] = {"rejected": "declined", "short": "declined", "timed_out": "timed_out"}


def prices_set(pool: Pool, event: e.PricesSet) -> None:
    pool.prices[event.node] = pool.prices.get(event.node, {}) | dict(event.prices)
    pool.versions[f"prices/{event.node}/{event.part}"] = event.version


def ordered(pool: Pool, event: e.PurchaseOrdered) -> None:
    order = pool.orders[event.order]
    purchase = Purchase(event.node, event.currency, event.lines, event.freight)
    order.purchases = {**(order.purchases or {}), event.fulfilment: purchase}
    pool.purchases[event.fulfilment] = event.order


def acknowledged(order: Order, fulfilment: str) -> None:
    if purchase := _bought(order, fulfilment):
        purchase.acknowledged = True


def called_off(order: Order, event: e.Unreserved) -> None:
    if purchase := _bought(order, event.fulfilment):
        purchase.off += units(event.rows)
        purchase.ended = _ENDS.get(event.reason, "cancelled")


def bought_left(order: Order, fulfilment: str, rows: Iterable[e.Row]) -> None:
    """Units have left, which may be bought."""
    if purchase := _bought(order, fulfilment):
        purchase.shipped = merge(purchase.shipped, bare(rows))


def found_left(order: Order, fulfilment: str, rows: tuple[e.Row, ...]) -> None:
    """… and had been taken for missing."""
    if purchase := _bought(order, fulfilment):
        purchase.off -= units(rows)
        bought_left(order, fulfilment, rows)


def billed(pool: Pool, event: e.BilledBack) -> None:
    purchase = _purchase(pool, event.order, event.fulfilment)
    bill = Bill(event.currency, event.lines, event.freight, event.total, "disputed" if event.differences else "approved")
    purchase.bills = {**purchase.bills, event.document: bill}


def settled(pool: Pool, event: e.BillSettled) -> None:
    purchase = _purchase(pool, event.order, event.fulfilment)
    bill = purchase.bills[event.document]
    purchase.bills = {**purchase.bills, event.document: msgspec.structs.replace(bill, verdict=event.verdict)}


def credit_expected(pool: Pool, event: e.CreditExpected) -> None:
    purchase = _purchase(pool, event.order, event.fulfilment)
    purchase.credited = merge(purchase.credited, [e.Row(line.line, line.sku, line.units) for line in event.lines])


def _purchase(pool: Pool, key: str, fulfilment: str) -> Purchase:
    return (pool.orders[key].purchases or {})[fulfilment]


def _bought(order: Order, fulfilment: str) -> Purchase | None:
    return order.purchases.get(fulfilment) if order.purchases else None


def forget_purchases(pool: Pool, order: Order) -> None:
    """Of an order that is forgotten."""
    for fulfilment in order.purchases or ():
        del pool.purchases[fulfilment]
