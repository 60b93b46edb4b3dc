"""Bytes <-> state: the pools of one partition after a known decision."""

from sys import intern

import msgspec

from tables.book import OrderBook
from tables.pool import Pool
from tables.stock import Cells

# Raised whenever Pool or what it holds changes shape: older snapshots are then passed over, and the log is folded instead.
SCHEMA = 5


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """`last`: highest src_offset folded; `chain`: link of that record; `causes`: highest cause by `source/partition`."""

    schema: int
    last: int
    chain: str
    causes: dict[str, tuple[int, int]]
    pools: dict[str, Pool]


def _plain(value: object) -> object:
    if isinstance(value, OrderBook):
        return value.packed()
    raise NotImplementedError(type(value).__name__)


def _book(kind: type, value: dict[str, bytes]) -> object:
    return OrderBook(value)


_encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
_decode = msgspec.msgpack.Decoder(Snapshot, dec_hook=_book).decode


def dump(last: int, chain: str, causes: dict[str, tuple[int, int]], pools: dict[str, Pool]) -> bytes:
    bare = {name: msgspec.structs.replace(pool, rankings={}) for name, pool in pools.items()}
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
        _intern(pool)
    return found


def _intern(pool: Pool) -> None:
    """As `tables.stock.add` has it: one string names a SKU in all its cells."""
    pool.free = {origin: _named(cells) for origin, cells in pool.free.items()}
    for stock in pool.stock.values():
        stock.on_hand, stock.reserved = _named(stock.on_hand), _named(stock.reserved)


def _named(cells: Cells) -> Cells:
    return {intern(sku): units for sku, units in cells.items()}
