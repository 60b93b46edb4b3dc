"""A producer and the topics behind it, for what an import says."""

from confluent_kafka import KafkaException, Producer

from connectors.contract import Millis
from deploy.business import Imported, Problem, publish_business
from streams.commands import AnyCommand, Command, decode_command
from streams.reference import Reference, decode_reference
from tests.deploy.halyard import Folder

PARTITIONS = 4


class Broker:
    """Stands for a producer and the topics behind it. `dies_after`: how many records it takes before it answers nothing more."""

    def __init__(self) -> None:
        self.commands: list[tuple[int, AnyCommand]] = []
        self.reference = Reference()
        self.dies_after = 1_000_000
        self._taken = 0

    def produce(self, topic: str, value: bytes, key: str, partition: int, on_delivery: object) -> None:
        self._taken += 1
        if self._taken > self.dies_after:
            raise KafkaException("the line is dead")
        if topic == "commands":
            self.commands.append((partition, decode_command(value)))
        else:
            self.reference.apply(decode_reference(value))

    def poll(self, _seconds: float) -> int:
        return 0

    def flush(self, _seconds: float) -> int:
        return 0

    def restart(self, dies_after: int = 1_000_000) -> None:
        self._taken, self.dies_after = 0, dies_after

    def heard(self) -> list[Command]:
        """What a ledger decides on: a command whose cause does not rise is a repetition."""
        highest: dict[int, tuple[int, int]] = {}
        found: list[Command] = []
        for partition, command in self.commands:
            if command.cause[2:] > highest.get(partition, (-1, -1)):
                highest[partition] = command.cause[2:]
                found.append(command)
        return found


def publish(folder: Folder, broker: Broker, now: int = 1_000, partitions: int = PARTITIONS) -> Imported | list[Problem]:
    producer: Producer = broker  # type: ignore[assignment]
    secrets = folder.path.parent / "kept"
    return publish_business(folder.business(), broker.reference, producer, partitions=partitions, now=Millis(now), secrets_dir=secrets)
