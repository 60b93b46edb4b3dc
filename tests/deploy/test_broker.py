"""The embedded broker keeps its data, comes back after a kill and says what is in its way."""

import os
import signal
import socket
from pathlib import Path

import pytest

from deploy import broker as module
from deploy import process
from deploy.broker import Broker, check_port, check_room
from deploy.faults import Fault
from deploy.settings import Settings
from tests.conftest import free_port

CACHE = Settings().cache


def cluster_id(home: Path) -> str:
    lines = (home / "kafka" / "data" / "meta.properties").read_text().splitlines()
    return next(line for line in lines if line.startswith("cluster.id"))


def test_the_next_start_finds_the_data_and_ends_an_orphan(tmp_path: Path) -> None:
    first, second = Broker(tmp_path, free_port(), CACHE), Broker(tmp_path, free_port(), CACHE)
    first.start()
    left_over = process.orphan(tmp_path / "run" / "kafka.pid")
    kept = cluster_id(tmp_path)

    second.start()

    assert left_over
    assert process.birth(left_over) == ""
    assert cluster_id(tmp_path) == kept
    first.stop()
    second.stop()
    assert second.exit_code() == 0


def test_a_stopped_broker_holds_no_port(tmp_path: Path) -> None:
    broker = Broker(tmp_path, free_port(), CACHE)
    broker.start()

    broker.stop()

    check_port(broker.port, "YIPAN_KAFKA_PORT")
    check_port(broker.port + 1, "YIPAN_KAFKA_PORT")


def test_a_broker_that_was_killed_is_noticed(tmp_path: Path) -> None:
    broker = Broker(tmp_path, free_port(), CACHE)
    broker.start()
    pid = process.orphan(tmp_path / "run" / "kafka.pid")
    assert pid

    os.kill(pid, signal.SIGKILL)
    while broker.exit_code() is None:
        pass

    assert broker.exit_code() == -signal.SIGKILL
    broker.stop()


def test_a_taken_port_is_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        with pytest.raises(Fault, match=r"is taken by another program.*YIPAN_KAFKA_PORT"):
            Broker(tmp_path, other.getsockname()[1], CACHE).start()


def test_a_full_disk_is_a_sentence_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM", 1 << 60)

    with pytest.raises(Fault, match=r"free .* MB, or set YIPAN_HOME"):
        check_room(tmp_path / "not" / "there" / "yet")


def test_a_pid_file_that_names_a_later_process_is_no_orphan(tmp_path: Path) -> None:
    pid_file = tmp_path / "worker.pid"
    pid_file.write_text(f"{os.getpid()} born long ago")

    assert process.orphan(pid_file) is None
