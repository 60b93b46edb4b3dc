"""The fact tables in ClickHouse: batches go in under their token until they are taken, and it tells where a partition stands."""

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from analytics import metrics
from analytics.cuts import Cut

log = logging.getLogger(__name__)

# Defaults differ between versions, so all that exactly-once stands on is said with every insert.
_ALWAYS = {
    "async_insert": 0,
    # we have no such views, but analysts may add some
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # a batch is summed before it comes: nothing is to be merged in it
    "optimize_on_insert": 0,
    # a batch is small: threads only hand it to each other
    "max_threads": 1,
    "max_insert_threads": 1,
}
INSERT_SETTINGS = _ALWAYS | {"deduplicate_insert": "enable"}
OLDER_INSERT_SETTINGS = _ALWAYS | {"insert_deduplicate": 1}
LONGEST_WAIT = 30.0


class Unfit(Exception):
    """The ClickHouse there is cannot be used as it is; the message is a sentence for the person who runs it."""


class Stopping(Exception):
    """The process is asked to stop while ClickHouse does not answer. What was not taken is written down and sent by the next one."""


class Store:
    """`client`: one of clickhouse-connect, used by one thread. `stop`: set when waiting must end."""

    def __init__(self, client: Any, stop: threading.Event, first_wait: float = 0.5) -> None:
        self._client = client
        self._stop = stop
        self._first_wait = first_wait
        self._settings = INSERT_SETTINGS if client.server_settings.get("deduplicate_insert") else OLDER_INSERT_SETTINGS

    def insert(self, cut: Cut, tables: Mapping[str, pa.Table]) -> None:
        """The very same tables again and again until all are taken. Raises Stopping."""
        # one token for all tables: the window that remembers it is each table's own
        for name, table in tables.items():
            for wait in self._waits():
                try:
                    self._client.insert_arrow(name, table, settings=self._settings | {"insert_deduplication_token": cut.token})
                    break
                except Exception as wrong:
                    self._failed(f"does not take {table.num_rows} rows of {name} ({cut.token})", wrong, wait)
            metrics.ROWS.labels(name).inc(table.num_rows)

    def anchor(self, topic: str, partition: int, before: int) -> int:
        """The highest command offset decided in records of `decisions` before this offset; -1: none."""
        return self._number("max(src_offset)", topic, partition, before)

    def end(self, topic: str, partition: int, table: str) -> int:
        """The offset after the last record that is wholly taken over; 0: none is."""
        return self._number("max(toInt64(k_off))", topic, partition, 1 << 62, table) + 1

    # max() of no rows is 0 in ClickHouse, which would look like a first record
    def _number(self, what: str, topic: str, partition: int, before: int, table: str = "decided") -> int:
        sql = (
            f"SELECT if(count() = 0, -1, {what}) FROM {table}"
            " WHERE k_topic = {topic:String} AND k_part = {part:UInt32} AND k_off < {before:UInt64}"
        )
        for wait in self._waits():
            try:
                parameters = {"topic": topic, "part": partition, "before": before}
                return int(self._client.query(sql, parameters=parameters).result_rows[0][0])
            except Exception as wrong:
                self._failed(f"does not say where {topic}/{partition} stands", wrong, wait)
        raise Stopping

    def _waits(self) -> Iterator[float]:
        wait = self._first_wait
        while True:
            yield wait
            wait = min(wait * 2, LONGEST_WAIT)

    def _failed(self, what: str, wrong: Exception, wait: float) -> None:
        metrics.RETRIES.inc()
        log.warning("ClickHouse %s: %s. Trying again in %.0f s; nothing is lost.", what, str(wrong)[:200], wait)
        if self._stop.wait(wait):
            raise Stopping from wrong
