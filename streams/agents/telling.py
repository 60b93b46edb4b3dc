"""What has changed of a partition, as the records that tell of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from streams.produce import Outgoing
from streams.rules.announce import Touched, offered, seen, status, whole
from streams.topics import AVAILABILITY, ORDER_STATUS
from tables.pool import Pool

# So many records are built at once, of the state as it is then: in about 0.2 ms.
SLICE = 250

T = TypeVar("T")

_encode_lines = msgspec.json.Encoder().encode_lines


def told(pools: Mapping[str, Pool], news: Mapping[str, Touched], partition: int, position: Callable[[], int]) -> Iterator[list[Outgoing]]:
    """A slice is built when it is asked for; `position` says which state it then tells of. What is known without the book is of the state
    in which the telling begins."""
    begun = position()
    for name, (orders, _) in news.items():
        for some in _slices(list(orders.items())):
            yield _statuses(pools[name], some, partition, begun, position())
    for name, (_, cells) in news.items():
        for shop, skus in seen(pools[name], cells).items():
            for part in _slices(list(skus)):
                yield _levels(pools[name], shop, part, partition, position())


def _slices(all_of_it: list[T]) -> Iterator[list[T]]:
    return (all_of_it[start : start + SLICE] for start in range(0, len(all_of_it), SLICE))


def _statuses(pool: Pool, orders: Sequence[tuple[str, int]], partition: int, begun: int, position: int) -> list[Outgoing]:
    # one that is forgotten was over for a long time, and was told of in its time
    known = [at for at in orders if at[0] in pool.orders]
    found = [whole(key, units, begun) if units else status(pool, key, position) for key, units in known]
    return [Outgoing(ORDER_STATUS.name, partition, key.encode(), value) for (key, _), value in zip(known, _encoded(found), strict=True)]


def _levels(pool: Pool, shop: str, skus: Sequence[str], partition: int, position: int) -> list[Outgoing]:
    values, name = _encoded(offered(pool, shop, skus, position)), f"{shop}/"
    return [Outgoing(AVAILABILITY.name, partition, (name + sku).encode(), value) for sku, value in zip(skus, values, strict=True)]


def _encoded(records: Sequence[msgspec.Struct]) -> list[bytes]:
    """Each as it would be by itself: JSON has no line breaks in its strings."""
    return _encode_lines(records).splitlines()
