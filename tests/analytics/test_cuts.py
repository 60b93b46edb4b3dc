"""A partition is cut into batches that a successor cuts again in the same places, whatever it fetches and whenever it comes."""

import json
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cuts import Buffer, Cut, Limits, Received, pending_end
from analytics.facts import columns, joined
from analytics.rows import decision_rows
from tables import events as e
from tests.analytics.test_rows import AT, decision, placed

LIMITS = Limits(records=4, seconds=10.0)
gaps = st.lists(st.integers(1, 3), min_size=1, max_size=40)  # from one record to the next: transactions leave markers between them


def log_of(gaps: list[int]) -> list[Received]:
    offsets = [sum(gaps[:i]) for i in range(len(gaps))]
    return [Received(offset, 0, str(offset).encode()) for offset in offsets]


class Kept(NamedTuple):
    """What Kafka keeps of the group: the committed offset and its note."""

    offset: int
    note: str


def live(log: list[Received], kept: Kept, fetches: list[int], cuts: int) -> tuple[list[tuple[Cut, list[Received]]], Kept]:
    """One life of a sink: up to `cuts` cuts, killed right after the last one was written down."""
    buffer = Buffer("decisions", 0, kept.offset, pending_end(kept.note))
    made: list[tuple[Cut, list[Received]]] = []
    ahead = [record for record in log if record.offset >= kept.offset]
    now = 0.0
    for size in [*fetches, len(ahead), 0]:
        for record in ahead[:size]:
            buffer.add(record, now)
        ahead, now = ahead[size:], now + 20.0
        while due := buffer.cut(now, LIMITS):
            made.append(due)
            kept = Kept(due[0].start, due[0].note)
            if len(made) == cuts:
                return made, kept
            kept = Kept(due[0].end, "")
    return made, kept


@settings(derandomize=True, deadline=None)
@given(gaps, st.lists(st.tuples(st.lists(st.integers(0, 9), max_size=6), st.integers(1, 4)), max_size=6))
def test_lives_of_any_length_cut_every_record_into_one_place(gaps: list[int], lives: list[tuple[list[int], int]]) -> None:
    log, kept = log_of(gaps), Kept(0, "")
    by_token: dict[str, list[Received]] = {}
    for fetches, cuts in [*lives, ([], 1_000)]:
        made, kept = live(log, kept, fetches, cuts)
        for cut, records in made:
            assert by_token.setdefault(cut.token, records) == records  # sent again, it is the same to the byte
    assert [record for records in by_token.values() for record in records] == log
    assert kept == Kept(log[-1].offset + 1, "")


@settings(derandomize=True, deadline=None)
@given(gaps)
def test_cuts_follow_each_other_without_a_gap(gaps: list[int]) -> None:
    made, _ = live(log_of(gaps), Kept(0, ""), [], 1_000)
    cuts = [cut for cut, _ in made]
    assert [cut.start for cut in cuts] == [0, *(cut.end for cut in cuts[:-1])]
    assert all(len(records) <= LIMITS.records for _, records in made)


def test_a_cut_waits_for_its_time_or_its_size() -> None:
    buffer = Buffer("decisions", 0, 0, None)
    for record in log_of([1] * 3):
        buffer.add(record, now=5.0)
    assert buffer.cut(14.9, LIMITS) is None
    assert buffer.cut(15.0, LIMITS) is not None
    for record in log_of([1] * 9):
        buffer.add(record, now=15.0)
    assert buffer.cut(15.0, LIMITS) is not None


def test_a_pending_cut_waits_for_its_last_record_however_long() -> None:
    buffer = Buffer("decisions", 0, 0, pending=3)
    buffer.add(Received(0, 0, b""), now=0)
    assert buffer.cut(9_999, LIMITS) is None
    for offset in (1, 2, 3):
        buffer.add(Received(offset, 0, b""), now=0)
    due = buffer.cut(0, LIMITS)
    assert due is not None
    assert (due[0].start, due[0].end, len(due[1])) == (0, 3, 3)


@pytest.mark.parametrize("note", [None, "", "not json", "[]", "7", '{"to":"9"}', json.dumps({"other": 1})])
def test_a_note_of_somebody_else_is_no_pending_cut(note: str | None) -> None:
    assert pending_end(note) is None


def test_a_note_says_where_its_cut_ends() -> None:
    assert pending_end(Cut("decisions", 0, 3, 9).note) == 9


def test_parts_of_a_cut_are_one_table() -> None:
    parts = [columns(decision_rows(AT._replace(offset=i), decision(placed(e.OrderLine(f"{i}", "PUER", i, 60))), 7).rows) for i in (1, 2)]
    made = joined([*parts, {}])["decided"]
    assert made["line_quantities"].to_pylist() == [[1], [2]]
    assert made["channel"].num_chunks == 1
