"""What has changed of a partition and is still to be told: each order and each shelf once, however often it changed."""

from collections import defaultdict

import msgspec

from streams.decisions import Decision
from streams.ledger import Ledger, Ordinary
from streams.rules.announce import Cell, Touched, touch

OrderAt = tuple[str, str]  # pool, order
CellAt = tuple[str, Cell]  # pool, cell


class _Packed(msgspec.Struct, array_like=True):
    orders: list[OrderAt]
    cells: list[CellAt]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


class News:
    def __init__(self) -> None:
        self._by_pool: defaultdict[str, Touched] = defaultdict(lambda: Touched({}, {}))

    def note(self, ledger: Ledger, decision: Decision | Ordinary) -> None:
        """What a decision has changed, once it is folded into the ledger."""
        if isinstance(decision, Ordinary):
            orders, cells = self._by_pool[decision.pool]
            orders[decision.order] = None
            for sku in decision.skus:
                cells[decision.segment, sku] = None
            return
        touch(self._by_pool[decision.pool], ledger.pools[decision.pool], decision)

    def take(self) -> tuple[list[OrderAt], list[CellAt]]:
        """All of it, which is forgotten here."""
        taken = self._orders(), self._cells()
        self._by_pool.clear()
        return taken

    def _orders(self) -> list[OrderAt]:
        return [(pool, order) for pool, found in self._by_pool.items() for order in found.orders]

    def _cells(self) -> list[CellAt]:
        return [(pool, cell) for pool, found in self._by_pool.items() for cell in found.cells]

    # ------------------------------------------------------------------------------------------ in a snapshot
    def pack(self, ledger: Ledger) -> bytes:
        """Never empty. Orders that the ledger has forgotten are left out: nobody is told of them."""
        return _encode(_Packed([at for at in self._orders() if at[1] in ledger.pools[at[0]].orders], self._cells()))

    def add(self, packed: bytes) -> None:
        found = _decode(packed)
        for pool, order in found.orders:
            self._by_pool[pool].orders[order] = None
        for pool, cell in found.cells:
            self._by_pool[pool].cells[cell] = None
