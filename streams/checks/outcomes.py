"""What became of each raw record: nine bytes for each, from the low watermark of its partition on."""

from array import array
from collections import Counter
from collections.abc import Mapping

import msgspec

from streams.checks.findings import Findings
from streams.commands import Cause
from streams.deadletter import DeadLetter
from streams.topics import RAW

SEEN, COMMAND, IGNORED, REJECTED = 1, 2, 4, 8
_FATE = {COMMAND: "a command", IGNORED: "an ignored record", REJECTED: "a rejected record"}
_RIGHT = {SEEN | COMMAND, SEEN | IGNORED, SEEN | REJECTED}


class Letter(msgspec.Struct):
    """A dead letter without what it holds."""

    verdict: str
    code: str
    topic: str
    partition: int
    offset: int


decode_letter = msgspec.json.Decoder(Letter).decode
assert set(Letter.__struct_fields__) <= set(DeadLetter.__struct_fields__)


class Outcomes:
    """`letters`: dead letters by class and reason, each counted once. `written`: where `raw` ended after its outcomes had."""

    def __init__(self, findings: Findings) -> None:
        self.records = 0
        self.letters: Counter[tuple[str, str]] = Counter()
        self.written: Mapping[int, int] = {}
        self._findings = findings
        self._partitions: dict[int, _Partition] = {}
        self._ordinals: dict[tuple[int, int], int] = {}
        self._elsewhere: set[tuple[str, int, int, str]] = set()

    def start(self, partition: int, low: int) -> None:
        self._partitions[partition] = _Partition(low)

    def came(self, partition: int, offset: int, at: int) -> None:
        self.records += 1
        kept = self._partitions[partition]
        missing = offset - kept.low - len(kept.flags)
        if missing > 0:
            kept.flags.extend(bytes(missing))
            kept.at.extend([0] * missing)
        kept.flags.append(SEEN)
        kept.at.append(at)

    def at(self, cause: Cause) -> int:
        """When the raw record behind a command was appended; 0 where there is none, or it is no longer kept."""
        source, partition, offset, _ = cause
        kept = self._partitions.get(partition) if source == RAW.name else None
        index = offset - kept.low if kept else -1
        return kept.at[index] if kept and 0 <= index < len(kept.at) else 0

    def command(self, cause: Cause) -> None:
        source, partition, offset, ordinal = cause
        if source != RAW.name:
            return
        if ordinal:
            self._ordinals[partition, offset] = self._ordinals.get((partition, offset), 0) | 1 << ordinal
        else:
            self._mark(partition, offset, COMMAND)

    def letter(self, value: bytes) -> None:
        try:
            letter = decode_letter(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._findings.note("readable", f"not a dead letter: {error}")
            return
        if letter.topic != RAW.name:
            where = (letter.topic, letter.partition, letter.offset, letter.code)
            self.letters[letter.verdict, letter.code] += where not in self._elsewhere
            self._elsewhere.add(where)
        elif self._mark(letter.partition, letter.offset, IGNORED if letter.verdict == "ignored" else REJECTED):
            self.letters[letter.verdict, letter.code] += 1

    def _mark(self, partition: int, offset: int, fate: int) -> bool:
        """False where it was marked so before, or is not kept any more, or lies behind the end of this check."""
        kept = self._partitions.get(partition)
        index = offset - kept.low if kept else -1
        if offset >= self.written.get(partition, 0):
            self._findings.place = (RAW.name, partition, offset)
            self._findings.note("raw outcome", f"there is {_FATE[fate]} of it, but no such record")
        if kept is None or not 0 <= index < len(kept.flags):
            return False
        fresh = not kept.flags[index] & fate
        kept.flags[index] |= fate
        return fresh

    def missing(self, committed: Mapping[int, int] | None) -> tuple[int, int]:
        """(raw records passed by without an outcome, those still to come). What lies before the committed offset was passed by; where
        none is known, what lies before a record that has an outcome. Notes what has none, or more than one."""
        passed = behind = 0
        for partition, kept in self._partitions.items():
            reached = kept.reached() if committed is None else committed.get(partition, 0)
            for flags in set(kept.flags) - _RIGHT - {0}:
                for offset in kept.offsets(flags):
                    if flags == SEEN and offset >= reached:
                        behind += 1
                        continue
                    self._findings.place = (RAW.name, partition, offset)
                    passed += flags == SEEN
                    self._findings.note("raw outcome", _wrong(flags))
        self._note_ordinals()
        return passed, behind

    def open(self) -> int:
        """How many raw records have no outcome."""
        return sum(kept.flags.count(SEEN) for kept in self._partitions.values())

    def first_open(self, partition: int) -> int | None:
        kept = self._partitions.get(partition)
        return next(iter(kept.offsets(SEEN)), None) if kept else None

    def _note_ordinals(self) -> None:
        """A record that became several commands became all of them."""
        for (partition, offset), mask in self._ordinals.items():
            kept = self._partitions.get(partition)
            index = offset - kept.low if kept else -1
            first = kept is not None and 0 <= index < len(kept.flags) and kept.flags[index] & COMMAND
            if mask & (mask + 2) or (kept and 0 <= index < len(kept.flags) and not first):
                self._findings.place = (RAW.name, partition, offset)
                self._findings.note("raw outcome", "some of its commands are missing")


class _Partition:
    def __init__(self, low: int) -> None:
        self.low = low
        self.flags = bytearray()
        self.at = array("q")

    def reached(self) -> int:
        """The position after the last record with an outcome."""
        return self.low + 1 + max((self.flags.rfind(flags) for flags in set(self.flags) - {0, SEEN}), default=-1)

    def offsets(self, flags: int) -> "list[int]":
        found, index = [], self.flags.find(flags)
        while index >= 0:
            found.append(self.low + index)
            index = self.flags.find(flags, index + 1)
        return found


def _wrong(flags: int) -> str:
    fates = " and ".join(said for bit, said in _FATE.items() if flags & bit)
    if not flags & SEEN:
        return f"there is {fates} of it, but no such record"
    return f"it ended in {fates}" if fates else "it has no outcome: neither command nor dead letter"
