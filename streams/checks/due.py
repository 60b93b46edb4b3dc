"""Which fulfilments are due by the decisions, and which came: 49 bytes for each, so that a long log fits into memory."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from connectors.contract import Fulfilment
from streams.checks.findings import Findings
from tables.events import NODE_SAID, CancelRequested, Reserved, Unreserved

decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode
EXCUSED = -2
Telling = Reserved | Unreserved | CancelRequested


class Due:
    """Fulfilments due and met, by the partition of their decisions. `waits` counts milliseconds from a raw record to the first
    fulfilment that it led to."""

    def __init__(self, findings: Findings) -> None:
        self.records = 0
        self.repeated = 0
        self.met = 0
        self.waits: Counter[int] = Counter()
        self._findings = findings
        self._partitions: dict[int, _Partition] = {}

    def owe(self, partition: int, offset: int, src: int, pool: str, event: Telling, raw_at: int) -> None:
        """The decision at `offset` about the command at `src` has this event; it follows from a raw record appended at `raw_at`
        (0: from none)."""
        kept = self._partition(partition)
        if isinstance(event, Reserved):
            kept.owe(offset, src, _name("FulfilmentOrdered", event.fulfilment), _owed(event, pool, True), raw_at)
        elif not isinstance(event, Unreserved) or event.reason not in NODE_SAID:
            final = isinstance(event, Unreserved)
            kept.owe(offset, src, _name("FulfilmentCancelled", event.fulfilment), _owed(event, pool, final), 0)

    def came(self, value: bytes, at: int, decided: Mapping[int, int]) -> bool:
        """A record of `fulfilments`, appended at `at`. `decided`: the highest src_offset decided so far, by partition. False: it is
        of a decision that was not read yet, and is to be shown again later."""
        try:
            told = decode_fulfilment(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._findings.note("readable", f"not a fulfilment: {error}")
            return True
        if told.src_offset > decided.get(told.partition, -1):
            return False
        self.records += 1
        about = f"{told.type} {told.id} of {told.tenant}/{told.shop}/{told.order} at {told.node}"
        kept = self._partition(told.partition)
        match kept.meet(told, hash(value)):
            case "repeated":
                self.repeated += 1
            case "unknown":
                self._findings.note("fulfilments", f"{about}: no decision says so")
            case "other":
                self._findings.note("fulfilments", f"{about}: its decision says another node, order or other units")
            case "changed":
                self._findings.note("fulfilments", f"{about}: comes again, and differs")
            case index:
                self.met += 1
                if (began := kept.began(index)) is not None:
                    self.waits[max(0, at - began)] += 1
        return True

    def excuse(self, partition: int, before: int) -> None:
        """Fulfilments of commands below `before` may have been deleted by age: they may be there, and are not missed."""
        kept = self._partition(partition)
        for i in range(bisect_left(kept.src, before)):
            kept.seen[i] = kept.seen[i] or EXCUSED

    def missing(self, committed: Mapping[int, int] | None) -> tuple[int, int]:
        """(due and passed by, due and still to come). What lies before the committed offset was passed by; where none is known, what
        lies before a fulfilment that came."""
        passed = behind = 0
        for partition, kept in self._partitions.items():
            for i in kept.open():
                if kept.src[i] < kept.highest if committed is None else kept.offset[i] < committed.get(partition, 0):
                    passed += 1
                    self._findings.place = ("decisions", partition, kept.offset[i])
                    self._findings.note("fulfilments", f"a fulfilment or a cancel is due (command {kept.src[i]}) and missing")
                else:
                    behind += 1
        return passed, behind

    def open(self) -> int:
        """How many are due and have not come."""
        return sum(kept.seen.count(0) for kept in self._partitions.values())

    def first_open(self, partition: int) -> int | None:
        """The offset of the first decision whose fulfilments are not all there."""
        kept = self._partitions.get(partition)
        first = next(kept.open(), None) if kept else None
        return kept.offset[first] if kept and first is not None else None

    def _partition(self, partition: int) -> "_Partition":
        found = self._partitions.get(partition)
        if found is None:
            found = self._partitions[partition] = _Partition()
        return found


class _Partition:
    """Parallel arrays in the order of the decisions; `seen` is the hash of the record that came, 0 while none has."""

    def __init__(self) -> None:
        self.offset, self.src, self.raw_at = array("q"), array("q"), array("q")
        self.name, self.owed, self.seen = array("q"), array("q"), array("q")
        self.highest = -1

    def owe(self, offset: int, src: int, name: int, owed: int, raw_at: int) -> None:
        self.offset.append(offset)
        self.src.append(src)
        self.raw_at.append(raw_at)
        self.name.append(name)
        self.owed.append(owed)
        self.seen.append(0)

    def meet(self, told: Fulfilment, record: int) -> Literal["repeated", "unknown", "other", "changed"] | int:
        """The index of what it fulfils; or what is the matter with it."""
        src, name, owed = told.src_offset, _name(told.type, told.id), _told(told)
        self.highest = max(self.highest, src)
        wrong: Literal["unknown", "other", "changed"] = "unknown"
        i = bisect_left(self.src, src)
        while i < len(self.src) and self.src[i] == src:
            if self.name[i] == name:
                if self.seen[i] == record:
                    return "repeated"
                if self.owed[i] == owed and self.seen[i] in (0, EXCUSED):
                    self.seen[i] = record or 1
                    return i
                wrong = "changed" if self.owed[i] == owed else "other"
            i += 1
        return wrong

    def began(self, i: int) -> int | None:
        """When the raw record was appended that led to this fulfilment first; None where there is none, or another was first."""
        first = i == 0 or self.src[i - 1] != self.src[i]
        return self.raw_at[i] if first and self.raw_at[i] else None

    def open(self) -> Iterator[int]:
        return (i for i, seen in enumerate(self.seen) if not seen)


def src_offset(value: bytes) -> int:
    """Of a fulfilment; 0 where it is none. It lies in the partition of its decision."""
    try:
        return decode_fulfilment(value).src_offset
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _name(kind: str, fulfilment: str) -> int:
    return hash((kind, fulfilment))


def _owed(event: Telling, pool: str, final: bool) -> int:
    units = [(row.line, row.sku, row.quantity) for row in event.rows]
    return hash((event.order, event.node, pool, final, len(units), frozenset(units)))


def _told(told: Fulfilment) -> int:
    """Lines may come in any order."""
    units = [(line.line, line.sku, line.quantity) for line in told.lines]
    return hash((f"{told.tenant}/{told.shop}/{told.order}", told.node, told.pool, told.final, len(units), frozenset(units)))
