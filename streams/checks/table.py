"""Numbers by key in little memory: a hash table in two arrays, 24 to 48 bytes an entry where a dict takes 150."""

from array import array
from collections.abc import Hashable

ABSENT = -1
WORD = (1 << 64) - 1
SMALLEST = 1 << 10


class Table:
    """64-bit numbers by the 64-bit hash of their key. The key itself is not kept: of ten million, two are taken for one with a
    probability of 1 in 300,000."""

    def __init__(self) -> None:
        self._used = 0
        self._make(SMALLEST)

    def _make(self, size: int) -> None:
        self._mask = size - 1
        self._hashes = array("Q", bytes(8 * size))
        self._numbers = array("q", bytes(8 * size))

    def get(self, key: Hashable) -> int:
        at = self._place(hash(key) & WORD or 1)
        return self._numbers[at] if self._hashes[at] else ABSENT

    def put(self, key: Hashable, number: int) -> int:
        """What was there before."""
        hashed = hash(key) & WORD or 1
        at = self._place(hashed)
        if self._hashes[at]:
            before = self._numbers[at]
            self._numbers[at] = number
            return before
        self._hashes[at], self._numbers[at] = hashed, number
        self._used += 1
        if 3 * self._used > 2 * self._mask:
            self._grow()
        return ABSENT

    def _place(self, hashed: int) -> int:
        """Where this hash is, or would be."""
        hashes, mask = self._hashes, self._mask
        at = hashed & mask
        while (found := hashes[at]) and found != hashed:
            at = (at + 1) & mask
        return at

    def _grow(self) -> None:
        hashes, numbers = self._hashes, self._numbers
        self._make(2 * (self._mask + 1))
        for hashed, number in zip(hashes, numbers, strict=True):
            if hashed:
                at = self._place(hashed)
                self._hashes[at], self._numbers[at] = hashed, number
