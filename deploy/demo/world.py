"""Who acts on what the pipeline decides: the warehouses and carriers that the stack's deliveries are made to, as a process beside it. A
day of theirs is two seconds."""

import threading
from collections.abc import Callable
from functools import partial

from deploy.demo.place import WORLD
from deploy.demo.settling import Settling
from deploy.program import Program
from deploy.ready import is_ready
from deploy.settings import Settings, environment
from deploy.supervisor import Supervisor
from streams.read import Log

# two days until the parcel leaves, two on its way, a week until some come back
HABITS = ("--speed", "43200", "--latency", "2d", "--spread", "1d", "--transit", "2d", "--returns", "0.06", "--tell", "0.3")
TROUBLE = ("--refuse", "0.003", "--short", "0.005", "--duplicate", "0.01", "--late-cancel", "0.1")


class World:
    """`start` once the partners are imported; `stop` must follow."""

    def __init__(self, settings: Settings, log: Log, say: Callable[[str], None]) -> None:
        first = settings.metrics_port + WORLD
        self.url = f"http://127.0.0.1:{first + 1}"
        self._settling = Settling(settings, log, first + 1)
        its_own = environment(settings.model_copy(update={"metrics_port": first}))
        program = Program("warehouse", ["warehouse", *HABITS, *TROUBLE], settings.home, its_own, partial(is_ready, first))
        self._supervisor = Supervisor([program], say)
        self.counts, self.settled = self._settling.counts, self._settling.settled

    def start(self, ending: threading.Event) -> None:
        """Raises Fault."""
        self._supervisor.start(ending)

    def stop(self) -> None:
        self._supervisor.stop()
        self._settling.close()
