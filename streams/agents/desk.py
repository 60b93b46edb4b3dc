"""commands -> decisions: one partition's decisions on their way into the log. No thread, no clock, no waiting: those are its owner's."""

from collections.abc import Sequence

from streams.agents.aside import Aside
from streams.agents.rebuild import rebuild
from streams.ledger import Ledger, Message
from streams.produce import Outgoing, Reached, Transactions
from streams.read import Log
from streams.snapshots import Snapshots
from streams.topics import DECISIONS

# How many transactions' worth may be decided and not yet written.
AHEAD = 2


class Desk:
    """Taking over is: fence whoever wrote before, then rebuild from the log, then decide. State ahead of the log is seen by nobody:
    whoever fails to write must never use the desk again.

    `records`: a transaction holds at most so many decisions. `durable`: the last src_offset whose decision was acknowledged; `settled`:
    … is known to be there for every reader."""

    def __init__(
        self, partition: int, transactions: Transactions, source: Log, snapshots: Snapshots, records: int, aside: Aside | None = None
    ) -> None:
        self.partition = partition
        self.durable = self.settled = -1
        self.closed = False
        self._transactions = transactions
        self._source = source
        self._snapshots = snapshots
        self._records = records
        self._aside = aside
        self._ledger: Ledger | None = None
        self._decided: list[Outgoing] = []
        self._to_settle: tuple[int, Reached] | None = None
        self._looks = 0

    # ------------------------------------------------------------------------------------------ taking over
    def fence(self) -> bool:
        """False when the partition is no longer wanted. Raises KafkaException."""
        return self._transactions.take_over([(DECISIONS.name, self.partition)], self._source.end, self._wanted)

    def rebuild(self) -> int | None:
        """The number of decisions folded; None when the partition is no longer wanted. Raises LogDamaged."""
        rebuilt = rebuild(self._source, self._snapshots, self.partition, self._wanted, lambda ledger, decision: None, self._aside)
        if rebuilt is None:
            return None
        self.durable = self.settled = rebuilt.ledger.last
        self._ledger = rebuilt.ledger
        return rebuilt.folded

    def _wanted(self) -> bool:
        return not self.closed

    @property
    def ready(self) -> bool:
        """True once the state is rebuilt and `decide` may be called."""
        return self._ledger is not None

    # ------------------------------------------------------------------------------------------ deciding
    @property
    def next(self) -> int:
        """The offset of `commands` to be decided next."""
        return self._state().last + 1

    def decide(self, batch: Sequence[Message]) -> list[Outgoing]:
        """What is to be queued. Raises Hole, nothing decided, when commands before or between these are missing."""
        return [Outgoing(DECISIONS.name, self.partition, key, record) for key, record in self._state().decide(batch)]

    def due(self, now_ms: int) -> list[bytes]:
        """Ticks to be sent to this partition of `commands`."""
        return self._state().due(now_ms)

    def _state(self) -> Ledger:
        if self._ledger is None:
            raise RuntimeError(f"partition {self.partition} is not rebuilt yet")
        return self._ledger

    # ------------------------------------------------------------------------------------------ writing
    @property
    def queued(self) -> int:
        return len(self._decided)

    @property
    def full(self) -> bool:
        """A transaction's worth is queued."""
        return len(self._decided) >= self._records

    @property
    def crowded(self) -> bool:
        """So much is queued that deciding must wait."""
        return len(self._decided) >= AHEAD * self._records

    def queue(self, decided: Sequence[Outgoing]) -> None:
        self._decided += decided

    def next_transaction(self) -> list[Outgoing]:
        batch, self._decided = self._decided[: self._records], self._decided[self._records :]
        return batch

    def write(self, batch: Sequence[Outgoing]) -> None:
        """Raises KafkaException when it is not durable, among others when somebody else has taken over."""
        self._transactions.write(batch)
        self.durable += len(batch)

    def settle(self) -> int:
        """Looks whether what was acknowledged by the last look can be read by now. Returns how often that was looked for in vain."""
        if self._to_settle is None:
            self._to_settle, self._looks = (self.durable, self._transactions.reached), 0
        durable, reached = self._to_settle
        if self._transactions.settled(self._source.end, reached):
            self.settled, self._to_settle = durable, None
            return 0
        self._looks += 1
        return self._looks

    def close(self) -> None:
        """What was merely decided is forgotten, and decided anew by the next owner."""
        self.closed = True
        self._decided.clear()
