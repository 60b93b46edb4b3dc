"""A cut of `decisions` or `dead-letters` -> Arrow tables. Deterministic: the same cut gives the same tables, whoever makes them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import pyarrow as pa

from analytics import metrics
from analytics.cuts import Cut, Received
from analytics.facts import At, Row, columns, joined
from analytics.ordinary import decode_ordinary, ordinary_rows
from analytics.rows import NOTHING, dead_letter_row, decision_rows, unreadable_letter_row, unreadable_row
from analytics.rows_orders import Left
from analytics.sums import Sum, sum_tables
from streams.deadletter import decode_dead_letter
from streams.decisions import decode_decision, link
from streams.topics import DEAD_LETTERS, DECISIONS

Place = tuple[At, bytes]
Columns = tuple[Mapping[str, pa.Table], Sequence[Sum]]
UNFIT = (pa.ArrowException, OverflowError, TypeError, ValueError)
# A cut may be large, and its records as objects are ten times as large as its columns.
AT_ONCE = 1_000


class Feed:
    """Turns the cuts of one topic into tables. `anchor()` tells where a partition of `decisions` stands: a decision whose command's
    offset does not rise was decided before and is dropped and counted, because a log may hold it twice."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._anchors: dict[int, int] = {}
        self._left = _letter_left if topic == DEAD_LETTERS.name else self._decision_left

    def anchor(self, partition: int, src_offset: int) -> None:
        self._anchors[partition] = src_offset

    def tables(self, cut: Cut, records: Sequence[Received]) -> dict[str, pa.Table]:
        places = [(At(cut.topic, cut.partition, record.offset, record.time), record.value) for record in records]
        sums, parts = list[Sum](), []
        for start in range(0, len(places), AT_ONCE):
            made, left = self._columns(cut.partition, places[start : start + AT_ONCE])
            parts.append(made)
            sums += left
        return sum_tables(sums) | joined(parts)

    def _columns(self, partition: int, places: Sequence[Place]) -> Columns:
        before = self._anchors.get(partition, -1)
        try:
            return _columns(self._left(at, value) for at, value in places)
        except UNFIT:
            # some value fits no column; find whose it is, from the same anchor, or the rest would count as decided before
            self._anchors[partition] = before
            return _columns(self._fitting(at, value) for at, value in places)

    def _fitting(self, at: At, value: bytes) -> Left:
        """What one record leaves, or the row that says it does not fit: a strange value must not stop the cut it is in."""
        left = self._left(at, value)
        try:
            _columns([left])
        except UNFIT:
            return _unreadable(at, value, "a value in it does not fit the tables")
        return left

    def _decision_left(self, at: At, value: bytes) -> Left:
        known = record_hash(value)
        if (ordinary := decode_ordinary(value)) and (left := ordinary_rows(at, ordinary, known)):
            return self._once(at.partition, ordinary.src_offset, left)
        try:
            decision = decode_decision(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _unreadable(at, value, "this version does not know its form; a newer one does")
        return self._once(at.partition, decision.src_offset, decision_rows(at, decision, known))

    def _once(self, partition: int, src_offset: int, left: Left) -> Left:
        # a writer that was fenced too late may have left a run of decisions twice
        if src_offset <= self._anchors.get(partition, -1):
            metrics.DROPPED.inc()
            return NOTHING
        self._anchors[partition] = src_offset
        return left


def _columns(left: Iterable[Left]) -> Columns:
    rows, sums = list[Row](), list[Sum]()
    for more_rows, more_sums in left:
        rows += more_rows
        sums += more_sums
    return columns(rows), sums


def _letter_left(at: At, value: bytes) -> Left:
    try:
        return Left([dead_letter_row(at, decode_dead_letter(value), record_hash(value))], [])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _unreadable(at, value, "this version does not know its form; a newer one does")


def _unreadable(at: At, value: bytes, sentence: str) -> Left:
    metrics.UNREADABLE.labels(at.topic).inc()
    row = unreadable_row if at.topic == DECISIONS.name else unreadable_letter_row
    return Left([row(at, record_hash(value), sentence)], [])


def record_hash(value: bytes) -> int:
    """The chain's hash of a record as a number, so that a log and the tables can be compared by the xor of them."""
    return int(link(value), 16)
