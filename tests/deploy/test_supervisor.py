"""What dies is started again and said so; nothing outlives the supervisor, however it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from deploy import local, process
from deploy.faults import Fault
from deploy.local import Stack, check_installed, lock
from deploy.program import Program
from deploy.supervisor import DEATHS_BEFORE_READY, Charge, Later, Supervisor
from tests.conftest import make_settings

PATIENCE_S = 30


class Crew:
    """A service without a process: a test says when it dies."""

    def __init__(self, name: str, log: list[str], *, dies_at_once: bool = False) -> None:
        self.name = name
        self.log = log
        self.code: int | None = None
        self.started = threading.Semaphore(0)
        self._dies_at_once = dies_at_once

    def start(self) -> None:
        self.log.append(f"{self.name} starts")
        self.code = 1 if self._dies_at_once else None
        self.started.release()

    def stop(self) -> None:
        if self.code is None:
            self.log.append(f"{self.name} stops")
        self.code = 0

    def exit_code(self) -> int | None:
        return self.code

    def ready(self) -> bool:
        return self.code is None

    def last_words(self) -> str:
        return "the disk is full"


def test_services_start_in_order_and_stop_in_the_opposite_one() -> None:
    log: list[str] = []
    supervisor = Supervisor([Crew("kafka", log), Crew("worker", log)], log.append)

    supervisor.start(threading.Event())
    supervisor.stop()

    assert log == ["kafka starts", "worker starts", "worker stops", "kafka stops"]


def test_one_that_has_no_work_yet_starts_once_it_has_and_holds_nobody_up() -> None:
    log: list[str] = []
    imported = threading.Event()
    deliver = Crew("deliver", log)
    supervisor = Supervisor([Crew("kafka", log)], log.append, later=[Later(deliver, imported.is_set)])
    supervisor.start(threading.Event())
    assert log == ["kafka starts"]

    imported.set()

    assert deliver.started.acquire(timeout=PATIENCE_S)
    supervisor.stop()
    assert log[1:] == ["deliver has work now: it starts.", "deliver starts", "deliver stops", "kafka stops"]


def test_one_that_has_work_from_the_start_is_waited_for_like_the_others() -> None:
    log: list[str] = []
    supervisor = Supervisor([Crew("kafka", log)], log.append, later=[Later(Crew("deliver", log, dies_at_once=True), lambda: True)])

    with pytest.raises(Fault, match="deliver does not start"):
        supervisor.start(threading.Event())

    supervisor.stop()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (1, "worker ended with code 1: the disk is full. It starts again in 0.5 s."),
        (-9, "worker was killed by signal 9. It starts again in 0.5 s."),
    ],
)
def test_a_child_that_dies_is_started_again_and_said_so(code: int, sentence: str) -> None:
    said: list[str] = []
    worker = Crew("worker", [])
    supervisor = Supervisor([worker], said.append)
    supervisor.start(threading.Event())
    assert worker.started.acquire(timeout=PATIENCE_S)

    worker.code = code

    assert worker.started.acquire(timeout=PATIENCE_S)
    supervisor.stop()
    assert said[0] == sentence


def test_one_that_never_comes_up_ends_the_start_with_its_last_words() -> None:
    log: list[str] = []
    supervisor = Supervisor([Crew("kafka", log), Crew("worker", log, dies_at_once=True)], lambda _: None)

    with pytest.raises(Fault, match="worker does not start: the disk is full"):
        supervisor.start(threading.Event())

    supervisor.stop()
    assert log.count("worker starts") == DEATHS_BEFORE_READY
    assert log[-1] == "kafka stops"


@pytest.mark.parametrize(("was_ready", "waits"), [(False, ["0.5", "1", "2"]), (True, ["0.5", "0.5", "0.5"])])
def test_only_who_has_worked_for_a_while_starts_again_without_waiting(
    was_ready: bool, waits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that must not be decided on may take a minute to fold, again and again."""
    monkeypatch.setattr("deploy.supervisor.STEADY_S", 0.0)
    said: list[str] = []
    charge = Charge(Crew("worker", []))
    for _ in waits:
        charge.was_ready = was_ready
        Supervisor([], said.append)._bury(charge, 3)
    assert [sentence.split("starts again in ")[1] for sentence in said] == [f"{wait} s." for wait in waits]


def test_a_program_leaves_nothing_behind_when_it_is_stopped(tmp_path: Path) -> None:
    settings = make_settings(home=tmp_path)
    program = Program("help", ["--help"], settings.home, os.environ, lambda: True)

    program.start()
    program.stop()

    assert list((tmp_path / "run").iterdir()) == []
    assert program.log.exists()


PARENT = """
    import os, signal, sys, threading
    from pathlib import Path
    from deploy import local, process
    home = Path(sys.argv[1])
    child = process.spawn(["sleep", "600"], home / "log", home / "pid")
    print(child.pid, flush=True)
    threading.Event().wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next `yipan up` ends what was left")
def test_no_child_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(PARENT), str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert process.birth(child)

        parent.send_signal(signal.SIGKILL)
        parent.wait(PATIENCE_S)

    gone = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if not process.birth(child):
            break
        gone.wait(0.05)
    assert not process.birth(child)


def test_the_next_start_ends_what_was_left_behind(tmp_path: Path) -> None:
    left = process.spawn(["sleep", "600"], tmp_path / "log", tmp_path / "worker-1.pid")

    process.sweep(tmp_path.glob("*.pid"), seconds=5)

    assert left.wait(PATIENCE_S) == -signal.SIGTERM
    assert not (tmp_path / "worker-1.pid").exists()


def test_a_home_folder_takes_one_stack_at_a_time(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(Fault, match=r"Another `yipan up` runs over .*YIPAN_HOME"):
        Stack(make_settings(home=tmp_path), 1, print).start(threading.Event())


def test_what_is_installed_is_found_though_it_is_imported() -> None:
    """Faust takes its own place in `sys.modules`, without the note of where it came from."""
    assert __import__("faust")
    check_installed()


def test_the_last_words_of_a_log_are_the_error_in_it(tmp_path: Path) -> None:
    log = tmp_path / "worker-1.log"
    log.write_text("starting\nPermissionError: the snapshots folder is read-only\nbye\n")

    assert process.last_words(log) == f"PermissionError: the snapshots folder is read-only (log: {log})"


def test_where_no_error_stands_in_a_log_its_last_line_must_do(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_text("Port 8480 is taken by another program: stop that, or set YIPAN_GATEWAY_PORT to a free port.\n\n")

    assert process.last_words(log).startswith("Port 8480 is taken by another program")


def test_with_a_broker_of_ones_own_none_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(local, "Supervisor", lambda services, _, later: started.extend(service.name for service in services))

    stack = Stack(make_settings(home=tmp_path, kafka="kafka.halyard.example:9092"), 2, print)

    assert started == ["gateway", "poll", "analytics", "worker-1", "worker-2"]
    assert stack.addresses().kafka == "kafka.halyard.example:9092"


def test_a_full_disk_is_named_whoever_met_it(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("java.io.IOException: No space left on device\nERROR Shutdown broker because all log dirs have failed\n")

    assert "the disk is full: free some space" in process.last_words(log)
