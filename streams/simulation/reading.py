"""The topics as finite logs (`streams.read.Log`), over the broker as it is at the time."""

from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import KafkaError

from streams.read import Positions, Record
from streams.simulation.broker import Place, refused
from streams.simulation.world import World

MOST_READ = 80


class BrokerLog:
    def __init__(self, world: World) -> None:
        self._world = world
        self._broker = world.broker

    def low(self, topic: str) -> Positions:
        return {partition: 0 for _, partition in self._places(topic)}

    def ends(self, topic: str) -> Positions:
        return {place[1]: self._broker.end(place) for place in self._places(topic)}

    def end(self, topic: str, partition: int) -> int:
        return self.ends(topic)[partition]

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        """Others go on between two batches."""
        for partition, at in start.items():
            records = self._broker.committed((topic, partition), at, stop.get(partition, 0))
            while records:
                self._world.wait(self._world.tempo.thread)
                self._world.strike("read")
                many = self._world.random.randint(1, MOST_READ)
                yield records[:many]
                records = records[many:]

    def _places(self, topic: str) -> list[Place]:
        self._world.wait(self._world.tempo.network)
        self._world.strike("ask")
        if self._broker.away:
            raise refused(KafkaError._ALL_BROKERS_DOWN)
        return self._broker.places(topic)
