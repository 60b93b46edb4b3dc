"""Runs queries of the catalogue: read-only, bounded in time and memory, from several threads, answered as columns of plain values."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

import msgspec

from analytics import metrics
from analytics.catalogue import Query, read_catalogue

# readonly=2: nothing may be written, these settings may be set
LIMITS = {"readonly": 2, "max_execution_time": 15, "max_memory_usage": 2 << 30, "max_result_rows": 100_000, "session_timezone": "UTC"}
CLIENTS = 4


class Answer(msgspec.Struct, frozen=True):
    """Times are ms since the epoch, days ISO dates; `rows` as ClickHouse gave them."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[Any]]

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Reader:
    """`open_client` makes a client of clickhouse-connect; at most CLIENTS are open, each used by one thread at a time. The same
    question within `keep` seconds is answered from memory, so that many open pages cost what one does."""

    def __init__(self, open_client: Callable[[], Any], keep: float = 0.5, clock: Callable[[], float] = time.monotonic) -> None:
        self.catalogue = read_catalogue()
        self._open, self._keep, self._clock = open_client, keep, clock
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(CLIENTS):
            self._idle.put(None)
        self._answers: dict[tuple[str, str], tuple[float, Answer]] = {}
        self._lock = threading.Lock()

    def ask(self, name: str, given: Mapping[str, str] | None = None) -> Answer:
        """Raises KeyError for a name not in the catalogue, BadParameter, and what the client raises when ClickHouse does not answer."""
        query = self.catalogue[name]
        bound = query.bind(given or {})
        key = (name, repr(sorted(bound.items())))
        with self._lock:
            at, answer = self._answers.get(key, (0.0, None))
        if answer is not None and self._clock() - at < self._keep:
            return answer
        answer = self._run(query, bound)
        # two that ask at once both run it: cheaper than making all wait for the slowest
        with self._lock:
            self._forget()
            self._answers[key] = (self._clock(), answer)
        return answer

    def _forget(self) -> None:
        now = self._clock()
        self._answers = {key: (at, answer) for key, (at, answer) in self._answers.items() if now - at < self._keep}

    def _run(self, query: Query, bound: dict[str, Any]) -> Answer:
        # the newest one first, so that a quiet installation keeps only one open
        client = self._idle.get()
        try:
            client = client or self._open()
            with metrics.QUERY_SECONDS.labels(query.name).time():
                result = client.query(query.sql, parameters=bound, settings=LIMITS)
            return Answer(query.name, tuple(result.column_names), [[_plain(value) for value in row] for row in result.result_rows])
        finally:
            self._idle.put(client)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return round((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1000)
        case date():
            return value.isoformat()
        case float():
            return value if isfinite(value) else None  # JSON knows neither nan nor inf
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
