"""Whatever is done to a sound log, the checker never fails, and says where the damage is, wherever it makes a difference."""

import json
import re
from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.check import check
from streams.checks.report import Report
from streams.checks.store import Store
from streams.read import MemoryLog, Record, Unreadable
from tests.streams.logs import Logs, Topics
from tests.streams.shopping import busy_day

DAY = busy_day(25)
PLACE = re.compile(r"[a-z-]+\[\d+\]@\d+: ")
ENDLESS = b"[" * 100_000
FOREIGN = (
    b"",
    b"gibberish",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"{}",
    b'"decision"',
    b'{"type":"Tick"}',
    ENDLESS,
    b'{"x":' + ENDLESS,
    b"9" * 5_000,
    json.dumps({"pool": "north", "seq": "x" * 3_000_000}).encode(),
    json.dumps({"verdict": "rejected", "code": "c", "topic": "raw", "partition": 0, "offset": 1 << 70}).encode(),
    json.dumps({"verdict": "rejected", "code": "c", "topic": "raw", "partition": -5, "offset": -5}).encode(),
    json.dumps({"pool": "north", "cause": ["raw", 0, 1 << 80, 1 << 60]}).encode(),
    json.dumps({"tenant": "a", "shop": "b", "order": "c", "position": -(1 << 66)}).encode(),
)
Damage = Callable[[list[Record], int], list[Record]]


def topics() -> Topics:
    """Two partitions of each topic; all lies in the first."""
    logs = Logs(DAY)
    logs.raw += 3
    for offset in (3, 2, 1):
        logs.ignore(logs.raw - offset)
    logs.statuses = [logs.status(str(number % 7), number) for number in range(40)]
    logs.levels = [logs.level("ASSAM", number) for number in range(40)]
    return {name: {0: records[0], 1: []} for name, records in logs.topics().items()}


def looked_at(damaged: Topics) -> Report:
    """Nothing more is to come."""
    return check(MemoryLog(damaged), again=lambda: False)


def numbered(records: Sequence[Record], partition: int = 0) -> list[Record]:
    return [replace(record, offset=offset, partition=partition) for offset, record in enumerate(records)]


def drop(records: list[Record], at: int) -> list[Record]:
    return records[:at] + records[at + 1 :]


def double(records: list[Record], at: int) -> list[Record]:
    return records[: at + 1] + records[at:]


def swap(records: list[Record], at: int) -> list[Record]:
    return [*records[:at], *reversed(records[at : at + 2]), *records[at + 2 :]]


def truncate(records: list[Record], at: int) -> list[Record]:
    return [*records[:at], replace(records[at], value=records[at].value[: len(records[at].value) // 2]), *records[at + 1 :]]


def rekey(records: list[Record], at: int) -> list[Record]:
    return [*records[:at], replace(records[at], key=b"somebody/else/1"), *records[at + 1 :]]


DAMAGES: dict[str, Damage] = {"drop": drop, "double": double, "swap": swap, "truncate": truncate, "rekey": rekey}
# What the next reader cannot tell from a sound log, or need not: redelivery, what compaction does too, payloads.
HARMLESS = {
    ("raw", "swap"),  # payloads: what is in them is not the checker's business
    ("raw", "truncate"),
    ("raw", "rekey"),
    ("commands", "rekey"),
    ("fulfilments", "double"),
    ("dead-letters", "double"),
    ("dead-letters", "swap"),
    ("dead-letters", "rekey"),
    ("order-status", "drop"),
    ("order-status", "double"),
    ("order-status", "swap"),  # of two orders
    ("availability", "drop"),
    ("availability", "double"),
}
NAMES = sorted(topics())


def places_are_told(report: Report) -> bool:
    return all(PLACE.match(violation.first) for violation in report.violations)


def test_the_log_is_sound_before_it_is_damaged() -> None:
    assert looked_at(topics()).violations == ()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("topic", NAMES)
@settings(max_examples=8, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_a_damaged_topic_is_found(topic: str, damage: str, data: st.DataObject) -> None:
    damaged = topics()
    records = damaged[topic][0]
    at = data.draw(st.integers(0, len(records) - 2))
    damaged[topic][0] = numbered(DAMAGES[damage](records, at))

    report = looked_at(damaged)

    assert places_are_told(report)
    assert bool(report.violations) == ((topic, damage) not in HARMLESS), report.violations


@pytest.mark.parametrize("topic", NAMES)
@settings(max_examples=2 * len(FOREIGN), deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_a_foreign_record_is_found_in_any_topic(topic: str, data: st.DataObject) -> None:
    """Put in the place of another, or between two."""
    damaged = topics()
    records = damaged[topic][0]
    at, value = data.draw(st.integers(0, len(records) - 1)), data.draw(st.sampled_from(FOREIGN))
    instead = data.draw(st.integers(0, 1))
    foreign = replace(records[at], value=value)
    damaged[topic][0] = numbered([*records[:at], foreign, *records[at + instead :]])

    report = looked_at(damaged)

    assert places_are_told(report)
    tombstone = not value and topic in ("order-status", "availability")
    assert bool(report.violations) != (tombstone or (topic == "raw" and bool(instead)))


@pytest.mark.parametrize("topic", [name for name in NAMES if name != "dead-letters"])
def test_a_record_in_the_wrong_partition_is_found(topic: str) -> None:
    damaged = topics()
    records = damaged[topic][0]
    damaged[topic] = {0: numbered(records[:-1]), 1: numbered(records[-1:], partition=1)}

    report = looked_at(damaged)

    assert report.violations
    assert places_are_told(report)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_number_of_damages_is_borne(data: st.DataObject) -> None:
    damaged = topics()
    for _ in range(data.draw(st.integers(2, 12))):
        topic = data.draw(st.sampled_from(NAMES))
        records = damaged[topic][0]
        damage = data.draw(st.sampled_from(sorted(DAMAGES)))
        if len(records) > 2:
            damaged[topic][0] = numbered(DAMAGES[damage](records, data.draw(st.integers(0, len(records) - 2))))

    assert places_are_told(looked_at(damaged))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_byte_of_a_decision_may_be_flipped(data: st.DataObject) -> None:
    damaged = topics()
    records = damaged["decisions"][0]
    at = data.draw(st.integers(0, len(records) - 2))
    value = bytearray(records[at].value)
    value[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    records[at] = replace(records[at], value=bytes(value))

    report = looked_at(damaged)

    assert report.violations
    assert places_are_told(report)


# ---------------------------------------------------------------------------------------------- numbers out of this world
@pytest.mark.parametrize("field", ["src_offset", "seq", "policy_version"])
@pytest.mark.parametrize("number", [-1, 1 << 62, 1 << 70])
def test_absurd_numbers_in_a_decision_are_found(field: str, number: int) -> None:
    damaged = topics()
    whole = msgspec.json.decode(damaged["decisions"][0][30].value)
    whole[field] = number
    damaged["decisions"][0][30] = replace(damaged["decisions"][0][30], value=msgspec.json.encode(whole))

    report = looked_at(damaged)

    assert report.violations
    assert places_are_told(report)
    assert report.lost < 1_000


def test_what_the_broker_cannot_read_any_more_is_named() -> None:
    class Rotten(MemoryLog):
        def read(self, topic, start, stop):  # type: ignore[no-untyped-def]
            if topic == "decisions":
                raise Unreadable("decisions[0]: checksum")
            yield from super().read(topic, start, stop)

    report = check(Rotten(topics()))

    assert "checksum" in next(found.first for found in report.violations if found.invariant == "readable")


def test_a_full_disk_is_no_fault_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(store: Store, key: str, value: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "put", full)

    with pytest.raises(OSError, match="No space left"):
        looked_at(topics())
