"""Orders of a marketplace of many sellers, as Olist published its own (CC BY-NC-SA 4.0: "Brazilian E-Commerce Public Dataset by Olist"):
two CSV files, an order a row and an item a row. Times are local and without a zone; a time that is missing is an empty field.

What each status means for us: `delivered`, `shipped`, `canceled` as it says; `invoiced`, `processing` and `approved` are promised to the
customer and not gone; `created` waits for its payment; `unavailable` was sold and is not there. When an order was cancelled or found to
be unavailable is not recorded: after all that is.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.histories.record import Did, History, Item

ORDERS, ITEMS = "olist_orders_dataset.csv", "olist_order_items_dataset.csv"
LOCAL = timezone(timedelta(hours=-3))
HOUR_MS = 3_600_000
STANDS = {
    "delivered": "delivered",
    "shipped": "shipped",
    "canceled": "cancelled",
    "invoiced": "reserved",
    "processing": "reserved",
    "approved": "reserved",
    "created": "held",
    "unavailable": "backordered",
}
# what a seller has told of his work by the time that an order has this status
STAGES = {"processing": "picking", "invoiced": "packed"}
UNPAID = "payment"

Row = dict[str, str]


def read(folder: Path) -> list[History]:
    """Histories of all orders that have items; those without are of nothing. Raises FileNotFoundError."""
    items: dict[str, list[Row]] = {}
    for row in _rows(folder / ITEMS):
        items.setdefault(row["order_id"], []).append(row)
    return histories(_rows(folder / ORDERS), items)


def histories(orders: Iterable[Row], items: dict[str, list[Row]]) -> list[History]:
    return [history(row, items[row["order_id"]]) for row in orders if row["order_id"] in items]


def _rows(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def history(order: Row, items: list[Row]) -> History:
    """An item of several units stands on as many rows: they are one line."""
    status = order["order_status"]
    units = len(items)
    bought = tuple(_items(items))
    left, arrived = _at(order["order_delivered_carrier_date"]), _at(order["order_delivered_customer_date"])
    gone = units if left is not None or arrived is not None or status in ("shipped", "delivered") else 0
    there = units if arrived is not None or status == "delivered" else 0
    return History(
        order["order_id"], bought, tuple(sorted(_did(order, bought), key=lambda did: did.at)), STANDS[status], shipped=gone, delivered=there
    )


def _items(rows: Iterable[Row]) -> Iterator[Item]:
    """A product is listed by each of its sellers on his own."""
    lines: dict[tuple[str, str, str], int] = {}
    for row in rows:
        place = (row["product_id"], row["seller_id"], row["price"])
        lines[place] = lines.get(place, 0) + 1
    for number, ((product, seller, price), units) in enumerate(lines.items(), 1):
        yield Item(str(number), f"{product}/{seller}", seller, units, round(100 * float(price)))


def _did(order: Row, items: tuple[Item, ...]) -> Iterator[Did]:
    status, bought_at = order["order_status"], _at(order["order_purchase_timestamp"])
    assert bought_at is not None
    approved, left, arrived = (
        _at(order[name]) for name in ("order_approved_at", "order_delivered_carrier_date", "order_delivered_customer_date")
    )
    waits = status == "created" or (approved is not None and approved > bought_at)
    yield Did(bought_at, "placed", word=UNPAID if waits else "")
    if approved is not None and waits:
        yield Did(approved, "approved")
    last = max(at for at in (bought_at, approved, left, arrived) if at is not None)
    if status in STAGES:
        yield Did(last + 1, "progress", word=STAGES[status])
    if left is None and (arrived is not None or status in ("shipped", "delivered")):
        left = last
    if arrived is None and status == "delivered":
        arrived = last + HOUR_MS
    yield from _parcels(order["order_id"], items, left, arrived)
    if status == "canceled":
        yield Did(max(last, arrived or 0) + HOUR_MS, "cancelled")
    if status == "unavailable":
        yield Did(last + HOUR_MS, "refused", word="short")


def _parcels(order: str, items: tuple[Item, ...], left: int | None, arrived: int | None) -> Iterator[Did]:
    """One of each seller's; the dates are told once for all of them."""
    for number, seller in enumerate(dict.fromkeys(item.seller for item in items), 1):
        tracking = f"{order[:12]}-{number}".upper()
        if left is not None:
            yield Did(left, "left", seller, tracking)
            yield Did(left, "scan", seller, tracking, word="in_transit")
        if arrived is not None:
            yield Did(arrived, "scan", seller, tracking, word="delivered")


def _at(text: str) -> int | None:
    return int(datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp() * 1000) if text else None
