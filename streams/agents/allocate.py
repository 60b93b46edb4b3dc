"""One partition of the ledger while this process owns it. `streams.fenced` hosts it on Kafka.

A thread of its own takes the partition over, and later writes the transactions while the polling thread decides on. Failure is the
end of the process.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from streams.agents.desk import Desk
from streams.agents.rebuild import LogDamaged
from streams.fatal import die
from streams.ledger import Message
from streams.metrics import DECIDE_SECONDS, TAKEOVER_SECONDS, TRANSACTION_RECORDS, TRANSACTION_SECONDS, TRANSACTIONS
from streams.metrics import DECISIONS as DECIDED
from streams.produce import Outgoing
from streams.topics import COMMANDS

log = logging.getLogger(__name__)

SETTLE_S = 1.0
HANGS = 30  # looks


class Owner(Protocol):
    """Made when the partition is assigned, closed when it is revoked or lost, never used again. `desk.ready` comes before `decide`."""

    desk: Desk

    def decide(self, batch: Sequence[Message]) -> None:
        """Decide commands and see that they are written. Raises Hole, nothing decided, when commands before or between are missing."""
        ...

    def close(self) -> None:
        """Only a transaction already begun is finished."""
        ...


class Changed(Protocol):
    """A `threading.Condition`, as far as it is used here."""

    def __enter__(self) -> bool: ...
    def __exit__(self, *error: Any) -> None: ...
    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool: ...
    def notify_all(self) -> None: ...


class Running(Protocol):
    def join(self) -> None: ...


class Threads:
    """The operating system's threads and steady clock; a simulation has its own."""

    def condition(self) -> Changed:
        return threading.Condition()

    def start(self, work: Callable[[], None], name: str) -> Running:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def monotonic(self) -> float:
        return time.monotonic()


class Owned:
    """A desk and the thread that works at it. `wait_s`: a transaction holds what was decided within that time of the first."""

    def __init__(self, desk: Desk, wait_s: float, threads: Threads | None = None) -> None:
        self.desk = desk
        self._wait_s = wait_s
        self._threads = threads or Threads()
        self._since = self._settle_at = 0.0
        self._changed = self._threads.condition()
        self._thread = self._threads.start(self._run, f"ledger-{desk.partition}")

    def decide(self, batch: Sequence[Message]) -> None:
        """Waits while the writer is too far behind."""
        begun = time.perf_counter()
        decided = self.desk.decide(batch)
        DECIDE_SECONDS.labels(self.desk.partition).inc(time.perf_counter() - begun)
        if not decided:
            return
        with self._changed:
            self._changed.wait_for(lambda: not self.desk.crowded)
            if not self.desk.queued:
                self._since = self._threads.monotonic()
            self.desk.queue(decided)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self.desk.close()
            self._changed.notify_all()
        self._thread.join()

    # ------------------------------------------------------------------------------------------ its thread
    def _run(self) -> None:
        try:
            if self._take_over():
                while batch := self._next_transaction():
                    self._write(batch)
        except LogDamaged as damage:
            die(f"nothing can be decided: {damage}")
        except BaseException as error:
            if not self.desk.closed:
                die(f"partition {self.desk.partition} of the ledger cannot be written, or somebody else owns it by now", error)
            log.info("partition %d was taken over while it was being left", self.desk.partition)

    def _take_over(self) -> bool:
        begun = time.perf_counter()
        if not self.desk.fence():
            return False
        fenced = time.perf_counter()
        folded = self.desk.rebuild()
        if folded is None:
            return False
        done = time.perf_counter()
        TAKEOVER_SECONDS.observe(done - begun)
        log.info(
            "partition %d of %s is ours from offset %d: fenced in %.2f s, %d decisions folded in %.2f s",
            *(self.desk.partition, COMMANDS.name, self.desk.durable + 1, fenced - begun, folded, done - fenced),
        )
        return True

    def _next_transaction(self) -> list[Outgoing]:
        """Empty once closed."""
        desk = self.desk
        with self._changed:
            while not self._changed.wait_for(lambda: desk.queued > 0 or desk.closed, SETTLE_S if desk.settled < desk.durable else None):
                self._settle()
            left = self._since + self._wait_s - self._threads.monotonic()
            self._changed.wait_for(lambda: desk.full or desk.closed, max(0.0, left))
            if desk.closed:
                return []
            batch = desk.next_transaction()
            self._since = self._threads.monotonic()
            self._changed.notify_all()
            return batch

    def _write(self, batch: Sequence[Outgoing]) -> None:
        begun = time.perf_counter()
        self.desk.write(batch)
        TRANSACTION_SECONDS.observe(time.perf_counter() - begun)
        TRANSACTION_RECORDS.observe(len(batch))
        TRANSACTIONS.labels(self.desk.partition).inc()
        DECIDED.labels(self.desk.partition).inc(len(batch))
        if self._threads.monotonic() > self._settle_at:
            self._settle()

    def _settle(self) -> None:
        self._settle_at = self._threads.monotonic() + SETTLE_S
        if self.desk.settle() > HANGS:
            die(f"decisions[{self.desk.partition}]: what was acknowledged cannot be read, its transaction hangs; the next owner undoes it")


Own = Callable[[int], Owner]
