"""One writer a partition: whoever was paused, and whatever it still holds, cannot reach the log of decisions."""

import signal
from functools import partial

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from msgspec import structs

from deploy import clients
from deploy.settings import Settings
from streams.ledger import Ledger
from streams.produce import Outgoing, Transactions, transactions
from streams.topics import COMMANDS, DECISIONS
from tests.chain import Business, Worker, count, deliver, furnish, orders, read, working
from tests.conftest import until

BUSINESS = Business()
PATIENCE_S = 60.0


@pytest.fixture
def house(fresh_topics: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = fresh_topics.model_copy(update={"home": tmp_path_factory.mktemp("house")})
    furnish(settings, BUSINESS)
    return settings


def writer(settings: Settings, partition: int) -> Transactions:
    """A writer of that partition's decisions as a worker has it, shutting out all before."""
    made = transactions(partial(clients.producer, settings), f"yipan-allocate-{partition}")
    assert made.fence(lambda: True)
    return made


def decided(settings: Settings, ledger: Ledger, partition: int, until_offset: int) -> list[Outgoing]:
    """The next decisions of a ledger over what `commands` holds, up to an offset."""
    commands = [record for record in read(settings, COMMANDS.name) if record.partition == partition and record.offset <= until_offset]
    return [
        Outgoing(DECISIONS.name, partition, key, record) for key, record in ledger.decide([(c.offset, c.key, c.value) for c in commands])
    ]


def assert_all_decided(settings: Settings) -> None:
    """Every command has one decision, in order, and it is to the byte what deciding all of them again gives. The owner may send itself
    a tick at any time: so decisions are read first, and compared with as many commands."""
    wanted = count(settings, COMMANDS.name)
    until(lambda: count(settings, DECISIONS.name) >= wanted, PATIENCE_S)
    found, asked = read(settings, DECISIONS.name), read(settings, COMMANDS.name)
    for partition in range(BUSINESS.partitions):
        decisions = [(record.key, record.value) for record in found if record.partition == partition]
        commands = [(record.offset, record.key, record.value) for record in asked if record.partition == partition]
        assert decisions == Ledger(partition).decide(commands[: len(decisions)])


def test_a_late_transaction_of_a_paused_writer_is_refused_and_harmless(house: Settings) -> None:
    zombie, state = writer(house, 0), Ledger(0)
    zombie.write(decided(house, state, 0, until_offset=2))
    held = decided(house, state, 0, until_offset=4)  # decided, and then it froze
    assert len(held) == 2
    with working(house, "allocate"):
        assert_all_decided(house)
        with pytest.raises(KafkaException, match=r"(?i)fenced|newer producer"):
            zombie.write(held)
        assert_all_decided(house)  # each command once, as deciding all of them anew gives: nothing of the zombie's


def test_a_transaction_left_open_by_the_last_owner_is_undone(house: Settings) -> None:
    producer = clients.producer(house, transactional_id="yipan-allocate-0", enable_gapless_guarantee=False)
    producer.init_transactions(30)
    producer.begin_transaction()
    produce(producer, decided(house, Ledger(0), 0, until_offset=2))
    producer.flush(10)
    with working(house, "allocate"):
        assert_all_decided(house)


def test_what_a_paused_writer_had_on_its_way_is_refused_when_it_lands_after_the_new_owner_has_loaded(house: Settings) -> None:
    """The first half of its transaction lies in the log when it freezes, the second half is sent only when it wakes up."""
    waits = {"linger_ms": 200_000, "delivery_timeout_ms": 300_000, "transaction_timeout_ms": 300_000}
    zombie = clients.producer(house, transactional_id="yipan-allocate-0", enable_gapless_guarantee=False, **waits)
    zombie.init_transactions(30)
    zombie.begin_transaction()
    landed, *on_their_way = otherwise(decided(house, Ledger(0), 0, until_offset=3))
    produce(zombie, [landed])
    assert zombie.flush(10) == 0
    produce(zombie, on_their_way)
    with working(house, "allocate"):
        assert_all_decided(house)
        with pytest.raises(KafkaException, match=r"(?i)fenced|newer producer"):
            zombie.commit_transaction(30)
        assert_all_decided(house)
    uncommitted = [record.value for record in read(house, DECISIONS.name, "read_uncommitted")]
    assert landed.value in uncommitted
    assert not {late.value for late in on_their_way} & {*uncommitted}


def otherwise(decisions: list[Outgoing]) -> list[Outgoing]:
    """As another version of the code would have written them: not the bytes that the new owner writes."""
    return [structs.replace(one, value=one.value.replace(b'"decider":', b'"decider":9')) for one in decisions]


def produce(producer: Producer, decisions: list[Outgoing]) -> None:
    for one in decisions:
        producer.produce(one.topic, one.value, one.key, one.partition)


def test_a_worker_that_was_paused_beyond_its_session_does_no_harm(house: Settings) -> None:
    with working(house, "allocate") as paused, working(house, "allocate"):
        deliver_commands(house)
        paused.signal(signal.SIGSTOP)
        try:
            assert_all_decided(house)
        finally:
            paused.signal(signal.SIGCONT)
        deliver_commands(house, first=500)
        assert_all_decided(house)
        assert paused.end() in (0, 3)


def deliver_commands(settings: Settings, first: int = 0) -> None:
    """Orders as commands, normalized by a worker that comes and goes."""
    wanted = count(settings, COMMANDS.name) + 500
    deliver(settings, orders(BUSINESS, 500, first=first))
    with working(settings, "normalize"):
        until(lambda: count(settings, COMMANDS.name) >= wanted, PATIENCE_S)


def test_a_ledger_dies_rather_than_decide_on_a_log_that_lost_records(house: Settings) -> None:
    """`commands` up to an offset were decided by what was committed, and the decisions are not there."""
    until(lambda: committed(house, 0, 4), PATIENCE_S)
    worker = Worker(house, "allocate")
    try:
        assert worker.process.wait(PATIENCE_S) == 3
    finally:
        worker.kill()
    assert "decisions[0] ends with command -1, but commands up to 3 were decided" in worker.log.read_text()
    assert not [record for record in read(house, DECISIONS.name) if record.partition == 0]


def committed(settings: Settings, partition: int, offset: int) -> bool:
    """Whether that could be committed for the ledger: not while a worker of an earlier test still counts as a member."""
    consumer = clients.consumer(settings, "yipan-allocate")
    try:
        consumer.commit(offsets=[TopicPartition(COMMANDS.name, partition, offset)], asynchronous=False)
    except KafkaException:
        return False
    finally:
        consumer.close()
    return True
