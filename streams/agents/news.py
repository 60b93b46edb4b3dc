"""What has changed of a partition and is still to be told: each order and each shelf once, however often it changed."""

from collections import defaultdict

import msgspec

from streams.decisions import Decision
from streams.ledger import Ledger, Ordinary
from streams.rules.announce import Touched, touch

OrderAt = tuple[str, str]  # pool, order
CellAt = tuple[str, tuple[str, str]]  # pool, (segment, SKU)


class _Packed(msgspec.Struct, array_like=True):
    orders: list[OrderAt]
    cells: list[CellAt]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def _nothing() -> Touched:
    return Touched({}, {})


class News:
    def __init__(self) -> None:
        self._by_pool = defaultdict[str, Touched](_nothing)

    def note(self, ledger: Ledger, decision: Decision | Ordinary) -> None:
        """What a decision has changed, once it is folded into the ledger."""
        if isinstance(decision, Ordinary):
            orders, cells = self._by_pool[decision.pool]
            orders[decision.order] = decision.units
            own = cells.setdefault(decision.segment, {})
            for sku in decision.skus:  # quicker than a dict of them
                own[sku] = None
            return
        touch(self._by_pool[decision.pool], ledger.pools[decision.pool], decision)

    def take(self) -> dict[str, Touched]:
        """All of it, by pool, which is forgotten here."""
        taken, self._by_pool = self._by_pool, defaultdict(_nothing)
        return taken

    # ------------------------------------------------------------------------------------------ in a snapshot
    def pack(self, ledger: Ledger) -> bytes:
        """Never empty. Orders that the ledger has forgotten are left out: nobody is told of them."""
        orders = [(pool, order) for pool, found in self._by_pool.items() for order in found.orders if order in ledger.pools[pool].orders]
        cells = [(pool, (segment, sku)) for pool, found in self._by_pool.items() for segment, skus in found.cells.items() for sku in skus]
        return _encode(_Packed(orders, cells))

    def add(self, packed: bytes) -> None:
        found = _decode(packed)
        for pool, order in found.orders:
            self._by_pool[pool].orders[order] = 0
        for pool, (segment, sku) in found.cells:
            self._by_pool[pool].cells.setdefault(segment, {})[sku] = None
