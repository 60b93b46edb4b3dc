"""One chDB for the run (it takes one folder a process), and databases in it that each start empty."""

import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import clickhouse_connect
import pytest

from analytics.cuts import Limits
from analytics.forecast.plan import Forecasting
from analytics.forecast.schedule import make_forecast
from analytics.migrate import migrate
from analytics.reader import Reader
from analytics.sink import Sink
from analytics.store import Store
from tests.analytics.broker import Broker, FakeConsumer
from tests.analytics.potter import potter
from tests.analytics.teahouse import Teahouse, dead_letters

_names = count(1)


@pytest.fixture(scope="session")
def chdb_dsn(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"chdb://{tmp_path_factory.mktemp('chdb')}"


@pytest.fixture(scope="session")
def engine(chdb_dsn: str) -> Iterator[Any]:
    """Keeps the engine open for the run; databases are made through it."""
    client = clickhouse_connect.get_client(dsn=chdb_dsn)
    yield client
    client.close()


def open_database(dsn: str, database: str) -> Any:
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


@pytest.fixture(scope="session")
def untouched(engine: Any, chdb_dsn: str) -> Iterator[Any]:
    """The same once for all tests that only read."""
    engine.command("CREATE DATABASE untouched")
    client = open_database(chdb_dsn, "untouched")
    migrate(client)
    yield client
    client.close()


class Trade(NamedTuple):
    """Two months of the tea retailer in a database of their own, forecast included. Tests only read it."""

    house: Teahouse
    open_client: Callable[[], Any]
    reader: Reader


@pytest.fixture(scope="session")
def trade(engine: Any, chdb_dsn: str) -> Trade:
    house = Teahouse()
    house.trade(days=60, orders_a_day=10)
    potter(house)
    engine.command("CREATE DATABASE trade")

    def open_client() -> Any:
        return open_database(chdb_dsn, "trade")

    client, stop = open_client(), threading.Event()
    migrate(client)
    broker = Broker({("decisions", 0): house.log, ("dead-letters", 0): dead_letters(23)})
    sink = Sink(FakeConsumer(broker), Store(client, stop), Limits(records=2_000, seconds=0.0))  # type: ignore[arg-type]
    sink.start()
    while sink.step(0):
        pass
    assert make_forecast(client, Forecasting(most_origins=2), stop)
    return Trade(house, open_client, Reader(open_client))
