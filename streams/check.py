"""`yipan check`: every promise of the pipeline, proven from its topics alone.

It knows the records and what must hold of them, never the rules that decided; whether deciding again gives the same bytes is
`streams.replay`'s to say. Ends are taken upstream first, so that a pipeline at work never looks as if it had lost something.
"""

import time
from collections.abc import Callable, Iterator, Mapping

from streams.checks.due import Due, src_offset
from streams.checks.findings import Findings
from streams.checks.outcomes import Outcomes
from streams.checks.partition import Commands, PartitionCheck
from streams.checks.report import Left, Report, report
from streams.checks.versions import VERSION_OF, Versions
from streams.read import Log, Positions, Record
from streams.topics import COMMANDS, DEAD_LETTERS, DECISIONS, FULFILMENTS, RAW

Progress = Callable[[str, int, int], None]  # topic, records read of it, records to read
Commits = Mapping[str, Mapping[int, int]]  # topic -> partition -> what the stage that reads it has committed
Again = Callable[[], bool]  # waits a little and says whether to look again; False: the time is up
FAR = 1 << 62


def _silent(topic: str, done: int, total: int) -> None:
    pass


def check(log: Log, *, committed: Commits | None = None, again: Again | None = None, progress: Progress = _silent) -> Report:
    """Check everything up to the ends as of now. `committed` (None: not known) must have been asked for before: what it passes over
    is lost, what lies behind it pending. With `again` the rest is waited for, and counts as lost in the end."""
    started = time.monotonic()
    checker = Checker(log, progress)
    checker.look()
    while again and checker.open() and again():
        checker.look()
    return checker.report(committed, started, waited=again is not None)


class Checker:
    """A check that can be taken further: each `look` reads on from where the one before ended."""

    def __init__(self, log: Log, progress: Progress = _silent) -> None:
        self.findings = Findings()
        self.outcomes = Outcomes(self.findings)
        self.due = Due(self.findings)
        self.partitions: dict[int, PartitionCheck] = {}
        self._versions = [Versions(topic, self.findings) for topic in VERSION_OF]
        self._log = log
        self._progress = progress
        self._next: dict[str, Positions] = {}
        self._ends: dict[str, Positions] = {}
        self._early: list[Record] = []
        self._written: Positions = {}
        self._deleted: set[int] = set()  # partitions of `fulfilments` that have lost their beginning to age

    def look(self) -> None:
        """Read on. What was sent in after the first look is not waited for."""
        self._take_ends()
        for record in self._read(RAW.name):
            self.outcomes.came(record.partition, record.offset, record.timestamp)
        for record in self._read(DEAD_LETTERS.name):
            self.findings.place = (DEAD_LETTERS.name, record.partition, record.offset)
            self.outcomes.letter(record.value)
        for partition in self._ends[COMMANDS.name] | self._ends[DECISIONS.name]:
            self._walk(partition)
        self._fulfilments()
        for versions in self._versions:
            for record in self._read(versions.topic):
                versions.came(record)

    def open(self) -> int:
        """Records without their result, so far."""
        return self.outcomes.open() + self.due.open() + sum(self._undecided().values())

    # ------------------------------------------------------------------------------------------ reading
    def _take_ends(self) -> None:
        """Upstream first, as what is to be through; then again what must have been written by then, downstream having spoken of it.
        A topic whose upstream is through is not read any further than now: else a busy pipeline had no end."""
        first = not self._ends
        through = {DEAD_LETTERS.name: not self.outcomes.open(), COMMANDS.name: not self.outcomes.open()}
        through[DECISIONS.name] = through[COMMANDS.name] and not any(self._undecided().values())
        for topic in (RAW.name, DEAD_LETTERS.name, COMMANDS.name, DECISIONS.name, FULFILMENTS.name, *VERSION_OF):
            if first or not through.get(topic, topic == RAW.name):
                self._ends[topic] = self._log.ends(topic)
            if first:
                self._next[topic] = self._log.low(topic)
        self._written = self._log.ends(COMMANDS.name)
        self.outcomes.written = self._log.ends(RAW.name)
        if first:
            for partition, low in self._next[RAW.name].items():
                self.outcomes.start(partition, low)
            self._deleted = {partition for partition, low in self._next[FULFILMENTS.name].items() if low}

    def _read(self, topic: str) -> Iterator[Record]:
        """From where the last look ended, up to the end of this one."""
        start, stop = self._next[topic], self._ends[topic]
        total, done = sum(max(0, stop[p] - start.get(p, 0)) for p in stop), 0
        for batch in self._log.read(topic, start, stop):
            yield from batch
            done += len(batch)
            self._progress(topic, done, total)
        self._next[topic] = dict(stop)

    def _walk(self, partition: int) -> None:
        """Decisions of a partition beside its commands, then the commands that have none yet."""
        found = self.partitions.get(partition)
        if found is None:
            found = self.partitions[partition] = PartitionCheck(partition, self.findings, self.outcomes, self.due)
        commands = self._commands(partition, found.last + 1)
        for record in self._batches(DECISIONS.name, partition):
            found.take(record, commands)
        while commands.take():
            pass

    def _commands(self, partition: int, start: int) -> Commands:
        batches = self._log.read(COMMANDS.name, {partition: start}, self._written)
        return Commands(batches, start, self.outcomes, self.findings)

    def _batches(self, topic: str, partition: int) -> Iterator[Record]:
        start, stop = self._next[topic].get(partition, 0), self._ends[topic].get(partition, 0)
        done = 0
        for batch in self._log.read(topic, {partition: start}, {partition: stop}):
            yield from batch
            done += len(batch)
            self._progress(f"{topic}[{partition}]", done, stop - start)
        self._next[topic][partition] = stop

    def _fulfilments(self) -> None:
        """Those of decisions that are still to be read wait for the next look."""
        decided = {partition: found.last for partition, found in self.partitions.items()}
        early, self._early = self._early, []
        deleted = self._deleted
        for records in (early, self._read(FULFILMENTS.name)):
            for record in records:
                if record.partition in deleted:
                    deleted.remove(record.partition)
                    self.due.excuse(record.partition, src_offset(record.value) + 1)
                self.findings.place = (FULFILMENTS.name, record.partition, record.offset)
                if not self.due.came(record.value, record.timestamp, decided):
                    self._early.append(record)
        for partition in deleted:
            self.due.excuse(partition, FAR)
        deleted.clear()

    # ------------------------------------------------------------------------------------------ the end
    def _undecided(self) -> dict[int, int]:
        """Commands after the last one decided, by partition."""
        ends = self._ends.get(COMMANDS.name, {})
        return {partition: max(0, ends.get(partition, 0) - found.last - 1) for partition, found in self.partitions.items()}

    def report(self, committed: Commits | None, started: float, *, waited: bool) -> Report:
        self._check_commits(committed or {})
        reached = dict.fromkeys((RAW.name, DECISIONS.name), _everything(self._ends)) if waited else committed
        no_outcome, raw = self.outcomes.missing(None if reached is None else reached.get(RAW.name, {}))
        unmet, due = self.due.missing(None if reached is None else reached.get(DECISIONS.name, {}))
        undecided = self._undecided()
        passed = no_outcome + unmet + sum(found.undecided for found in self.partitions.values())
        pending = {"raw": raw, "commands": sum(undecided.values()), "fulfilments": due}
        if waited:
            passed += self._note_undecided(undecided)
        left = {} if waited else {what: count for what, count in pending.items() if count}
        return report(
            self.partitions.values(), self.outcomes, self.due, self.findings.all(), Left(passed, left), time.monotonic() - started
        )

    def _note_undecided(self, undecided: Mapping[int, int]) -> int:
        for partition, count in undecided.items():
            if count:
                self.findings.place = (COMMANDS.name, partition, self.partitions[partition].last + 1)
                self.findings.note("one decision", "commands from here on have no decision", count)
        return sum(undecided.values())

    def _check_commits(self, committed: Commits) -> None:
        """No stage has committed further than its results are there."""
        for partition, offset in committed.get(COMMANDS.name, {}).items():
            found = self.partitions.get(partition)
            last = found.last if found else -1
            self._commit(COMMANDS.name, partition, offset, last + 1)
        for topic, first in ((RAW.name, self.outcomes.first_open), (DECISIONS.name, self.due.first_open)):
            for partition, offset in committed.get(topic, {}).items():
                self._commit(topic, partition, offset, first(partition))

    def _commit(self, topic: str, partition: int, offset: int, most: int | None) -> None:
        if most is not None and offset > most:
            self.findings.place = (topic, partition, most)
            self.findings.note("commits", f"has no lasting result, and {offset} is committed")


def _everything(ends: Mapping[str, Positions]) -> dict[int, int]:
    return {partition: FAR for positions in ends.values() for partition in positions}
