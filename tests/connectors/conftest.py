"""A gateway with a broker in memory, in no hurry: for tests over real sockets."""

from collections.abc import Iterator

import msgspec
import pytest

from connectors.door import Door
from tests.connectors.border import FakeProducer, door
from tests.connectors.lines import LONG


@pytest.fixture
def broker() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def inside(broker: FakeProducer) -> Iterator[Door]:
    made = msgspec.structs.replace(door(broker), body_seconds=LONG)
    yield made
    made.publisher.close()
