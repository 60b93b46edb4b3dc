"""The warehouse's journal: one JSON line an entry, on the disk before it counts. What a kill left half written is cut off."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from deploy.faults import Fault
from deploy.warehouse.books import Entry

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Journal:
    """One process at a time. Raises Fault when another one has it, or when it is damaged before its end."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            os.close(self._file)
            raise Fault(f"Another `yipan warehouse` keeps {path}: stop it first, or name another file by --journal.") from busy
        self._waiting: list[bytes] = []
        self._noted = self._kept = 0
        self._writing = asyncio.Lock()
        self.failed = ""

    def entries(self) -> Iterator[Entry]:
        """What was kept before, to be read before anything is noted."""
        whole = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                yield self._entry(line, whole)
                whole += len(line)
        os.ftruncate(self._file, whole)

    def _entry(self, line: bytes, place: int) -> Entry:
        try:
            return _decoder.decode(line)
        except msgspec.DecodeError as damage:
            raise Fault(f"{self.path} is damaged at byte {place}: put it back from a copy, or begin with another journal.") from damage

    def note(self, entry: Entry) -> None:
        """Kept with what comes next, or by `close`; until then a kill may lose it."""
        self._waiting.append(_encode(entry) + b"\n")
        self._noted += 1

    async def keep(self) -> None:
        """Returns once all that was noted so far is on the disk. Those who wait share one write. Raises Fault when it cannot be written,
        from then on always: what was written by half is cut off at the next start."""
        mine = self._noted
        async with self._writing:
            if self._kept < mine and not self.failed:
                lines, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._write, b"".join(lines))
                except OSError as failure:
                    self.failed = failure.strerror or "it cannot be written"
                self._kept += len(lines)
        if self.failed:
            raise Fault(f"{self.path}: {self.failed}. Put it right and start again.")

    def _write(self, lines: bytes) -> None:
        while lines:
            lines = lines[os.write(self._file, lines) :]
        os.fsync(self._file)

    def close(self) -> None:
        if not self.failed:
            self._write(b"".join(self._waiting))
        os.close(self._file)
