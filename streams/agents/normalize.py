"""raw -> commands: each raw record becomes commands of one pool, or a dead letter that says why not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from connectors.contract import Channel, Ignored, Person, RawRecord, Rejected
from streams.agents.letters import MARGIN, Letters
from streams.commands import AnyCommand, encode_command
from streams.intake import Record, Stopped
from streams.metrics import COMMANDS_MADE
from streams.produce import Deliveries, Outgoing
from streams.reference import Reference
from streams.rules.normalize import normalize
from streams.topics import COMMANDS, RAW

SOURCE = "raw"
MOST_BYTES = COMMANDS.max_bytes - MARGIN


class Normalize:
    """`reference` must have been read to its end before the first record, and is followed while this runs."""

    name = "normalize"

    def __init__(
        self, reference: Reference, channels: Mapping[str, Channel], seal: Callable[[Person], str], out: Deliveries, limit: int
    ) -> None:
        self._reference = reference
        self._channels = channels
        self._seal = seal
        self._out = out
        self._letters = Letters(self.name, RAW.name, limit)
        self._made: Counter[str] = Counter()  # by channel, of the batch at hand

    async def take(self, partition: int, records: Sequence[Record]) -> asyncio.Future[None]:
        outgoing: list[Outgoing] = []
        for record in records:
            outgoing += self._one(partition, record)
        for channel, made in self._made.items():
            COMMANDS_MADE.labels(channel).inc(made)
        self._made.clear()
        return await self._out.send(outgoing)

    async def assign(self, partitions: Sequence[int]) -> None:
        """Nothing is kept for a partition."""

    async def drop(self) -> None:
        """Nothing is kept for a partition."""

    def _one(self, partition: int, record: Record) -> list[Outgoing]:
        try:
            raw = RawRecord.from_record(record.headers, record.value or b"")
        except ValueError as fault:
            return [self._letters.rejected(partition, record, "", "malformed_record", f"{fault}: was it written by a connector of ours?")]
        try:
            outcome = normalize(raw, (SOURCE, partition, record.offset), self._reference, self._channels, self._seal)
            return self._answer(partition, record, raw, outcome)
        except (MemoryError, Stopped):
            raise
        except Exception as fault:
            # only the kind of error: its text may quote the payload, and with it a person
            sentence = f"Normalizing it failed with {type(fault).__name__}: repair the code, then replay this record."
            return [self._letters.rejected(partition, record, raw.shop, "internal_error", sentence)]

    def _answer(
        self, partition: int, record: Record, raw: RawRecord, outcome: tuple[AnyCommand, ...] | Ignored | Rejected
    ) -> list[Outgoing]:
        if isinstance(outcome, tuple):
            return self._commands(partition, record, raw, outcome)
        say = self._letters.ignored if isinstance(outcome, Ignored) else self._letters.rejected
        return [say(partition, record, raw.shop, outcome.code, outcome.sentence)]

    def _commands(self, partition: int, record: Record, raw: RawRecord, commands: Sequence[AnyCommand]) -> list[Outgoing]:
        outgoing = []
        for command in commands:
            pool = self._reference.pools.get(command.pool)
            if pool is None:
                sentence = f"Pool {command.pool!r} has no partition: import the business again, then replay this record."
                return [self._letters.rejected(partition, record, raw.shop, "unknown_pool", sentence)]
            value = encode_command(command)
            if len(value) > MOST_BYTES:
                sentence = f"It makes a command of {len(value)} bytes, more than the {COMMANDS.max_bytes} a record may have: split it."
                return [self._letters.rejected(partition, record, raw.shop, "too_large", sentence)]
            outgoing.append(Outgoing(COMMANDS.name, pool.partition, command.pool.encode(), value))
        self._letters.accepted()
        self._made[raw.channel] += len(outgoing)
        return outgoing
