"""Does to the house what the plan says."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from deploy.demo.watch import wait_for
from tests.crash.faults import Fault, Kind
from tests.crash.house import READY_S, House, Member

AIM_S = 12.0  # a session, and the time it takes to notice
MOVING = (b"is left after offset", b"is ours from offset")  # what the ledger says when partitions move


class Stuck(Exception):
    """It did not become well again. The text says what was waited for."""


class Striker:
    """`struck`: faults done, by kind; `pauses`: by process, after each of which it may end once: somebody else has its partitions."""

    def __init__(self, house: House, ending: threading.Event) -> None:
        self.struck: Counter[Kind] = Counter()
        self.pauses: Counter[str] = Counter()
        self._house = house
        self._ending = ending
        self._paused: set[str] = set()
        self._waking: list[threading.Thread] = []

    def strike(self, fault: Fault) -> None:
        """Pauses go on beside what follows. Raises Stuck."""
        house, everybody = self._house, self._house.members
        self.struck[fault.kind] += 1
        match fault.kind:
            case "worker_killed":
                self._some_worker(fault).strike(signal.SIGKILL)
            case "worker_replaced":
                self._some_worker(fault).strike(signal.SIGTERM)
            case "worker_paused":
                self._pause(self._some_worker(fault), fault.seconds)
            case "killed_in_rebalance":
                self._kill_in_rebalance(fault)
            case "killed_in_recovery":
                self._kill_in_recovery(fault)
            case "sink_killed":
                self._running("analytics").strike(signal.SIGKILL)
            case "sink_paused":
                self._pause(self._running("analytics"), fault.seconds)
            case "poller_killed":
                self._running("poll").strike(signal.SIGKILL)
            case "gateway_killed":
                self._running("gateway").strike(signal.SIGKILL)
            case "gateway_paused":
                self._pause(self._running("gateway"), fault.seconds)
            case "broker_killed":
                self._await(house.kafka.running, "the broker")
                house.kafka.strike(signal.SIGKILL, away_s=fault.seconds)
            case "broker_paused":
                self._await(house.kafka.running, "the broker")
                house.kafka.strike(signal.SIGSTOP)
                self._later(fault.seconds, lambda: house.kafka.strike(signal.SIGCONT))
            case "all_killed":
                self._await(house.kafka.running, "the broker")
                for member in everybody.values():
                    member.strike(signal.SIGKILL)
                house.kafka.strike(signal.SIGKILL)
            case "snapshots_deleted":
                self._spoil_snapshots(lambda data: b"", fault)
            case "snapshots_damaged":
                flipped = Random(fault.who).randrange
                self._spoil_snapshots(lambda data: _flip(data, flipped(len(data))) if data else data, fault)

    def rest(self, fault: Fault) -> None:
        """Until the next fault. Raises Stuck when all was to be well again and is not."""
        self._ending.wait(fault.then_s)
        if fault.calm:
            self.calm()

    def calm(self) -> None:
        """All is up, nobody is paused, and decisions are made. Raises Stuck."""
        for thread in self._waking:
            thread.join()
        self._waking.clear()
        self._await(self._house.ready, "every process to be ready")

    # ------------------------------------------------------------------------------------------ whom
    def _some_worker(self, fault: Fault) -> Member:
        """One that runs, of all that do."""
        self._await(lambda: bool(self._active()), "a worker that runs")
        active = self._active()
        return active[fault.who % len(active)]

    def _active(self) -> Sequence[Member]:
        return [member for member in self._house.workers() if member.running() and member.name not in self._paused]

    def _running(self, name: str) -> Member:
        member = self._house.members[name]
        self._await(lambda: member.running() and name not in self._paused, f"{name} to run")
        return member

    # ------------------------------------------------------------------------------------------ how
    def _pause(self, member: Member, seconds: float) -> None:
        self._paused.add(member.name)
        self.pauses[member.name] += 1
        member.strike(signal.SIGSTOP)

        def wake() -> None:
            member.strike(signal.SIGCONT)
            self._paused.discard(member.name)

        self._later(seconds, wake)

    def _later(self, seconds: float, what: Callable[[], object]) -> None:
        timer = threading.Timer(seconds, what)
        timer.start()
        self._waking.append(timer)

    def _kill_in_rebalance(self, fault: Fault) -> None:
        first = self._some_worker(fault)
        others = [member for member in self._active() if member is not first]
        marks = {member.name: member.log.stat().st_size for member in others}
        first.strike(signal.SIGKILL)
        end = time.monotonic() + AIM_S
        while time.monotonic() < end and not self._ending.is_set():
            for member in others:
                if any(word in _since(member, marks[member.name]) for word in MOVING):
                    member.strike(signal.SIGKILL)
                    return
            time.sleep(0.02)

    def _kill_in_recovery(self, fault: Fault) -> None:
        worker = self._some_worker(fault)
        before = worker.starts
        worker.strike(signal.SIGKILL)
        self._await(lambda: worker.starts > before, f"{worker.name} to start again")
        self._ending.wait(fault.seconds)
        worker.strike(signal.SIGKILL)

    def _spoil_snapshots(self, spoil: Callable[[bytes], bytes], fault: Fault) -> None:
        for path in (self._house.settings.home / "snapshots").rglob("*"):
            if path.is_file() and (data := path.read_bytes()):
                left = spoil(data)
                path.write_bytes(left) if left else path.unlink(missing_ok=True)
        self._some_worker(fault).strike(signal.SIGKILL)

    def _await(self, what: Callable[[], bool], name: str) -> None:
        if not wait_for(what, self._ending, READY_S) and not self._ending.is_set():
            raise Stuck(f"waited {READY_S:.0f} s for {name}")


def _since(member: Member, mark: int) -> bytes:
    with member.log.open("rb") as log:
        log.seek(mark)
        return log.read()


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
