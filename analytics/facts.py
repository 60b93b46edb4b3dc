"""The fact tables the sink writes, as Arrow schemas, and rows turned into columns for them. `schema/*.sql` says what they mean."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa


class At(NamedTuple):
    """Where a record lies, and when the broker took it (ms since the epoch). Each row of a fact table begins with it."""

    topic: str
    partition: int
    offset: int
    time: int


# (table, shared, own): rows of a table that lie together: what all of them share, said once, and a column for each thing they have of
# their own; one row where the table has no own columns. An order leaves forty rows of fifteen values: too many to make one by one.
Span = tuple[str, tuple[Any, ...], tuple[Collection[Any], ...]]


class Fact(NamedTuple):
    """`shared` columns come first, then the own ones."""

    shared: pa.Schema
    own: pa.Schema

    @property
    def names(self) -> list[str]:
        return [*self.shared.names, *self.own.names]


_TYPES = {
    # few values, many rows: the tables hold these as LowCardinality, and take them over as they are
    "lc": pa.dictionary(pa.int32(), pa.string()),
    "s": pa.string(),
    "u32": pa.uint32(),
    "u64": pa.uint64(),
    "i32": pa.int32(),
    "i64": pa.int64(),
    "t": pa.timestamp("ms", tz="UTC"),
    "day": pa.date32(),
    "s[]": pa.list_(pa.string()),
    "i64[]": pa.list_(pa.int64()),
}
_AT = "k_topic:lc k_part:u32 k_off:u64 k_time:t "


def _schema(columns: str) -> pa.Schema:
    return pa.schema([(name, _TYPES[kind]) for name, kind in (column.split(":") for column in columns.split())])


def _fact(shared: str, own: str = "") -> Fact:
    return Fact(_schema(_AT + shared), _schema(own))


# In the order of writing: `decisions` comes last, so that its presence says that all else of the batch is there.
FACTS: Mapping[str, Fact] = {
    "order_events": _fact(
        "ordinal:u32 pool:lc order_id:s type:lc node:lc fulfilment:s units:i64 reasons:s[] payload:s"
        " shop:lc channel:lc segment:lc number:s region:lc currency:lc revision:u32 placed_at:t received_at:t"
    ),
    "order_lines": _fact(
        "order_id:s revision:u32 currency:lc shop:lc channel:lc segment:lc placed_at:t",
        own="line:s listing:s sku:s quantity:i64 units:i64 price:i64",
    ),
    "backorders": _fact("ordinal:u32 pool:lc order_id:s skus:s[] units:i64[]"),
    "moves": _fact(
        "ordinal:u32 pool:lc cause:lc document:s order_id:s from_node:lc from_place:lc to_node:lc to_place:lc",
        own="position:u32 sku:s quantity:i64",
    ),
    "shortages": _fact("ordinal:u32 pool:lc order_id:s node:lc sku:s quantity:i64"),
    "fulfilments": _fact(
        "ordinal:u32 pool:lc order_id:s fulfilment:s node:lc step:lc units:i64 lines:u32 reason:s carrier:lc tracking:s shipped_at:t"
    ),
    "candidates": _fact("ordinal:u32 pool:lc order_id:s wanted:i64 criteria:s[]", own="node:lc covers:i64 scores:i64[] verdict:lc"),
    "demand": _fact("pool:lc order_id:s day:day channel:lc node:lc", own="sku:s units:i64 cancelled:i64"),
    "dead_letters": _fact(
        "verdict:lc stage:lc code:lc sentence:s src_topic:lc src_part:i32 src_off:i64 shop:lc src_key:s bytes:u64 record_hash:u64"
    ),
    "decisions": _fact(
        "pool:lc seq:u64 src_offset:i64 command_id:s source:lc source_part:i32 source_off:i64 decider:u32 policy_version:i64 kind:lc"
        " outcome:lc order_id:s shop:lc channel:lc segment:lc revision:u32 lines:u32 units:i64 received_at:t latency_ms:i64 code:lc"
        " sentence:s record_hash:u64"
    ),
}


def columns(spans: Iterable[Span]) -> dict[str, pa.Table]:
    """Rows of several tables -> one Arrow table for each that has any, in the order of writing."""
    sorted_out: dict[str, list[Span]] = {name: [] for name in FACTS}
    for span in spans:
        sorted_out[span[0]].append(span)
    made = {name: _table(FACTS[name], found) for name, found in sorted_out.items() if found}
    return {name: table for name, table in made.items() if table.num_rows}


def joined(parts: Sequence[Mapping[str, pa.Table]]) -> dict[str, pa.Table]:
    """The tables of several parts as one each, in the order of writing."""
    found = {name: [part[name] for part in parts if name in part] for name in FACTS}
    return {name: pa.concat_tables(some).unify_dictionaries().combine_chunks() for name, some in found.items() if some}


def _table(fact: Fact, spans: Sequence[Span]) -> pa.Table:
    # transposed by zip and spread by numpy, in C: a Python object a row would cost more than all the rest of the sink
    _, shared_values, own_values = zip(*spans, strict=True)
    shared = _arrays(fact.shared, zip(*shared_values, strict=True))
    own = _arrays(fact.own, (list(chain.from_iterable(column)) for column in zip(*own_values, strict=True)))
    if own:
        rows = pa.array(np.repeat(np.arange(len(spans), dtype=np.int32), [len(values[0]) for values in own_values]))
        shared = [array.take(rows) for array in shared]
    return pa.Table.from_arrays([*shared, *own], names=fact.names)


def _arrays(schema: pa.Schema, columns: Iterable[Sequence[Any]]) -> list[pa.Array]:
    return [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
