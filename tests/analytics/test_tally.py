"""What ClickHouse must hold is told by the log alone, in the way the sink counts."""

from typing import Any

import msgspec

from analytics.tally import difference, tally
from tests.analytics.broker import Broker
from tests.analytics.teahouse import teahouse_log
from tests.analytics.test_sink import drain


def values(days: int = 3) -> list[bytes]:
    return [record.value for record in teahouse_log(days, 5)["decisions", 0]]


def test_a_run_of_decisions_that_is_there_twice_counts_once() -> None:
    log = values()
    assert tally("decisions", 0, 0, 99, [*log[:30], *log[10:30], *log[30:]]) == tally("decisions", 0, 0, 99, log)


def test_dead_letters_all_count() -> None:
    assert tally("dead-letters", 0, 0, 4, [b"one", b"two", b"three"]).records == 3


def test_what_nobody_can_read_counts_too() -> None:
    assert tally("decisions", 0, 0, 9, [b"\xff", *values()]).records == len(values()) + 1


def test_a_difference_is_a_sentence() -> None:
    log = tally("decisions", 2, 0, 99, values())
    assert difference(log, log) == ""
    assert "the log has" in difference(log, msgspec.structs.replace(log, records=1))
    assert "not the same" in difference(log, msgspec.structs.replace(log, hash="1"))


def test_the_sink_holds_what_the_tally_says(client: Any) -> None:
    log = teahouse_log(6, 5)
    drain(Broker(log), client)
    expected = tally("decisions", 0, 0, 10**9, (record.value for record in log["decisions", 0]))
    sql = "SELECT count(), toString(groupBitXor(record_hash)) FROM decisions"
    assert client.query(sql).result_rows == [(expected.records, expected.hash)]
