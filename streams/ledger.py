"""One partition's decisions: rebuild, anchor, hash chain, decide. It knows no client library; whoever hosts it does the I/O."""

from collections.abc import Sequence

import msgspec

from streams import compiled
from streams.commands import UNDECODABLE, AnyCommand, Cause, Tick, decode_command, encode_command
from streams.decisions import GENESIS, Decision, decode_decision, encode_decision, link
from streams.rules.decide import DECIDER, DECIDERS
from streams.rules.due import next_due
from tables import snapshot
from tables.events import AnyEvent, Duplicate, Refused
from tables.pool import Pool, evolve_all

Message = tuple[int, bytes, bytes]  # offset, key (the pool), value
MAX_RECORD = 7 << 20  # a little under what the topic takes


class Broken(Exception):
    """The log does not follow from itself: a record is missing, doubled, or written by someone else."""


class Hole(Exception):
    """Commands between `expected` and the one given were not handed over."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"expected the command at offset {expected}")
        self.expected = expected


class Ordinary(msgspec.Struct, frozen=True, gc=False):
    """All that changed with the decision about an ordinary order: it is reserved, out of its segment's own free units. `units`: all that
    it orders; 0: it may be more."""

    pool: str
    order: str
    segment: str
    skus: list[str]
    units: int = 0


class Ledger:
    """The state of one partition after `last`, the highest src_offset decided (-1 at the start). `decider`: the version that decides.
    Ordinary orders go the compiled way, if there is one."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self._decider = DECIDER
        self._quick = compiled.quick()
        self.last = -1
        self.chain = GENESIS
        self.pools: dict[str, Pool] = {}
        self.causes: dict[str, tuple[int, int]] = {}

    @property
    def decider(self) -> int:
        return self._decider

    @decider.setter
    def decider(self, version: int) -> None:
        """What one version has worked out beforehand is not what another one would have."""
        if version != self._decider:
            for pool in self.pools.values():
                pool.rankings.clear()
        self._decider = version

    # ------------------------------------------------------------------------------------------ the log -> state
    def follow(self, offset: int, record: bytes) -> Decision | Ordinary:
        """`fold`, for those who need not know all about an ordinary order."""
        if self._quick is not None and (found := self._quick.fold(self, offset, record)):
            return Ordinary(*found)
        return self.fold(offset, record)

    def fold(self, offset: int, record: bytes) -> Decision:
        """Take in a decision that the log holds at `offset`. Raises Broken when it does not follow the one before."""
        try:
            decision = decode_decision(record)
        except UNDECODABLE as wrong:
            raise Broken(f"decisions {self.partition}, offset {offset}: not a decision ({wrong})") from None
        if decision.prev != self.chain:
            raise Broken(f"decisions {self.partition}, offset {offset}: does not continue the hash chain")
        if decision.src_offset != self.last + 1:
            raise Broken(f"decisions {self.partition}, offset {offset}: decides {decision.src_offset} after {self.last}")
        pool = self._pool(decision.pool)
        if decision.seq != pool.seq + 1:
            raise Broken(f"decisions {self.partition}, offset {offset}: seq {decision.seq} of pool {decision.pool} after {pool.seq}")
        try:
            self._take(pool, decision, record)
        except LookupError as missing:
            raise Broken(f"decisions {self.partition}, offset {offset}: speaks of what is not there ({missing})") from None
        return decision

    def _take(self, pool: Pool, decision: Decision, record: bytes) -> None:
        evolve_all(pool, decision.events)
        pool.orders.put_back(len(self.pools))
        pool.seq = decision.seq
        source, partition, offset, ordinal = decision.cause
        if source:
            self._remember(f"{source}/{partition}", (offset, ordinal))
        self.last = decision.src_offset
        self.chain = link(record)

    def _remember(self, source: str, at: tuple[int, int]) -> None:
        if at > self.causes.get(source, (-1, -1)):
            self.causes[source] = at

    def _pool(self, name: str) -> Pool:
        pool = self.pools.get(name)
        if pool is None:
            pool = self.pools[name] = Pool(name)
        return pool

    # ------------------------------------------------------------------------------------------ commands -> decisions
    def decide(self, batch: Sequence[Message]) -> list[tuple[bytes, bytes]]:
        """Decide a batch of commands in offset order; offsets decided before are passed over. Returns (key, record) of each decision.
        Raises Hole, before anything is decided, when commands are missing in front of or inside the batch."""
        fresh = [message for message in batch if message[0] > self.last]
        if fresh and fresh[-1][0] != self.last + len(fresh):
            raise Hole(self.last + 1)
        return [self._decide(offset, key, value) for offset, key, value in fresh]

    def _decide(self, offset: int, key: bytes, value: bytes) -> tuple[bytes, bytes]:
        if self._quick is not None and (found := self._quick.decide(self, offset, value, MAX_RECORD)):
            return found
        return self._decide_any(offset, key, value)

    def _decide_any(self, offset: int, key: bytes, value: bytes) -> tuple[bytes, bytes]:
        command = _decoded(value)
        if isinstance(command, Refused):
            pool, cause, command_id = self._pool(key.decode("utf-8", "replace")), ("", 0, 0, 0), "undecodable"
            events: tuple[AnyEvent, ...] = (command,)
        else:
            pool, cause = self._pool(command.pool), command.cause
            source, partition, at, ordinal = cause
            command_id = f"{source}/{partition}/{at}/{ordinal}"
            events = self._events(pool, command, offset)
        try:
            decision, record = self._record(pool, offset, command_id, cause, events)
        except OverflowError:
            sentence = "its units add up to more than 64 bits hold; split the order or document"
            decision, record = self._record(pool, offset, command_id, cause, (Refused(code="too_large", sentence=sentence),))
        if len(record) > MAX_RECORD:
            sentence = f"the decision would take {len(record)} bytes, more than a record may have; split the order or document"
            decision, record = self._record(pool, offset, command_id, cause, (Refused(code="too_large", sentence=sentence),))
        self._take(pool, decision, record)
        return pool.name.encode(), record

    def _events(self, pool: Pool, command: AnyCommand, offset: int) -> tuple[AnyEvent, ...]:
        source, partition, at, ordinal = command.cause
        if (at, ordinal) <= self.causes.get(f"{source}/{partition}", (-1, -1)):
            return (Duplicate(of="/".join(map(str, command.cause))),)
        return DECIDERS[self._decider](pool, command, offset)

    def _record(self, pool: Pool, offset: int, command_id: str, cause: Cause, events: tuple[AnyEvent, ...]) -> tuple[Decision, bytes]:
        decision = Decision(
            pool=pool.name,
            seq=pool.seq + 1,
            src_offset=offset,
            command_id=command_id,
            cause=cause,
            decider=self._decider,
            policy_version=pool.policy_version,
            prev=self.chain,
            events=events,
        )
        return decision, encode_decision(decision)

    # ------------------------------------------------------------------------------------------ time, snapshots
    def due(self, now_ms: int) -> list[bytes]:
        """Encoded ticks for the pools that have something to do by now, for this partition of `commands`."""
        # a clock that was set back must not make ticks that look like repetitions
        number = max(now_ms, self.causes.get(f"tick/{self.partition}", (-1, 0))[0] + 1)
        ticks = []
        for ordinal, (name, pool) in enumerate(self.pools.items()):
            due = next_due(pool)
            if due is not None and due <= now_ms:
                ticks.append(encode_command(Tick(pool=name, cause=("tick", self.partition, number, ordinal), at=now_ms)))
        return ticks

    def dump(self) -> bytes:
        return snapshot.dump(self.last, self.chain, self.causes, self.pools)

    @classmethod
    def load(cls, partition: int, data: bytes) -> "Ledger | None":
        """The ledger as it was dumped; None when the snapshot is of no use."""
        found = snapshot.load(data)
        if found is None:
            return None
        ledger = cls(partition)
        ledger.last, ledger.chain = found.last, found.chain
        ledger.pools, ledger.causes = found.pools, found.causes
        return ledger


def _decoded(value: bytes) -> AnyCommand | Refused:
    try:
        command: AnyCommand = decode_command(value)
        # without a cause it could be repeated for ever, and looks like what could not be read
        if command.cause[0]:
            return command
    except UNDECODABLE:
        pass
    return Refused(code="undecodable", sentence="the record is not a command that this version knows")
