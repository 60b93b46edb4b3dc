"""commands -> decisions: one partition of the ledger while this process owns it. `streams.fenced` hosts it on Kafka.

Taking over is: fence whoever wrote before, then rebuild from the log, then decide. It happens on a thread of its own, which later
writes the transactions while the polling thread decides on. State ahead of the log is seen by nobody: failure is the end of the process.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from streams.agents.rebuild import LogDamaged, rebuild
from streams.fatal import die
from streams.ledger import Ledger, Message
from streams.metrics import DECIDE_SECONDS, TAKEOVER_SECONDS, TRANSACTION_RECORDS, TRANSACTION_SECONDS, TRANSACTIONS
from streams.metrics import DECISIONS as DECIDED
from streams.produce import Outgoing, Transactions
from streams.read import Log
from streams.snapshots import Snapshots
from streams.topics import COMMANDS, DECISIONS

log = logging.getLogger(__name__)

# How many transactions' worth may be decided and not yet written.
AHEAD = 2


class Owned:
    """Built when the partition is assigned, closed when it is revoked or lost, never used again.

    `records` and `wait_s`: a transaction holds at most so many decisions, or what was decided within that time of the first."""

    def __init__(self, partition: int, transactions: Transactions, source: Log, snapshots: Snapshots, records: int, wait_s: float) -> None:
        self.partition = partition
        self.durable = -1  # the last src_offset known to be committed
        self._transactions = transactions
        self._source = source
        self._snapshots = snapshots
        self._records = records
        self._wait_s = wait_s
        self._ledger: Ledger | None = None
        self._decided: list[Outgoing] = []
        self._since = 0.0
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"ledger-{partition}", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """True once the state is rebuilt and `decide` may be called."""
        return self._ledger is not None

    @property
    def next(self) -> int:
        """The offset of `commands` to be decided next."""
        return self._state().last + 1

    def decide(self, batch: Sequence[Message]) -> None:
        """Decide commands and hand the decisions to the writer; waits while that is too far behind. Raises Hole, nothing decided, when
        commands before or between these are missing."""
        begun = time.perf_counter()
        decided = [Outgoing(DECISIONS.name, self.partition, key, record) for key, record in self._state().decide(batch)]
        DECIDE_SECONDS.labels(self.partition).inc(time.perf_counter() - begun)
        if not decided:
            return
        with self._changed:
            self._changed.wait_for(lambda: len(self._decided) < AHEAD * self._records)
            if not self._decided:
                self._since = time.monotonic()
            self._decided += decided
            self._changed.notify_all()

    def due(self, now_ms: int) -> list[bytes]:
        """Ticks to be sent to this partition of `commands`."""
        return self._state().due(now_ms)

    def close(self) -> None:
        """Only a transaction already begun is finished; what was merely decided is forgotten, and decided anew by the next owner."""
        with self._changed:
            self._closed = True
            self._decided.clear()
            self._changed.notify_all()
        self._thread.join()

    def _state(self) -> Ledger:
        if self._ledger is None:
            raise RuntimeError(f"partition {self.partition} is not rebuilt yet")
        return self._ledger

    def _wanted(self) -> bool:
        return not self._closed

    # ------------------------------------------------------------------------------------------ its thread
    def _run(self) -> None:
        try:
            if self._take_over():
                while batch := self._next_transaction():
                    self._write(batch)
        except LogDamaged as damage:
            die(f"nothing can be decided: {damage}")
        except BaseException as error:
            if not self._closed:
                die(f"partition {self.partition} of the ledger cannot be written, or somebody else owns it by now", error)
            log.info("partition %d was taken over while it was being left", self.partition)

    def _take_over(self) -> bool:
        begun = time.perf_counter()
        if not self._transactions.fence(self._wanted):
            return False
        fenced = time.perf_counter()
        rebuilt = rebuild(self._source, self._snapshots, self.partition, self._wanted, lambda ledger, decision: None)
        if rebuilt is None:
            return False
        self.durable = rebuilt.ledger.last
        self._ledger = rebuilt.ledger
        done = time.perf_counter()
        TAKEOVER_SECONDS.observe(done - begun)
        log.info(
            "partition %d of %s is ours from offset %d: fenced in %.2f s, %d decisions folded in %.2f s",
            *(self.partition, COMMANDS.name, self.next, fenced - begun, rebuilt.folded, done - fenced),
        )
        return True

    def _next_transaction(self) -> list[Outgoing]:
        """Empty once closed."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._decided) or self._closed)
            left = self._since + self._wait_s - time.monotonic()
            self._changed.wait_for(lambda: len(self._decided) >= self._records or self._closed, max(0.0, left))
            if self._closed:
                return []
            batch, self._decided = self._decided[: self._records], self._decided[self._records :]
            self._since = time.monotonic()
            self._changed.notify_all()
            return batch

    def _write(self, batch: Sequence[Outgoing]) -> None:
        begun = time.perf_counter()
        self._transactions.write(batch)
        self.durable += len(batch)
        TRANSACTION_SECONDS.observe(time.perf_counter() - begun)
        TRANSACTION_RECORDS.observe(len(batch))
        TRANSACTIONS.labels(self.partition).inc()
        DECIDED.labels(self.partition).inc(len(batch))


Own = Callable[[int], Owned]
