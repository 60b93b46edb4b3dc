"""The local stack: broker, topics, gateway, poller, analytics, workers and what tells partners and platforms, each a process of its own
under one supervisor."""

import fcntl
from collections.abc import Callable
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path
from threading import Event
from typing import IO, NamedTuple

from deploy import clients, process
from deploy.broker import Broker, check_port, check_room
from deploy.faults import Fault
from deploy.program import STOP_S, Program
from deploy.provision import ensure_topics
from deploy.ready import is_ready
from deploy.sealing import create_key, key_ids
from deploy.settings import Settings, environment
from deploy.supervisor import Later, Service, Supervisor

EDGE = ("gateway", "poll", "analytics")
LATER = ("deliver", "writeback")  # once a business says whom they shall tell
NEEDED = ("faust", "confluent_kafka", "chdb", "clickhouse_connect", "uvicorn", "starlette", "httpx")


class Addresses(NamedTuple):
    """Where to find what runs. `metrics`: process -> its Prometheus page."""

    kafka: str
    gateway: str
    pages: str
    metrics: dict[str, str]
    logs: str


class LocalKafka(Broker):
    """The embedded broker; it counts as started when the topics are there."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.home, settings.kafka_port, settings.cache)
        self._settings = settings

    def start(self) -> None:
        super().start()
        ensure_topics(clients.admin(self._settings), self._settings)


class Stack:
    """`start` returns where everything is once it is ready; `say` hears of what dies and comes back later. One a home folder."""

    def __init__(self, settings: Settings, workers: int, say: Callable[[str], None]) -> None:
        self.settings = settings.model_copy(update={"home": settings.home.resolve()})
        self._names = [*EDGE, *LATER, *(f"worker-{number}" for number in range(1, workers + 1))]
        self._wanted = {"deliver": self.settings.partners_file.exists, "writeback": self.settings.told_file.exists}
        later = [Later(self._program(name), wanted) for name, wanted in self._wanted.items()]
        self._supervisor = Supervisor(self._services(), say, later=later)
        self._lock: IO[str] | None = None

    def start(self, ending: Event) -> Addresses:
        """Returns once all is ready, or when `ending` is set. Raises Fault, with nothing left running, when something is missing,
        in the way, or does not come up. `stop` must follow in any case."""
        settings = self.settings
        check_installed()
        check_room(settings.home)
        self._lock = lock(settings.home)
        process.sweep((settings.home / "run").glob("*.pid"), STOP_S)
        self._check_ports()
        if not key_ids(settings.keys_dir):
            create_key(settings.keys_dir)
        if settings.kafka:
            ensure_topics(clients.admin(settings), settings)
        self._supervisor.start(ending)
        return self.addresses()

    def watch(self, ending: Event) -> None:
        """Returns once `ending` is set."""
        self._supervisor.watch(ending)

    def stop(self) -> None:
        self._supervisor.stop()
        if self._lock:
            self._lock.close()

    def addresses(self) -> Addresses:
        settings = self.settings
        return Addresses(
            kafka=settings.bootstrap,
            gateway=f"http://127.0.0.1:{settings.gateway_port}",
            pages=f"http://127.0.0.1:{settings.pages_port}",
            metrics={name: f"http://127.0.0.1:{self._metrics_port(name)}/metrics" for name in self._names if self._is_wanted(name)},
            logs=str(settings.home / "logs"),
        )

    def _services(self) -> list[Service]:
        broker: list[Service] = [] if self.settings.kafka else [LocalKafka(self.settings)]
        return [*broker, *(self._program(name) for name in self._names if name not in LATER)]

    def _is_wanted(self, name: str) -> bool:
        return name not in LATER or self._wanted[name]()

    def _program(self, name: str) -> Service:
        port = self._metrics_port(name)
        its_own = environment(self.settings.model_copy(update={"metrics_port": port}))
        command = {"gateway": "gateway", "poll": "poll", "analytics": "sink", "deliver": "deliver", "writeback": "writeback"}.get(
            name, "worker"
        )
        return Program(name, [command], self.settings.home, its_own, partial(is_ready, port))

    def _metrics_port(self, name: str) -> int:
        return self.settings.metrics_port + self._names.index(name)

    def _check_ports(self) -> None:
        check_port(self.settings.gateway_port, "YIPAN_GATEWAY_PORT")
        check_port(self.settings.pages_port, "YIPAN_PAGES_PORT")
        for name in self._names:
            check_port(self._metrics_port(name), "YIPAN_METRICS_PORT")


def check_installed() -> None:
    if missing := [name for name in NEEDED if PathFinder.find_spec(name) is None]:
        raise Fault(f"Not installed: {', '.join(missing)}. `make up` and `make demo` install all that is needed into .venv.")


def lock(home: Path) -> IO[str]:
    """Held until it is closed or the process ends, however that comes about. Raises Fault when another stack runs over `home`."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    held = (home / "run" / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        held.close()
        raise Fault(f"Another `yipan up` runs over {home}: stop it first, or set YIPAN_HOME to another folder.") from busy
    return held
