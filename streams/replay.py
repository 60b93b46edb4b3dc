"""The second opinion of `yipan check`: all commands decided again, and every decision compared with the log to the byte."""

from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, islice, zip_longest

import msgspec

from streams.checks.findings import Findings, Violation
from streams.ledger import Hole, Ledger
from streams.read import Log, Record
from streams.rules.decide import DECIDER
from streams.topics import COMMANDS, DECISIONS

AT_ONCE = 500
Progress = Callable[[str, int, int], None]


class Replayed(msgspec.Struct, frozen=True):
    """`digests`: the last link of each partition, which stands for its whole log."""

    decisions: int
    digests: dict[int, str]
    violations: tuple[Violation, ...]


class _Envelope(msgspec.Struct):
    src_offset: int
    decider: int


decode_envelope = msgspec.json.Decoder(_Envelope).decode


def replay(log: Log, *, progress: Progress, start: Callable[[int], Ledger] = Ledger) -> Replayed:
    """Decide the commands of each partition again, from its beginning or from where `start` (a snapshot) has it, up to the last
    decision of the log as of now. A partition is left at its first difference: what follows could not be compared."""
    findings = Findings()
    ends, digests, decisions = log.ends(DECISIONS.name), {}, 0
    commands = log.ends(COMMANDS.name)
    for partition, end in sorted(ends.items()):
        ledger = start(partition)
        since = ledger.last
        decided = _records(log, DECISIONS.name, partition, 0, end)
        asked = _records(log, COMMANDS.name, partition, since + 1, commands.get(partition, 0))
        for done in _compare(ledger, asked, decided, findings):
            progress(f"replay[{partition}]", done, commands.get(partition, 0))
        decisions += ledger.last - since
        digests[partition] = ledger.chain
    return Replayed(decisions, digests, findings.all())


def _records(log: Log, topic: str, partition: int, start: int, stop: int) -> Iterator[Record]:
    return (record for batch in log.read(topic, {partition: start}, {partition: stop}) for record in batch)


def _compare(ledger: Ledger, commands: Iterator[Record], decisions: Iterator[Record], findings: Findings) -> Iterator[int]:
    """Yields the command reached, until the decisions end or one differs."""
    since = ledger.last
    later = dropwhile(lambda record: _envelope(record).src_offset <= since, decisions) if since >= 0 else decisions
    while batch := list(islice(later, AT_ONCE)):
        again = _decide(ledger, islice(commands, len(batch)))
        for record, made in zip_longest(batch, again):
            if made != record.value:
                findings.place = (DECISIONS.name, record.partition, record.offset)
                findings.note("replay", _difference(record, made))
                return
        yield ledger.last


def _decide(ledger: Ledger, commands: Iterable[Record]) -> list[bytes]:
    try:
        return [made for _, made in ledger.decide([(record.offset, record.key, record.value) for record in commands])]
    except Hole:
        return []


def _difference(record: Record, made: bytes | None) -> str:
    try:
        decider = _envelope(record).decider
    except msgspec.DecodeError:
        return "it is not a decision"
    if decider != DECIDER:
        return f"it was decided by version {decider}, which this code (version {DECIDER}) cannot decide again"
    return "there is no such command" if made is None else "deciding its command again gives other bytes"


def _envelope(record: Record) -> _Envelope:
    return decode_envelope(record.value)
