"""What is read from the log itself: commands that anybody may have written, decisions that somebody may have damaged."""

from collections.abc import Iterator

import msgspec

from streams.check import check
from streams.decisions import decode_decision
from streams.ledger import Broken, Ledger
from streams.read import MemoryLog, Record
from streams.rules.fulfil import fulfil
from tests.fuzz.target import Target, must
from tests.story import POOL
from tests.streams.shopping import busy_day

LINKED = b'"prev":"@"'  # stands where the hash of the decision before goes
ORDERS = 17
SET_UP = 12  # its first commands, without which no other means anything
WORDS = tuple(
    word.encode()
    for word in (
        *('"type":"PlaceOrder"', '"type":"CountStock"', '"type":"SetPolicy"', '"type":"Tick"', '"type":"MoveStock"', '"type":"SetSegment"'),
        *(
            '"cause":["raw",0,99,0]',
            '"pool":"north"',
            '"lines":[["ASSAM",1]]',
            '"version":99',
            '"at":9223372036854775807',
            "1e5",
            "9" * 30,
            "north",
        ),
        *(
            "hamburg",
            "porto",
            "on_hand",
            "reserved",
            "supplier",
            '"counted_at":0',
            "b2c",
            "b2b",
            "vip",
            '"quotas":[["ASSAM",5]]',
            '"sellable":false',
        ),
    )
)


def targets() -> Iterator[Target]:
    yield Target(name="commands", seeds=_commands, take=_decide, words=WORDS)
    yield Target(name="decisions", seeds=_decisions, take=_fold, words=(*WORDS, LINKED))


# ---------------------------------------------------------------------------------------------- commands
def _commands() -> list[bytes]:
    values = [value for _, _, value in busy_day(ORDERS).commands]
    set_up, told = values[:SET_UP], values[SET_UP:]
    parts = [b"\n".join([*set_up, *told[start : start + 8]]) for start in range(0, len(told), 8)]
    return [*parts, b"\n".join(values), values[0], b"{}"]


def _decide(data: bytes) -> str:
    """Each line is a command. The log that it leaves is as good as any: it folds to the same state, and the checker finds nothing."""
    messages = [(offset, POOL.encode(), line) for offset, line in enumerate(data.split(b"\n")[:120])]
    ledger, folded = Ledger(0), Ledger(0)
    decided = ledger.decide(messages)
    must(len(decided) == len(messages), "a command has no decision")
    for offset, (_, record) in enumerate(decided):
        must(b"decider_failed" not in record, f"the decider fails: {record[:300]!r}")
        fulfil(folded.fold(offset, record), 0)
    must(folded.dump() == ledger.dump(), "the fold of the decisions is another state")
    again = Ledger.load(0, ledger.dump())
    must(again is not None and again.dump() == ledger.dump(), "a snapshot is another state")
    ledger.due(1 << 50)
    found = _checked([Record(0, offset, 1, key, (), record) for offset, (key, record) in enumerate(decided)], messages)
    must(not found, f"the checker finds {found[:3]}")
    return f"{len({type(event) for _, record in decided for event in decode_decision(record).events})}"


def _checked(decisions: list[Record], commands: list[tuple[int, bytes, bytes]]) -> list[str]:
    """What the checker finds in these logs; they have no raw records, so it must not look for any."""
    asked = [Record(0, offset, 1, key, (), value) for offset, key, value in commands]
    report = check(MemoryLog({"raw": {0: []}, "commands": {0: asked}, "decisions": {0: decisions}}))
    return [found.first for found in report.violations if found.invariant != "raw outcome"]


# ---------------------------------------------------------------------------------------------- decisions
def _decisions() -> list[bytes]:
    records = [msgspec.json.encode(msgspec.structs.replace(decode_decision(record), prev="@")) for record in busy_day(ORDERS).records]
    return [b"\n".join(records), b"\n".join(records[:14]), records[0]]


def _fold(data: bytes) -> str:
    """Each line is a decision. One that does not follow is named as Broken, and the checker tells of it."""
    ledger, records = Ledger(0), []
    end = "folded"
    for offset, line in enumerate(data.split(b"\n")[:120]):
        record = line.replace(LINKED, b'"prev":"%s"' % ledger.chain.encode())
        records.append(Record(0, offset, 1, POOL.encode(), (), record))
        try:
            decision = ledger.fold(offset, record)
        except Broken as broken:
            must(f"offset {offset}" in str(broken), "where it broke is not said")
            end = str(broken).rpartition(":")[2][:24]
            break
        fulfil(decision, 0)
    _checked(records, [])
    return end
