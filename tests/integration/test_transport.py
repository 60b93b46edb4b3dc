"""The hole guard on a real broker: fetched batches are dropped between tiny and aborted transactions, and nothing is lost."""

import msgspec
import pytest

from connectors.contract import Fulfilment
from deploy import clients
from deploy.settings import Settings
from streams.ledger import Ledger
from streams.topics import COMMANDS, DECISIONS, FULFILMENTS
from tests.chain import Business, Worker, count, deliver, furnish, orders, read, working
from tests.conftest import until

BUSINESS = Business(partitions=4, nodes=1, skus=20)
ORDERS = 400
PATIENCE_S = 90.0
decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode


@pytest.fixture
def house(fresh_topics: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = fresh_topics.model_copy(update={"home": tmp_path_factory.mktemp("house")})
    furnish(settings, BUSINESS)
    return settings


def test_dropped_batches_are_brought_back(house: Settings) -> None:
    """Decisions come in transactions of one to six records, every fifth aborted first: their markers leave gaps that are no holes."""
    deliver(house, orders(BUSINESS, ORDERS))
    with working(house, "normalize"):
        until(lambda: count(house, COMMANDS.name) == ORDERS + len([*commands()]), PATIENCE_S)
    worker = Worker(house, "fulfil", program=("-m", "tests.integration.dropping", "worker")).await_ready()
    try:
        for partition in range(BUSINESS.partitions):
            decide_in_bits(house, partition)
        until(lambda: len(fulfilled(house)) == ORDERS, PATIENCE_S)
        assert sorted(fulfilled(house), key=int) == [str(number) for number in range(ORDERS)]
        assert worker.end() == 0
    finally:
        if worker.process.poll() is None:
            worker.kill()
    assert "a fetched batch was dropped; going back" in worker.log.read_text()


def commands() -> list[object]:
    return [command for number in range(BUSINESS.partitions) for command in BUSINESS.commands(number)]


def fulfilled(settings: Settings) -> list[str]:
    """Orders as fulfilled, once each whatever was repeated."""
    events = [decode_fulfilment(record.value) for record in read(settings, FULFILMENTS.name)]
    return [event.order for event in {event.id: event for event in events}.values()]


def decide_in_bits(settings: Settings, partition: int) -> None:
    producer = clients.producer(settings, transactional_id=f"bits-{partition}", enable_gapless_guarantee=False, linger_ms=1)
    producer.init_transactions(30)
    ledger = Ledger(partition)
    asked = [(found.offset, found.key, found.value) for found in read(settings, COMMANDS.name) if found.partition == partition]
    decided = ledger.decide(asked)
    for turn, start in enumerate(range(0, len(decided), 1 + partition)):
        for aborted in (True, False) if turn % 5 == 0 else (False,):
            producer.begin_transaction()
            for key, record in decided[start : start + 1 + partition]:
                producer.produce(DECISIONS.name, record, key, partition)
            if aborted:
                producer.flush(10)
                producer.abort_transaction(30)
            else:
                producer.commit_transaction(30)
