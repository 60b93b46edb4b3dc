"""A pool's orders: the few at work as values, all others as packed bytes, so that a million of them cost little to keep, load and dump."""

from collections.abc import Iterator, Mapping

import msgspec

from tables.orders import Order

# So many may be unpacked before they are put back, of all pools of a partition: few, so that they are packed while still in the cache.
AT_HAND = 64

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Order).decode


class OrderBook:
    """Orders by key, in the order in which they were first heard of. What is fetched stays at hand, and may be changed in place (by
    `evolve` alone), until `put_back`."""

    __slots__ = ("_hand", "_rest")

    def __init__(self, packed: dict[str, bytes] | None = None) -> None:
        self._rest: dict[str, bytes] = {} if packed is None else packed
        self._hand: dict[str, Order] = {}

    def get(self, key: str) -> Order | None:
        found = self._hand.get(key)
        if found is None and (packed := self._rest.get(key)) is not None:
            found = self._hand[key] = _unpack(packed)
        return found

    def __getitem__(self, key: str) -> Order:
        found = self._hand.get(key) or self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def peek(self, key: str) -> Order:
        """For looking through many: what was not at hand is not kept there."""
        return self._hand.get(key) or _unpack(self._rest[key])

    def known(self, key: str) -> Order:
        """The order, made if there was none."""
        found = self.get(key)
        if found is None:
            self._rest[key] = b""
            found = self._hand[key] = Order()
        return found

    def at_rest(self, key: str) -> bytes | None:
        """The order as it is packed; None while it is at hand."""
        return None if key in self._hand else self._rest.get(key)

    def keep(self, key: str, packed: bytes) -> None:
        """A new order, as it is packed."""
        self._rest[key] = packed

    def forget(self, key: str) -> None:
        del self._rest[key]
        self._hand.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._rest

    def __iter__(self) -> Iterator[str]:
        return iter(self._rest)

    def __len__(self) -> int:
        return len(self._rest)

    def __eq__(self, other: object) -> bool:
        return self.packed() == other.packed() if isinstance(other, OrderBook) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def values(self) -> Iterator[Order]:
        return (self.peek(key) for key in self._rest)

    def items(self) -> Iterator[tuple[str, Order]]:
        return ((key, self.peek(key)) for key in self._rest)

    # ------------------------------------------------------------------------------------------ at rest
    def put_back(self, share: int) -> None:
        """Between two decisions, when nobody holds an order of this book, which is one of `share` books."""
        if len(self._hand) * share > AT_HAND:
            self._pack_all()

    def packed(self) -> Mapping[str, bytes]:
        """All of them. Equal orders are equal bytes."""
        self._pack_all()
        return self._rest

    def _pack_all(self) -> None:
        rest = self._rest
        for key, order in self._hand.items():
            rest[key] = _pack(order)
        self._hand.clear()
