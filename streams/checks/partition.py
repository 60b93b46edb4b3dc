"""One partition's commands and decisions side by side: each command decided once, in order, in an unbroken chain."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

import msgspec

from streams.checks.due import Due
from streams.checks.findings import Findings, Invariant
from streams.checks.outcomes import Outcomes
from streams.checks.pool import PoolCheck
from streams.checks.records import AnyEvent, Decision, decode_decision
from streams.commands import Cause
from streams.decisions import GENESIS, link
from streams.read import Record
from streams.topics import COMMANDS, DECISIONS
from tables import events as e

Outcome = Literal["duplicate", "stale", "refused"]
REFUSALS_TOLD = 10
_TOLD = frozenset({e.Reserved, e.FulfilmentReleased, e.Unreserved, e.CancelRequested, e.ArrivalExpected})
_NOTHING: dict[type[AnyEvent], Outcome] = {e.Duplicate: "duplicate", e.Stale: "stale", e.Refused: "refused"}


class Refusal(msgspec.Struct, frozen=True):
    """A command that was not carried out: a mistake of whoever sent it, no violation."""

    place: str
    pool: str
    code: str
    sentence: str


class Head(msgspec.Struct):
    """What every command says, whatever it asks for."""

    pool: str
    cause: Cause


decode_head = msgspec.json.Decoder(Head).decode


class Commands:
    """Walks the commands of a partition as far as its decisions have got, and tells the raw records they come from."""

    def __init__(self, batches: Iterator[Sequence[Record]], start: int, stop: int, outcomes: Outcomes, findings: Findings) -> None:
        self.next = start
        self.stop = stop
        self._records = chain.from_iterable(batches)
        self._outcomes = outcomes
        self._findings = findings

    def at(self, offset: int) -> tuple[Record, Head | None] | None:
        """The command at this offset, passing those before; None where the log has it no more, or not yet."""
        if offset >= self.stop:
            return None
        while self.next <= offset and (found := self._take()):
            if found[0].offset == offset:
                return found
        return None

    def rest(self) -> int | None:
        """All others are passed as well. The offset of the first that is not a command, if there is one."""
        strange: int | None = None
        while found := self._take():
            if found[1] is None and strange is None:
                strange = found[0].offset
        return strange

    def _take(self) -> tuple[Record, Head | None] | None:
        record = next(self._records, None)
        if record is None:
            return None
        self._findings.place = (COMMANDS.name, record.partition, record.offset)
        if record.offset != self.next:
            self._findings.note("one decision", f"commands {self.next} to {record.offset - 1} are not in the log")
        self.next = record.offset + 1
        head = head_of(record)
        if head is not None:
            self._outcomes.command(head.cause)
        return record, head


def head_of(record: Record) -> Head | None:
    """None: not a command. The ledger refuses such a record, and its decision says so."""
    try:
        return decode_head(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class PartitionCheck:
    """`last`: the command decided last; `position`: the decision read next; `undecided`: commands passed over without a decision."""

    def __init__(self, partition: int, findings: Findings, outcomes: Outcomes) -> None:
        self.partition = partition
        self.last = -1
        self.position = 0
        self.decisions = 0
        self.undecided = 0
        self.left: int | None = None  # the first record behind them that is not a command
        self.outcomes: Counter[Outcome] = Counter()
        self.refusals: deque[Refusal] = deque(maxlen=REFUSALS_TOLD)
        self.pools: dict[str, PoolCheck] = {}
        self.due = Due(partition, findings)
        self._chain = GENESIS
        self._causes: dict[tuple[str, int], tuple[int, int]] = {}
        self._findings = findings
        self._raw = outcomes

    def take(self, commands: Commands, record: Record) -> None:
        try:
            decision = decode_decision(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._note(record, "readable", f"not a decision: {error}")
            return
        self.decisions += 1
        self.position = record.offset + 1
        if decision.prev != self._chain:
            self._note(record, "chain", f"it follows {decision.prev}, the decision before it is {self._chain}")
        self._chain = link(record.value)
        src = decision.src_offset
        if src <= self.last:
            self._note(record, "one decision", f"command {src} is decided after command {self.last}")
            return
        command = commands.at(src)
        self._findings.place = (DECISIONS.name, record.partition, record.offset)
        if src > self.last + 1 and not self._skips(src, commands):
            return
        self.last = src
        self._answers(record, decision, command)
        self._fold(record, decision)

    def _skips(self, src: int, commands: Commands) -> bool:
        """False when it skips all there are: then it is no decision of this log."""
        if src >= commands.stop:
            self._findings.note("one decision", f"it decides command {src}, the commands end at {commands.stop}")
            return False
        skipped = src - self.last - 1
        self._findings.note("one decision", f"commands {self.last + 1} to {src - 1} have no decision", skipped)
        self.undecided += skipped
        return True

    def _answers(self, record: Record, decision: Decision, command: tuple[Record, Head | None] | None) -> None:
        """The decision is about its command."""
        if command is None:
            self._note(record, "one decision", f"it decides command {decision.src_offset}, which is not in the log")
            return
        head = command[1]
        if head is None or not decision.cause[0]:
            if self.outcome_of(decision) != "refused":
                self._note(record, "cause", f"command {decision.src_offset} cannot be read, and is not refused")
            return
        if head.cause != decision.cause or head.pool != decision.pool or record.key != head.pool.encode():
            self._note(record, "cause", f"command {decision.src_offset} is of pool {head.pool}, {head.cause}; the decision says otherwise")

    def _fold(self, record: Record, decision: Decision) -> None:
        nothing = self.outcome_of(decision)
        if nothing:
            self.outcomes[nothing] += 1
            if isinstance(event := decision.events[0], e.Refused):
                place = f"{DECISIONS.name}[{record.partition}]@{record.offset}"
                self.refusals.append(Refusal(place, decision.pool, event.code, event.sentence))
        elif not decision.events:
            self._note(record, "cause", "it has no events, not even a reason why not")
        source, origin, offset, ordinal = decision.cause
        if (offset, ordinal) > self._causes.get((source, origin), (-1, -1)):
            self._causes[source, origin] = (offset, ordinal)
        elif source and nothing != "duplicate":
            self._note(record, "cause", f"{decision.cause} takes effect a second time")
        self._owe(record, decision)
        pool = self.pools.get(decision.pool)
        if pool is None:
            pool = self.pools[decision.pool] = PoolCheck(self._findings)
        pool.decided(decision)

    @staticmethod
    def outcome_of(decision: Decision) -> Outcome | None:
        """Why nothing happened, where nothing did."""
        return _NOTHING.get(type(decision.events[0])) if len(decision.events) == 1 else None

    def _owe(self, record: Record, decision: Decision) -> None:
        carried = {event.fulfilment: event for event in decision.events if isinstance(event, e.CarrierChosen)}
        for event in decision.events:
            if type(event) in _TOLD:
                assert isinstance(event, e.Reserved | e.FulfilmentReleased | e.Unreserved | e.CancelRequested | e.ArrivalExpected)
                by = None if isinstance(event, e.ArrivalExpected) else carried.get(event.fulfilment)
                self.due.owe(record.offset, decision.src_offset, decision.pool, event, self._raw.at(decision.cause), by)

    def finish(self) -> None:
        if self.left is not None:
            self._findings.place = (COMMANDS.name, self.partition, self.left)
            self._findings.note("readable", "it is not a command, and no decision refuses it")

    def _note(self, record: Record, invariant: Invariant, sentence: str, count: int = 1) -> None:
        self._findings.place = (DECISIONS.name, record.partition, record.offset)
        self._findings.note(invariant, sentence, count)
