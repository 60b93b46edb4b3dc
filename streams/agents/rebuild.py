"""A partition's ledger out of its snapshot and the tail of its log: what the decider starts from, and the reader as well.

A log that is not what it was, or a log that is shorter than what a snapshot of it has seen, ends the process: the partition stays shut
until a person has put the log right.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from streams.agents.aside import Aside, Wanted
from streams.agents.news import News
from streams.decisions import Decision, link
from streams.ledger import Broken, Ledger, Ordinary
from streams.read import Log, Record, Unreadable
from streams.snapshots import Snapshot, Snapshots
from streams.topics import DECISIONS

log = logging.getLogger(__name__)

Each = Callable[[Ledger, Decision | Ordinary], None]

# Of the consumer that reads what is folded.
READ_OPTIONS = {
    "enable_partition_eof": True,
    "auto_offset_reset": "error",
    # the default of 100 ms would be half the time it takes to take over a partition
    "fetch_wait_max_ms": 10,
    "queued_min_messages": 200_000,
}


class Rebuilt(NamedTuple):
    """`position`: one behind the last decision of the ledger, where it is read on from; `folded`: records read for it. `due`: see
    Snapshot."""

    ledger: Ledger
    position: int
    folded: int
    due: bytes = b""


class LogDamaged(Exception):
    """The log of decisions is not what it was. The text says what is wrong and where; nothing may be decided on it."""


class NotContinued(LogDamaged):
    """The decision in front of a position is not the one that was folded there."""


def rebuild(source: Log, snapshots: Snapshots, partition: int, wanted: Wanted, each: Each, aside: Aside | None = None) -> Rebuilt | None:
    """Fold up to the end as of now; None once it is no longer `wanted`. `each` sees what is folded behind the snapshot. A snapshot that
    the log does not continue is passed over for an older one. Raises LogDamaged."""
    if aside is not None:
        aside(partition, lambda: source.ends(DECISIONS.name)[partition] - snapshots.newest(partition), wanted)
    for begun in from_snapshots(snapshots, partition):
        try:
            return catch_up(source, partition, begun, wanted, each)
        except NotContinued as other:
            log.warning("a snapshot of partition %d does not fit the log, an older one is looked for: %s", partition, other)
    return catch_up(source, partition, Rebuilt(Ledger(partition), 0, 0), wanted, each)


def from_snapshots(snapshots: Snapshots, partition: int) -> Iterator[Rebuilt]:
    """What the sound snapshots hold, newest first."""
    for found in snapshots.sound(partition):
        ledger = loaded(partition, found)
        if ledger is not None:
            yield Rebuilt(ledger, found.position, 0, found.due)


def loaded(partition: int, snapshot: Snapshot) -> Ledger | None:
    """None when the dump is not what its head says."""
    ledger = Ledger.load(partition, snapshot.dump)
    return ledger if ledger is not None and ledger.chain == snapshot.chain else None


def catch_up(source: Log, partition: int, begun: Rebuilt, wanted: Wanted, each: Each) -> Rebuilt | None:
    """Fold from `begun.position` to the end as of now. Raises NotContinued, nothing folded, when the log does not continue the ledger;
    LogDamaged when it does not continue itself."""
    try:
        return _catch_up(source, partition, begun, wanted, each)
    except Unreadable as damage:
        raise LogDamaged(str(damage)) from damage


def _catch_up(source: Log, partition: int, begun: Rebuilt, wanted: Wanted, each: Each) -> Rebuilt | None:
    ledger, position, folded, due = begun
    end = _sound_end(source, partition, position)
    batches = source.read(DECISIONS.name, {partition: max(0, position - 1)}, {partition: end})
    anchored = position == 0
    for batch in batches:
        if not wanted():
            return None
        fresh = batch if anchored else _behind_anchor(ledger, position, batch, batches)
        anchored = True
        for record in fresh:
            each(ledger, _folded(ledger, position, record))
            position = record.offset + 1
        folded += len(fresh)
    if not anchored:
        raise NotContinued(f"decisions[{partition}] has no record at offset {position - 1}, where one was read before")
    return Rebuilt(ledger, position, folded, due)


def _sound_end(source: Log, partition: int, position: int) -> int:
    low, end = source.low(DECISIONS.name)[partition], source.ends(DECISIONS.name)[partition]
    if low:
        raise LogDamaged(
            f"decisions[{partition}] starts at offset {low}, the records before it are deleted: its retention must be off, "
            "or the state cannot be rebuilt"
        )
    if position > end:
        raise LogDamaged(f"decisions[{partition}] ends at offset {end}, but was read up to offset {position - 1} before: it lost records")
    return end


def _behind_anchor(ledger: Ledger, position: int, batch: Sequence[Record], rest: Iterator[Sequence[Record]]) -> Sequence[Record]:
    """The batch without its first record, which must be the last one that the ledger has folded. Where more records follow, their
    chain tells who is right, so another ledger may be tried; for the very last one nothing but the ledger vouches."""
    first, *fresh = batch
    if first.offset == position - 1 and link(first.value) == ledger.chain:
        return fresh
    place = f"decisions[{first.partition}], offset {first.offset}"
    more = next(rest, None)
    if fresh or more:
        raise NotContinued(f"{place}: not the decision that was there when it was folded")
    raise LogDamaged(f"{place}: the last decision is not the one that was there when it was folded")


def _folded(ledger: Ledger, position: int, record: Record) -> Decision | Ordinary:
    place = f"decisions[{record.partition}], offset {record.offset}"
    try:
        return ledger.follow(record.offset, record.value)
    except Broken as broken:
        raise LogDamaged(f"{broken}; what is sound ends before offset {position}") from broken
    except MemoryError:
        raise  # says nothing of the record
    except Exception as wrong:
        # a record that is whole and yet tells what cannot have happened: a foreign one
        raise LogDamaged(f"{place}: cannot be applied ({type(wrong).__name__}: {wrong})") from wrong


# ---------------------------------------------------------------------------------------------- aside
def leave_snapshot(source: Log, snapshots: Snapshots, partition: int, wanted: Wanted) -> None:
    """Fold up to the end as of now, and save that for all who need it. What changed behind the snapshot that it began with is not
    announced yet, and goes along. Raises LogDamaged, and whatever the storage does."""
    snapshots.prove_writable(partition)
    news = News()
    rebuilt = rebuild(source, snapshots, partition, wanted, news.note)
    if rebuilt is None:
        return
    if rebuilt.due:
        news.add(rebuilt.due)
    ledger = rebuilt.ledger
    snapshots.save(partition, Snapshot(rebuilt.position, ledger.chain, ledger.dump(), news.pack(ledger)))
