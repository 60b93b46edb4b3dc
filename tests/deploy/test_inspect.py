"""The commands that look into the topics of a real broker, and the one that sends dead letters in again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from typer.testing import CliRunner

from connectors.courier import Consumed
from deploy import cli, clients
from deploy.checking import patience
from deploy.delivering import letter
from deploy.settings import Settings
from streams.deadletter import decode_dead_letter
from streams.read import KafkaLog, read_topic
from tests.story import Story, key, line, one_shop
from tests.streams.logs import Logs
from tests.streams.shopping import busy_day

Answer = Callable[..., Any]
PARTITION = 2


@pytest.fixture(scope="module")
def day() -> Story:
    return busy_day()


@pytest.fixture
def yipan(fresh_topics: Settings, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Runs a command with --json; returns what it printed, decoded, or its exit code and sentence where it failed."""
    monkeypatch.setenv("YIPAN_KAFKA", fresh_topics.kafka)

    def run(*arguments: str, code: int = 0) -> Any:
        answer = CliRunner().invoke(cli.app, [*arguments, "--json"])
        assert answer.exit_code == code, answer.exception
        return json.loads(answer.stdout) if answer.stdout else str(answer.exception)

    return run


def write(settings: Settings, logs: Logs) -> None:
    """Each topic of the story into one partition, as it would have been written: decisions in transactions, which leave markers."""
    plain, ledger = clients.producer(settings), clients.producer(settings, transactional_id="test-inspect")
    ledger.init_transactions()
    topics = logs.topics()
    for topic in ("raw", "commands", "fulfilments", "dead-letters"):
        for record in topics[topic][0]:
            value = record.value.replace(b'"partition":0', b'"partition":%d' % PARTITION, 1)
            plain.produce(topic, value.replace(b'"raw",0,', b'"raw",%d,' % PARTITION, 1), record.key, PARTITION, headers=[("shop", b"web")])
    plain.flush()
    decisions = topics["decisions"][0]
    for start in range(0, len(decisions), 25):
        ledger.begin_transaction()
        for record in decisions[start : start + 25]:
            ledger.produce("decisions", record.value, record.key, PARTITION)
        ledger.commit_transaction()


def moved(story: Story) -> Logs:
    """The logs of a story as those of our partition."""
    logs = Logs(story)
    for at, decision in enumerate(logs.decisions):
        source, _, offset, ordinal = decision.cause
        logs.change(at, cause=(source, PARTITION, offset, ordinal))
    return logs


def test_a_sound_day_is_checked_on_a_broker(fresh_topics: Settings, yipan: Answer, day: Story) -> None:
    write(fresh_topics, moved(day))

    report = yipan("check", "--wait", "0")

    assert (report["invariants"], report["lost"], report["oversold"], report["pending"]) == ("ok", 0, 0, {})
    assert report["raw_records"] == report["decisions"] == len(day.records)
    assert report["fulfilments"] > 60


def test_a_broken_day_is_an_exit_code(fresh_topics: Settings, yipan: Answer, day: Story) -> None:
    logs = moved(day)
    del logs.told[2]
    write(fresh_topics, logs)

    report = yipan("check", "--wait", "0", code=1)

    assert report["lost"] == 1
    assert [violation["invariant"] for violation in report["violations"]] == ["fulfilments"]


def test_empty_topics_are_sound(yipan: Answer) -> None:
    assert yipan("check")["invariants"] == "ok"


def test_what_a_stage_has_committed_is_looked_at(fresh_topics: Settings, yipan: Answer, day: Story) -> None:
    """The last ten commands are not decided; a commit says that they are."""
    logs = moved(day)
    del logs.decisions[-10:]
    logs.told = [told for told in logs.told if told.src_offset < len(logs.decisions)]
    write(fresh_topics, logs)
    assert yipan("check")["pending"] == {"commands": 10}

    _commit(fresh_topics, "yipan-allocate", "commands", len(day.commands))

    assert "commits" in yipan("check", code=1)["invariants"]


def _commit(settings: Settings, group: str, topic: str, offset: int) -> None:
    from confluent_kafka import TopicPartition

    consumer = clients.consumer(settings, group)
    consumer.commit(offsets=[TopicPartition(topic, PARTITION, offset)], asynchronous=False)
    consumer.close()


def test_an_order_and_its_story_are_found(fresh_topics: Settings, yipan: Answer, day: Story) -> None:
    write(fresh_topics, moved(day))

    assert yipan("order", "big")["status"]["status"] == "reserved"
    story = yipan("explain", key("10"))
    assert [chapter["asked"] for chapter in story["chapters"]] == ["PlaceOrder", "CancelOrder"]
    assert "Several orders" not in yipan("order", "nobody's", code=1)


@pytest.mark.parametrize("command", ["order", "explain"])
def test_a_person_can_read_it(command: str, fresh_topics: Settings, yipan: Answer, day: Story) -> None:
    write(fresh_topics, moved(day))

    answer = CliRunner().invoke(cli.app, [command, "10"], catch_exceptions=False)

    assert "acme/web/10" in answer.stdout
    assert "do not ship (cancelled)" in answer.stdout


def test_a_dead_letter_is_listed_shown_and_sent_in_again(fresh_topics: Settings, yipan: Answer, day: Story) -> None:
    logs = moved(day)
    logs.raw += 2
    logs.ignore(logs.raw - 2)
    logs.ignore(logs.raw - 1, code="truncated", verdict="rejected")
    write(fresh_topics, logs)

    assert [count["code"] for count in yipan("dead-letters", "list")["counts"]] == ["ping", "truncated"]
    shown = yipan("dead-letters", "show", f"{PARTITION}:1")
    assert (shown["code"], shown["original"]) == ("truncated", f"raw[{PARTITION}]@{logs.raw - 1}")
    assert "body" not in shown
    assert yipan("dead-letters", "show", f"{PARTITION}:1", "--body")["body"] == "{}"

    assert yipan("dead-letters", "replay") == {"would_send": 1, "kept_back": {}}
    before = raw_records(fresh_topics)
    assert yipan("dead-letters", "replay", "--yes") == {"sent": 1, "kept_back": {}}
    assert raw_records(fresh_topics) == before + 1


def test_a_fulfilment_that_its_partner_did_not_take_goes_to_it_again(fresh_topics: Settings, yipan: Answer) -> None:
    story = one_shop({"reno": {"CUP": 9}})
    story.place("1", line("CUP", 3))
    logs = moved(story)
    [told] = logs.topics()["fulfilments"][0]
    value = told.value.replace(b'"partition":0', b'"partition":%d' % PARTITION)
    refused = letter(Consumed(PARTITION, 0, told.key, told.headers, value), "http_422", "No.")
    logs.letters.append(decode_dead_letter(refused))
    write(fresh_topics, logs)

    assert yipan("order", "1")["stopped"][0]["code"] == "http_422"
    assert yipan("dead-letters", "replay", "--yes") == {"sent": 1, "kept_back": {}}

    ends = clients.consumer(fresh_topics, "test-inspect").get_watermark_offsets(TopicPartition("fulfilments", PARTITION), timeout=10)
    assert ends == (0, 2)
    assert yipan("check", "--wait", "0")["violations"] == []


def raw_records(settings: Settings) -> int:
    return len(list(read_topic(clients.consumer(settings, "test-inspect", enable_partition_eof=True), "raw")))


@pytest.mark.parametrize("place", ["17", "0:", "a:b", "0:9999"])
def test_a_place_without_a_dead_letter_is_a_sentence(place: str, yipan: Answer) -> None:
    assert "dead letter" in yipan("dead-letters", "show", place, code=1)


def test_patience_ends() -> None:
    assert patience(-1)() is False


def test_a_log_asks_only_once_it_is_used(kafka: Settings) -> None:
    KafkaLog(lambda: pytest.fail("no consumer is needed yet")).close()
