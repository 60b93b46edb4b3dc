"""The processes under fire: each is the product's own, under the product's own supervisor, and each start of it differs a little."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import IO

from deploy import process
from deploy.demo.place import PROCESSES
from deploy.faults import Fault
from deploy.local import LocalKafka, lock
from deploy.program import STOP_S, Program
from deploy.ready import is_ready
from deploy.sealing import create_key
from deploy.settings import Settings, environment
from deploy.supervisor import Later, Supervisor
from streams.rules.decide import DECIDER
from tests.crash.habits import FLAGS
from tests.crash.versions import OTHER

# Records in a transaction, and how long it is held open for them.
TRANSACTIONS = ((20, 0), (200, 5), (2_000, 20), (10_000, 250))
LOSES_BATCHES, OTHER_VERSION = 0.25, 0.4
READY_S = 180.0
# those who start once the business is imported
WORLD = ("deliver", "warehouse")
COMMANDS = {"analytics": ["sink"], "warehouse": ["warehouse", *FLAGS]}
# faults come faster here than anywhere else: who is struck often must not stay away for long, and who ends of its own shows sooner
LONGEST_WAIT_S = 4.0


class Member(Program):
    """A process that counts its starts, and those of its ends that it was given from outside: by a signal, or with all the others."""

    def __init__(self, name: str, arguments: Sequence[str], settings: Settings) -> None:
        super().__init__(name, arguments, settings.home, environment(settings), partial(is_ready, settings.metrics_port))
        self.starts = 0
        self.given = 0
        self._away_until = 0.0

    def start(self) -> None:
        if time.monotonic() < self._away_until:
            raise Fault("is kept away")
        self.starts += 1
        super().start()

    def keep_away(self, seconds: float) -> None:
        """It does not start again before."""
        self._away_until = time.monotonic() + seconds

    @property
    def of_its_own(self) -> int:
        """How often it ended though nobody made it."""
        return max(0, self.starts - 1 - self.given)

    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def strike(self, sign: signal.Signals) -> bool:
        """False when there is nothing to strike."""
        child = self._child
        if child is None or child.poll() is not None:
            return False
        child.send_signal(sign)
        if sign in (signal.SIGKILL, signal.SIGTERM):
            self.given += 1
        return True


class Worker(Member):
    """Each time it starts it may be of another version, hold transactions otherwise, and lose what it fetches."""

    def __init__(self, name: str, settings: Settings, random: Random) -> None:
        super().__init__(name, ["worker"], settings)
        self._settings = settings
        self._random = random

    def start(self) -> None:
        chance = self._random
        version = OTHER if chance.random() < OTHER_VERSION else DECIDER
        seeds = [str(chance.randrange(1 << 16))] if chance.random() < LOSES_BATCHES else []
        self._command = [sys.executable, "-m", "tests.crash.worker", str(version), *seeds]
        records, wait_ms = chance.choice(TRANSACTIONS)
        self._environment = environment(self._settings.model_copy(update={"transaction_records": records, "transaction_wait_ms": wait_ms}))
        super().start()


class Kafka(LocalKafka):
    """May be kept away for a while after it was struck. `ends`: how often it was away, or stood still."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.ends = 0
        self._away_until = 0.0

    def start(self) -> None:
        if time.monotonic() < self._away_until:
            raise Fault("is kept away")
        super().start()

    def strike(self, sign: signal.Signals, away_s: float = 0.0) -> None:
        self._away_until = time.monotonic() + away_s
        self.ends += sign != signal.SIGCONT
        if self._child:
            self._child.send_signal(sign)

    def running(self) -> bool:
        return self.exit_code() is None and self.ready()


class House:
    """Everything that runs. `stop` must follow `start` in any case."""

    def __init__(self, settings: Settings, workers: int, random: Random, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.kafka = Kafka(settings)
        names = ["gateway", "poll", "analytics", "deliver", "warehouse", *(f"worker-{number}" for number in range(1, workers + 1))]
        self.members: dict[str, Member] = {}
        for number, name in enumerate(names):
            its_own = settings.model_copy(update={"metrics_port": settings.metrics_port + number})
            if name.startswith("worker"):
                self.members[name] = Worker(name, its_own, Random(random.random()))
            else:
                self.members[name] = Member(name, COMMANDS.get(name, [name]), its_own)
        # where warehouses are called; no other port of it is taken
        self.warehouses = f"http://127.0.0.1:{settings.metrics_port + PROCESSES - 1}"
        later = [Later(self.members[name], settings.partners_file.exists) for name in WORLD]
        others = [member for name, member in self.members.items() if name not in WORLD]
        self._supervisor = Supervisor([self.kafka, *others], say, LONGEST_WAIT_S, later)
        self._lock: IO[str] | None = None

    def start(self, ending: threading.Event) -> None:
        self._lock = lock(self.settings.home)
        process.sweep((self.settings.home / "run").glob("*.pid"), STOP_S)
        create_key(self.settings.keys_dir)
        self._supervisor.start(ending)

    def stop(self) -> None:
        """At once: what there was to prove has been proven."""
        for member in self.members.values():
            member.strike(signal.SIGKILL)
        self.kafka.strike(signal.SIGKILL)
        self._supervisor.stop()
        if self._lock:
            self._lock.close()

    def workers(self) -> list[Member]:
        return [member for name, member in self.members.items() if name.startswith("worker")]

    def ready(self) -> bool:
        return self.kafka.running() and all(member.running() and member.ready() for member in self.members.values())
