"""What became of each raw record: five bytes for each, from the low watermark of its partition on."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from streams.checks.fates import COMMAND, IGNORED, REJECTED, SAID, Fates
from streams.checks.findings import Findings
from streams.commands import Cause
from streams.deadletter import DeadLetter
from streams.read import Record
from streams.topics import DEAD_LETTERS, RAW

# Times are kept as milliseconds since 24 days before the first one seen, in four bytes.
LEEWAY = 1 << 31
FAR = (1 << 32) - 1
MOST_COMMANDS = 1 << 20  # of one raw record


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
        self.letters: Counter[tuple[str, str]] = Counter()
        self.written: Mapping[int, int] = {}
        self.fates = Fates()
        self._findings = findings
        self._began = 0
        self._at: dict[int, array[int]] = {}
        self._elsewhere: set[int] = set()

    # ------------------------------------------------------------------------------------------ raw records
    def start(self, partition: int, low: int) -> None:
        """Unless it is begun."""
        if partition not in self._at:
            self.fates.start(partition, low)
            self._at[partition] = array("I")

    def came(self, partition: int, times: Sequence[int]) -> None:
        """Raw records of a partition, from where those before ended: when each was appended, 0 where an offset has none."""
        self.fates.came(partition, bytes(map(bool, times)))
        self._at[partition].extend([self.since_start(time) if time else 0 for time in times])

    def since_start(self, time: int) -> int:
        if not self._began:
            self._began = time - LEEWAY
        return min(FAR, max(1, time - self._began))

    def at(self, cause: Cause) -> int:
        """When the raw record behind a command was appended, as `since_start` counts; 0 where there is none, or it is not kept."""
        source, partition, offset, _ = cause
        if source != RAW.name or (at := self._at.get(partition)) is None:
            return 0
        index = offset - self.fates.low(partition)
        return at[index] if 0 <= index < len(at) else 0

    # ------------------------------------------------------------------------------------------ what became of them
    def command(self, cause: Cause) -> None:
        source, partition, offset, ordinal = cause
        if source != RAW.name:
            return
        if not ordinal:
            self._mark(partition, offset, COMMAND)
        elif 0 < ordinal < MOST_COMMANDS:
            self.fates.also(partition, offset, ordinal)
        else:
            self._findings.note("raw outcome", f"a command says to be number {ordinal} of its raw record")

    def letter(self, record: Record) -> None:
        self._findings.place = (DEAD_LETTERS.name, record.partition, record.offset)
        try:
            letter = decode_letter(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._findings.note("readable", f"not a dead letter: {error}")
            return
        if letter.topic != RAW.name:
            where = hash((letter.topic, letter.partition, letter.offset, letter.code))
            self.letters[letter.verdict, letter.code] += where not in self._elsewhere
            self._elsewhere.add(where)
        elif self._mark(letter.partition, letter.offset, IGNORED if letter.verdict == "ignored" else REJECTED):
            self.letters[letter.verdict, letter.code] += 1

    def _mark(self, partition: int, offset: int, fate: int) -> bool:
        """False where it was marked so before, or is not kept any more, or lies behind the end of this check."""
        if not 0 <= offset < self.written.get(partition, 0):
            self._findings.note("raw outcome", f"it says that raw[{partition}]@{offset} has become {SAID[fate]}; there is no such record")
        return self.fates.mark(partition, offset, fate)
