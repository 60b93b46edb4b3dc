"""Who acts on what the pipeline decides: the deliveries, and the warehouses and carriers that they deliver to, as processes beside the
stack. A day of theirs is two seconds."""

import http.client
import json
import threading
from collections.abc import Callable
from functools import partial

from confluent_kafka import Consumer, TopicPartition

from deploy import clients
from deploy.delivering import GROUP
from deploy.demo.place import WORLD
from deploy.program import Program
from deploy.ready import is_ready
from deploy.settings import Settings, environment
from deploy.supervisor import Supervisor
from streams.read import Log
from streams.topics import FULFILMENTS

ANSWER_S = 5.0
# two days until the parcel leaves, two on its way, a week until some come back
HABITS = ("--speed", "43200", "--latency", "2d", "--spread", "1d", "--transit", "2d", "--returns", "0.06", "--tell", "0.3")
TROUBLE = ("--refuse", "0.003", "--short", "0.005", "--duplicate", "0.01", "--late-cancel", "0.1")


class World:
    """`start` once the partners are imported; `stop` must follow."""

    def __init__(self, settings: Settings, log: Log, say: Callable[[str], None]) -> None:
        first = settings.metrics_port + WORLD
        self.url = f"http://127.0.0.1:{first + 2}"
        self._port = first + 2
        self._partitions, self._log = settings.partitions, log
        self._committed: Consumer = clients.consumer(settings, GROUP)
        warehouse = ["warehouse", *HABITS, *TROUBLE]
        programs = [_program("deliver", ["deliver"], settings, first), _program("warehouse", warehouse, settings, first + 1)]
        self._supervisor = Supervisor(programs, say)

    def start(self, ending: threading.Event) -> None:
        """Raises Fault."""
        self._supervisor.start(ending)

    def stop(self) -> None:
        self._supervisor.stop()
        self._committed.close()

    def counts(self) -> dict[str, int]:
        """What the warehouses say of themselves: fulfilments taken (`job`) and `open`, cancels (`ask`), words that were `told`."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_S)
        try:
            connection.request("GET", "/")
            counts: dict[str, int] = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return {"open": 1}
        else:
            return counts
        finally:
            connection.close()

    def settled(self) -> bool:
        """All that was decided is delivered, and nothing is left to be done or said of it."""
        return not self.counts()["open"] and self._delivered() >= sum(self._log.ends(FULFILMENTS.name).values())

    def _delivered(self) -> int:
        places = [TopicPartition(FULFILMENTS.name, partition) for partition in range(self._partitions)]
        return sum(max(place.offset, 0) for place in self._committed.committed(places, timeout=ANSWER_S))


def _program(name: str, arguments: list[str], settings: Settings, port: int) -> Program:
    its_own = environment(settings.model_copy(update={"metrics_port": port}))
    return Program(name, arguments, settings.home, its_own, partial(is_ready, port))
