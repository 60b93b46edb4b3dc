"""A partition's ledger out of its snapshot and the tail of its log: what the decider starts from, and the reader as well."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from streams.decisions import Decision
from streams.ledger import Broken, Ledger
from streams.read import Log
from streams.snapshots import Snapshots
from streams.topics import DECISIONS

log = logging.getLogger(__name__)

Each = Callable[[Ledger, Decision], None]


class Rebuilt(NamedTuple):
    """`position`: the offset of `decisions` from which to read on; `folded`: records read for it."""

    ledger: Ledger
    position: int
    folded: int


class LogDamaged(Exception):
    """The log of decisions is not what it was. The text says what is wrong; nothing may be decided on it."""


def rebuild(source: Log, snapshots: Snapshots, partition: int, wanted: Callable[[], bool], each: Each) -> Rebuilt | None:
    """Fold up to the end as of now; None once it is no longer `wanted`. `each` sees what is folded behind the snapshot. A snapshot that
    the log does not continue is discarded. Raises LogDamaged."""
    begun = from_snapshot(snapshots, partition)
    if begun.position:
        try:
            return catch_up(source, partition, begun, wanted, each)
        except LogDamaged as damage:
            log.warning("the snapshot of partition %d does not fit the log (%s): folding all of it", partition, damage)
            snapshots.discard(partition)
    return catch_up(source, partition, Rebuilt(Ledger(partition), 0, 0), wanted, each)


def from_snapshot(snapshots: Snapshots, partition: int) -> Rebuilt:
    found = snapshots.load(partition)
    ledger = Ledger.load(partition, found.dump) if found else None
    if found is None or ledger is None or ledger.chain != found.chain:
        return Rebuilt(Ledger(partition), 0, 0)
    return Rebuilt(ledger, found.position, 0)


def catch_up(source: Log, partition: int, begun: Rebuilt, wanted: Callable[[], bool], each: Each) -> Rebuilt | None:
    """Fold from `begun.position` to the end as of now. Raises LogDamaged."""
    ledger, position, folded = begun
    low, end = source.low(DECISIONS.name)[partition], source.ends(DECISIONS.name)[partition]
    if low:
        raise LogDamaged(f"decisions[{partition}] starts at offset {low}: its retention must be off, or the state cannot be rebuilt")
    if position > end:
        raise LogDamaged(f"decisions[{partition}] ends at {end}, before offset {position} that was read once")
    for batch in source.read(DECISIONS.name, {partition: position}, {partition: end}):
        if not wanted():
            return None
        for record in batch:
            try:
                each(ledger, ledger.fold(record.offset, record.value))
            except Broken as broken:
                raise LogDamaged(str(broken)) from broken
        folded += len(batch)
    return Rebuilt(ledger, end, folded)
