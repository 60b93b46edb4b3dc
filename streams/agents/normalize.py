"""raw -> commands: each raw record becomes commands of one pool, or a dead letter that says why not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from connectors.contract import Channel, Ignored, Person, RawRecord, Rejected
from streams.agents.letters import MARGIN, Letters
from streams.commands import AnyCommand, encode_command
from streams.intake import Record
from streams.metrics import COMMANDS_MADE
from streams.produce import Deliveries, Outgoing
from streams.reference import Reference
from streams.rules.normalize import parse, translate
from streams.topics import COMMANDS, RAW

SOURCE = "raw"
MOST_BYTES = COMMANDS.max_bytes - MARGIN
AT_ONCE = 50

Raw = RawRecord | Rejected
Outcome = list[Outgoing] | Ignored | Rejected


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
        for start in range(0, len(records), AT_ONCE):
            outgoing += self._some(partition, records[start : start + AT_ONCE])
        for channel, made in self._made.items():
            COMMANDS_MADE.labels(channel).inc(made)
        self._made.clear()
        return await self._out.send(outgoing)

    async def assign(self, partitions: Sequence[int]) -> None:
        """Nothing is kept for a partition."""

    async def drop(self) -> None:
        """Nothing is kept for a partition."""

    def _some(self, partition: int, records: Sequence[Record]) -> list[Outgoing]:
        raws = [_read(record) for record in records]
        outgoing: list[Outgoing] = []
        for record, raw, outcome in zip(records, raws, self._outcomes(partition, records, raws), strict=True):
            if isinstance(outcome, list) and isinstance(raw, RawRecord):
                outgoing += outcome
                self._made[raw.channel] += len(outcome)
                self._letters.accepted()
            elif not isinstance(outcome, list):
                outgoing.append(self._letter(partition, record, raw, outcome))
        return outgoing

    def _outcomes(self, partition: int, records: Sequence[Record], raws: Sequence[Raw]) -> list[Outcome]:
        """In passes over all of the records, as each pass then finds its code and data in the processor's caches."""
        reference, channels, seal = self._reference, self._channels, self._seal
        try:
            parsed = [raw if isinstance(raw, Rejected) else parse(raw, reference, channels) for raw in raws]
            translated = [
                translate(found, (SOURCE, partition, record.offset), reference, seal) if isinstance(found, tuple) else found
                for record, found in zip(records, parsed, strict=True)
            ]
            return [self._encoded(found) if isinstance(found, tuple) else found for found in translated]
        except MemoryError:
            raise
        except Exception as fault:
            if len(records) > 1:  # whichever it was, the others are sound
                return [self._outcomes(partition, [record], [raw])[0] for record, raw in zip(records, raws, strict=True)]
            # only the kind of error: its text may quote the payload, and with it a person
            sentence = f"Normalizing it failed with {type(fault).__name__}: repair the code, then replay this record."
            return [Rejected("internal_error", sentence)]

    def _encoded(self, commands: Sequence[AnyCommand]) -> list[Outgoing] | Rejected:
        outgoing = []
        for command in commands:
            pool = self._reference.pools.get(command.pool)
            if pool is None:
                sentence = f"Pool {command.pool!r} has no partition: import the business again, then replay this record."
                return Rejected("unknown_pool", sentence)
            value = encode_command(command)
            if len(value) > MOST_BYTES:
                sentence = f"It makes a command of {len(value)} bytes, more than the {COMMANDS.max_bytes} a record may have: split it."
                return Rejected("too_large", sentence)
            outgoing.append(Outgoing(COMMANDS.name, pool.partition, command.pool.encode(), value))
        return outgoing

    def _letter(self, partition: int, record: Record, raw: Raw, why: Ignored | Rejected) -> Outgoing:
        shop = raw.shop if isinstance(raw, RawRecord) else ""
        say = self._letters.ignored if isinstance(why, Ignored) else self._letters.rejected
        return say(partition, record, shop, why.code, why.sentence)


def _read(record: Record) -> Raw:
    try:
        return RawRecord.from_record(record.headers, record.value or b"")
    except ValueError as fault:
        return Rejected("malformed_record", f"{fault}: was it written by a connector of ours?")
