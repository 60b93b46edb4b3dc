"""What has changed of a partition and is still to be told: each order and each shelf once, however often it changed."""

import msgspec

from streams.decisions import Decision
from streams.ledger import Ledger
from streams.rules.announce import Cell, touched

OrderAt = tuple[str, str]  # pool, order
CellAt = tuple[str, Cell]  # pool, cell


class _Packed(msgspec.Struct, array_like=True):
    orders: list[OrderAt]
    cells: list[CellAt]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


class News:
    def __init__(self) -> None:
        self._orders: dict[OrderAt, None] = {}
        self._cells: dict[CellAt, None] = {}

    def note(self, ledger: Ledger, decision: Decision) -> None:
        """What a decision has changed, once it is folded into the ledger."""
        found = touched(ledger.pools[decision.pool], decision)
        for order in found.orders:
            self._orders[decision.pool, order] = None
        for cell in found.cells:
            self._cells[decision.pool, cell] = None

    def take(self) -> tuple[list[OrderAt], list[CellAt]]:
        """All of it, which is forgotten here."""
        taken = list(self._orders), list(self._cells)
        self._orders.clear()
        self._cells.clear()
        return taken

    # ------------------------------------------------------------------------------------------ in a snapshot
    def pack(self, ledger: Ledger) -> bytes:
        """Never empty. Orders that the ledger has forgotten are left out: nobody is told of them."""
        return _encode(_Packed([at for at in self._orders if at[1] in ledger.pools[at[0]].orders], list(self._cells)))

    def add(self, packed: bytes) -> None:
        found = _decode(packed)
        self._orders |= dict.fromkeys(found.orders)
        self._cells |= dict.fromkeys(found.cells)
