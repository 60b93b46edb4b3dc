"""Bytes <-> state: the pools of one partition after a known decision."""

import msgspec

from tables.pool import Pool, rebuild

# Raised whenever Pool or what it holds changes shape: older snapshots are then passed over, and the log is folded instead.
SCHEMA = 1


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """`last`: highest src_offset folded; `chain`: link of that record; `causes`: highest cause by `source/partition`."""

    schema: int
    last: int
    chain: str
    causes: dict[str, tuple[int, int]]
    pools: dict[str, Pool]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def dump(last: int, chain: str, causes: dict[str, tuple[int, int]], pools: dict[str, Pool]) -> bytes:
    bare = {name: msgspec.structs.replace(pool, queues={}, index={}) for name, pool in pools.items()}
    return _encode(Snapshot(schema=SCHEMA, last=last, chain=chain, causes=causes, pools=bare))


def load(data: bytes) -> Snapshot | None:
    """None when the bytes are of another schema or not a whole snapshot: then the log has to be folded from its start."""
    try:
        found = _decode(data)
    except msgspec.DecodeError:
        return None
    if found.schema != SCHEMA:
        return None
    for pool in found.pools.values():
        rebuild(pool)
    return found
