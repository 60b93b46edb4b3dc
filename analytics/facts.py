"""The fact tables the sink writes, as Arrow schemas, and rows turned into columns for them. `schema/*.sql` says what they mean."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

Row = tuple[Any, ...]
FactRow = tuple[str, Row]


class At(NamedTuple):
    """Where a record lies, and when the broker took it (ms since the epoch). Each row of a fact table begins with it."""

    topic: str
    partition: int
    offset: int
    time: int


_TYPES = {
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
_AT = "k_topic:s k_part:u32 k_off:u64 k_time:t "


def _schema(columns: str) -> pa.Schema:
    return pa.schema([(name, _TYPES[kind]) for name, kind in (column.split(":") for column in (_AT + columns).split())])


# In the order of writing: `decisions` comes last, so that its presence says that all else of the batch is there.
FACTS: Mapping[str, pa.Schema] = {
    "order_events": _schema(
        "ordinal:u32 pool:s order_id:s type:s node:s fulfilment:s units:i64 reasons:s[] payload:s"
        " shop:s channel:s segment:s number:s region:s currency:s revision:u32 placed_at:t received_at:t"
    ),
    "order_lines": _schema(
        "order_id:s revision:u32 line:s listing:s sku:s quantity:i64 units:i64 price:i64 currency:s shop:s channel:s segment:s placed_at:t"
    ),
    "backorders": _schema("ordinal:u32 pool:s order_id:s skus:s[] units:i64[]"),
    "moves": _schema(
        "ordinal:u32 position:u32 pool:s cause:s document:s order_id:s sku:s quantity:i64 from_node:s from_place:s to_node:s to_place:s"
    ),
    "shortages": _schema("ordinal:u32 pool:s order_id:s node:s sku:s quantity:i64"),
    "fulfilments": _schema(
        "ordinal:u32 pool:s order_id:s fulfilment:s node:s step:s units:i64 lines:u32 reason:s carrier:s tracking:s shipped_at:t"
    ),
    "candidates": _schema("ordinal:u32 pool:s order_id:s node:s covers:i64 wanted:i64 criteria:s[] scores:i64[] verdict:s"),
    "demand": _schema("pool:s order_id:s day:day sku:s channel:s node:s units:i64 cancelled:i64"),
    "dead_letters": _schema(
        "verdict:s stage:s code:s sentence:s src_topic:s src_part:i32 src_off:i64 shop:s src_key:s bytes:u64 record_hash:u64"
    ),
    "decisions": _schema(
        "pool:s seq:u64 src_offset:i64 command_id:s source:s source_part:i32 source_off:i64 decider:u32 policy_version:i64 kind:s outcome:s"
        " order_id:s shop:s channel:s segment:s revision:u32 lines:u32 units:i64 received_at:t latency_ms:i64 code:s sentence:s"
        " record_hash:u64"
    ),
}


def columns(rows: Iterable[FactRow]) -> dict[str, pa.Table]:
    """Rows of several tables -> one Arrow table for each that has any, in the order of writing."""
    sorted_out: dict[str, list[Row]] = {name: [] for name in FACTS}
    for name, row in rows:
        sorted_out[name].append(row)
    return {name: _table(FACTS[name], found) for name, found in sorted_out.items() if found}


def _table(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    # transposed by zip in C: a dict a row would cost more than all the rest of the sink
    arrays = [pa.array(column, type=field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
