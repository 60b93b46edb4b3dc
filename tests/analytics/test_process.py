"""The whole analytics process on a real broker, killed in the middle of its work."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from confluent_kafka import TopicPartition

from analytics.feeds import record_hash
from deploy import clients, process
from deploy.comparing import compare, tallied
from deploy.lookup import topic_log
from deploy.settings import Settings
from streams.topics import DEAD_LETTERS, DECISIONS
from tests.analytics.teahouse import POOL, Teahouse, dead_letters
from tests.conftest import free_port, until

TRANSACTION = 40


class Running:
    """`yipan sink` as a process of its own, with a chDB that only it may open."""

    def __init__(self, kafka: Settings, home: Path) -> None:
        self.port = free_port()
        self._home = home
        self._environment = {
            "PATH": os.environ["PATH"],
            "YIPAN_HOME": str(home),
            "YIPAN_KAFKA": kafka.kafka,
            "YIPAN_PAGES_PORT": str(self.port),
            "YIPAN_METRICS_PORT": "0",
        }
        self.address = f"http://127.0.0.1:{self.port}"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "deploy.cli", "sink"]
        self.child = process.spawn(command, self._home / "sink.log", self._home / "sink.pid", environment=self._environment)
        until(self._answers, 30)

    def kill(self) -> None:
        assert self.child
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self) -> int:
        assert self.child
        self.child.terminate()
        return self.child.wait(20)

    def ask(self, name: str) -> list[list[Any]]:
        rows: list[list[Any]] = httpx.get(f"{self.address}/api/q/{name}", timeout=10).raise_for_status().json()["rows"]
        return rows

    def taken(self) -> dict[tuple[str, int], tuple[int, str]]:
        return {(row[0], row[1]): (row[2], row[4]) for row in self.ask("effective")}

    def _answers(self) -> bool:
        try:
            return bool(self.ask("audit"))
        except httpx.HTTPError:
            assert self.child
            assert self.child.poll() is None, (self._home / "sink.log").read_text()
            return False


@pytest.fixture
def running(fresh_topics: Settings, tmp_path: Path) -> Iterator[Running]:
    running = Running(fresh_topics, tmp_path)
    yield running
    if running.child and running.child.poll() is None:
        running.kill()


def write_decisions(settings: Settings, partition: int, house: Teahouse) -> None:
    """In transactions, of which every other one is tried and aborted first."""
    producer = clients.producer(settings, transactional_id=f"teahouse-{partition}")
    producer.init_transactions(30)
    records = [record.value for record in house.log]
    for number, start in enumerate(range(0, len(records), TRANSACTION)):
        for aborted in (True, False) if number % 2 else (False,):
            producer.begin_transaction()
            for value in records[start : start + TRANSACTION]:
                producer.produce(DECISIONS.name, value, partition=partition)
            if aborted:
                producer.flush(30)
                producer.abort_transaction(30)
            else:
                producer.commit_transaction(30)


def write_dead_letters(settings: Settings, count: int) -> None:
    producer = clients.producer(settings)
    for letter in dead_letters(count):
        producer.produce(DEAD_LETTERS.name, letter.value, partition=2)
    assert producer.flush(30) == 0


def expected(values: list[bytes]) -> tuple[int, str]:
    mixed = 0
    for value in values:
        mixed ^= record_hash(value)
    return len(values), str(mixed)


def test_a_sink_that_is_killed_has_everything_once_in_the_end(running: Running, fresh_topics: Settings) -> None:
    houses = {0: Teahouse(1, "leaf"), 3: Teahouse(2, "blossom")}
    for house in houses.values():
        house.trade(days=40, orders_a_day=12)
    done = {(DECISIONS.name, partition): expected([record.value for record in house.log]) for partition, house in houses.items()}
    done[DEAD_LETTERS.name, 2] = expected([letter.value for letter in dead_letters(50)])

    write_dead_letters(fresh_topics, 50)
    running.start()
    for partition, house in houses.items():
        write_decisions(fresh_topics, partition, house)
    until(lambda: any(topic == DECISIONS.name for topic, _ in running.taken()), 60)
    running.kill()
    running.start()
    until(lambda: running.taken() == done, 60)
    assert {row[1] for row in running.ask("audit")} == {0}
    orders = [order for house in houses.values() for order in house.ledger.pools[POOL].orders.values() if order.revision]
    assert sum(row[1] for row in running.ask("orders_by_status")) == len(orders)
    tallies = [one for topic in (DECISIONS.name, DEAD_LETTERS.name) for one in tallied(topic_log(fresh_topics), topic)]
    assert [one.records for one in tallies if one.records] == [len(houses[0].log), len(houses[3].log), 50]
    assert compare(tallies, running.address, 0) == []
    [wrong] = compare([msgspec.structs.replace(tallies[0], records=1)], running.address, 0)
    assert "the log has 1 records" in wrong.first
    until(lambda: bool(running.ask("forecast_run")), 60)
    assert running.stop() == 0


def test_the_lag_and_a_raw_record_are_read_from_kafka(running: Running, fresh_topics: Settings) -> None:
    producer = clients.producer(fresh_topics)
    headers: list[tuple[str, str | bytes | None]] = [("channel", b"shopify"), ("kind", b"orders/create")]
    for number in range(3):
        producer.produce("raw", json.dumps({"name": "Mei Lin", "id": number}).encode(), partition=1, headers=headers)
    producer.flush(30)
    running.start()
    assert {row["partition"]: row["waiting"] for row in httpx.get(f"{running.address}/api/lag").json()} == {0: 0, 1: 3, 2: 0, 3: 0}
    raw = httpx.get(f"{running.address}/api/raw/1/2")
    assert raw.json()["headers"] == {"channel": "shopify", "kind": "orders/create"}
    assert "Mei Lin" not in raw.text
    assert httpx.get(f"{running.address}/api/raw/1/3").json()["found"] is False


def test_the_committed_offset_has_no_note_once_all_is_taken_over(running: Running, fresh_topics: Settings) -> None:
    write_dead_letters(fresh_topics, 5)
    running.start()
    until(lambda: (DEAD_LETTERS.name, 2) in running.taken(), 60)
    assert running.stop() == 0
    consumer = clients.consumer(fresh_topics, "analytics")
    [place] = consumer.committed([TopicPartition(DEAD_LETTERS.name, 2)], timeout=15)
    consumer.close()
    assert (place.offset, place.metadata or "") == (5, "")


def test_a_second_process_on_the_same_folder_is_told_so(running: Running, fresh_topics: Settings, tmp_path: Path) -> None:
    running.start()
    second = Running(fresh_topics, tmp_path)
    with pytest.raises(AssertionError, match="`yipan sink` running"):
        second.start()
