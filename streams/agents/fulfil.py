"""decisions -> fulfilments: what the nodes shall ship, or no longer, one event a record."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, cast, get_args

import msgspec

from connectors.contract import Fulfilment, FulfilmentType
from streams import compiled
from streams.intake import Record
from streams.metrics import FULFILMENTS as FULFILMENTS_SENT
from streams.metrics import LATENCY, ORDERS, REPEATED
from streams.produce import Deliveries, Headers, Outgoing
from streams.read import Log
from streams.rules.brief import Brief, Placed, decode_brief
from streams.rules.fulfil import fulfil
from streams.rules.outcome import outcome
from streams.topics import FULFILMENTS
from tables.events import Reserved

# How far back the own output is read.
TAIL = 20_000

Mark = tuple[int, int]  # (src_offset, ordinal) of a fulfilment event

TYPES = {kind: f"yipan.{kind}".encode() for kind in get_args(FulfilmentType)}

encode_fulfilment = msgspec.json.Encoder().encode
decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode


class Told(NamedTuple):
    """Which fulfilments were there at the start: these, and all `before` one. No maximum: of what a process had sent when it died, a record
    may be missing and the one behind it not."""

    marks: frozenset[Mark] = frozenset()
    before: Mark = (-1, -1)

    def __contains__(self, mark: object) -> bool:
        return mark in self.marks or cast(Mark, mark) < self.before


class Seen(NamedTuple):
    """A decision as far as it matters here: what became of an order, when the raw record was received of one that is reserved at once (0:
    of none), and what the nodes are told, with its mark."""

    word: str
    received_at: int
    told: list[tuple[Mark, Outgoing]]


class Fulfil:
    """Stateless but for what it keeps of a partition: the highest decision seen, and which fulfilments were there at the start.
    Both only save repetition: the ids of fulfilments are the same in every replay."""

    name = "fulfil"

    def __init__(self, log: Log, out: Deliveries) -> None:
        self._log = log
        self._out = out
        self._quick = compiled.quick()
        self._told: dict[int, Told] = {}
        self._last: dict[int, int] = {}

    async def take(self, partition: int, records: Sequence[Record]) -> asyncio.Future[None]:
        told = self._told.get(partition)
        if told is None:
            told = self._told[partition] = await asyncio.to_thread(already_told, self._log, partition)
        fresh = self._fresh(partition, records)
        outgoing = [record for seen in fresh for at, record in seen.told if at not in told]
        sent = await self._out.send(outgoing)
        sent.add_done_callback(lambda _: observe(fresh, len(outgoing)))
        return sent

    async def assign(self, partitions: Sequence[int]) -> None:
        """What was told is read at the first batch."""

    async def drop(self) -> None:
        self._told.clear()
        self._last.clear()

    def _fresh(self, partition: int, records: Sequence[Record]) -> list[Seen]:
        """Decisions without those whose src_offset does not rise. Raises, and so ends the process, on a record that is no decision: what
        the log says must not be skipped."""
        last = self._last.get(partition, -1)
        fresh = []
        for record in records:
            src_offset, seen = self._seen(partition, record)
            if src_offset > last:
                last = src_offset
                fresh.append(seen)
        self._last[partition] = last
        REPEATED.labels(self.name).inc(len(records) - len(fresh))
        return fresh

    def _seen(self, partition: int, record: Record) -> tuple[int, Seen]:
        value = record.value or b""
        if self._quick is not None and (found := self._quick.ordered(value, partition)):
            src_offset, ordinal, received_at, pool, key, ordered = found
            about = cloud_event("FulfilmentOrdered", partition, src_offset, ordinal, pool, record.timestamp)
            told = [((src_offset, ordinal), Outgoing(FULFILMENTS.name, partition, key, ordered, about))]
            return src_offset, Seen("allocated", received_at, told)
        decision = decode_brief(value)
        packed = [((event.src_offset, event.ordinal), package(event, partition, record.timestamp)) for event in fulfil(decision, partition)]
        return decision.src_offset, Seen(outcome(decision), promised_at_once(decision), packed)


def already_told(log: Log, partition: int) -> Told:
    """Of a tail of `fulfilments`; what is older than that was told if what the tail begins with was."""
    end = log.ends(FULFILMENTS.name).get(partition, 0)
    start = max(log.low(FULFILMENTS.name).get(partition, 0), end - TAIL)
    marks = set()
    for batch in log.read(FULFILMENTS.name, {partition: start}, {partition: end}):
        for record in batch:
            event = decode_fulfilment(record.value)
            marks.add((event.src_offset, event.ordinal))
    return Told(frozenset(marks), min(marks)) if start and marks else Told(frozenset(marks))


def promised_at_once(decision: Brief) -> int:
    """When the raw record of an order was received that this very decision reserves; 0 where it does neither."""
    placed = [event.received_at for event in decision.events if isinstance(event, Placed)]
    return placed[0] if placed and Reserved in map(type, decision.events) else 0


def observe(decisions: Sequence[Seen], fulfilments: int) -> None:
    """Count what was decided and has been acknowledged by now."""
    now = time.time()
    FULFILMENTS_SENT.inc(fulfilments)
    for word, orders in Counter([seen.word for seen in decisions]).items():
        if word:
            ORDERS.labels(word).inc(orders)
    for seen in decisions:
        if seen.received_at:
            LATENCY.observe(max(0.0, now - seen.received_at / 1000))


def package(event: Fulfilment, partition: int, decided_at: int) -> Outgoing:
    key = f"{event.tenant}/{event.shop}/{event.order}".encode()
    about = cloud_event(event.type, partition, event.src_offset, event.ordinal, event.pool.encode(), decided_at)
    return Outgoing(FULFILMENTS.name, partition, key, encode_fulfilment(event), about)


def cloud_event(kind: FulfilmentType, partition: int, src_offset: int, ordinal: int, pool: bytes, decided_at: int) -> Headers:
    """CloudEvents 1.0, Kafka protocol binding, binary mode. The time is that of the decision record, ms: the same in every replay."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"%d-%d-%d" % (partition, src_offset, ordinal)),
        ("ce_type", TYPES[kind]),
        ("ce_source", b"/pools/" + pool),
        ("ce_time", _time(decided_at)),
        ("content-type", b"application/json"),
    ]


@lru_cache(maxsize=256)
def _time(ms: int) -> bytes:
    """The decisions of a transaction have one time, or few."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").encode()
