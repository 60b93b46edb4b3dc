"""`reference` is read whole before anything is looked up in it, and followed after."""

import pytest
from confluent_kafka import KafkaException

from deploy import clients
from deploy.settings import Settings
from streams.follow import Follower
from streams.reference import NodeRecord, encode_reference
from streams.topics import REFERENCE
from tests.conftest import free_port, make_settings, until


def write(settings: Settings, *entries: tuple[str, bytes | None]) -> None:
    producer = clients.producer(settings)
    for key, value in entries:
        producer.produce(REFERENCE.name, value, key, 0)
    assert producer.flush(30) == 0


def node(name: str, pool: str = "east") -> tuple[str, bytes]:
    return f"node/{name}", encode_reference(NodeRecord(node=name, pool=pool))


def test_an_empty_topic_is_loaded_at_once(fresh_topics: Settings) -> None:
    follower = Follower(clients.consumer(fresh_topics, "tests"))
    assert follower.load(5).nodes == {}
    follower.stop()


def test_all_of_it_is_there_after_loading_and_changes_follow(fresh_topics: Settings) -> None:
    write(fresh_topics, *(node(f"n{number}") for number in range(3_000)), ("node/n7", None), ("weather/sun", b'{"type":"weather"}'))
    follower = Follower(clients.consumer(fresh_topics, "tests"))
    nodes = follower.load().nodes
    assert len(nodes) == 2_999
    assert "n7" not in nodes
    follower.start()
    write(fresh_topics, ("broken", b"{"), node("n7", "west"), ("node/n8", None))
    until(lambda: "n8" not in nodes, 10)
    assert nodes["n7"].pool == "west"
    follower.stop()


def test_a_follower_that_is_only_started_loads_by_itself(fresh_topics: Settings) -> None:
    write(fresh_topics, node("shanghai"))
    follower = Follower(clients.consumer(fresh_topics, "tests"))
    follower.start()
    assert follower.loaded.wait(10)
    assert "shanghai" in follower.reference.nodes
    follower.stop()


def test_without_a_broker_loading_says_so() -> None:
    follower = Follower(clients.consumer(make_settings(kafka=f"127.0.0.1:{free_port()}"), "tests"))
    with pytest.raises(KafkaException):
        follower.load(0.2)
    assert not follower.loaded.is_set()
    follower.stop()
