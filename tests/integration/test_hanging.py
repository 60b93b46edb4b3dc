"""A broker that dies between the decision to commit and the marker has been seen to come back without the marker: the transaction is over
for whoever asks, and hangs in the log. Whoever takes the partition over must neither miss it nor let it be committed with its own."""

import os
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import clients
from deploy.broker import Broker
from deploy.provision import ensure_topics
from deploy.settings import Settings
from streams.ledger import Ledger
from streams.read import watermarks
from streams.topics import DECISIONS
from tests.chain import Business, furnish, working
from tests.conftest import free_port, make_settings, until
from tests.integration.test_fence import PATIENCE_S, assert_all_decided, decided, writer

BUSINESS = Business()
HEAD = struct.Struct(">qiibIhiqqqhii")  # of a batch of records; its length counts from behind the first two
CONTROL = 32  # the bit of a batch that is a marker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path, free_port(), make_settings().cache)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def house(broker: Broker, tmp_path: Path) -> Settings:
    settings = make_settings(home=tmp_path, kafka=f"127.0.0.1:{broker.port}")
    ensure_topics(clients.admin(settings), settings)
    furnish(settings, BUSINESS)
    return settings


def kill(settings: Settings) -> None:
    os.kill(int((settings.home / "run" / "kafka.pid").read_text().split()[0]), signal.SIGKILL)


def without_its_last_marker(segment: Path) -> None:
    log, at, last = segment.read_bytes(), 0, 0
    while at < len(log):
        _, length, *_ = HEAD.unpack_from(log, at)
        last, at = at, at + 12 + length
    assert HEAD.unpack_from(log, last)[5] & CONTROL
    segment.write_bytes(log[:last])


def test_what_hangs_of_the_last_owner_is_undone_before_the_next_one_decides(house: Settings, broker: Broker) -> None:
    first, state = writer(house, 0), Ledger(0)
    first.write(decided(house, state, 0, until_offset=2))
    first.write(decided(house, state, 0, until_offset=4))
    writer(house, 0)  # is let in only when the broker has noted that the last transaction is complete
    kill(house)
    until(lambda: broker.exit_code() is not None, PATIENCE_S)
    [segment] = (house.home / "kafka" / "data" / f"{DECISIONS.name}-0").glob("*.log")
    without_its_last_marker(segment)
    broker.start()
    assert committed_end(house) == 4  # three decisions and their marker

    with working(house, "allocate"):
        assert_all_decided(house)


def committed_end(settings: Settings) -> int:
    consumer = clients.consumer(settings, "look")
    try:
        return watermarks(consumer, DECISIONS.name)[0][1]
    finally:
        consumer.close()
