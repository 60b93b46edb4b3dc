"""The ledger on Kafka: a partition is decided by whoever was let in, from where its log ends, with nothing left out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.agents.desk import Desk
from streams.commands import decode_command
from streams.decisions import decode_decision
from streams.fatal import dying
from streams.fenced import FencedLedger
from streams.ledger import Message
from streams.produce import Outgoing
from streams.read import MemoryLog
from streams.snapshots import Origin, Snapshots, StoredFiles
from streams.topics import DECISIONS
from tests.story import Story
from tests.streams.shells import Written, decided, log, sell, tea_shop

DAY_MS = 86_400_000
HERE = Origin("cluster", "decisions-1")


class Died(Exception):
    pass


@pytest.fixture(autouse=True)
def mortal() -> Iterator[None]:
    def end(why: str) -> NoReturn:
        raise Died(why)

    with dying(end):
        yield


class Arrived:
    """A command as the client library hands it over."""

    def __init__(self, offset: int, key: bytes, value: bytes) -> None:
        self._fields = (offset, key, value)

    def error(self) -> None: ...

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._fields[0]

    def key(self) -> bytes:
        return self._fields[1]

    def value(self) -> bytes:
        return self._fields[2]


class Client:
    """A consumer of one partition; it hands over what the test lets arrive."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.arriving: list[Arrived] = []
        self.committed_offset = -1001  # the client library's word for none
        self.early = 0
        self.commits: list[int] = []

    def subscribe(self, topics: list[str], on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        self.on_assign, self.on_revoke = on_assign, on_revoke

    def assign(self) -> None:
        self.on_assign(self, [TopicPartition("commands", 0)])

    def revoke(self) -> None:
        self.on_revoke(self, [TopicPartition("commands", 0)])

    def incremental_assign(self, partitions: Sequence[TopicPartition]) -> None: ...

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        self.asked.append("pause")

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        self.asked.append("resume")

    def seek(self, place: TopicPartition) -> None:
        if self.early:
            self.early -= 1
            raise KafkaException(KafkaError(KafkaError._STATE))
        self.asked.append(f"seek {place.offset}")

    def committed(self, places: Sequence[TopicPartition], timeout: float) -> list[TopicPartition]:
        return [TopicPartition("commands", 0, self.committed_offset)]

    def consume(self, most: int, wait: float) -> list[Arrived]:
        arrived, self.arriving = self.arriving, []
        return arrived

    def poll(self, wait: float) -> None: ...

    def commit(self, offsets: Sequence[TopicPartition], asynchronous: bool) -> None:
        self.commits += [place.offset for place in offsets]

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        return 0, 0


class Ticker:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.reports: list[Any] = []

    def produce(self, topic: str, value: bytes, key: bytes, partition: int, report: Any) -> None:
        self.sent.append(value)
        self.reports.append(report)

    def poll(self, wait: float) -> None: ...

    def acknowledge(self, offset: int) -> None:
        self.reports.pop()(None, Arrived(offset, b"", b""))


class AtOnce:
    """An owner without a thread: what is decided is written before anything else happens."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def open(self) -> None:
        assert self.desk.fence()
        self.desk.rebuild()

    def decide(self, batch: Sequence[Message]) -> None:
        self.desk.queue(self.desk.decide(batch))
        while transaction := self.desk.next_transaction():
            self.desk.write(transaction)
        self.desk.settle()

    def close(self) -> None:
        self.desk.close()


class Hosting:
    """A ledger over a story's log: the story's first `known` decisions are in the log, all of its commands in theirs."""

    def __init__(self, story: Story, folder: Path, known: int) -> None:
        self.story = story
        self.client, self.ticker, self.written = Client(), Ticker(), Written()
        self.ready: list[bool] = []
        self.opens = True
        self.owners: list[AtOnce] = []
        self._source = MemoryLog({DECISIONS.name: {0: decided(story)[:known]}})
        self._folder = folder
        client: Any = self.client
        ticker: Any = self.ticker
        self.ledger = FencedLedger(client, self._own, ticker, lambda: DAY_MS, lambda: self.ready.append(True))
        self.ledger.join()

    def _own(self, partition: int) -> AtOnce:
        desk = Desk(partition, self.written, self._source, Snapshots(StoredFiles(self._folder), HERE), records=2)
        self.owners.append(AtOnce(desk))
        if self.opens:
            self.owners[-1].open()
        return self.owners[-1]

    def assigned(self) -> "Hosting":
        self.client.assign()
        self.ledger.step()
        return self

    def arrive(self, *offsets: int) -> None:
        self.client.arriving = [Arrived(*self.story.commands[offset]) for offset in offsets]
        self.ledger.step()

    def decisions(self) -> list[int]:
        return [decode_decision(found.value).src_offset for found in self.written.records]


def test_deciding_starts_where_the_log_ends_whatever_was_committed(tmp_path: Path) -> None:
    hosting = Hosting(sell(tea_shop(), "1", "2", "3"), tmp_path, known=5).assigned()
    assert hosting.client.asked == ["pause", "seek 5", "resume"]
    hosting.arrive(4, 5, 6)
    assert hosting.decisions() == [5, 6]
    assert [found.value for found in hosting.written.records] == hosting.story.records[5:]


def test_a_partition_that_is_not_rebuilt_yet_decides_nothing(tmp_path: Path) -> None:
    hosting = Hosting(sell(tea_shop(), "1"), tmp_path, known=4)
    hosting.opens = False
    hosting.client.assign()
    hosting.arrive(4)
    assert (hosting.decisions(), hosting.client.asked, hosting.ready) == ([], ["pause"], [])
    hosting.owners[0].open()
    hosting.arrive()
    hosting.arrive(4)
    assert (hosting.decisions(), hosting.ready[:1]) == ([4], [True])


def test_a_client_that_is_not_there_yet_is_asked_again(tmp_path: Path) -> None:
    hosting = Hosting(tea_shop(), tmp_path, known=4)
    hosting.client.early = 1
    hosting.assigned()
    assert hosting.client.asked == ["pause"]
    hosting.arrive()
    assert hosting.client.asked == ["pause", "seek 4", "resume"]


def test_a_command_that_was_not_fetched_is_fetched_again(tmp_path: Path) -> None:
    hosting = Hosting(sell(tea_shop(), "1", "2", "3"), tmp_path, known=4).assigned()
    hosting.arrive(4, 6)
    assert (hosting.decisions(), hosting.client.asked[-1]) == ([], "seek 4")
    hosting.arrive(4, 5, 6)
    assert hosting.decisions() == [4, 5, 6]


def test_a_command_that_is_really_gone_ends_the_process(tmp_path: Path) -> None:
    hosting = Hosting(sell(tea_shop(), "1", "2", "3"), tmp_path, known=4).assigned()
    hosting.arrive(5)
    with pytest.raises(Died, match=r"commands\[0\] has no record at offset 4"):
        hosting.arrive(5)


def test_a_log_that_ends_before_what_was_decided_ends_the_process(tmp_path: Path) -> None:
    hosting = Hosting(sell(tea_shop(), "1", "2"), tmp_path, known=4)
    hosting.client.committed_offset = 6
    with pytest.raises(Died, match=r"decisions\[0\] ends with command 3, but commands up to 5 were decided"):
        hosting.assigned()


def test_a_partition_that_comes_back_is_rebuilt(tmp_path: Path) -> None:
    """While it was away another owner may have decided: what was known is no longer the end of the log."""
    hosting = Hosting(sell(tea_shop(), "1", "2", "3"), tmp_path, known=4).assigned()
    hosting.arrive(4)
    hosting.client.revoke()
    hosting.arrive(5)
    hosting._source = log(hosting.story)
    hosting.assigned()
    assert (hosting.decisions(), hosting.client.asked[-2:], hosting.written.fenced) == ([4], ["seek 7", "resume"], 2)


def test_only_what_can_be_read_is_committed(tmp_path: Path) -> None:
    """The broker acknowledges the second decision, and its marker is not there yet."""
    hosting = Hosting(sell(tea_shop(), "1", "2"), tmp_path, known=4).assigned()
    hosting.arrive(4)
    hosting.ledger.housekeep()
    hosting.written.readable = False
    hosting.arrive(5)
    hosting.ledger.housekeep()
    assert hosting.client.commits == [5, 5]


def test_a_tick_is_sent_when_something_is_due_and_not_again_before_it_is_decided(tmp_path: Path) -> None:
    hosting = Hosting(tea_shop(), tmp_path, known=4).assigned()
    hosting.ledger.housekeep()
    [tick] = hosting.ticker.sent
    command = decode_command(tick)
    assert command.cause[:3] == ("tick", 0, DAY_MS)
    hosting.ledger.housekeep()
    hosting.ticker.acknowledge(offset=4)
    hosting.ledger.housekeep()
    assert len(hosting.ticker.sent) == 1
    hosting.story.commands.append((4, b"north", tick))
    hosting.arrive(4)
    hosting.ledger.housekeep()
    assert hosting.decisions() == [4]


# ---------------------------------------------------------------------------------------------- the desk
def test_a_transaction_holds_no_more_than_it_may(tmp_path: Path) -> None:
    hosting = Hosting(sell(tea_shop(), *"12345"), tmp_path, known=4).assigned()
    hosting.arrive(4, 5, 6, 7, 8)
    assert [len(transaction) for transaction in hosting.written.transactions] == [2, 2, 1]


def test_what_was_decided_and_not_written_is_forgotten_at_the_end(tmp_path: Path) -> None:
    story = sell(tea_shop(), "1", "2")
    desk = Desk(0, written := Written(), log(story), Snapshots(StoredFiles(tmp_path), HERE), records=2)
    assert desk.fence()
    assert desk.rebuild() == len(decided(story))
    desk.queue([Outgoing("decisions", 0, b"north", b"not written yet")])
    desk.close()
    assert (desk.next_transaction(), written.transactions, desk.fence()) == ([], [], False)
