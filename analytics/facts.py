"""The tables the sink writes, as Arrow schemas, and rows turned into columns for them. `schema/*.sql` says what they mean."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa


class At(NamedTuple):
    """Where a record lies, and when the broker took it (ms since the epoch). Each row of a fact table begins with it."""

    topic: str
    partition: int
    offset: int
    time: int


# (table, the values of its columns)
Row = tuple[str, tuple[Any, ...]]

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
    "u32[]": pa.list_(pa.uint32()),
    "i64[]": pa.list_(pa.int64()),
    "s[][]": pa.list_(pa.list_(pa.string())),
    "i64[][]": pa.list_(pa.list_(pa.int64())),
}


def _schema(columns: str) -> pa.Schema:
    return pa.schema([(name, _TYPES[kind]) for name, kind in (column.split(":") for column in columns.split())])


def _fact(columns: str) -> pa.Schema:
    return _schema("k_topic:lc k_part:u32 k_off:u64 k_time:t " + columns)


# What records leave, row by row, and sums of what a batch leaves. In the order of writing: `decided` comes last, so that its presence
# says that all else of the batch is there.
FACTS: Mapping[str, pa.Schema] = {
    "stock_moves": _fact(
        "ordinal:u32 position:u32 pool:lc cause:lc document:s sku:s quantity:i64 from_node:lc from_place:lc to_node:lc to_place:lc"
    ),
    "stock_changes": _fact(
        "ordinal:u32 position:u32 pool:lc document:s node:lc bucket:lc reason:lc sku:s units:i64 counted:u32 changed_at:t"
    ),
    "dead_letters": _fact(
        "verdict:lc stage:lc code:lc sentence:s src_topic:lc src_part:i32 src_off:i64 shop:lc src_key:s bytes:u64 record_hash:u64"
    ),
    "decided": _fact(
        "rank:u32 pool:lc seq:u64 src_offset:i64 command_id:s source:lc source_part:i32 source_off:i64 decider:u32 policy_version:i64"
        " kind:lc outcome:lc code:lc sentence:s record_hash:u64"
        " order_id:s shop:lc channel:lc segment:lc number:s region:lc currency:lc revision:u32 lines:u32 units:i64"
        " placed_at:t received_at:t promised_by:lc fulfilment:s"
        " line_names:s[] line_listings:s[] line_skus:s[] line_quantities:i64[] line_units:i64[] line_prices:i64[]"
        " event_ordinals:u32[] event_types:s[] event_nodes:s[] event_fulfilments:s[] event_units:i64[] event_reasons:s[][]"
        " event_payloads:s[] row_events:u32[] row_skus:s[] row_units:i64[]"
        " candidate_events:u32[] candidate_nodes:s[] candidate_covers:i64[] candidate_scores:i64[][] candidate_verdicts:s[]"
        " candidate_wanted:i64[]"
    ),
}
SUMS: Mapping[str, pa.Schema] = {
    "flows": _schema("pool:lc from_node:lc from_place:lc to_node:lc to_place:lc sku:s units:i64"),
    "demand_daily": _schema("day:day channel:lc node:lc sku:s units:i64 cancelled:i64"),
}


def columns(rows: Iterable[Row]) -> dict[str, pa.Table]:
    """Rows of several tables -> one Arrow table for each that has any, in the order of writing."""
    sorted_out: dict[str, list[tuple[Any, ...]]] = {name: [] for name in FACTS}
    for name, values in rows:
        sorted_out[name].append(values)
    return {name: table(FACTS[name], found) for name, found in sorted_out.items() if found}


def joined(parts: Sequence[Mapping[str, pa.Table]]) -> dict[str, pa.Table]:
    """The tables of several parts as one each, in the order of writing."""
    found = {name: [part[name] for part in parts if name in part] for name in FACTS}
    return {name: pa.concat_tables(some).unify_dictionaries().combine_chunks() for name, some in found.items() if some}


def table(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    # transposed by zip, in C
    made = [pa.array(column, type=field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)]
    return pa.Table.from_arrays(made, schema=schema)
