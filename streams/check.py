"""`yipan check`: every promise of the pipeline, proven from its topics alone.

It knows the records and what must hold of them, never the rules that decided; whether deciding again gives the same bytes is
`streams.replay`'s to say. Ends are taken upstream first, so that a pipeline at work never looks as if it had lost something.
"""

import time
from collections.abc import Callable, Mapping

from streams.checks.crew import Alone, Crew
from streams.checks.fates import Fates
from streams.checks.findings import Findings
from streams.checks.meter import Meter, Progress
from streams.checks.part import Part, Reach
from streams.checks.report import Report, report
from streams.checks.tally import joined, total
from streams.checks.versions import VERSION_OF
from streams.read import Log, Positions
from streams.topics import COMMANDS, DEAD_LETTERS, DECISIONS, FULFILMENTS, RAW

Commits = Mapping[str, Mapping[int, int]]  # topic -> partition -> what the stage that reads it has committed
Again = Callable[[], bool]  # waits a little and says whether to look again; False: the time is up
FAR = 1 << 62
# Upstream first.
TOPICS = (RAW.name, DEAD_LETTERS.name, COMMANDS.name, DECISIONS.name, FULFILMENTS.name, *VERSION_OF)


def _silent(what: str, done: int, total: int) -> None:
    pass


def check(log: Log, *, committed: Commits | None = None, again: Again | None = None, progress: Progress = _silent) -> Report:
    """Check everything up to the ends as of now, in this process."""
    meter = Meter("check", progress)
    return check_with(Alone(lambda number, told: Part(log, told), meter), meter, log, committed=committed, again=again)


def check_with(crew: Crew[Part], meter: Meter, log: Log, *, committed: Commits | None = None, again: Again | None = None) -> Report:
    """Check everything up to the ends as of now, with parts that share all partitions. `committed` (None: not known) must have been
    asked for before: what it passes over is lost, what lies behind it pending. With `again` the rest is waited for, and counts as
    lost in the end."""
    started = time.monotonic()
    checker = Checker(crew, meter, log)
    checker.look()
    while again and checker.open() and again():
        checker.look()
    return checker.report(committed, started, waited=again is not None)


class Checker:
    """A check that can be taken further: each `look` reads on from where the one before ended."""

    def __init__(self, crew: Crew[Part], meter: Meter, log: Log) -> None:
        self._crew = crew
        self._meter = meter
        self._log = log
        self._low: dict[str, Positions] = {}
        self._ends: dict[str, Positions] = {}
        self._fates = Fates()
        self._decided: dict[int, int] = {}
        self._due = 0

    def look(self) -> None:
        """Read on. What was sent in after the first look is not waited for."""
        reach = self._take_ends()
        self._meter.total = sum(max(0, end - reach.low[topic].get(p, 0)) for topic, ends in reach.ends.items() for p, end in ends.items())
        raw = {partition: times for found in self._crew.ask(Part.raw, reach) for partition, times in found.items()}
        reached = self._crew.ask(Part.look, reach, raw)
        self._fates = Fates()
        for one in reached:
            self._fates.lay_over(one.fates)
        self._decided = {partition: last for one in reached for partition, last in one.decided.items()}
        self._due = sum(one.due for one in reached)
        self._meter.fill()

    def open(self) -> int:
        """Records without their result, so far."""
        return self._fates.open() + self._due + sum(self._undecided().values())

    def _take_ends(self) -> Reach:
        """Upstream first, as what is to be through; then again what must have been written by then, downstream having spoken of it.
        A topic whose upstream is through is not read any further than now: else a busy pipeline had no end."""
        first = not self._ends
        normalized = not self._fates.open()
        through = {RAW.name: True, DEAD_LETTERS.name: normalized, COMMANDS.name: normalized}
        through[DECISIONS.name] = normalized and not any(self._undecided().values())
        for topic in TOPICS:
            if first or not through.get(topic, False):
                self._ends[topic] = self._log.ends(topic)
            if first:
                self._low[topic] = self._log.low(topic)
        written = {topic: self._log.ends(topic) for topic in (DECISIONS.name, COMMANDS.name, RAW.name)}
        return Reach(low=self._low, ends=self._ends, written=written)

    def _undecided(self) -> dict[int, int]:
        """Commands after the last one decided, by partition."""
        ends = self._ends.get(COMMANDS.name, {})
        return {partition: max(0, ends.get(partition, 0) - last - 1) for partition, last in self._decided.items()}

    # ------------------------------------------------------------------------------------------ the end
    def report(self, committed: Commits | None, started: float, *, waited: bool) -> Report:
        findings = Findings()
        reached = dict.fromkeys((RAW.name, DECISIONS.name), _everything(self._ends)) if waited else committed
        found = total(self._crew.ask(Part.finish, None if reached is None else reached.get(DECISIONS.name, {})))
        no_outcome, raw = self._fates.judge(findings, None if reached is None else reached.get(RAW.name, {}))
        undecided = self._undecided()
        pending = {"raw": raw, "commands": sum(undecided.values()), "fulfilments": found.due}
        lost = no_outcome + found.passed
        if waited:
            lost += self._note_undecided(undecided, findings)
        self._check_commits(committed or {}, found.first_due, findings)
        return report(
            found,
            raw_records=self._fates.records(),
            lost=lost,
            pending={} if waited else {what: count for what, count in pending.items() if count},
            violations=joined((*found.violations, *findings.all())),
            seconds=time.monotonic() - started,
        )

    def _note_undecided(self, undecided: Mapping[int, int], findings: Findings) -> int:
        for partition, count in undecided.items():
            if count:
                findings.place = (COMMANDS.name, partition, self._decided[partition] + 1)
                findings.note("one decision", "commands from here on have no decision", count)
        return sum(undecided.values())

    def _check_commits(self, committed: Commits, first_due: Mapping[int, int | None], findings: Findings) -> None:
        """No stage has committed further than its results are there."""
        for partition, offset in committed.get(COMMANDS.name, {}).items():
            _check_commit(findings, COMMANDS.name, partition, offset, self._decided.get(partition, -1) + 1)
        for partition, offset in committed.get(RAW.name, {}).items():
            _check_commit(findings, RAW.name, partition, offset, self._fates.first_open(partition))
        for partition, offset in committed.get(DECISIONS.name, {}).items():
            _check_commit(findings, DECISIONS.name, partition, offset, first_due.get(partition))


def _check_commit(findings: Findings, topic: str, partition: int, offset: int, most: int | None) -> None:
    if most is not None and offset > most:
        findings.place = (topic, partition, most)
        findings.note("commits", f"has no lasting result, and {offset} is committed")


def _everything(ends: Mapping[str, Positions]) -> dict[int, int]:
    return {partition: FAR for positions in ends.values() for partition in positions}
