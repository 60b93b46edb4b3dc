"""Damage on a real broker: found, named with its place; the worker ends and decides nothing, however often it is started."""

from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from deploy import clients
from deploy.folding import fold_aside
from deploy.provision import ensure_topics
from deploy.settings import Settings
from deploy.worker import worker_clients, worker_config
from streams.agents.rebuild import LogDamaged, rebuild
from streams.decisions import Decision
from streams.ledger import Ordinary
from streams.snapshots import Origin, Snapshots, StoredFiles
from streams.topics import COMMANDS, DECISIONS
from streams.worker import Build
from tests.chain import Business, Worker, count, furnish, working
from tests.conftest import delete_topics, until

BUSINESS = Business(skus=5)
PATIENCE_S = 60.0
EXIT_FATAL = 3
BEHIND_A_HEAD = 100  # bytes; the head of a batch takes 61


@pytest.fixture
def house(fresh_topics: Settings, tmp_path: Path) -> Settings:
    """Everything is decided and committed, and the worker is gone."""
    settings = fresh_topics.model_copy(update={"home": tmp_path})
    furnish(settings, BUSINESS)
    with working(settings, "allocate"):
        until(lambda: committed(settings) == count(settings, COMMANDS.name), PATIENCE_S)
    return settings


def committed(settings: Settings) -> int:
    """Commands that the ledger has committed, over all partitions."""
    consumer = clients.consumer(settings, f"{worker_config(settings).name}-allocate")
    try:
        places = [TopicPartition(COMMANDS.name, partition) for partition in range(BUSINESS.partitions)]
        return sum(max(0, place.offset) for place in consumer.committed(places, 15))
    finally:
        consumer.close()


def a_foreign_record(settings: Settings, partition: int) -> None:
    producer = clients.producer(settings)
    producer.produce(DECISIONS.name, b'{"level": "info", "message": "hello"}', b"somebody", partition)
    assert producer.flush(10) == 0


def a_flipped_bit(settings: Settings, partition: int) -> None:
    """On the broker's disk, in what was acknowledged long ago."""
    [segment] = (settings.home / "kafka" / "data" / f"{DECISIONS.name}-{partition}").glob("*.log")
    with segment.open("r+b") as file:
        file.seek(BEHIND_A_HEAD)
        byte = file.read(1)[0]
        file.seek(BEHIND_A_HEAD)
        file.write(bytes([byte ^ 1]))


def deleted_records(settings: Settings, partition: int) -> None:
    admin = clients.admin(settings)
    for future in admin.delete_records([TopicPartition(DECISIONS.name, partition, 2)]).values():
        future.result(10)


DAMAGE: tuple[tuple[Callable[[Settings, int], None], str], ...] = (
    (a_foreign_record, r"decisions\[?.0\]?, offset \d+: not a decision"),
    (a_flipped_bit, r"decisions\[1\]: .* offset \d+ .* failed CRC32C check"),
    (deleted_records, r"decisions\[2\] starts at offset 2, the records before it are deleted"),
)


def test_damage_is_named_and_the_worker_ends_before_it_decides(house: Settings, kafka: Settings) -> None:
    build = Build(worker_config(house), worker_clients(house), Snapshots(StoredFiles(house.home / "none"), Origin("", "")))
    for partition, (damage, sentence) in enumerate(DAMAGE):
        damage(kafka, partition)
        with pytest.raises(LogDamaged, match=sentence) as here:
            rebuild(build.log(), build.snapshots, partition, lambda: True, lambda ledger, decision: None)
        with pytest.raises(LogDamaged) as aside:
            fold_aside(house, build.snapshots.origin, partition, lambda: True)
        assert str(aside.value) == str(here.value)
    said = ended(house)
    assert "ending: nothing can be decided: decisions" in said


def test_a_process_leaves_a_snapshot_of_the_log_that_it_folds(house: Settings) -> None:
    snapshots = Snapshots(StoredFiles(house.snapshots_url), Origin("harbor", "decisions-1"))
    build = Build(worker_config(house), worker_clients(house), snapshots)
    fold_aside(house, snapshots.origin, 0, lambda: True)
    seen: list[Decision | Ordinary] = []
    found = rebuild(build.log(), snapshots, 0, lambda: True, lambda _, decision: seen.append(decision))
    whole = rebuild(build.log(), Snapshots(StoredFiles(house.home / "none"), snapshots.origin), 0, lambda: True, lambda *_: None)
    assert found is not None
    assert whole is not None
    assert (found.position, found.ledger.dump()) == (whole.position, whole.ledger.dump())
    assert (seen, whole.folded > 0) == ([], True)


def test_a_topic_of_decisions_that_was_made_anew_is_not_taken_for_a_beginning(house: Settings) -> None:
    delete_topics(house, {DECISIONS.name})
    ensure_topics(clients.admin(house), house)
    assert "but commands up to" in ended(house)
    assert count(house, DECISIONS.name) == 0


def ended(settings: Settings) -> str:
    """What a worker says that does not get as far as deciding."""
    worker = Worker(settings, "allocate")
    try:
        assert worker.process.wait(PATIENCE_S) == EXIT_FATAL
    finally:
        worker.kill()
    return worker.log.read_text()
