"""A real Apache Kafka for the tests that want one: started once a run, on free ports, in a folder that goes away."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import cycle
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from deploy import clients
from deploy.broker import Broker
from deploy.provision import ensure_topics, partitions
from deploy.settings import Settings
from streams.topics import CATALOGUE


def pytest_configure() -> None:
    """The developer's own settings must not reach the tests."""
    for name in [name for name in os.environ if name.startswith("YIPAN_")]:
        del os.environ[name]


# Tests of many processes wait more than they compute: one after the other and from the start, while the rest runs beside them.
_WAITING = ("tests/integration/", "tests/crash/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(_WAITING))
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


class _Beside(LoadScopeScheduling):  # type: ignore[misc]
    """Those that wait go to one process, all others file by file to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return "waiting" if nodeid.startswith(_WAITING) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # else those with the most tests come first
    return _Beside(config, log)


# Below those that the system gives to clients, one of which might take it meanwhile.
# Another process of tests, or another run of them, begins elsewhere among them.
_FIRST = 12_000 + os.getpid() * 307 % 800 * 10
_PORTS: "cycle[int]" = cycle([*range(_FIRST, 20_000, 10), *range(12_000, _FIRST, 10)])


def free_port() -> int:
    """A port that is free, as are the nine after it."""
    while True:
        port: int = next(_PORTS)
        with suppress(OSError), ExitStack() as held:
            for number in range(port, port + 10):
                held.enter_context(socket.socket()).bind(("127.0.0.1", number))
            return port


def make_settings(**values: Any) -> Settings:
    """Settings that no .env of the working folder touches."""
    return Settings(_env_file=None, **values)


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Returns as soon as it holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not come about in {seconds:.0f} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that point at a running broker with all topics of the catalogue, 4 partitions each. Tests share it: see `fresh_topics`."""
    home = tmp_path_factory.mktemp("yipan")
    broker = Broker(home, free_port(), make_settings().cache)
    broker.start()
    settings = make_settings(home=home, kafka=f"127.0.0.1:{broker.port}")
    ensure_topics(clients.admin(settings), settings)
    yield settings
    broker.stop()


def delete_topics(settings: Settings, names: set[str]) -> None:
    """Returns once the broker shows none of them any more; their committed offsets are gone as well."""
    admin = clients.admin(settings)
    for future in admin.delete_topics(sorted(names & partitions(admin).keys())).values():
        future.result(30)
    until(lambda: not names & partitions(admin).keys(), 30)


@pytest.fixture
def fresh_topics(kafka: Settings) -> Settings:
    """The same, with every topic of the catalogue empty and no committed offsets left on them."""
    delete_topics(kafka, {topic.name for topic in CATALOGUE})
    ensure_topics(clients.admin(kafka), kafka)
    return kafka
