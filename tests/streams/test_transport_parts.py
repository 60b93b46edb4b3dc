"""The positions a fetch accounts for, and the private parts of Faust and aiokafka that the batch transport stands on."""

import asyncio
from collections.abc import Coroutine, Iterator
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.consumer.fetcher import Fetcher, FetchResult  # type: ignore[import-untyped]
from aiokafka.consumer.subscription_state import TopicPartitionState  # type: ignore[import-untyped]
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from streams.app import Login, credentials
from streams.spans import Span, accounted_from, track_spans
from streams.transport import BatchConsumer, BatchConsumerThread

T = TypeVar("T")


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


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
    assert {"_fetch_max_wait_ms", "_fetch_min_bytes", "_isolation_level"} <= set(AIOKafkaConsumer.__init__.__code__.co_names)
    assert {"_prefetch_backoff", "_fetch_max_wait_ms", "_fetch_min_bytes"} <= set(Fetcher.__init__.__code__.co_names)


@pytest.mark.parametrize("name", ["_drain_messages", "_new_offset", "on_partitions_revoked", "_new_consumer_thread"])
def test_faust_still_calls_what_is_overridden(name: str) -> None:
    assert any(name in vars(base) for base in BatchConsumer.__mro__[1:])


@pytest.mark.parametrize("name", ["_create_worker_consumer", "_fetch_records", "on_start", "_ensure_consumer", "call_thread"])
def test_fausts_thread_has_what_is_used(name: str) -> None:
    assert any(name in vars(base) for base in BatchConsumerThread.__mro__[1:])


# ---------------------------------------------------------------------------------------------- fetching
def test_partitions_may_be_taken_away_while_records_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The set is the event loop's: it is changed there while this thread goes through it. Nothing is asked for in the name of all."""
    mine, asked = {TP("raw", 0), TP("raw", 1), TP("raw", 2)}, []

    async def fetch(self: Any, consumer: Any, partitions: set[TP], timeout: float = 0, max_records: int = 0) -> dict[TP, str]:
        mine.clear()
        asked.append(set(partitions))
        return {}

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    thread = BatchConsumerThread.__new__(BatchConsumerThread)

    assert run(thread._fetch_records(None, mine)) == {}
    assert asked[-1] == {TP("raw", 0), TP("raw", 1), TP("raw", 2)}
    assert run(thread._fetch_records(None, mine)) == {}  # none is left: aiokafka would take that for all of them
    assert len(asked) == 4


# ---------------------------------------------------------------------------------------------- logging in
def test_a_login_reaches_faust_too() -> None:
    found = credentials(Login(protocol="SASL_SSL", mechanism="SCRAM-SHA-512", username="yipan", password="tea"))
    assert (found.protocol.value, found.mechanism.value, found.username, found.password) == ("SASL_SSL", "SCRAM-SHA-512", "yipan", "tea")
    assert found.ssl_context is not None


def test_a_broker_that_asks_for_nothing_gets_nothing() -> None:
    assert credentials(Login()) is None


def test_a_password_is_never_shown() -> None:
    assert "tea" not in repr(Login(protocol="SASL_PLAINTEXT", username="yipan", password="tea"))
