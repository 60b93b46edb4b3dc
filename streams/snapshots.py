"""Snapshots of a partition's ledger: written by the reader that folds the same log, loaded by whoever takes the partition.

Each is a file of its own, named by its position; the newest few are kept. A digest stands before everything else, so that half a file,
or a changed one, is none. Losing them all costs time, never truth: the log is folded from its start.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

import msgspec

from tables.snapshot import SCHEMA

log = logging.getLogger(__name__)

KEPT = 3
ENDING, ASIDE = ".snapshot", ".new"
LAYOUT = 3
LONGEST_LINE = 4_096
POSITION = 20  # digits, so that names sort as positions do


class Origin(NamedTuple):
    """The very log a snapshot is of. A topic that is made anew under the same name is another log."""

    cluster: str
    topic: str


class Snapshot(NamedTuple):
    """`position`: one behind the last decision folded, whose link is `chain`. `due`: what is still to be announced of it, as packed
    `News`; empty: everything was announced by then, and need not be announced again."""

    position: int
    chain: str
    dump: bytes
    due: bytes = b""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The second line of a file; the first is the digest of all that follows, the rest is the dump, and behind it `due` bytes of what is
    to be announced. `schema`: that of the state."""

    layout: int
    schema: int
    cluster: str
    topic: str
    partition: int
    position: int
    chain: str
    due: int


class Unsound(Exception):
    """A file is not a whole snapshot of this partition. The text says why."""


class Files(Protocol):
    """Files in folders; what goes wrong is raised as whatever error the storage has."""

    def names(self, folder: str) -> list[str]:
        """None for a folder that does not exist."""
        ...

    def read(self, folder: str, name: str) -> bytes: ...

    def write(self, folder: str, name: str, data: bytes) -> None:
        """Under the name there is the whole of it, or nothing new."""
        ...

    def remove(self, folder: str, name: str) -> None: ...


class StoredFiles:
    """A folder by URL, as fsspec has them: a path, or s3://, gs://, … with the package that fsspec names. Raises ValueError for a URL
    that it does not know, ImportError where the package is missing."""

    def __init__(self, url: str | Path) -> None:
        # takes 0.1 s, which who has no snapshots need not spend
        from fsspec.core import url_to_fs

        found: tuple[Any, str] = url_to_fs(str(url))
        self._storage, self._root = found

    def names(self, folder: str) -> list[str]:
        self._storage.invalidate_cache()
        try:
            return [path.rpartition("/")[2] for path in self._storage.ls(f"{self._root}/{folder}", detail=False)]
        except FileNotFoundError:
            return []

    def read(self, folder: str, name: str) -> bytes:
        data: bytes = self._storage.cat_file(f"{self._root}/{folder}/{name}")
        return data

    def write(self, folder: str, name: str, data: bytes) -> None:
        path = f"{self._root}/{folder}/{name}"
        aside = f"{path}.{uuid.uuid4().hex[:8]}{ASIDE}"
        self._storage.makedirs(f"{self._root}/{folder}", exist_ok=True)
        self._storage.pipe_file(aside, data)
        self._storage.mv(aside, path)

    def remove(self, folder: str, name: str) -> None:
        self._storage.rm_file(f"{self._root}/{folder}/{name}")


class Snapshots:
    """The snapshots of one log, for any number of writers: each file is of one position and one state, so that who comes late, or was
    taken for dead, adds an old one and harms nothing. Code of another schema keeps its own beside them."""

    def __init__(self, files: Files, origin: Origin) -> None:
        self._files = files
        self.origin = origin

    def save(self, partition: int, snapshot: Snapshot) -> None:
        """Raises whatever the storage does; what was saved before is still there then."""
        head = Head(
            layout=LAYOUT,
            schema=SCHEMA,
            cluster=self.origin.cluster,
            topic=self.origin.topic,
            partition=partition,
            position=snapshot.position,
            chain=snapshot.chain,
            due=len(snapshot.due),
        )
        folder, name = self._folder(partition), f"{snapshot.position:0{POSITION}d}-{snapshot.chain}{ENDING}"
        self._files.write(folder, name, encode(head, snapshot.dump, snapshot.due))
        self._remove_older(folder, name)

    def prove_writable(self, partition: int) -> None:
        """Raises whatever the storage does when nothing can be saved."""
        folder, name = self._folder(partition), f"proof{ASIDE}"
        self._files.write(folder, name, b"")
        # two may do so at once
        with suppress(FileNotFoundError):
            self._files.remove(folder, name)

    def newest(self, partition: int) -> int:
        """The position of the newest one, sound or not, by its name; 0 when there is none, or the storage does not answer."""
        return next((int(name[:POSITION]) for name in self._names(partition) if name[:POSITION].isdecimal()), 0)

    def load(self, partition: int) -> Snapshot | None:
        """The newest sound one."""
        return next(self.sound(partition), None)

    def sound(self, partition: int) -> Iterator[Snapshot]:
        """Newest first, each read only when it is asked for. Others are passed over, and so is storage that does not answer."""
        for name in self._names(partition):
            try:
                yield self._decode(partition, self._files.read(self._folder(partition), name))
            except Unsound as why:
                log.warning("snapshot %s of partition %d is passed over: %s", name, partition, why)
            except Exception as failure:
                log.warning("snapshot %s of partition %d cannot be read (%s: %s)", name, partition, type(failure).__name__, failure)

    def _names(self, partition: int) -> list[str]:
        """Newest first."""
        # a plug-in of fsspec raises what its client library does; none of it may keep a partition from being rebuilt
        try:
            return _newest_first(self._files.names(self._folder(partition)))
        except Exception as failure:
            log.warning("the snapshots of partition %d cannot be listed (%s: %s)", partition, type(failure).__name__, failure)
            return []

    def _decode(self, partition: int, data: bytes) -> Snapshot:
        head, dump, due = decode(data)
        if (head.layout, head.schema) != (LAYOUT, SCHEMA):
            raise Unsound("it was written by another version")
        if (head.cluster, head.topic, head.partition) != (*self.origin, partition):
            raise Unsound(f"it is of partition {head.partition} of topic {head.topic} in cluster {head.cluster}, not of this log")
        return Snapshot(head.position, head.chain, dump, due)

    def _folder(self, partition: int) -> str:
        cluster, topic = (quote(part, safe="") for part in self.origin)
        return f"{cluster}/{topic}/{LAYOUT}.{SCHEMA}/{partition}"

    def _remove_older(self, folder: str, saved: str) -> None:
        """Keeps the newest up to the one just saved, which is sound; what lies above it may be anything. What a dead writer left half
        written goes with its neighbours."""
        names = self._files.names(folder)
        oldest = _newest_first([name for name in names if name <= saved])[:KEPT][-1]
        for name in names:
            if name < oldest:
                # two writers may do so at once
                with suppress(FileNotFoundError):
                    self._files.remove(folder, name)


def encode(head: Head, dump: bytes, due: bytes) -> bytes:
    line = msgspec.json.encode(head) + b"\n"
    return b"".join((_digest(line, dump, due), b"\n", line, dump, due))


def decode(data: bytes) -> tuple[Head, bytes, bytes]:
    """Head, dump, due. Raises Unsound."""
    first = data.find(b"\n", 0, LONGEST_LINE)
    second = data.find(b"\n", first + 1, LONGEST_LINE)
    # a dump may take tens of megabytes: one copy of it is enough
    if min(first, second) < 0 or data[:first] != _digest(memoryview(data)[first + 1 :]):
        raise Unsound("it is not what was written, its digest says")
    try:
        head = msgspec.json.decode(data[first + 1 : second], type=Head)
    except msgspec.MsgspecError as other:
        raise Unsound(f"its head cannot be read ({other})") from None
    due = len(data) - head.due
    return head, data[second + 1 : due], data[due:]


def _digest(*parts: bytes | memoryview) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest().encode()


def _newest_first(names: list[str]) -> list[str]:
    return sorted((name for name in names if name.endswith(ENDING)), reverse=True)
