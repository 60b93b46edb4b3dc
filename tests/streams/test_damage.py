"""A log that is not what it was: found, named with the offset, and the partition stays shut. Or the damage changes nothing at all."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.agents.rebuild import LogDamaged, Rebuilt, rebuild
from streams.decisions import Decision, decode_decision, encode_decision
from streams.ledger import Ledger
from streams.read import MemoryLog, Record
from streams.snapshots import Origin, Snapshot, Snapshots, StoredFiles
from streams.topics import DECISIONS
from tests.story import Story, line
from tests.streams.shells import decided, sell, tea_shop

HERE = Origin("harbor", "decisions-1")


class NoFiles:
    """Nothing is kept."""

    def names(self, folder: str) -> list[str]:
        return []

    def read(self, folder: str, name: str) -> bytes:
        raise FileNotFoundError(name)

    def write(self, folder: str, name: str, data: bytes) -> None:
        pass

    def remove(self, folder: str, name: str) -> None:
        pass


def a_busy_day() -> Story:
    story = sell(tea_shop(), "1", "2", units=3)
    story.place("3", line("SENCHA", 2), line("ASSAM", 1))
    story.cancel("2")
    story.ship(story.fulfilment("1"))
    story.count("hamburg", ASSAM=90, at=7)
    story.place("3", line("SENCHA", 1), at=5)
    story.move("hamburg", "on_hand", "damaged", SENCHA=4)
    return sell(story, "4", "5", "6")


DAY = a_busy_day()
WHOLE = decided(DAY)


def rebuilt(records: list[Record], snapshots: Snapshots | None = None) -> Rebuilt:
    found = rebuild(MemoryLog({DECISIONS.name: {0: records}}), snapshots or Snapshots(NoFiles(), HERE), 0, lambda: True, lambda *_: None)
    assert found is not None
    return found


def named(records: list[Record], snapshots: Snapshots | None = None) -> int | None:
    """The offset that the refusal names, -1 where it names none; None when the log is folded."""
    try:
        rebuilt(records, snapshots)
    except LogDamaged as damage:
        found = re.match(r"decisions.{1,3}0\D*offset (\d+)", str(damage))
        return int(found[1]) if found else -1
    return None


def value(record: Record, changed: bytes) -> Record:
    return msgspec.structs.replace(record, value=changed)


def numbered(records: list[Record]) -> list[Record]:
    return [msgspec.structs.replace(record, offset=offset) for offset, record in enumerate(records)]


def saved_at(position: int) -> Snapshots:
    found = rebuilt(WHOLE[:position])
    snapshots = Snapshots(StoredFiles(f"memory://damage/{position}"), HERE)
    snapshots.save(0, Snapshot(position, found.ledger.chain, found.ledger.dump()))
    return snapshots


def test_a_sound_log_is_folded() -> None:
    assert rebuilt(WHOLE).ledger.dump() == DAY.ledger.dump()


# ---------------------------------------------------------------------------------------------- any single damage
@settings(derandomize=True, max_examples=400, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 2), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_named_at_its_record_or_at_the_next(at: int, place: int, bit: int) -> None:
    whole = WHOLE[at].value
    where = place % len(whole)
    flipped = whole[:where] + bytes([whole[where] ^ 1 << bit]) + whole[where + 1 :]
    assert named([*WHOLE[:at], value(WHOLE[at], flipped), *WHOLE[at + 1 :]]) in (at, at + 1)


@pytest.mark.parametrize("at", range(len(WHOLE)))
def test_a_record_cut_short_is_named(at: int) -> None:
    for left in (0, 1, len(WHOLE[at].value) // 2, len(WHOLE[at].value) - 1):
        assert named([*WHOLE[:at], value(WHOLE[at], WHOLE[at].value[:left]), *WHOLE[at + 1 :]]) == at


@pytest.mark.parametrize("at", range(1, len(WHOLE) - 1))
def test_a_missing_decision_is_named_by_the_one_that_comes_instead(at: int) -> None:
    assert named([*WHOLE[:at], *WHOLE[at + 1 :]]) == at + 1
    assert named(numbered([*WHOLE[:at], *WHOLE[at + 1 :]])) == at


def test_the_first_decision_is_missed_as_well() -> None:
    with pytest.raises(LogDamaged, match=r"decisions\[0\] starts at offset 1, the records before it are deleted"):
        rebuilt(WHOLE[1:])
    assert named(numbered(WHOLE[1:])) == 0


@pytest.mark.parametrize("at", range(len(WHOLE)))
def test_a_decision_that_is_there_twice_is_named(at: int) -> None:
    for again in (at + 1, len(WHOLE)):
        assert named(numbered([*WHOLE[:again], WHOLE[at], *WHOLE[again:]])) == again


@pytest.mark.parametrize("at", range(len(WHOLE) - 1))
def test_two_decisions_that_changed_places_are_named(at: int) -> None:
    assert named(numbered([*WHOLE[:at], WHOLE[at + 1], WHOLE[at], *WHOLE[at + 2 :]])) == at


FOREIGN: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"\xff\xfe\x00",
    "another program's": b'{"level": "info", "message": "hello"}',
    "a command": DAY.commands[4][2],
    "another pool's first": sell(tea_shop(), "1").records[0],
    "another history's": sell(tea_shop(), "99", units=7).records[-1],
}


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("at", [1, 5, len(WHOLE)])
def test_a_foreign_record_is_named_wherever_it_stands(foreign: str, at: int) -> None:
    assert named(numbered([*WHOLE[:at], value(WHOLE[0], FOREIGN[foreign]), *WHOLE[at:]])) == at


def test_a_foreign_record_that_fits_and_tells_what_cannot_be_is_named() -> None:
    """Whole, chained, numbered: written by somebody who knows how, about an order that nobody knows."""
    told = decode_decision(WHOLE[8].value)
    forged = msgspec.structs.replace(told, prev=DAY.ledger.chain, src_offset=len(WHOLE), seq=len(WHOLE) + 1)
    strange = encode_decision(forged).replace(b"acme/web/", b"acme/moon/").replace(b"ASSAM", b"GENMAICHA")
    assert named(numbered([*WHOLE, value(WHOLE[0], strange)])) == len(WHOLE)


def test_a_machine_without_memory_is_not_taken_for_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(ledger: Ledger, offset: int, record: bytes) -> Decision:
        raise MemoryError

    monkeypatch.setattr(Ledger, "fold", exhausted)
    with pytest.raises(MemoryError):
        rebuilt(WHOLE)


# ---------------------------------------------------------------------------------------------- the last record, the lost tail
def test_damage_to_the_very_last_decision_is_found_by_the_snapshot_that_knows_it() -> None:
    """The chain sees a change when the next record comes. Until then it is Kafka's checksum that consumers verify, and this."""
    last = len(WHOLE) - 1
    changed = [*WHOLE[:-1], value(WHOLE[-1], WHOLE[-1].value.replace(b"ASSAM", b"ASSAN"))]
    assert rebuilt(changed).ledger.last == last
    assert named(changed, saved_at(len(WHOLE))) == last


@pytest.mark.parametrize("left", range(4, len(WHOLE)))
def test_a_log_that_lost_its_end_is_found_by_the_snapshot_that_saw_it(left: int) -> None:
    assert named(WHOLE[:left]) is None, "who knows only the log cannot see it"
    assert named(WHOLE[:left], saved_at(len(WHOLE))) == left


def test_behind_a_snapshot_damage_is_named_without_folding_everything_again() -> None:
    seen: list[int] = []
    records = [*WHOLE[:9], value(WHOLE[9], b"{}"), *WHOLE[10:]]
    with pytest.raises(LogDamaged, match="offset 9"):
        rebuild(MemoryLog({DECISIONS.name: {0: records}}), saved_at(8), 0, lambda: True, lambda ledger, _: seen.append(ledger.last))
    assert seen == [8]
