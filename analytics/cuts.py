"""How a partition is cut into batches that can be cut again after a crash, record for record. Pure.

A cut is written down (in the metadata of the group's committed offset) before its rows are inserted. Whoever comes next finds it
and sends exactly the same records under the same token, which ClickHouse knows already or does not.
"""

import json
from typing import NamedTuple


class Cut(NamedTuple):
    """Offsets [start, end) of a partition. `end` follows the last record, not the last offset: a transaction's marker has no record."""

    topic: str
    partition: int
    start: int
    end: int

    @property
    def token(self) -> str:
        return f"{self.topic}:{self.partition}:{self.start}:{self.end}"

    @property
    def note(self) -> str:
        """What is written down beside offset `start` while the cut is being inserted."""
        return json.dumps({"to": self.end})


class Received(NamedTuple):
    """A record of a partition; `time` is the broker's, in ms."""

    offset: int
    time: int
    value: bytes


class Limits(NamedTuple):
    """A cut holds at most `records`, and is made at the latest `seconds` after its first record came. An insert costs ClickHouse some
    20 ms, however small, and its parts are merged again and again: cuts are as large as memory likes and as late as people bear."""

    records: int = 10_000
    seconds: float = 2.0


def pending_end(note: str | None) -> int | None:
    """The end of the cut that was being inserted, if the note says one."""
    try:
        end = json.loads(note or "{}").get("to")
    except (ValueError, AttributeError):
        return None
    # other tools write notes of their own
    return end if isinstance(end, int) else None


class Buffer:
    """Records of one partition that are in no finished cut yet. `pending`: where the cut found at the start must end."""

    def __init__(self, topic: str, partition: int, start: int, pending: int | None) -> None:
        self.topic, self.partition = topic, partition
        self.start = self.next = start
        self._pending = pending
        self._records: list[Received] = []
        self._since = 0.0

    def add(self, record: Received, now: float) -> None:
        """Records that were had before are dropped; `now` in seconds of any steady clock."""
        if record.offset < self.next:
            return
        if not self._records:
            self._since = now
        self._records.append(record)
        self.next = record.offset + 1

    def cut(self, now: float, limits: Limits) -> tuple[Cut, list[Received]] | None:
        """The next cut and its records, if it is due; they leave the buffer."""
        # neither time nor size may end a cut that was begun before: it ends where it was said to
        if self._pending is not None:
            return self._cut_again(self._pending) if self.next >= self._pending else None
        if len(self._records) < limits.records and (not self._records or now - self._since < limits.seconds):
            return None
        records = self._records[: limits.records]
        return self._take(records[-1].offset + 1, records)

    def _cut_again(self, end: int) -> tuple[Cut, list[Received]]:
        self._pending = None
        return self._take(end, [record for record in self._records if record.offset < end])

    def _take(self, end: int, records: list[Received]) -> tuple[Cut, list[Received]]:
        cut = Cut(self.topic, self.partition, self.start, end)
        self._records = self._records[len(records) :]
        self.start = end
        return cut, records
