"""The broker's program is fetched once a machine, also over a line that breaks off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import jars
from deploy.faults import Fault


class Central:
    """Stands for Maven Central: each fetch writes a file, and the line breaks off in those that `breaks` says."""

    def __init__(self, *breaks: bool) -> None:
        self._breaks: Iterator[bool] = iter(breaks)
        self.fetches = 0

    def resolve(self, partial: Path) -> list[Path]:
        self.fetches += 1
        maven = partial / "maven"
        maven.mkdir(parents=True, exist_ok=True)
        jar = maven / "kafka.jar"
        if jar.exists():
            return [jar]
        jar.write_text("half")
        if next(self._breaks, False):
            raise ConnectionError("the line broke off")
        jar.write_text("whole")
        return [jar]


@pytest.fixture
def central(monkeypatch: pytest.MonkeyPatch) -> Central:
    central = Central()
    monkeypatch.setattr(jars, "_resolve", central.resolve)
    return central


def test_the_second_start_fetches_nothing(central: Central, tmp_path: Path) -> None:
    first = jars.kafka_jars(tmp_path)

    assert jars.kafka_jars(tmp_path) == first
    assert central.fetches == 1
    assert [jar.read_text() for jar in first] == ["whole"]


def test_a_torn_file_is_never_taken_for_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    central = Central(True, True, False)
    monkeypatch.setattr(jars, "_resolve", central.resolve)

    assert [jar.read_text() for jar in jars.kafka_jars(tmp_path)] == ["whole"]


def test_without_a_network_there_is_a_sentence_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jars, "_resolve", Central(*[True] * jars.ATTEMPTS).resolve)

    with pytest.raises(Fault, match="Check the network and start again; or set YIPAN_KAFKA"):
        jars.kafka_jars(tmp_path)
