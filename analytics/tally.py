"""What ClickHouse must hold of a topic's partition, read from the log itself: how many records, and the xor of their hashes. Pure."""

from collections.abc import Iterable

import msgspec

from analytics.feeds import record_hash
from streams.decisions import decode_decision
from streams.topics import DECISIONS


class Tally(msgspec.Struct, frozen=True):
    """Of the records at offsets [start, end). `hash` as a decimal text: 64 bits do not fit into a number of JSON."""

    topic: str
    partition: int
    start: int
    end: int
    records: int
    hash: str


def tally(topic: str, partition: int, start: int, end: int, values: Iterable[bytes]) -> Tally:
    """The values of all records there, in order. Decisions whose command was decided before count as the sink counts them: not."""
    count, mixed, decided = 0, 0, -1
    for value in values:
        if topic == DECISIONS.name:
            src_offset = _src_offset(value)
            if src_offset is not None and src_offset <= decided:
                continue
            decided = decided if src_offset is None else src_offset
        count += 1
        mixed ^= record_hash(value)
    return Tally(topic, partition, start, end, count, str(mixed))


def _src_offset(value: bytes) -> int | None:
    try:
        return decode_decision(value).src_offset
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def difference(log: Tally, held: Tally) -> str:
    """What is wrong with what ClickHouse holds, as a sentence; "" when it is as the log says."""
    where = f"{log.topic}/{log.partition}, offsets {log.start} to {log.end}"
    if held.records != log.records:
        return f"{where}: the log has {log.records} records, ClickHouse {held.records}"
    return f"{where}: ClickHouse holds as many records as the log, but not the same" if held.hash != log.hash else ""
