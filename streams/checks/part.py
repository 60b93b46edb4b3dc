"""A share of a check: some partitions of every topic, read by one process. What concerns all partitions is put together outside."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import msgspec

from streams.checks.fates import Fates
from streams.checks.findings import Findings
from streams.checks.outcomes import Outcomes
from streams.checks.partition import Commands, PartitionCheck
from streams.checks.tally import Tally, tally
from streams.checks.versions import VERSION_OF, Versions
from streams.read import Log, Positions, Record, Unreadable
from streams.topics import COMMANDS, DEAD_LETTERS, DECISIONS, FULFILMENTS, RAW

Told = Callable[[int], None]  # so many records more have been read
RawTimes = dict[int, "array[int]"]  # by partition, from where the last look ended: when each was appended, 0 where there is none


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far a look goes, by topic and partition. `low`: what is kept; `written`: what there was of raw records, commands and
    decisions after all ends were taken: others may speak of it, though it is not waited for."""

    low: dict[str, Positions]
    ends: dict[str, Positions]
    written: dict[str, Positions]


class Reached(msgspec.Struct, frozen=True):
    """`decided`: the last command decided, by partition; `due`: fulfilments that have not come."""

    fates: Fates
    decided: dict[int, int]
    due: int


class Part:
    """The partitions whose number leaves `number` when divided by `of`."""

    def __init__(self, log: Log, told: Told, number: int = 0, of: int = 1) -> None:
        self._log = log
        self._told = told
        self._number, self._of = number, of
        self._findings = Findings()
        self._outcomes = Outcomes(self._findings)
        self._partitions: dict[int, PartitionCheck] = {}
        self._versions = [Versions(topic, self._findings) for topic in VERSION_OF]
        self._reach = Reach(low={}, ends={}, written={})
        self._next: dict[str, Positions] = {}
        self._early: list[Record] = []
        self._away: Exception | None = None  # what kept the log from being read

    # ------------------------------------------------------------------------------------------ reading on
    def raw(self, reach: Reach) -> RawTimes:
        """The raw records of its own partitions, which all parts want to know."""
        starts = {partition: self._position(reach, RAW.name, partition) for partition in self._mine(reach, RAW.name)}
        found: RawTimes = {partition: array("q") for partition in starts}
        for record in self._read(reach, RAW.name):
            times = found[record.partition]
            if missing := record.offset - starts[record.partition] - len(times):
                times.frombytes(bytes(8 * missing))
            times.append(max(1, record.timestamp))
        return found

    def look(self, reach: Reach, raw: RawTimes) -> Reached:
        """Read on, given the raw records of all partitions."""
        for partition, times in raw.items():
            self._outcomes.start(partition, reach.low[RAW.name].get(partition, 0))
            self._outcomes.came(partition, times)
        self._outcomes.written = reach.written[RAW.name]
        self._reach = reach
        self._each(self._read(reach, DEAD_LETTERS.name), DEAD_LETTERS.name, self._outcomes.letter)
        for partition in self._mine(reach, COMMANDS.name, DECISIONS.name):
            self._walk(reach, partition)
        self._fulfilments(reach)
        for versions in self._versions:
            self._each(self._read(reach, versions.topic), versions.topic, partial(versions.came, reach.written[DECISIONS.name]))
        decided = {partition: found.last for partition, found in self._partitions.items()}
        return Reached(self._outcomes.fates, decided, sum(found.due.open() for found in self._partitions.values()))

    def _walk(self, reach: Reach, partition: int) -> None:
        """Decisions of a partition beside its commands, then the commands that have none yet."""
        found = self._partition(partition)
        start = found.last + 1
        stop = reach.written[COMMANDS.name].get(partition, 0)
        batches = self._batches(COMMANDS.name, {partition: start}, {partition: stop})
        commands = Commands(batches, start, stop, self._outcomes, self._findings)
        self._each(self._read(reach, DECISIONS.name, partition), DECISIONS.name, partial(found.take, commands))
        found.left = commands.rest()

    def _fulfilments(self, reach: Reach) -> None:
        """Those of decisions that are still to be read wait for the next look."""
        first = FULFILMENTS.name not in self._next
        for partition in self._mine(reach, FULFILMENTS.name):
            due = self._partition(partition).due
            if first and reach.low[FULFILMENTS.name].get(partition):
                due.deleted()
        early, self._early = self._early, []
        self._each(chain(early, self._read(reach, FULFILMENTS.name)), FULFILMENTS.name, self._fulfilment)
        for found in self._partitions.values():
            found.due.ended()

    def _fulfilment(self, record: Record) -> None:
        found = self._partitions[record.partition]
        if not found.due.came(record, self._outcomes.since_start(record.timestamp), found.last):
            self._early.append(record)

    # ------------------------------------------------------------------------------------------ the end
    def finish(self, committed: Mapping[int, int] | None) -> Tally:
        """What was found. `committed` of the decisions by who tells of them (None: not known)."""
        for record in self._early:
            if self._at_rest(record.partition):
                self._findings.place = (FULFILMENTS.name, record.partition, record.offset)
                self._findings.note("fulfilments", "it is of a command that is not decided")
        for versions in self._versions:
            self._look_again(versions)
        passed = behind = 0
        for partition, found in self._partitions.items():
            if self._at_rest(partition):
                found.finish()
            gone, coming = found.due.missing(None if committed is None else committed.get(partition, 0))
            passed, behind = passed + gone, behind + coming
        return tally(self._partitions, self._outcomes, self._findings, passed, behind)

    def _at_rest(self, partition: int) -> bool:
        """All decisions that there were at the end have been read: there is none that others may have spoken of early."""
        written = self._reach.written.get(DECISIONS.name, {})
        return written.get(partition, 0) <= self._reach.ends.get(DECISIONS.name, {}).get(partition, 0)

    def _look_again(self, versions: Versions) -> None:
        for partition, stop in versions.suspicious().items():
            records = chain.from_iterable(
                self._batches(versions.topic, {partition: self._reach.low[versions.topic][partition]}, {partition: stop})
            )
            self._each(records, versions.topic, partial(versions.came_again, {}))

    # ------------------------------------------------------------------------------------------ what is mine
    def _mine(self, reach: Reach, *topics: str) -> list[int]:
        found = {partition for topic in topics for partition in reach.ends[topic]}
        return sorted(partition for partition in found if partition % self._of == self._number)

    def _partition(self, partition: int) -> PartitionCheck:
        found = self._partitions.get(partition)
        if found is None:
            found = self._partitions[partition] = PartitionCheck(partition, self._findings, self._outcomes)
        return found

    # ------------------------------------------------------------------------------------------ records
    def _position(self, reach: Reach, topic: str, partition: int) -> int:
        return self._next.get(topic, {}).get(partition, reach.low[topic].get(partition, 0))

    def _read(self, reach: Reach, topic: str, partition: int | None = None) -> Iterator[Record]:
        """A partition, or all that are its own, from where the last look ended up to the end of this one."""
        mine = self._mine(reach, topic) if partition is None else [partition]
        start = {one: self._position(reach, topic, one) for one in mine}
        stop = {one: reach.ends[topic].get(one, 0) for one in mine}
        yield from chain.from_iterable(self._batches(topic, start, stop))
        self._next.setdefault(topic, {}).update(stop)

    def _batches(self, topic: str, start: Positions, stop: Positions) -> Iterator[Sequence[Record]]:
        if all(at >= stop[partition] for partition, at in start.items()):
            return
        try:
            for batch in self._log.read(topic, start, stop):
                yield batch
                self._told(len(batch))
        except Unreadable as damage:
            partition = min(start)
            self._findings.place = (topic, partition, start[partition])
            self._findings.note("readable", f"from here on it cannot all be read: {damage}")
        except Exception as away:
            self._away = away
            raise

    def _each(self, records: Iterable[Record], topic: str, take: Callable[[Record], None]) -> None:
        """A record that nobody could have foreseen is a finding too: the check goes on behind it."""
        for record in records:
            try:
                take(record)
            except (MemoryError, OSError):  # no fault of the record: the machine has run out of something
                raise
            except Exception as wrong:
                if wrong is self._away:
                    raise
                self._findings.place = (topic, record.partition, record.offset)
                self._findings.note("readable", f"it cannot be taken for what it should be ({type(wrong).__name__}: {wrong})")
