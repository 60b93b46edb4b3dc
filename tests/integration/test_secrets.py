"""What a whole run leaves behind for others to read: no secret in it, and nobody's name, address, number or street."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker import Broker
from deploy.lookup import topic_log
from deploy.retailer.people import customer
from deploy.settings import Settings
from streams.deadletter import DeadLetter, decode_dead_letter
from streams.read import Record
from streams.topics import CATALOGUE, DEAD_LETTERS, DECISIONS, RAW
from tests.integration.conftest import Demo
from tests.integration.prying import PRIED

PEOPLE = [customer(household) for household in range(1, 2_501)]
# the household is in every e-mail address, and all streets and numbers are of a few kinds
PERSONAL = re.compile(
    "|".join(
        [
            r"household-[0-9]+",
            r"\+1 555 01[0-9]{2}",
            *sorted({re.escape(person.street.partition(" ")[2]) for person in PEOPLE}),
            *sorted({re.escape(person.last) for person in PEOPLE if len(person.last) > 3}),
            *map(re.escape, PRIED),
        ]
    )
)


def secrets(settings: Settings) -> list[str]:
    """Every secret that this run knew: what signs webhooks, opens APIs, and seals people."""
    files = [*settings.secrets_dir.iterdir(), *settings.keys_dir.iterdir()]
    return [line for file in files for line in file.read_text().split() if line]


def told(text: str, settings: Settings) -> list[str]:
    """What of it must not be said, with some of what stands around it."""
    found = [text[max(0, at.start() - 60) : at.end() + 20] for at in PERSONAL.finditer(text)]
    return found[:5] + [secret[:8] for secret in secrets(settings) if secret in text]


@pytest.fixture(scope="module")
def left(demo: Demo) -> Iterator[dict[str, list[Record]]]:
    """Every topic that the demo left."""
    broker = Broker(demo.settings.home, demo.settings.kafka_port, demo.settings.cache)
    broker.start()
    try:
        log = topic_log(demo.settings)
        yield {
            topic.name: [record for batch in log.read(topic.name, log.low(topic.name), log.ends(topic.name)) for record in batch]
            for topic in CATALOGUE
        }
        log.close()
    finally:
        broker.stop()


def test_this_search_finds_what_is_there(demo: Demo, left: dict[str, list[Record]]) -> None:
    """The raw records hold all of it, as they came."""
    raw = b"\n".join(record.value for record in left[RAW.name]).decode(errors="replace")
    kinds = ("household-", "+1 555", *sorted({person.street.split()[-1] for person in PEOPLE}))

    assert [kind for kind in kinds if kind not in raw] == []
    assert told(raw, demo.settings)
    assert len(secrets(demo.settings)) > 4


def test_no_log_tells_a_person_or_a_secret(demo: Demo) -> None:
    logs = sorted(Path(demo.settings.home / "logs").glob("*"))

    assert {"gateway.log", "poll.log", "analytics.log", "worker-1.log"} <= {log.name for log in logs}
    assert {log.name: told(log.read_text(errors="replace"), demo.settings) for log in logs} == {log.name: [] for log in logs}
    assert told(demo.said, demo.settings) == []


def test_no_page_of_metrics_tells_a_person_or_a_secret(demo: Demo) -> None:
    pages = "\n".join(demo.pages)

    assert all(name in pages for name in ("yipan_gateway_requests", "yipan_poll_pages", "yipan_dead_letters"))
    assert told(pages, demo.settings) == []


def test_no_answer_repeats_what_it_refuses(demo: Demo) -> None:
    answers = "\n".join(demo.answers)

    assert {answer.split()[0] for answer in demo.answers} >= {"401", "404", "413"}
    assert told(answers, demo.settings) == []


def test_no_sentence_of_a_dead_letter_tells_a_person_or_a_secret(demo: Demo, left: dict[str, list[Record]]) -> None:
    letters: list[DeadLetter] = [decode_dead_letter(record.value) for record in left[DEAD_LETTERS.name]]
    said = "\n".join(f"{letter.code} {letter.sentence} {letter.key} {letter.shop}" for letter in letters)

    assert letters
    assert told(said, demo.settings) == []


def test_nothing_of_a_person_goes_further_than_raw_but_sealed(demo: Demo, left: dict[str, list[Record]]) -> None:
    further = [name for name in left if name not in {RAW.name, DEAD_LETTERS.name}]
    texts = {name: "\n".join(f"{record.key!r} {record.headers} {record.value.decode()}" for record in left[name]) for name in further}

    assert left[DECISIONS.name]
    assert {name: told(text, demo.settings) for name, text in texts.items()} == {name: [] for name in further}
