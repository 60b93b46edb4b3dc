"""The fixed job: a real retailer's year of baskets as orders, some of them delivered twice, and what has to come out of it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import NamedTuple
from zlib import crc32

import msgspec
import numpy as np
import pyarrow.parquet as pq

from deploy.retailer.baskets import data_folder

PARTITIONS = 4
STOCK = 1_000  # units of every SKU that a store has at the start
AGAIN = 0.05  # of the orders are delivered twice,
WITHIN = 500  # not later than so many records on
COLUMNS = ["basket_id", "store_id", "household_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]


class Line(msgspec.Struct, frozen=True, gc=False):
    sku: str
    qty: int
    price: float


class Order(msgspec.Struct, frozen=True, gc=False):
    """As it travels to the peers. `placed_at`: milliseconds since the epoch; a pool is a store."""

    order_id: str
    pool: str
    buyer: str
    placed_at: int
    lines: tuple[Line, ...]
    tenant: str = "t1"
    channel: str = "cj"

    @property
    def partition(self) -> int:
        return crc32(self.pool.encode()) % PARTITIONS


class Outcome(NamedTuple):
    """`orders`: decided, without repetitions; `lines`: of these, reserved."""

    orders: int
    lines: int


encode_order = msgspec.json.Encoder().encode


def real() -> Iterator[Order]:
    """All baskets in order of time. Raises ModuleNotFoundError where the data set is not installed."""
    table = pq.read_table(data_folder() / "transactions.parquet", columns=COLUMNS)
    columns = [table[name].to_numpy() for name in COLUMNS]
    basket, when = columns[0], columns[-1]
    order = np.lexsort((basket, when))
    basket, store, household, product, quantity, value, when = (column[order] for column in columns)
    starts = np.flatnonzero(np.diff(basket, prepend=-1))
    millis = when[starts].astype("datetime64[ms]").astype(np.int64).tolist()
    for start, end, at in zip(starts.tolist(), [*starts[1:].tolist(), len(basket)], millis, strict=True):
        sold = zip(product[start:end].tolist(), quantity[start:end].tolist(), value[start:end].tolist(), strict=True)
        lines = tuple([Line(str(sku), units, round(paid / units, 2)) for sku, units, paid in sold if units > 0])
        if lines:
            yield Order(str(basket[start]), f"s{store[start]}", str(household[start]), at, lines)


def generated(orders: int, seed: int = 7) -> Iterator[Order]:
    """As the real ones are by their sizes: 450 stores of unequal size, 60,000 SKUs of which some sell much, 9.4 lines."""
    random = Random(seed)
    for number in range(orders):
        store, count = int(450 * random.random() ** 3), 1 + min(100, int(random.expovariate(1 / 8.9)))
        lines = [Line(str(int(60_000 * random.random() ** 4)), random.choice((1, 1, 1, 2, 3)), 2.5) for _ in range(count)]
        yield Order(str(number), f"s{store}", str(random.randrange(2_500)), 1_483_228_800_000 + 200_000 * number, tuple(lines))


def delivered(orders: Iterable[Order], seed: int = 7) -> Iterator[Order]:
    """The orders, and after some of them an earlier one again, unchanged."""
    random, late = Random(seed), list[Order]()
    for order in orders:
        late.append(order)
        yield order
        if random.random() < AGAIN:
            late.append(random.choice(late[-WITHIN:]))
            yield late[-1]
        del late[:-WITHIN]


def job(orders: Iterable[Order], records: int) -> list[Order]:
    return list(islice(delivered(orders), records))


def warmed(orders: Sequence[Order]) -> Iterator[Order]:
    """The job twice over, the first time under other numbers."""
    yield from (msgspec.structs.replace(order, order_id=f"w{order.order_id}") for order in orders)
    yield from orders


def outcome(orders: Iterable[Order]) -> Outcome:
    """What every engine must come to: an order counts once, a line is reserved whole or not at all."""
    seen, lines = set[str](), 0
    left: dict[tuple[str, str], int] = {}
    for order in orders:
        if order.order_id in seen:
            continue
        seen.add(order.order_id)
        for line in order.lines:
            cell = (order.pool, line.sku)
            rest = left.get(cell, STOCK) - line.qty
            if rest >= 0:
                left[cell] = rest
                lines += 1
    return Outcome(len(seen), lines)
