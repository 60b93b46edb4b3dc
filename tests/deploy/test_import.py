"""What an import tells the ledger and `reference`: the difference, in order, once, and again after a crash."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.contract import Millis
from deploy import clients
from deploy.business import Imported, publish_business
from deploy.faults import Fault
from deploy.settings import Settings
from streams.commands import (
    AnnounceSupply,
    Command,
    CountStock,
    SetListing,
    SetNode,
    SetPolicy,
    SetSegment,
    SetShop,
    decode_command,
)
from streams.follow import Follower
from streams.reference import Reference
from tables.policy import Policy, decode_policy
from tests.deploy.halyard import Folder
from tests.deploy.importing import PARTITIONS, Broker, publish


def counted(commands: list[Command]) -> dict[tuple[str, str], int]:
    return {(at.node, sku): units for at in commands if isinstance(at, CountStock) for sku, units in at.lines}


def test_the_ledger_hears_of_everything_in_the_order_it_needs_it(folder: Folder) -> None:
    broker = Broker()

    publish(folder, broker)

    kinds = list(dict.fromkeys(type(command) for _, command in broker.commands))
    assert kinds == [SetSegment, SetNode, SetShop, SetPolicy, SetListing, CountStock, AnnounceSupply]
    assert [command.cause for _, command in broker.commands] == [("import", 0, 1_000, ordinal) for ordinal in range(len(broker.commands))]
    assert counted(broker.heard())["austin-shop", "POT-CLAY"] == 12
    assert sorted(broker.reference.shops) == ["halyard-desk", "halyard-outlet", "halyard-trade", "halyard-web", "halyard-wms"]
    assert broker.reference.pools["us"].partition == 0


def test_a_warehouse_feed_sells_nothing_so_the_ledger_hears_nothing_of_it(folder: Folder) -> None:
    broker = Broker()

    publish(folder, broker)

    assert "halyard-wms" not in {command.shop.shop for _, command in broker.commands if isinstance(command, SetShop)}


def test_the_same_folder_again_publishes_nothing(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    before = len(broker.commands)

    again = publish(folder, broker, now=2_000)

    assert isinstance(again, Imported)
    assert (again.version, again.published) == (1_000, {})
    assert len(broker.commands) == before


def test_a_changed_folder_publishes_only_the_difference(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    broker.commands.clear()
    folder.spoil("stock.csv", "reno-dc,POT-CLAY,60", "reno-dc,POT-CLAY,75").spoil("nodes.csv", "-97.74,5", "-97.74,4")

    outcome = publish(folder, broker, now=2_000)

    [set_node, count] = broker.heard()
    assert isinstance(set_node, SetNode)
    assert set_node.node.priority == 4
    assert isinstance(count, CountStock)
    assert count.lines == (("POT-CLAY", 75),)
    assert isinstance(outcome, Imported)
    assert outcome.published == {"node": 1, "stock": 1}


def test_versions_rise_even_when_the_clock_does_not(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker, now=5_000)
    folder.spoil("stock.csv", "POT-CLAY,60", "POT-CLAY,61")

    outcome = publish(folder, broker, now=4_000)

    assert isinstance(outcome, Imported)
    assert outcome.version == 5_001


def test_a_row_left_out_says_nothing(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    broker.commands.clear()

    publish(folder.spoil("stock.csv", "reno-dc,POT-CLAY,60\n", ""), broker, now=2_000)
    publish(folder.spoil("stock.csv", "reno-dc,CUP-CLAY,180\n", "reno-dc,CUP-CLAY,180\nreno-dc,POT-CLAY,60\n"), broker, now=3_000)

    assert broker.commands == []


def test_a_node_left_out_is_as_near_as_it_was(folder: Folder) -> None:
    """It still sells, so orders must still know how far it is."""
    broker = Broker()
    publish(folder, broker)
    before = policies(broker)[-1].distances["US-NY"]
    folder.spoil("nodes.csv", "chicago-dealer,us,dealer,US-IL,Chicago,41.88,-87.63,9,confirm,USD,800\n", "")
    folder.spoil("stock.csv", "chicago-dealer,SENCHA-100,96\nchicago-dealer,OOLONG-100,96\n", "")

    publish(folder.spoil("policy.yaml", "max_splits: 2", "max_splits: 1"), broker, now=2_000)

    after = policies(broker)[-1]
    assert "chicago-dealer" in before
    assert (after.distances["US-NY"], after.rule.max_splits) == (before, 1)


def policies(broker: Broker) -> list[Policy]:
    return [decode_policy(command.policy) for command in broker.heard() if isinstance(command, SetPolicy)]


def test_long_stock_lists_come_as_documents_of_500_lines(folder: Folder) -> None:
    broker = Broker()
    folder.write("stock.csv", "node,sku,on_hand\n" + "".join(f"reno-dc,TEA-{number},7\n" for number in range(1_001)))

    publish(folder, broker)

    documents = [command for command in broker.heard() if isinstance(command, CountStock)]
    assert [(at.document, len(at.lines)) for at in documents] == [
        ("import/1000/reno-dc#1", 500),
        ("import/1000/reno-dc#2", 500),
        ("import/1000/reno-dc#3", 1),
    ]
    assert {at.counted_at for at in documents} == {0}


@pytest.mark.parametrize("taken", range(0, 64, 3))
def test_the_same_folder_goes_on_after_a_crash_as_if_there_had_been_none(folder: Folder, taken: int) -> None:
    smooth, broken = Broker(), Broker()
    publish(folder, smooth)
    broken.restart(dies_after=taken)

    with pytest.raises(KafkaException):
        publish(folder, broken)
    broken.restart()
    publish(folder, broken, now=2_000)

    assert [(type(at), at.cause[3]) for at in broken.heard()] == [(type(at), at.cause[3]) for at in smooth.heard()]
    assert counted(broken.heard()) == counted(smooth.heard())
    assert broken.reference.shops.keys() == smooth.reference.shops.keys()
    broken.commands.clear()
    publish(folder, broken, now=3_000)
    assert broken.commands == []


@pytest.mark.parametrize("taken", range(8))
def test_what_a_cut_off_import_changed_is_said_again_by_the_next_one(folder: Folder, taken: int) -> None:
    broker = Broker()
    publish(folder, broker)
    folder.spoil("stock.csv", "reno-dc,POT-CLAY,60", "reno-dc,POT-CLAY,1")
    broker.restart(dies_after=taken)
    with suppress(KafkaException):
        publish(folder, broker, now=2_000)
    broker.restart()

    publish(folder.spoil("stock.csv", "reno-dc,POT-CLAY,1", "reno-dc,POT-CLAY,60"), broker, now=3_000)

    assert counted(broker.heard())["reno-dc", "POT-CLAY"] == 60


def test_a_shop_keeps_its_pool_for_life(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)
    before = len(broker.commands)
    folder.spoil("nodes.csv", "chicago-dealer,us", "chicago-dealer,eu").spoil(
        "shops.yaml", "pool: us\n  segment: b2b", "pool: eu\n  segment: b2b"
    )
    folder.write("segments.yaml", "- {pool: us, segment: b2c}\n- {pool: us, segment: b2b}\n- {pool: eu, segment: b2b}\n")

    problems = publish(folder, broker, now=2_000)

    assert isinstance(problems, list)
    assert [(problem.file, problem.line) for problem in problems] == [("nodes.csv", 7), ("shops.yaml", 27)]
    assert "for life" in problems[1].sentence
    assert len(broker.commands) == before


def test_another_number_of_partitions_is_refused(folder: Folder) -> None:
    broker = Broker()
    publish(folder, broker)

    problems = publish(folder, broker, now=2_000, partitions=8)

    assert isinstance(problems, list)
    assert "YIPAN_PARTITIONS=4" in problems[0].sentence


def test_pools_spread_over_partitions_and_stay_where_they_are(folder: Folder) -> None:
    broker = Broker()
    names = ["us", "eu", "cn", "br", "jp"]
    folder.write("nodes.csv", "node,pool\n" + "".join(f"{name}-dc,{name}\n" for name in names))
    folder.write("shops.yaml", "".join(f"- {{shop: {name}, channel: shopify, pool: {name}, segment: all}}\n" for name in names))
    folder.write("segments.yaml", "".join(f"- {{pool: {name}, segment: all, ratio: 1}}\n" for name in names))
    folder.write("listings.csv", "shop,listing,sku,units\n").write("stock.csv", "node,sku,on_hand\nus-dc,TEA,1\n").write(
        "incoming.csv", "node,reference,sku,units,expected\n"
    )
    folder.write("policy.yaml", "name: plain\n")

    publish(folder, broker)

    assert [broker.reference.pools[name].partition for name in names] == [0, 1, 2, 3, 0]
    assert {command.pool: partition for partition, command in broker.commands} == {"us": 0, "eu": 1, "cn": 2, "br": 3, "jp": 0}


def test_a_secret_is_kept_for_this_user_alone_and_never_published(folder: Folder) -> None:
    broker = Broker()

    publish(folder, broker)

    kept = folder.path.parent / "kept" / "halyard-web"
    assert kept.read_bytes() == b"example-secret-of-halyard-web"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "example-secret" not in repr((broker.commands, broker.reference.imports, broker.reference.shops))


def test_an_import_reaches_a_real_broker_and_is_read_back(folder: Folder, fresh_topics: Settings, tmp_path: Path) -> None:
    producer = clients.producer(fresh_topics)
    business = folder.business()

    publish_business(business, Reference(), producer, partitions=PARTITIONS, now=Millis(1_000), secrets_dir=tmp_path / "kept")

    follower = Follower(clients.consumer(fresh_topics, "reads-the-import"))
    reference = follower.load()
    follower.stop()
    again = publish_business(business, reference, producer, partitions=PARTITIONS, now=Millis(2_000), secrets_dir=tmp_path / "kept")
    assert isinstance(again, Imported)
    assert again.published == {}
    assert reference.listings["halyard-outlet", "Two cups"].parts == (("CUP-CLAY", 2),)
    assert {type(decode_command(value)) for value in values(clients.consumer(fresh_topics, "reads"), 0)} >= {SetPolicy, CountStock}


def values(consumer: Consumer, partition: int) -> Iterator[bytes]:
    """What stands in this partition of `commands` now."""
    _, end = consumer.get_watermark_offsets(TopicPartition("commands", partition), timeout=30)
    consumer.assign([TopicPartition("commands", partition, 0)])
    messages = consumer.consume(end, 30)
    consumer.close()
    yield from (message.value() or b"" for message in messages)


def test_a_broker_that_does_not_answer_is_a_fault_with_a_sentence(folder: Folder, tmp_path: Path) -> None:
    producer = clients.producer(Settings(_env_file=None, kafka="127.0.0.1:1"), **{"delivery_timeout_ms": 200, "linger_ms": 0})

    with pytest.raises(Fault, match="do the same again"):
        publish_business(folder.business(), Reference(), producer, partitions=PARTITIONS, now=Millis(1), secrets_dir=tmp_path / "kept")
