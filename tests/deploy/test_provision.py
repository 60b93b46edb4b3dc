"""Topics are made once, and a broker whose partitions do not fit is refused."""

import pytest

from deploy import clients, provision
from deploy.faults import Fault
from deploy.provision import ensure_topics, partitions
from deploy.settings import Settings
from streams.topics import CATALOGUE, COMMANDS, REFERENCE
from tests.conftest import delete_topics


def test_every_topic_of_the_catalogue_is_there_with_its_partitions(kafka: Settings) -> None:
    there = partitions(clients.admin(kafka))

    assert there.keys() >= {topic.name for topic in CATALOGUE}
    assert there[COMMANDS.name] == kafka.partitions
    assert there[REFERENCE.name] == 1


def test_topics_that_are_there_are_left_alone(kafka: Settings) -> None:
    assert ensure_topics(clients.admin(kafka), kafka) == ()


def test_a_topic_that_was_lost_is_made_again(fresh_topics: Settings) -> None:
    delete_topics(fresh_topics, {COMMANDS.name})

    assert ensure_topics(clients.admin(fresh_topics), fresh_topics) == (COMMANDS.name,)


def test_another_number_of_partitions_is_refused_with_what_to_do(kafka: Settings) -> None:
    wanted = kafka.model_copy(update={"partitions": 16})

    with pytest.raises(Fault, match=r"has 4 partitions where 16 are set.*set YIPAN_PARTITIONS=4"):
        ensure_topics(clients.admin(wanted), wanted)


def test_a_broker_that_is_away_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "ANSWER_S", 0.3)
    away = Settings(kafka="127.0.0.1:1")

    with pytest.raises(Fault, match="start one with `yipan up`"):
        ensure_topics(clients.admin(away), away)
