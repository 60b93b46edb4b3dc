"""A worker begins when its broker is there, refuses a broker that does not fit, and says that it is ready once."""

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams import worker
from streams.snapshots import Origin
from streams.topics import CATALOGUE
from streams.worker import Gate, WrongPartitions, await_broker


class Admin:
    """A broker that is away for the first `away` questions; each topic has so many partitions."""

    def __init__(self, away: int = 0, **partitions: int) -> None:
        self._away = away
        self._partitions = {topic.name: 1 if topic.fixed else 4 for topic in CATALOGUE} | partitions

    def list_topics(self, timeout: float) -> Any:
        if self._away:
            self._away -= 1
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        topics = {name: SimpleNamespace(partitions=range(count)) for name, count in self._partitions.items()}
        return SimpleNamespace(topics=topics, cluster_id="harbor")

    def describe_topics(self, topics: Any) -> Any:
        return {"decisions": SimpleNamespace(result=lambda timeout: SimpleNamespace(topic_id="d-1"))}


def awaited(admin: Any) -> Origin:
    return await_broker(admin, partitions=4)


def test_a_broker_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BROKER_RETRY_S", 0)
    assert awaited(Admin(away=3)) == Origin("harbor", "d-1")


def test_stages_refuse_to_start_on_another_number_of_partitions() -> None:
    with pytest.raises(WrongPartitions, match="commands has 6 partitions, but 4 are set"):
        awaited(Admin(commands=6))


def test_a_worker_is_ready_once_all_it_runs_has_begun() -> None:
    told: list[str] = []
    gate = Gate(["app", "ledger"], lambda: told.append("ready"))
    gate.passed("ledger")
    gate.passed("ledger")
    assert told == []
    gate.passed("app")
    gate.passed("app")
    assert told == ["ready"]
