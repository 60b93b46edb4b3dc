"""The second opinion of `yipan check`: all commands decided again, and every decision compared with the log to the byte.

Each decision names the version of the decider that made it, and is decided again by that version. Partitions are independent of each
other, so that they can be shared by several processes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice, zip_longest
from typing import NamedTuple

import msgspec

from streams.agents.rebuild import from_snapshots
from streams.checks.crew import Alone, Crew, Told
from streams.checks.findings import Findings, Violation
from streams.checks.meter import Meter, Progress
from streams.checks.tally import joined
from streams.decisions import link
from streams.ledger import Ledger, Message
from streams.read import Log, Positions, Record, Unreadable
from streams.rules.decide import DECIDERS
from streams.snapshots import Snapshots
from streams.topics import COMMANDS, DECISIONS

AT_ONCE = 500


class Replayed(msgspec.Struct, frozen=True):
    """`digests`: the last link of each partition, which stands for its whole log. `beginnings`: how many times a partition was begun,
    from its start and from snapshots."""

    decisions: int
    beginnings: int
    digests: dict[int, str]
    violations: tuple[Violation, ...]


class Begun(NamedTuple):
    """A ledger, and the offset of the first decision that it has not made yet."""

    ledger: Ledger
    position: int


Beginnings = Callable[[int], Iterable[Begun]]  # of a partition


def from_the_start(partition: int) -> Iterable[Begun]:
    return (Begun(Ledger(partition), 0),)


def from_every_snapshot(snapshots: Snapshots, partition: int) -> Iterator[Begun]:
    """From its start, and from each of its sound snapshots."""
    yield from from_the_start(partition)
    for found in from_snapshots(snapshots, partition):
        yield Begun(found.ledger, found.position)


class _Envelope(msgspec.Struct):
    decider: int


decode_envelope = msgspec.json.Decoder(_Envelope).decode


def replay(log: Log, *, progress: Progress, beginnings: Beginnings = from_the_start) -> Replayed:
    """Decide again all decisions of the log as of now, in this process."""
    meter = Meter("replay", progress)
    return replay_with(Alone(lambda number, told: Again(log, told, beginnings), meter), meter, log)


def replay_with(crew: "Crew[Again]", meter: Meter, log: Log) -> Replayed:
    """Decide again all decisions of the log as of now."""
    decisions, commands = log.ends(DECISIONS.name), log.ends(COMMANDS.name)
    meter.total = sum(decisions.values())
    found = crew.ask(Again.replay, decisions, commands)
    meter.fill()
    return Replayed(
        decisions=sum(one.decisions for one in found),
        beginnings=sum(one.beginnings for one in found),
        digests=dict(sorted((partition, digest) for one in found for partition, digest in one.digests.items())),
        violations=joined(violation for one in found for violation in one.violations),
    )


class Again:
    """Decides again the partitions whose number leaves `number` when divided by `of`."""

    def __init__(self, log: Log, told: Told, beginnings: Beginnings, number: int = 0, of: int = 1) -> None:
        self._log = log
        self._told = told
        self._beginnings = beginnings
        self._number, self._of = number, of
        self._findings = Findings()

    def replay(self, decisions: Positions, commands: Positions) -> Replayed:
        digests, made, begun = {}, 0, 0
        for partition, end in sorted(decisions.items()):
            if partition % self._of == self._number:
                for ledger, position in self._beginnings(partition):
                    made += self._replay(ledger, position, end, commands.get(partition, 0))
                    begun += 1
                    digests[partition] = ledger.chain
        return Replayed(made, begun, digests, self._findings.all())

    def _replay(self, ledger: Ledger, position: int, end: int, commands: int) -> int:
        """The number of decisions made. A partition is left at its first difference: what follows could not be compared."""
        since, partition = ledger.last, ledger.partition
        decided = self._records(DECISIONS.name, partition, max(0, position - 1), end)
        asked = self._records(COMMANDS.name, partition, since + 1, commands)
        try:
            if position == 0 or self._continues(ledger, position, next(decided, None)):
                for count in _compare(ledger, asked, decided, self._findings):
                    self._told(count)
        except Unreadable as damage:
            self._findings.place = (DECISIONS.name, partition, position)
            self._findings.note("replay", f"from here on it cannot all be read: {damage}")
        return ledger.last - since

    def _continues(self, ledger: Ledger, position: int, before: Record | None) -> bool:
        """The log has, in front of the snapshot's position, the decision that the snapshot was taken after."""
        if before is not None and before.offset == position - 1 and link(before.value) == ledger.chain:
            return True
        self._findings.place = (DECISIONS.name, ledger.partition, position - 1)
        self._findings.note("replay", "it is not the decision that a snapshot was taken after")
        return False

    def _records(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Record]:
        return chain.from_iterable(self._log.read(topic, {partition: start}, {partition: stop}))


def _compare(ledger: Ledger, commands: Iterator[Record], decisions: Iterator[Record], findings: Findings) -> Iterator[int]:
    """Yields how many were compared, until the decisions end or one differs."""
    for decider, alike in groupby(decisions, key=_decider):
        while batch := list(islice(alike, AT_ONCE)):
            again: Sequence[bytes] = ()
            if decider in DECIDERS:
                ledger.decider = decider
                again = [made for _, made in ledger.decide(_unbroken(ledger.last + 1, islice(commands, len(batch))))]
            for record, made in zip_longest(batch, again):
                if made != record.value:
                    findings.place = (DECISIONS.name, record.partition, record.offset)
                    findings.note("replay", _difference(decider, made))
                    return
            yield len(batch)


def _unbroken(expected: int, commands: Iterator[Record]) -> Sequence[Message]:
    """The commands up to the first one that the log has no more."""
    found: list[Message] = []
    for record in commands:
        if record.offset != expected + len(found):
            break
        found.append((record.offset, record.key, record.value))
    return found


def _difference(decider: int | None, made: bytes | None) -> str:
    if decider is None:
        return "it is not a decision"
    if decider not in DECIDERS:
        return f"it was decided by version {decider}, which this code (versions {', '.join(map(str, DECIDERS))}) cannot decide again"
    return "there is no such command" if made is None else "deciding its command again gives other bytes"


def _decider(record: Record) -> int | None:
    """None: not a decision."""
    try:
        return decode_envelope(record.value).decider
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
