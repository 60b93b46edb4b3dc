"""What is to be remembered of every order, out of memory: a temporary file that is only added to, and where each lies in it."""

import os
import tempfile
import weakref

from streams.checks.table import ABSENT, Table

IN_MEMORY = 1 << 20
LENGTH_BITS = 24  # nothing is longer than the largest record of a topic


class Store:
    """Bytes by key, 24 to 48 bytes of memory for each however long they are. What is put anew stays in the file as well: it takes
    some hundred bytes a change."""

    def __init__(self) -> None:
        self._places = Table()
        self._file: int | None = None
        self._written = 0
        self._tail = bytearray()  # what is not written yet

    def has(self, key: str) -> bool:
        return self._places.get(key) != ABSENT

    def get(self, key: str) -> bytes | None:
        place = self._places.get(key)
        if place == ABSENT:
            return None
        start, length = place >> LENGTH_BITS, place & ((1 << LENGTH_BITS) - 1)
        if start >= self._written:
            return bytes(self._tail[start - self._written : start - self._written + length])
        assert self._file is not None
        return os.pread(self._file, length, start)

    def put(self, key: str, value: bytes) -> None:
        self._places.put(key, self._written + len(self._tail) << LENGTH_BITS | len(value))
        self._tail += value
        if len(self._tail) > IN_MEMORY:
            self._write()

    def _write(self) -> None:
        if self._file is None:
            self._file, name = tempfile.mkstemp(prefix="yipan-check-")
            weakref.finalize(self, os.close, self._file)
            os.unlink(name)
        written = os.write(self._file, self._tail)
        self._written += written
        del self._tail[:written]
