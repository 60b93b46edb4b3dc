"""What the processes of a test make and do: each of them imports this module, and no more."""

import os
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException

from streams.checks.crew import Told
from streams.checks.part import Part
from streams.replay import Again, from_the_start
from tests.bench.shelf import FileLog


class Worker:
    def __init__(self, number: int, told: Told) -> None:
        self.number = number
        self.told = told

    def add(self, units: int) -> int:
        self.told(units)
        self.number += units
        return self.number

    def fail(self) -> None:
        raise ValueError(f"number {self.number} cannot")

    def lose_kafka(self) -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, "nobody there"))

    def die(self) -> None:
        os._exit(9)


def part(folder: Path, number: int, told: Told) -> Part:
    return Part(FileLog(folder), told, number, of=2)


def again(folder: Path, number: int, told: Told) -> Again:
    return Again(FileLog(folder), told, from_the_start, number, of=2)
