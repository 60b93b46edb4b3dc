"""One byte for each raw record: whether it was seen, and what came of it. Marks of several readers are laid over each other."""

from collections.abc import Mapping

from streams.checks.findings import Findings
from streams.topics import RAW

SEEN, COMMAND, IGNORED, REJECTED = 1, 2, 4, 8
SAID = {COMMAND: "a command", IGNORED: "an ignored record", REJECTED: "a rejected record"}
_RIGHT = {SEEN | COMMAND, SEEN | IGNORED, SEEN | REJECTED}


class Fates:
    def __init__(self) -> None:
        self._flags: dict[int, bytearray] = {}
        self._low: dict[int, int] = {}
        # the second, third, … command of a raw record, as bits; few records have them
        self._more: dict[tuple[int, int], int] = {}

    # ------------------------------------------------------------------------------------------ marking
    def start(self, partition: int, low: int) -> None:
        self._low[partition] = low
        self._flags[partition] = bytearray()

    def low(self, partition: int) -> int:
        return self._low[partition]

    def came(self, partition: int, seen: bytes) -> None:
        """Raw records, from where those before ended: SEEN, or 0 where an offset has none."""
        self._flags[partition] += seen

    def mark(self, partition: int, offset: int, fate: int) -> bool:
        """False where it was marked so before, or is not kept (any more)."""
        flags = self._flags.get(partition)
        index = offset - self._low[partition] if flags else -1
        if not flags or not 0 <= index < len(flags) or flags[index] & fate:
            return False
        flags[index] |= fate
        return True

    def also(self, partition: int, offset: int, ordinal: int) -> None:
        """One more command of a raw record: its `ordinal`th, from 1."""
        self._more[partition, offset] = self._more.get((partition, offset), 0) | 1 << ordinal

    def lay_over(self, other: "Fates") -> None:
        """What another reader saw and marked, of the same partitions, in addition."""
        for partition, theirs in other._flags.items():
            ours = self._flags.setdefault(partition, bytearray())
            self._low[partition] = other._low[partition]
            length = max(len(ours), len(theirs))
            both = int.from_bytes(ours, "little") | int.from_bytes(theirs, "little")
            self._flags[partition] = bytearray(both.to_bytes(length, "little"))
        for place, mask in other._more.items():
            self._more[place] = self._more.get(place, 0) | mask

    # ------------------------------------------------------------------------------------------ what is wrong
    def records(self) -> int:
        return sum(len(flags) - flags.count(0) for flags in self._flags.values())

    def open(self) -> int:
        """How many raw records have no outcome."""
        return sum(flags.count(SEEN) for flags in self._flags.values())

    def first_open(self, partition: int) -> int | None:
        found = self._flags.get(partition, bytearray()).find(SEEN)
        return self._low[partition] + found if found >= 0 else None

    def judge(self, findings: Findings, committed: Mapping[int, int] | None) -> tuple[int, int]:
        """(raw records passed by without an outcome, those still to come). What lies before the committed offset was passed by; where
        none is known, what lies before a record that has an outcome. Notes what has none, or more than one."""
        passed = behind = 0
        for partition, marked in self._flags.items():
            reached = self._reached(partition) if committed is None else committed.get(partition, 0)
            for flags in set(marked) - _RIGHT - {0}:
                for offset in self._offsets(partition, flags):
                    if flags == SEEN and offset >= reached:
                        behind += 1
                        continue
                    findings.place = (RAW.name, partition, offset)
                    passed += flags == SEEN
                    findings.note("raw outcome", _wrong(flags))
        self._judge_more(findings)
        return passed, behind

    def _judge_more(self, findings: Findings) -> None:
        """A record that became several commands became all of them."""
        for (partition, offset), mask in self._more.items():
            flags = self._flags.get(partition, bytearray())
            index = offset - self._low.get(partition, 0)
            kept = 0 <= index < len(flags)
            if mask & (mask + 2) or (kept and not flags[index] & COMMAND):
                findings.place = (RAW.name, partition, offset)
                findings.note("raw outcome", "some of its commands are missing")

    def _reached(self, partition: int) -> int:
        """The position after the last record with an outcome."""
        flags = self._flags[partition]
        return self._low[partition] + 1 + max((flags.rfind(found) for found in set(flags) - {0, SEEN}), default=-1)

    def _offsets(self, partition: int, flags: int) -> list[int]:
        marked, found = self._flags[partition], []
        index = marked.find(flags)
        while index >= 0:
            found.append(self._low[partition] + index)
            index = marked.find(flags, index + 1)
        return found


def _wrong(flags: int) -> str:
    fates = " and ".join(said for bit, said in SAID.items() if flags & bit)
    if not flags & SEEN:
        return f"there is {fates} of it, but no such record"
    return f"it ended in {fates}" if fates else "it has no outcome: neither command nor dead letter"
