"""The batch transport: nothing fetched is skipped, nothing unacknowledged is committed. It leans on private parts of its libraries."""

import asyncio
from collections.abc import Coroutine, Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.consumer.fetcher import Fetcher, FetchResult  # type: ignore[import-untyped]
from aiokafka.consumer.subscription_state import TopicPartitionState  # type: ignore[import-untyped]
from faust.types import TP

from streams import transport
from streams.app import Hosting, Login, create_app, credentials
from streams.spans import Span, accounted_from, track_spans
from streams.transport import BatchConsumer, BatchConsumerThread

RAW_0 = TP("raw", 0)
T = TypeVar("T")


class Died(Exception):
    """Stands for the end of the process."""


class Thread:
    """The broker's side as the consumer sees it: one partition, records 0 to 99, nothing committed."""

    def __init__(self) -> None:
        self.committed_offset: int | None = None
        self.sought: list[int] = []
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


# ---------------------------------------------------------------------------------------------- positions
class Records:
    """What a broker sent for one fetch: records, and where the next fetch starts."""

    def __init__(self, end: int, *offsets: int) -> None:
        self.offsets, self.next_fetch_offset = list(offsets), end

    def __iter__(self) -> Iterator[int]:
        return iter(self.offsets)


class Position:
    """A partition of aiokafka's, reduced to its position."""

    def __init__(self) -> None:
        track_spans()
        self.state = TopicPartitionState(None)
        self.state.seek(0)

    def fetch(self, records: Records) -> Span:
        assignment = SimpleNamespace(active=True, state_value=lambda tp: self.state)
        result = FetchResult(TopicPartition("raw", 0), assignment=assignment, partition_records=records, backoff=0)
        # a fetch is void unless the position is still where it was sent from
        result.check_assignment = lambda tp: True
        found = result.getall()
        assert isinstance(found, Span)
        return found


def test_a_span_says_which_positions_a_fetch_accounts_for() -> None:
    async def story() -> None:
        position = Position()
        assert (position.fetch(Records(4, 0, 1, 2)).start, position.state.position) == (0, 4)
        found = position.fetch(Records(9, 6, 7))
        assert (found.start, found.end, list(found)) == (4, 9, [6, 7])

    run(story())


def test_a_fetch_of_markers_only_is_joined_to_the_next() -> None:
    async def story() -> None:
        position = Position()
        position.fetch(Records(3, 0, 1, 2))
        assert not position.fetch(Records(5))
        assert accounted_from(position.state) == 3
        assert (position.fetch(Records(7, 5, 6)).start, position.state.position) == (3, 7)

    run(story())


def test_a_seek_in_between_is_not_accounted_for() -> None:
    async def story() -> None:
        position = Position()
        position.fetch(Records(5))
        position.state.seek(20)
        assert position.fetch(Records(23, 20, 21, 22)).start == 20

    run(story())


# ---------------------------------------------------------------------------------------------- the parts it stands on
@pytest.mark.parametrize(("package", "pinned"), [("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0"), ("mode-streaming", "0.7.1")])
def test_the_private_parts_are_those_of_this_version(package: str, pinned: str) -> None:
    assert version(package) == pinned, "read streams/transport.py and streams/spans.py against the new version, then change this"


def test_aiokafka_has_the_settings_that_are_changed_behind_its_back() -> None:
    assert {"_fetch_max_wait_ms", "_isolation_level"} <= set(AIOKafkaConsumer.__init__.__code__.co_names)
    assert {"_prefetch_backoff", "_fetch_max_wait_ms"} <= set(Fetcher.__init__.__code__.co_names)


@pytest.mark.parametrize("name", ["_drain_messages", "_new_offset", "on_partitions_revoked", "_new_consumer_thread"])
def test_faust_still_calls_what_is_overridden(name: str) -> None:
    assert any(name in vars(base) for base in BatchConsumer.__mro__[1:])


@pytest.mark.parametrize("name", ["_create_worker_consumer", "on_start", "_ensure_consumer", "call_thread"])
def test_fausts_thread_has_what_is_used(name: str) -> None:
    assert any(name in vars(base) for base in BatchConsumerThread.__mro__[1:])


# ---------------------------------------------------------------------------------------------- logging in
def test_a_login_reaches_faust_too() -> None:
    found = credentials(Login(protocol="SASL_SSL", mechanism="SCRAM-SHA-512", username="yipan", password="tea"))
    assert (found.protocol.value, found.mechanism.value, found.username, found.password) == ("SASL_SSL", "SCRAM-SHA-512", "yipan", "tea")
    assert found.ssl_context is not None


def test_a_broker_that_asks_for_nothing_gets_nothing() -> None:
    assert credentials(Login()) is None


def test_a_password_is_never_shown() -> None:
    assert "tea" not in repr(Login(protocol="SASL_PLAINTEXT", username="yipan", password="tea"))
