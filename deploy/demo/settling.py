"""Whether all that was decided is delivered and done: asked of the deliveries' position, and of the simulated warehouses themselves."""

import http.client
import json

from confluent_kafka import Consumer, KafkaException, TopicPartition

from deploy import clients
from deploy.delivering import GROUP
from deploy.settings import Settings
from streams.read import Log
from streams.topics import FULFILMENTS

ANSWER_S = 5.0


class Settling:
    """`port`: where a warehouse is called."""

    def __init__(self, settings: Settings, log: Log, port: int) -> None:
        self._partitions, self._log, self._port = settings.partitions, log, port
        self._committed: Consumer = clients.consumer(settings, GROUP)

    def counts(self) -> dict[str, int]:
        """What warehouses say of themselves: fulfilments taken (`job`) and `open`, cancels (`ask`), words that were `told`. Who does not
        answer has something open."""
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

    def close(self) -> None:
        self._committed.close()

    def _delivered(self) -> int:
        places = [TopicPartition(FULFILMENTS.name, partition) for partition in range(self._partitions)]
        try:
            return sum(max(place.offset, 0) for place in self._committed.committed(places, timeout=ANSWER_S))
        except KafkaException:
            return 0
