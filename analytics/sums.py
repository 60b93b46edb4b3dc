"""What the decisions of a batch add to the stock of each place and to the demand of each day: summed here, because ClickHouse would
have to read every unit again to do it."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from analytics.facts import SUMS

# ("moved", pool, from node, from place, to node, to place); ("wanted", day, channel, node) or ("cancelled", …), where the day is since
# the epoch and node '' nobody's; ("promised", pool, node, day, channel): wanted, and moved from that node's shelf at once.
Way = tuple[Any, ...]
# So many units of each SKU went that way.
Sum = tuple[Way, Sequence[str], Sequence[int]]


class Summed(NamedTuple):
    """`way` (places in `ways`), `sku` and `units` are columns of equal length, each way and SKU once."""

    ways: Sequence[Way]
    way: Any
    sku: pa.Array
    units: Any


def sum_tables(sums: Sequence[Sum]) -> dict[str, pa.Table]:
    """The rows of the rollups, in the order of writing. The same sums in the same order give the same rows."""
    if not sums:
        return {}
    summed = _summed(sums)
    none = np.zeros_like(summed.units)
    found = {
        "flows": [_rows("flows", summed, _moved, summed.units)],
        "demand_daily": [
            _rows("demand_daily", summed, _wanted, summed.units, none),
            _rows("demand_daily", summed, _cancelled, none, summed.units),
        ],
    }
    made = {name: pa.concat_tables(parts).unify_dictionaries().combine_chunks() for name, parts in found.items()}
    return {name: table for name, table in made.items() if table.num_rows}


def _summed(sums: Sequence[Sum]) -> Summed:
    """In C, all of it: an order has ten SKUs."""
    ways, skus, counts = zip(*sums, strict=True)
    known = {way: place for place, way in enumerate(dict.fromkeys(ways))}
    way = np.repeat(np.array([known[one] for one in ways]), [len(some) for some in skus])
    sku = pa.array(list(chain.from_iterable(skus)), pa.string()).dictionary_encode()
    key = way * max(1, len(sku.dictionary)) + sku.indices.to_numpy()
    units = pa.array(list(chain.from_iterable(counts)), pa.int64())
    both = pa.table({"key": key, "units": units}).group_by("key", use_threads=False).aggregate([("units", "sum")])
    way, code = np.divmod(both["key"].to_numpy(), max(1, len(sku.dictionary)))
    return Summed(list(known), way, sku.dictionary.take(pa.array(code)), both["units_sum"].to_numpy())


def _rows(name: str, summed: Summed, of: Callable[[Way], tuple[Any, ...] | None], *units: Any) -> pa.Table:
    """Rows of those ways of which `of` says the first columns, the SKU apart; the last columns are `units`."""
    told = [of(way) for way in summed.ways]
    blank = next((one for one in told if one is not None), None)
    if blank is None:
        return SUMS[name].empty_table()
    keep = np.array([one is not None for one in told])[summed.way] & (summed.units != 0)
    way = pa.array(summed.way[keep])
    front = zip(*[one or blank for one in told], strict=True)
    made = [pa.array(column, field.type).take(way) for column, field in zip(front, SUMS[name], strict=False)]
    return pa.Table.from_arrays([*made, summed.sku.filter(pa.array(keep)), *[one[keep] for one in units]], schema=SUMS[name])


def _moved(way: Way) -> tuple[Any, ...] | None:
    match way:
        case ("moved", *rest):
            return tuple(rest)
        case ("promised", pool, node, _, _):
            return pool, node, "on_hand", node, "reserved"
        case _:
            return None


def _wanted(way: Way) -> tuple[Any, ...] | None:
    match way:
        case ("wanted", day, channel, node) | ("promised", _, node, day, channel):
            return day, channel, node
        case _:
            return None


def _cancelled(way: Way) -> tuple[Any, ...] | None:
    return way[1:] if way[0] == "cancelled" else None
