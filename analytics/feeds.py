"""A cut of `decisions` or `dead-letters` -> Arrow tables. Deterministic: the same cut gives the same tables, whoever makes them."""

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from analytics import metrics
from analytics.cuts import Cut, Received
from analytics.facts import At, Span, columns, joined
from analytics.rows import dead_letter_row, decision_rows, unreadable_letter_row, unreadable_row
from streams.deadletter import decode_dead_letter
from streams.decisions import decode_decision, link
from streams.topics import DEAD_LETTERS, DECISIONS

Place = tuple[At, bytes]
# A cut may be large, and its records as objects are ten times as large as its columns.
AT_ONCE = 1_000


class Feed:
    """Turns the cuts of one topic into tables. `anchor()` tells where a partition of `decisions` stands: a decision whose command's
    offset does not rise was decided before and is dropped and counted, because a log may hold it twice."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._anchors: dict[int, int] = {}
        self._rows = _letter_rows if topic == DEAD_LETTERS.name else self._decision_rows

    def anchor(self, partition: int, src_offset: int) -> None:
        self._anchors[partition] = src_offset

    def tables(self, cut: Cut, records: Sequence[Received]) -> dict[str, pa.Table]:
        places = [(At(cut.topic, cut.partition, record.offset, record.time), record.value) for record in records]
        return joined([self._columns(cut.partition, places[start : start + AT_ONCE]) for start in range(0, len(places), AT_ONCE)])

    def _columns(self, partition: int, places: Sequence[Place]) -> dict[str, pa.Table]:
        before = self._anchors.get(partition, -1)
        try:
            return columns(row for at, value in places for row in self._rows(at, value))
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            # some value fits no column; find whose it is, from the same anchor, or the rest would count as decided before
            self._anchors[partition] = before
            return columns(row for at, value in places for row in self._fitting(at, value))

    def _fitting(self, at: At, value: bytes) -> list[Span]:
        """The rows of one record, or the one that says it does not fit: a strange value must not stop the cut it is in."""
        rows = self._rows(at, value)
        try:
            columns(rows)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            return [_unreadable(at, value, "a value in it does not fit the tables")]
        return rows

    def _decision_rows(self, at: At, value: bytes) -> list[Span]:
        try:
            decision = decode_decision(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return [_unreadable(at, value, "this version does not know its form; a newer one does")]
        # a writer that was fenced too late may have left a run of decisions twice
        if decision.src_offset <= self._anchors.get(at.partition, -1):
            metrics.DROPPED.inc()
            return []
        self._anchors[at.partition] = decision.src_offset
        return decision_rows(at, decision, record_hash(value))


def _letter_rows(at: At, value: bytes) -> list[Span]:
    try:
        return [dead_letter_row(at, decode_dead_letter(value), record_hash(value))]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [_unreadable(at, value, "this version does not know its form; a newer one does")]


def _unreadable(at: At, value: bytes, sentence: str) -> Span:
    metrics.UNREADABLE.labels(at.topic).inc()
    return (unreadable_row if at.topic == DECISIONS.name else unreadable_letter_row)(at, record_hash(value), sentence)


def record_hash(value: bytes) -> int:
    """The chain's hash of a record as a number, so that a log and the tables can be compared by the xor of them."""
    return int(link(value), 16)
