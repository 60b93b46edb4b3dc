"""Does to the house what the plan says."""

import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from deploy.demo.watch import wait_for
from tests.crash.faults import Fault, Kind
from tests.crash.house import READY_S, House, Kafka, Member

AIM_S = 12.0  # a session, and the time it takes to notice
BY_KIND: dict[Kind, str] = {
    "sink_killed": "analytics",
    "sink_paused": "analytics",
    "poller_killed": "poll",
    "gateway_killed": "gateway",
    "gateway_paused": "gateway",
    "deliver_killed": "deliver",
    "deliver_paused": "deliver",
    "warehouse_killed": "warehouse",
    "warehouse_paused": "warehouse",
    "warehouse_away": "warehouse",
}
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
        self.struck[fault.kind] += 1
        match fault.kind:
            case "worker_killed" | "sink_killed" | "poller_killed" | "gateway_killed" | "deliver_killed" | "warehouse_killed":
                self._victim(fault).strike(signal.SIGKILL)
            case "warehouse_away":
                victim = self._victim(fault)
                victim.keep_away(fault.seconds)
                victim.strike(signal.SIGKILL)
            case "worker_paused" | "sink_paused" | "gateway_paused" | "deliver_paused" | "warehouse_paused":
                self._pause(self._victim(fault), fault.seconds)
            case "worker_replaced":
                self._victim(fault).strike(signal.SIGTERM)
            case "killed_in_rebalance":
                self._kill_in_rebalance(self._victim(fault))
            case "killed_in_recovery":
                self._kill_in_recovery(self._victim(fault), fault.seconds)
            case "broker_killed":
                self._broker().strike(signal.SIGKILL, away_s=fault.seconds)
            case "broker_paused":
                broker = self._broker()
                broker.strike(signal.SIGSTOP)
                self._later(fault.seconds, lambda: broker.strike(signal.SIGCONT))
            case "all_killed":
                broker = self._broker()
                for member in self._house.members.values():
                    member.strike(signal.SIGKILL)
                broker.strike(signal.SIGKILL)
            case "snapshots_deleted":
                self._spoil_snapshots(lambda data: b"")
                self._victim(fault).strike(signal.SIGKILL)
            case "snapshots_damaged":
                self._spoil_snapshots(lambda data: _flip(data, fault.who % len(data)))
                self._victim(fault).strike(signal.SIGKILL)

    def rest(self, fault: Fault) -> None:
        """Until the next fault. Raises Stuck when all was to be well again and is not."""
        self._ending.wait(fault.then_s)
        if fault.calm:
            self.calm()

    def calm(self) -> None:
        """Nobody is paused any more, and all is up. Raises Stuck."""
        for thread in self._waking:
            thread.join()
        self._waking.clear()
        self._await(self._house.ready, "every process to be ready")

    # ------------------------------------------------------------------------------------------ whom
    def _victim(self, fault: Fault) -> Member:
        """The process that the fault is meant for, or one of the workers, once it runs."""
        name, running = BY_KIND.get(fault.kind), list[Member]()

        def somebody() -> bool:
            running[:] = self._running(name)
            return bool(running)

        self._await(somebody, name or "a worker")
        return running[fault.who % len(running)]

    def _running(self, name: str | None) -> Sequence[Member]:
        """Of these, who is up and not paused."""
        meant = [self._house.members[name]] if name else self._house.workers()
        return [member for member in meant if member.running() and member.name not in self._paused]

    def _broker(self) -> Kafka:
        self._await(self._house.kafka.running, "the broker")
        return self._house.kafka

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

    def _kill_in_rebalance(self, first: Member) -> None:
        others = [member for member in self._running(None) if member is not first]
        marks = {member.name: member.log.stat().st_size for member in others}
        first.strike(signal.SIGKILL)
        end = time.monotonic() + AIM_S
        while time.monotonic() < end and not self._ending.is_set():
            for member in others:
                if any(word in _since(member, marks[member.name]) for word in MOVING):
                    member.strike(signal.SIGKILL)
                    return
            time.sleep(0.02)

    def _kill_in_recovery(self, worker: Member, seconds: float) -> None:
        before = worker.starts
        worker.strike(signal.SIGKILL)
        self._await(lambda: worker.starts > before, f"{worker.name} to start again")
        self._ending.wait(seconds)
        worker.strike(signal.SIGKILL)

    def _spoil_snapshots(self, spoil: Callable[[bytes], bytes]) -> None:
        for path in (self._house.settings.home / "snapshots").rglob("*"):
            # another worker may be writing one, or taking an older one away
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and (data := path.read_bytes()):
                    left = spoil(data)
                    path.write_bytes(left) if left else path.unlink()

    def _await(self, what: Callable[[], bool], name: str) -> None:
        if not wait_for(what, self._ending, READY_S):
            raise Stuck("it was interrupted" if self._ending.is_set() else f"waited {READY_S:.0f} s for {name}")


def _since(member: Member, mark: int) -> bytes:
    with member.log.open("rb") as log:
        log.seek(mark)
        return log.read()


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
