"""Two years of a wholesaler's invoices and credit notes ("Online Retail II", UCI, CC BY 4.0): orders as they were entered, and what was
taken off them or came back, minutes to months later.

When an order left is not recorded: it leaves twelve hours after it was entered. A credit note names no invoice, so its lines belong to
the customer's latest earlier order that still has so many units of the SKU; before the order has left they are taken off it, after that
they come back. Two lines in three belong to nothing that is in the data, and speak of an order nobody knows.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from tests.histories.record import Did, History, Item

FILE = "online_retail_II/online_retail_II.parquet"
HOUSE = "house"
# postage, fees, samples, write-offs and vouchers stand on invoices too
NO_GOODS = ("POST", "DOT", "M", "m", "D", "S", "B", "C2", "C3", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "CRUK", "PADS", "TEST001")
COLUMNS = ("Invoice", "src", "StockCode", "Quantity", "UnitPrice", "CustomerID")
LEAVES_AFTER_MS = 12 * 3_600_000
ON_ITS_WAY_MS = 36 * 3_600_000


class Line(NamedTuple):
    sku: str
    quantity: int
    pence: int


class Paper(NamedTuple):
    """An invoice, or a credit note (its quantities are below zero). `customer` 0: not known."""

    number: str
    customer: int
    at: int
    lines: tuple[Line, ...]


def read(folder: Path, customers: Sequence[int] = ()) -> list[History]:
    """Of all customers, or of these. Raises FileNotFoundError."""
    return histories(list(papers(folder / FILE, customers)))


def papers(path: Path, customers: Sequence[int]) -> Iterator[Paper]:
    """In the order of their times; an invoice that stands in both years' books is two papers of one number."""
    only = [("CustomerID", "in", list(customers))] if customers else None
    table = pq.read_table(path, columns=[*COLUMNS, "InvoiceDate"], filters=only)
    invoice, source, sku, quantity, price, customer = (table[name].to_pylist() for name in COLUMNS)
    at = table["InvoiceDate"].to_numpy().astype("datetime64[ms]").astype(np.int64).tolist()
    rows: dict[tuple[str, str], list[int]] = {}
    for number, place in enumerate(zip(invoice, source, strict=True)):
        rows.setdefault(place, []).append(number)
    for first in sorted(rows.values(), key=lambda found: (at[found[0]], found[0])):
        lines = tuple([Line(sku[n], quantity[n], round(100 * price[n])) for n in first if sku[n] not in NO_GOODS and price[n] > 0])
        yield Paper(invoice[first[0]], customer[first[0]] or 0, at[first[0]], lines)


def histories(found: Sequence[Paper]) -> list[History]:
    books = Books()
    for paper in found:
        books.enter(paper)
    return [order.history() for order in books.orders.values()]


class Order:
    """An invoice and what was credited of it. `left`: units by SKU that may still be credited."""

    def __init__(self, paper: Paper) -> None:
        goods = [line for line in paper.lines if line.quantity > 0]
        self.items = tuple([Item(str(n), line.sku, HOUSE, line.quantity, line.pence) for n, line in enumerate(goods, 1)])
        self.leaves = paper.at + LEAVES_AFTER_MS
        self.did = [Did(paper.at, "placed")]
        self.name = paper.number
        self.left = [item.quantity for item in self.items]
        self.off = self.back = 0

    def credit(self, note: Paper, sku: str, units: int) -> bool:
        """Whether one of its lines has so many units left."""
        for nth, item in enumerate(self.items):
            if item.sku == sku and self.left[nth] >= units:
                self.left[nth] -= units
                self._credit(note, item, units)
                return True
        return False

    def _credit(self, note: Paper, item: Item, units: int) -> None:
        if note.at < self.leaves:
            self.off += units
            self.did.append(Did(note.at, "refunded", lines=((item.line, units),), word=f"{note.number}/{len(self.did)}"))
        else:
            self.back += units
            self.did.append(Did(note.at, "back", lines=((item.line, units),), word=f"{note.number}/{len(self.did)}"))

    def history(self) -> History:
        gone = sum(item.quantity for item in self.items) - self.off
        if gone:
            self.did.append(Did(self.leaves, "left", HOUSE, self.name))
            self.did.append(Did(self.leaves + ON_ITS_WAY_MS, "scan", HOUSE, self.name, word="delivered"))
        did = tuple(sorted(self.did, key=lambda one: one.at))
        status = "cancelled" if not gone else "returned" if gone == self.back else "delivered"
        return History(self.name, self.items, did, status, shipped=gone, delivered=gone, returned=self.back)


class Books:
    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.strangers: Counter[str] = Counter()
        self._of: dict[tuple[int, str], list[Order]] = {}

    def enter(self, paper: Paper) -> None:
        """What is entered again is told again, and changes nothing."""
        known = self.orders.get(paper.number)
        if known is not None:
            known.did.append(known.did[0])
        elif any(line.quantity > 0 for line in paper.lines):
            order = self.orders[paper.number] = Order(paper)
            for item in order.items:
                self._of.setdefault((paper.customer, item.sku), []).append(order)
        else:
            for line in paper.lines:
                self._credit(paper, line)

    def _credit(self, note: Paper, line: Line) -> None:
        for order in reversed(self._of.get((note.customer, line.sku), []) if note.customer else []):
            if order.credit(note, line.sku, -line.quantity):
                return
        self.strangers[note.number] += 1
