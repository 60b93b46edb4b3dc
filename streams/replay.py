"""The second opinion of `yipan check`: all commands decided again, and every decision compared with the log to the byte.

Each decision names the version of the decider that made it, and is decided again by that version.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice, zip_longest

import msgspec

from streams.checks.findings import Findings, Violation
from streams.ledger import Ledger, Message
from streams.read import Log, Record
from streams.rules.decide import DECIDERS
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
        decided = _after(since, _records(log, DECISIONS.name, partition, 0, end))
        asked = _records(log, COMMANDS.name, partition, since + 1, commands.get(partition, 0))
        for done in _compare(ledger, asked, decided, findings):
            progress(f"replay[{partition}]", done, commands.get(partition, 0))
        decisions += ledger.last - since
        digests[partition] = ledger.chain
    return Replayed(decisions, digests, findings.all())


def _records(log: Log, topic: str, partition: int, start: int, stop: int) -> Iterator[Record]:
    return (record for batch in log.read(topic, {partition: start}, {partition: stop}) for record in batch)


def _after(since: int, decisions: Iterator[Record]) -> Iterator[Record]:
    """Without those of commands up to `since`."""
    for record in decisions:
        envelope = _envelope(record)
        if envelope is None or envelope.src_offset > since:
            yield record
            break
    yield from decisions


def _compare(ledger: Ledger, commands: Iterator[Record], decisions: Iterator[Record], findings: Findings) -> Iterator[int]:
    """Yields the command reached, until the decisions end or one differs."""
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
            yield ledger.last


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
    envelope = _envelope(record)
    return envelope.decider if envelope else None


def _envelope(record: Record) -> _Envelope | None:
    try:
        return decode_envelope(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
