"""Each record of the log is in ClickHouse once, wherever the sink is killed and however its batches fall."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaException

from analytics.cuts import Limits
from analytics.facts import FACTS
from analytics.feeds import record_hash
from analytics.sink import OtherLog, Sink, run_sink
from analytics.store import Stopping, Store
from streams.decisions import decode_decision
from tests.analytics.broker import Broker, FakeConsumer
from tests.analytics.teahouse import Log, LogRecord, teahouse_log

ALWAYS_DUE = Limits(records=40, seconds=0.0)


class Killed(BaseException):
    """kill -9: nothing catches it, nothing is cleaned up."""


class Killer:
    """Kills at the n-th request, of whatever kind."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, name: str) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise Killed(name)


class WatchedClient:
    """ClickHouse, with `calls` told before and after every insert; each may raise."""

    def __init__(self, client: Any, calls: Callable[[str], None]) -> None:
        self._client, self._calls = client, calls
        self.server_settings = client.server_settings
        self.query = client.query

    def insert_arrow(self, table: str, rows: Any, **more: Any) -> None:
        self._calls(f"before {table}")
        self._client.insert_arrow(table, rows, **more)
        self._calls(f"after {table}")


@pytest.fixture(scope="module")
def log() -> Log:
    return teahouse_log(days=8, orders_a_day=6)


def drain(broker: Broker, client: Any, calls: Callable[[str], None] = lambda name: None, sizes: Callable[[], int] = lambda: 500) -> None:
    sink = Sink(FakeConsumer(broker, sizes, calls), Store(client, threading.Event()), ALWAYS_DUE)  # type: ignore[arg-type]
    sink.start()
    while sink.step(0):
        pass


def counts(client: Any) -> dict[str, tuple[int, ...]]:
    """(rows, distinct places in the log) of each fact table and of views of them, and the sums of the rollups."""
    names = (*FACTS, "decisions", "order_events", "order_lines", "moves")
    found = {name: client.query(f"SELECT count(), uniqExact(k_topic, k_part, k_off) FROM {name}").result_rows[0] for name in names}
    found["stock"] = client.query(
        "SELECT sum(abs(units)), count() FROM (SELECT sum(units) AS units FROM stock GROUP BY pool, sku, node, place HAVING units != 0)"
    ).result_rows[0]
    found["demand_daily"] = client.query("SELECT sum(units), sum(cancelled) FROM demand_daily").result_rows[0]
    found["orders"] = client.query("SELECT count(), sum(reserved), sum(shipped), sum(waiting) FROM orders").result_rows[0]
    return found


def test_every_decision_and_dead_letter_is_taken_over_once(client: Any, log: Log) -> None:
    drain(Broker(log), client)
    found = counts(client)
    assert found["decisions"] == (len(log["decisions", 0]),) * 2
    assert found["dead_letters"] == (len(log["dead-letters", 0]),) * 2


def test_the_hash_of_what_is_held_is_that_of_the_log(client: Any, log: Log) -> None:
    drain(Broker(log), client)
    expected = 0
    for record in log["decisions", 0]:
        expected ^= record_hash(record.value)
    assert client.query("SELECT groupBitXor(record_hash) FROM decisions").result_rows == [(expected,)]


def test_rollups_are_the_sums_of_their_facts(client: Any, log: Log) -> None:
    drain(Broker(log), client)
    daily, facts = (client.query(f"SELECT sum(units), sum(cancelled) FROM {table}").result_rows for table in ("demand_daily", "demand"))
    assert daily == facts
    assert client.query("SELECT sum(units) FROM stock GROUP BY sku HAVING sum(units) != 0").result_rows == []


def test_a_kill_at_many_steps_loses_and_doubles_nothing(engine: Any, chdb_dsn: str, log: Log) -> None:
    """Every commit and every insert is a step, before and after; the sink dies at every third one, and then again while it heals."""
    from analytics.migrate import migrate
    from tests.analytics.conftest import open_database

    small: Log = {place: records[:140] for place, records in log.items()}

    def run(kills: tuple[int, ...], name: str) -> tuple[dict[str, tuple[int, ...]], int]:
        engine.command(f"CREATE DATABASE {name}")
        here = open_database(chdb_dsn, name)
        migrate(here)
        broker, chance = Broker(small), random.Random(str(kills))
        for at in kills:
            killer = Killer(at)
            with pytest.raises(Killed):
                drain(broker, WatchedClient(here, killer), killer, lambda: chance.randint(1, 60))
        last = Killer(-1)
        drain(broker, WatchedClient(here, last), last, lambda: chance.randint(1, 60))
        found = counts(here)
        here.close()
        engine.command(f"DROP DATABASE {name}")
        return found, last.seen

    expected, steps = run((), "kill_none")
    assert steps > 30
    for at in range(1, 30, 3):
        assert run((at, 3), f"kill_{at}")[0] == expected, f"killed at step {at}"


def test_clickhouse_going_away_in_the_middle_of_a_batch_is_waited_for(client: Any, log: Log) -> None:
    told: list[str] = []

    def fail(name: str) -> None:
        told.append(name)
        if len(told) in (3, 4, 9):  # before and after the rows went in
            raise ConnectionError("connection refused")

    sink = Sink(FakeConsumer(Broker(log)), Store(WatchedClient(client, fail), threading.Event(), first_wait=0), ALWAYS_DUE)  # type: ignore[arg-type]
    sink.start()
    while sink.step(0):
        pass
    assert counts(client)["decisions"] == (len(log["decisions", 0]),) * 2


def test_a_stop_while_clickhouse_is_away_leaves_the_cut_written_down(client: Any, log: Log) -> None:
    stop, broker = threading.Event(), Broker(log)
    stop.set()

    def refuse(name: str) -> None:
        raise ConnectionError

    sink = Sink(FakeConsumer(broker), Store(WatchedClient(client, refuse), stop), ALWAYS_DUE)  # type: ignore[arg-type]
    sink.start()
    with pytest.raises(Stopping):
        sink.step(0)
    assert '"to"' in broker.committed["decisions", 0][1]
    drain(broker, client)
    assert counts(client)["decisions"] == (len(log["decisions", 0]),) * 2


def test_a_decision_whose_command_was_decided_before_is_dropped(client: Any, log: Log) -> None:
    """The log holds a run of decisions twice: once by its owner and once by another."""
    first = log["decisions", 0][:50]
    again = [LogRecord(first[-1].offset + 1 + i, record.time, record.value) for i, record in enumerate(first[20:])]
    rest = [LogRecord(record.offset + 100, record.time, record.value) for record in log["decisions", 0][50:]]
    drain(Broker({("decisions", 0): first + again + rest}), client)
    assert counts(client)["decisions"] == (len(log["decisions", 0]),) * 2


def test_the_anchor_survives_a_restart(client: Any, log: Log) -> None:
    first = log["decisions", 0][:50]
    broker = Broker({("decisions", 0): list(first)})
    drain(broker, client)
    broker.log["decisions", 0] += [LogRecord(first[-1].offset + 1 + i, record.time, record.value) for i, record in enumerate(first[20:])]
    drain(broker, client)
    assert counts(client)["decisions"] == (50, 50)


def test_a_record_nobody_can_read_is_counted_and_stops_nothing(client: Any, log: Log) -> None:
    strange = [LogRecord(i, 1_780_000_000_000, value) for i, value in enumerate((b"", b"\xff\x00", b'{"type":"Later"}'))]
    rest = [LogRecord(record.offset + 3, record.time, record.value) for record in log["decisions", 0]]
    drain(Broker({("decisions", 0): strange + rest, ("dead-letters", 0): strange}), client)
    assert client.query("SELECT count() FROM decisions WHERE outcome = 'unreadable'").result_rows == [(3,)]
    assert counts(client)["decisions"] == (len(rest) + 3,) * 2


def test_a_value_no_table_can_hold_stops_nothing_else_of_its_batch(client: Any, log: Log) -> None:
    huge = next(record for record in log["decisions", 0] if b"OrderPlaced" in record.value)
    decision = decode_decision(huge.value)
    value = huge.value.replace(f'"revision":{decision.events[0].revision}'.encode(), b'"revision":99999999999')  # type: ignore[union-attr]
    records = [record._replace(value=value) if record is huge else record for record in log["decisions", 0]]
    drain(Broker({("decisions", 0): records}), client)
    assert client.query("SELECT countIf(outcome = 'unreadable'), count() FROM decisions").result_rows == [(1, len(records))]


def test_offsets_that_expired_in_kafka_are_found_in_clickhouse(client: Any, log: Log) -> None:
    broker = Broker(log)
    drain(broker, client)
    broker.committed.clear()
    drain(broker, client)
    assert counts(client)["decisions"] == (len(log["decisions", 0]),) * 2


def test_an_empty_clickhouse_is_filled_from_the_start(engine: Any, chdb_dsn: str, client: Any, log: Log) -> None:
    """Whatever was committed, a pending cut included: one killed a version ago left parts of it in tables that are no more."""
    from analytics.migrate import migrate
    from tests.analytics.conftest import open_database

    broker = Broker(log)
    killer = Killer(20)
    with pytest.raises(Killed):
        drain(broker, WatchedClient(client, killer), killer, lambda: 60)
    assert broker.committed["decisions", 0][0] > 0
    engine.command("CREATE DATABASE renewed")
    renewed = open_database(chdb_dsn, "renewed")
    migrate(renewed)
    drain(broker, renewed)
    assert counts(renewed)["decisions"] == (len(log["decisions", 0]),) * 2


def test_records_that_retention_took_are_passed_over_and_told(client: Any, log: Log) -> None:
    broker = Broker(log)
    broker.low["dead-letters", 0] = 5
    drain(broker, client)
    assert counts(client)["dead_letters"] == (len(log["dead-letters", 0]) - 5,) * 2


def test_the_clickhouse_of_another_log_is_refused(client: Any, log: Log) -> None:
    broker = Broker(log)
    drain(broker, client)
    with pytest.raises(OtherLog, match="another log"):
        drain(Broker({("decisions", 0): log["decisions", 0][:3]}), client)


def test_after_an_error_of_kafka_a_new_consumer_goes_on(client: Any, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, stop, made = Broker(log), threading.Event(), [0]
    monkeypatch.setattr("analytics.sink.AGAIN_AFTER", 0)

    class Flaky(FakeConsumer):
        def consume(self, count: int, wait: float) -> list[Any]:
            found = super().consume(count, wait)
            if not found:
                stop.set()
            return list(found)

        def commit(self, offsets: Any, asynchronous: bool) -> Any:
            if made[0] == 1:
                raise KafkaException("the generation is over")
            return super().commit(offsets, asynchronous)

    def consumers() -> Any:
        made[0] += 1
        return Flaky(broker)

    run_sink(consumers, Store(client, stop), stop, ALWAYS_DUE)
    assert made[0] == 2
    assert counts(client)["decisions"] == (len(log["decisions", 0]),) * 2
