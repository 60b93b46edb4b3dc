"""ClickHouse in memory, as far as the sink can tell: blocks that are known by their token, within a window."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from confluent_kafka import KafkaException

from analytics.migrate import read_migrations, statements
from streams.simulation.faults import Point
from streams.simulation.world import World

# So few that one insert is several blocks: each of them takes effect by itself, the whole does not.
BLOCK_ROWS = 4
WINDOW = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+).*?non_replicated_deduplication_window = (\d+)", re.DOTALL)
QUESTION = re.compile(r"SELECT if\(count\(\) = 0, -1, max\((?:toInt64\()?(\w+)\)+\) FROM (\w+) ")

Row = dict[str, Any]


def windows() -> dict[str, int]:
    """How many blocks each table of the schema remembers."""
    found = (WINDOW.match(statement) for migration in read_migrations() for statement in statements(migration.text))
    return {match[1]: int(match[2]) for match in found if match}


class Refused(Exception):
    """ClickHouse did not take it; or it did, and the answer was lost."""


class Remembered:
    """The blocks a table has taken, newest last."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._known: dict[str, None] = {}

    def takes(self, name: str) -> bool:
        """False for a block that it has by now."""
        if name in self._known:
            return False
        self._known[name] = None
        while len(self._known) > self._window:
            del self._known[next(iter(self._known))]
        return True


class Table:
    def __init__(self, window: int) -> None:
        self._blocks: list[pa.Table] = []
        self._taken = Remembered(window)

    def insert(self, name: str, block: pa.Table, settings: Mapping[str, Any]) -> None:
        if not deduplicates(settings) or self._taken.takes(name):
            self._blocks.append(block)

    def rows(self) -> list[Row]:
        return pa.concat_tables(self._blocks).to_pylist() if self._blocks else []


def deduplicates(settings: Mapping[str, Any]) -> bool:
    """An asynchronous insert, which is the default, looks at no token."""
    return settings.get("async_insert", 1) == 0 and (
        settings.get("deduplicate_insert") == "enable" or settings.get("insert_deduplicate") == 1
    )


class ClickHouse:
    def __init__(self) -> None:
        self.tables = {name: Table(window) for name, window in windows().items()}


class Answer(NamedTuple):
    result_rows: list[tuple[int]]


class ClickHouseClient:
    """One of clickhouse-connect, as `analytics.store` uses it. Each call may be struck before, while and after it takes effect."""

    server_settings: Mapping[str, str] = {"deduplicate_insert": "enable"}

    def __init__(self, world: World, server: ClickHouse) -> None:
        self._world = world
        self._server = server

    def insert_arrow(self, name: str, arrow: pa.Table, settings: Mapping[str, Any]) -> None:
        self._world.wait(self._world.tempo.network)
        self._strike("insert")
        table = self._server.tables[name]
        for number, start in enumerate(range(0, arrow.num_rows, BLOCK_ROWS)):
            block = arrow.slice(start, BLOCK_ROWS)
            # without a token, its content is its name
            token = settings.get("insert_deduplication_token") or repr(block.to_pylist())
            self._strike("block")
            table.insert(f"{token}/{number}", block, settings)
        self._strike("inserted")

    def query(self, sql: str, parameters: Mapping[str, Any]) -> Answer:
        self._world.wait(self._world.tempo.network)
        self._strike("query")
        asked = QUESTION.match(sql)
        if asked is None:
            raise NotImplementedError(f"the sink asks what its double does not know: {sql}")
        column, name = asked.groups()
        place = parameters["topic"], parameters["part"]
        rows = self._server.tables[name].rows()
        found = [row[column] for row in rows if (row["k_topic"], row["k_part"]) == place and row["k_off"] < parameters["before"]]
        return Answer([(max(found, default=-1),)])

    def _strike(self, point: Point) -> None:
        try:
            self._world.strike(point)
        except KafkaException as wrong:
            raise Refused(f"{point} timed out") from wrong


def summed(rows: Sequence[Row], units: Sequence[str]) -> list[Row]:
    """As an engine that sums adds them up in time: rows alike but for `units` as one; none where nothing is left of it."""
    sums: dict[str, Row] = {}
    for row in rows:
        known = sums.setdefault(repr([value for name, value in row.items() if name not in units]), row | dict.fromkeys(units, 0))
        known.update({name: known[name] + row[name] for name in units})
    return [row for row in sums.values() if any(row[name] for name in units)]


def more(held: Sequence[Row], due: Sequence[Row]) -> tuple[int, int]:
    """(rows too few, rows too many)."""
    there, wanted = Counter(map(repr, held)), Counter(map(repr, due))
    return (wanted - there).total(), (there - wanted).total()
