"""What an engine wrote, read back: when each of its outputs was appended, and what was decided."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from streams.commands import Cause
from streams.read import Record
from tests.bench.peers.job import Outcome


class Written(NamedTuple):
    """`stamps`: LogAppendTime in ms of every output of the job, in any order. `lines` of our own decisions is not counted: where a store
    has too little they promise what there is, and an engine that promises whole lines comes to another number."""

    stamps: list[int]
    orders: int
    lines: int | None

    def agrees(self, expected: Outcome) -> bool:
        return self.orders == expected.orders and self.lines in (None, expected.lines)


class Line(msgspec.Struct, gc=False):
    reserved: bool


class Answer(msgspec.Struct, gc=False):
    order_id: str
    lines: list[Line]


class Event(msgspec.Struct, gc=False):
    type: str


class Decision(msgspec.Struct, gc=False):
    cause: Cause
    events: list[Event]


_answer = msgspec.json.Decoder(Answer).decode
_decision = msgspec.json.Decoder(Decision).decode


def of_a_peer(records: Iterable[Record]) -> Written:
    stamps, seen, lines = [], set[str](), 0
    for record in records:
        answer = _answer(record.value or b"")
        stamps.append(record.timestamp)
        seen.add(answer.order_id)
        lines += sum(line.reserved for line in answer.lines)
    return Written(stamps, len(seen), lines)


def of_ours(records: Iterable[Record]) -> Written:
    """Every delivery has its decision, a second one that it is a duplicate. Those on the business are left out."""
    stamps, placed = [], 0
    for record in records:
        decision = _decision(record.value or b"")
        if decision.cause[0] == "raw":
            stamps.append(record.timestamp)
            placed += any(event.type == "OrderPlaced" for event in decision.events)
    return Written(stamps, placed, None)
