"""Snapshots of a partition's ledger in files: written by the reader that folds the same log, loaded by whoever takes the partition.

A file holds one line of JSON that says what it is of, and the ledger's dump. It is written aside and renamed, so that a crash
leaves the old one. Losing them all costs time, never truth: the log is folded from its start.
"""

import logging
import os
from pathlib import Path
from typing import NamedTuple

import msgspec

log = logging.getLogger(__name__)

SCHEMA = 1


class Origin(NamedTuple):
    """The very log a snapshot is of. A topic that is made anew under the same name is another log."""

    cluster: str
    topic: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """`position`: the offset of `decisions` to read on from; everything announced by then need not be announced again."""

    schema: int
    cluster: str
    topic: str
    partition: int
    position: int
    chain: str


class Snapshot(NamedTuple):
    position: int
    chain: str
    dump: bytes


class Snapshots:
    def __init__(self, folder: Path, origin: Origin) -> None:
        self._folder = folder
        self._origin = origin

    def save(self, partition: int, snapshot: Snapshot) -> None:
        head = Head(
            schema=SCHEMA,
            cluster=self._origin.cluster,
            topic=self._origin.topic,
            partition=partition,
            position=snapshot.position,
            chain=snapshot.chain,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / f"decisions-{partition}.{os.getpid()}.new"
        with aside.open("wb") as file:
            file.write(msgspec.json.encode(head) + b"\n" + snapshot.dump)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path(partition))

    def load(self, partition: int) -> Snapshot | None:
        """None when there is none that fits this log: then the log is folded from its start."""
        try:
            line, _, dump = self._path(partition).read_bytes().partition(b"\n")
            head = msgspec.json.decode(line, type=Head)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as damage:
            log.warning("the snapshot of partition %d cannot be read (%s): folding the whole log", partition, type(damage).__name__)
            return None
        if (head.schema, head.cluster, head.topic, head.partition) != (SCHEMA, *self._origin, partition):
            log.info("the snapshot of partition %d is of another log or version: folding the whole log", partition)
            return None
        return Snapshot(head.position, head.chain, dump)

    def discard(self, partition: int) -> None:
        self._path(partition).unlink(missing_ok=True)

    def _path(self, partition: int) -> Path:
        return self._folder / f"decisions-{partition}.snapshot"
