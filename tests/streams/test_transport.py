"""The batch transport: nothing fetched is skipped, nothing unacknowledged is committed. It leans on private parts of its libraries."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from faust.types import TP

from streams import transport
from streams.app import Hosting, create_app
from streams.spans import Span

RAW_0 = TP("raw", 0)
T = TypeVar("T")


class Died(Exception):
    """Stands for the end of the process."""


class Thread:
    """The broker's side as the consumer sees it: one partition, records 0 to 99, nothing committed."""

    def __init__(self) -> None:
        self.committed_offset: int | None = None
        self.sought: list[int] = []
        self.asked: list[tuple[int, int]] = []
        self.end = 100
        self.position: int | None = None

    def assignment(self) -> set[TP]:
        return {RAW_0}

    async def committed(self, tp: TP) -> int | None:
        return self.committed_offset

    async def earliest_offsets(self, tp: TP) -> dict[TP, int]:
        return {tp: 0}

    def seek(self, tp: TP, offset: int) -> None:
        self.sought.append(offset)

    def wait_for_records(self, milliseconds: int, size: int) -> None:
        self.asked.append((milliseconds, size))

    def accounted_from(self, tp: TP) -> int | None:
        return self.position

    def highwater(self, tp: TP) -> int:
        return self.end


class Reader:
    """A consumer with its thread replaced, and what it handed to the stages."""

    def __init__(self, folder: Path) -> None:
        app = create_app(Hosting(name="test", brokers=("nowhere:1",), partitions=1, folder=folder), [], lambda: None)
        self.thread = Thread()
        self.got: list[Any] = []
        consumer: Any = app.consumer
        self.consumer = consumer
        self.consumer._thread.thread_loop.close()
        self.consumer.callback = self._callback
        self.consumer._thread = self.thread
        self.consumer.app.consumer_generation_id = 7

    async def _callback(self, message: Any) -> None:
        self.got.append(message)

    async def fetched(self, start: int, end: int, *offsets: int) -> None:
        """A fetch of positions [start, end) comes back with these records; all of them where none is named."""
        await self.consumer._deliver({RAW_0: span(start, end, *(offsets or range(start, end)))}, 7)

    def offsets(self) -> list[int]:
        return [record.offset for message in self.got for record in message.value]

    def acknowledge(self, *batches: int) -> None:
        for number in batches:
            self.consumer.ack(self.got[number])

    def committable(self) -> int | None:
        self.consumer.app.topics = SimpleNamespace(acks_enabled_for=lambda topic: True)
        offset: int | None = self.consumer._new_offset(RAW_0)
        return offset


def span(start: int, end: int, *offsets: int) -> Span:
    found = Span([SimpleNamespace(offset=offset, timestamp=1_000, timestamp_type=1) for offset in offsets])
    found.start, found.end = start, end
    return found


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


@pytest.fixture(autouse=True)
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(why: str, cause: BaseException | None = None) -> None:
        raise Died(why)

    monkeypatch.setattr(transport, "die", die)


# ---------------------------------------------------------------------------------------------- delivery
def test_each_fetch_is_one_event(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(0, 3)
        await reader.fetched(3, 5)
        assert [len(message.value) for message in reader.got] == [3, 2]
        assert reader.offsets() == [0, 1, 2, 3, 4]

    run(story())


def test_a_dropped_batch_is_fetched_again(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(0, 3)
        await reader.fetched(6, 9)  # 3 to 5 were fetched and dropped
        assert reader.thread.sought == [3]
        await reader.fetched(3, 9)
        assert reader.offsets() == list(range(9))

    run(story())


def test_a_batch_dropped_at_the_end_of_the_log_is_found_when_all_is_quiet(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(0, 3)
        reader.thread.position = 3
        await reader.consumer._look_back(7)
        assert reader.thread.sought == []
        reader.thread.position = 6  # 3 to 5 were fetched, and nothing comes after them
        await reader.consumer._look_back(7)
        assert reader.thread.sought == [3]

    run(story())


def test_records_that_the_broker_has_no_more_end_the_process(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(0, 3)
        await reader.fetched(6, 9)
        with pytest.raises(Died, match=r"raw\[0\] has lost the offsets from 3 to 5"):
            await reader.fetched(6, 9)

    run(story())


def test_the_first_batch_after_a_restart_must_start_at_what_was_committed(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        reader.thread.committed_offset = 40
        await reader.fetched(45, 50)
        assert reader.thread.sought == [40]
        assert reader.got == []

    run(story())


def test_without_a_commit_reading_starts_at_the_start_of_the_log(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(2, 5)
        assert reader.thread.sought == [0]

    run(story())


def test_markers_of_transactions_are_no_hole(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(0, 4, 0, 1, 2)  # 3 is a marker
        await reader.fetched(4, 9, 6, 7)  # 4 and 5 were aborted, 8 is their marker
        await reader.fetched(9, 10)
        assert reader.offsets() == [0, 1, 2, 6, 7, 9]
        assert reader.thread.sought == []

    run(story())


def test_records_that_were_delivered_before_are_not_delivered_again(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        await reader.fetched(0, 6)
        await reader.fetched(2, 9)
        await reader.fetched(3, 9)
        assert reader.offsets() == list(range(9))

    run(story())


def test_a_log_that_ends_before_what_was_processed_ends_the_process(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        reader.thread.committed_offset, reader.thread.end = 40, 10
        with pytest.raises(Died, match=r"raw\[0\] ends at 10, before offset 40"):
            await reader.fetched(0, 10)

    run(story())


def test_a_batch_of_an_old_assignment_is_not_delivered(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        reader.consumer.app.consumer_generation_id = 8
        await reader.fetched(0, 3)
        assert reader.got == []
        assert reader.consumer._read_offset[RAW_0] is None

    run(story())


def test_the_broker_gathers_while_records_come_and_answers_at_once_after_a_quiet_time(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        fetches = [{RAW_0: span(0, 3, 0, 1, 2)}, {}, {RAW_0: span(3, 4, 3)}]

        async def fetched(timeout: float) -> tuple[dict[TP, Span], None]:
            if not fetches:
                reader.consumer._stopped.set()
                return {}, None
            return fetches.pop(0), None

        reader.consumer._wait_next_records = fetched
        await reader.consumer._drain(SimpleNamespace(_stopped=asyncio.Event()))
        assert reader.thread.asked == [transport.BUSY, transport.IDLE, transport.BUSY]
        assert reader.offsets() == [0, 1, 2, 3]

    run(story())


# ---------------------------------------------------------------------------------------------- commits
def test_only_an_unbroken_run_of_acknowledged_batches_is_committed(tmp_path: Path) -> None:
    async def story() -> None:
        reader = Reader(tmp_path)
        for start in (0, 10, 20):
            await reader.fetched(start, start + 10)
        reader.acknowledge(1)
        assert reader.committable() is None
        reader.acknowledge(0)
        assert reader.committable() == 20
        reader.acknowledge(2)
        assert reader.committable() == 30

    run(story())
