"""One chDB for the run (it takes one folder a process), and databases in it that each start empty."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from analytics.migrate import migrate

_names = count(1)


@pytest.fixture(scope="session")
def chdb_dsn(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"chdb://{tmp_path_factory.mktemp('chdb')}"


@pytest.fixture(scope="session")
def engine(chdb_dsn: str) -> Iterator[Any]:
    """Keeps the engine open for the run; databases are made through it."""
    import clickhouse_connect

    client = clickhouse_connect.get_client(dsn=chdb_dsn)
    yield client
    client.close()


def open_database(dsn: str, database: str) -> Any:
    import clickhouse_connect

    return clickhouse_connect.get_client(dsn=dsn, database=database)


@pytest.fixture
def empty_client(engine: Any, chdb_dsn: str) -> Iterator[Any]:
    """A client whose database is new and empty."""
    database = f"test_{next(_names)}"
    engine.command(f"CREATE DATABASE {database}")
    client = open_database(chdb_dsn, database)
    yield client
    client.close()
    engine.command(f"DROP DATABASE {database}")


@pytest.fixture
def client(empty_client: Any) -> Any:
    """A client whose database has the schema and no rows."""
    migrate(empty_client)
    return empty_client
