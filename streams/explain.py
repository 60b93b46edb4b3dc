"""One order's whole story, from the log alone: what came in, each decision with what was seen and chosen, and what the nodes were told."""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from connectors.contract import Fulfilment, OrderStatus, RawRecord
from streams.commands import AnyCommand, PlaceOrder
from streams.decisions import Decision, decode_decision
from streams.finding import command_of, in_json, keys, mentions, search
from streams.letters import letter_of
from streams.purchases import PurchaseOfOrder, purchases_of
from streams.read import Log, Record
from streams.rules.announce import status
from streams.topics import COMMANDS, DEAD_LETTERS, DECISIONS, FULFILMENTS, RAW
from tables.events import AnyEvent, Duplicate, FulfilmentReleased, OrderPlaced, Refused, ReservationReleased, Reserved, Stale
from tables.orders import sums
from tables.pool import Pool, evolve

decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode
RAW_LOOKS = 20  # raw records that are looked up one by one, at most


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A raw record, without what it holds."""

    partition: int
    offset: int
    channel: str
    kind: str
    delivery_id: str
    received_at: int


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that touched the order, with the events that are about it. `asked`: the command's type; another order's command, or
    one on stock, may touch it as well. Times in milliseconds."""

    partition: int
    offset: int
    src_offset: int
    at: int
    pool: str
    seq: int
    asked: str
    command_id: str
    decider: int
    policy_version: int
    events: tuple[AnyEvent, ...]
    arrival: Arrival | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one SKU of one order line as it stands now. `expected_at`: when what it waits for is to come, 0: nobody knows."""

    line: str
    listing: str
    sku: str
    ordered: int
    reserved: int
    backordered: int
    shipped: int
    returned: int
    delivered: int
    expected_at: int = 0


class Told(msgspec.Struct, frozen=True):
    at: int
    told: Fulfilment


class Stopped(msgspec.Struct, frozen=True):
    """A dead letter, without what it holds."""

    partition: int
    offset: int
    at: int
    verdict: str
    stage: str
    code: str
    sentence: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """`status` None: the order was only ever refused. `stopped`: what came in for it, or was to be told of it, and went no further."""

    order: str
    number: str
    status: OrderStatus | None
    lines: tuple[Line, ...]
    chapters: tuple[Chapter, ...]
    told: tuple[Told, ...]
    stopped: tuple[Stopped, ...] = ()
    purchases: tuple[PurchaseOfOrder, ...] = ()

    def events(self) -> list[tuple[int, AnyEvent]]:
        """Each with the time of its decision."""
        return [(chapter.at, event) for chapter in self.chapters for event in chapter.events]


class Unclear(msgspec.Struct, frozen=True):
    """No order of that name, or several: their keys."""

    wanted: str
    orders: tuple[str, ...]


def explain(log: Log, wanted: str) -> Story | Unclear:
    """`wanted`: an order's key `tenant/shop/order`; its bare id or number will do where only one order has it. Reads the log once or
    twice, looking for bytes, and decodes only what has them."""
    found = keys(log, wanted)
    if len(found) != 1:
        return Unclear(wanted, tuple(sorted(found)))
    [key] = found
    commands = dict(_commands(log, key))
    decided = list(_decided(log, key, commands))
    known, place = _fold(decided, key)
    return Story(
        order=key,
        number=_number(decided, commands),
        status=status(known, key, place) if key in known.orders else None,
        lines=_lines(known, key),
        chapters=tuple(_chapters(log, decided, commands)),
        told=tuple(_told(log, key)),
        stopped=tuple(_stopped(log, key)),
        purchases=purchases_of(known.orders.get(key)),
    )


Decided = tuple[Record, Decision, tuple[AnyEvent, ...]]
Commands = dict[tuple[int, int], AnyCommand]


# ---------------------------------------------------------------------------------------------- finding
def _commands(log: Log, key: str) -> Iterator[tuple[tuple[int, int], AnyCommand]]:
    for record in search(log, COMMANDS.name, mentions(key)[:1]):
        command = command_of(record)
        if getattr(command, "order", "") == key and command is not None:
            yield (record.partition, record.offset), command


def _decided(log: Log, key: str, commands: Commands) -> Iterator[Decided]:
    """Decisions that name the order, and those on its commands: what was refused names nobody."""
    places = [b'"src_offset":%d,' % offset for _, offset in commands]
    for record in search(log, DECISIONS.name, (*mentions(key), *places)):
        decision = decode_decision(record.value)
        asked = (record.partition, decision.src_offset) in commands
        if events := tuple(event for event in decision.events if _is_about(event, key, asked)):
            yield record, decision, events


def _is_about(event: AnyEvent, key: str, asked: bool) -> bool:
    if isinstance(event, Duplicate | Stale | Refused):
        return asked or (not isinstance(event, Refused) and event.of.split("#")[0] == key)
    return bool(getattr(event, "order", None) == key)


# ---------------------------------------------------------------------------------------------- telling
def _fold(decided: Sequence[Decided], key: str) -> tuple[Pool, int]:
    """The order as it stands, and the position of the decision that it follows from. Only what is about the order is folded: stock
    is of no interest here."""
    pool, place = Pool(""), -1
    for record, _, events in decided:
        place = record.offset
        for event in events:
            if not isinstance(event, ReservationReleased):
                evolve(pool, event)
    return pool, place


def _lines(pool: Pool, key: str) -> tuple[Line, ...]:
    order = pool.orders.get(key)
    if order is None:
        return ()
    wanted = order.demand()
    reserved = sums(row for found in order.open_fulfilments.values() for row in found.rows)
    waiting, shipped, returned = sums(order.waiting), sums(order.shipped), sums(order.returned)
    delivered = sums(order.delivered)
    listings = {line.line: line.listing for line in order.lines}
    unknown = {(line.line, ""): line.quantity for line in order.lines if not line.parts}
    return tuple(
        Line(
            line=line,
            listing=listings.get(line, ""),
            sku=sku,
            ordered=(wanted | unknown).get((line, sku), 0),
            reserved=reserved.get((line, sku), 0),
            backordered=waiting.get((line, sku), 0),
            shipped=shipped.get((line, sku), 0),
            returned=returned.get((line, sku), 0),
            delivered=delivered.get((line, sku), 0),
            expected_at=dates[key].at if key in (dates := pool.dates.get(sku, {})) and (line, sku) in waiting else 0,
        )
        for line, sku in dict.fromkeys((*wanted, *unknown, *reserved, *waiting, *shipped))
    )


def _number(decided: Sequence[Decided], commands: Commands) -> str:
    placed = [event.number for _, _, events in decided for event in events if isinstance(event, OrderPlaced)]
    asked = [command.number for command in commands.values() if isinstance(command, PlaceOrder)]
    return (placed or asked or [""])[-1]


def _chapters(log: Log, decided: Sequence[Decided], commands: Commands) -> Iterator[Chapter]:
    for n, (record, decision, events) in enumerate(decided):
        command = commands.get((record.partition, decision.src_offset)) or _command_at(log, record.partition, decision.src_offset)
        yield Chapter(
            partition=record.partition,
            offset=record.offset,
            src_offset=decision.src_offset,
            at=record.timestamp,
            pool=decision.pool,
            seq=decision.seq,
            asked=type(command).__name__ if command else "",
            command_id=decision.command_id,
            decider=decision.decider,
            policy_version=decision.policy_version,
            events=tuple(_unsealed(event) for event in events),
            arrival=_arrival(log, decision) if n < RAW_LOOKS else None,
        )


def _unsealed(event: AnyEvent) -> AnyEvent:
    """Without the recipient: a sealed one tells nobody anything."""
    return replace(event, sealed="") if isinstance(event, OrderPlaced | Reserved | FulfilmentReleased) else event


def _at(log: Log, topic: str, partition: int, offset: int) -> Record | None:
    if not log.low(topic).get(partition, offset + 1) <= offset < log.ends(topic).get(partition, 0):
        return None
    return next((record for batch in log.read(topic, {partition: offset}, {partition: offset + 1}) for record in batch), None)


def _command_at(log: Log, partition: int, offset: int) -> AnyCommand | None:
    record = _at(log, COMMANDS.name, partition, offset)
    return command_of(record) if record else None


def _arrival(log: Log, decision: Decision) -> Arrival | None:
    """The raw record behind a decision, while it is kept."""
    source, partition, offset, _ = decision.cause
    record = _at(log, RAW.name, partition, offset) if source == RAW.name else None
    if record is None:
        return None
    try:
        raw = RawRecord.from_record(record.headers, b"")
    except ValueError:
        return None
    return Arrival(
        partition=partition, offset=offset, channel=raw.channel, kind=raw.kind, delivery_id=raw.delivery_id, received_at=raw.received_at
    )


def _told(log: Log, key: str) -> Iterator[Told]:
    tenant, shop, order = key.split("/", 2)
    for record in search(log, FULFILMENTS.name, (b'"order":"%s"' % in_json(order),)):
        try:
            told = decode_fulfilment(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if (told.tenant, told.shop, told.order) == (tenant, shop, order):
            yield Told(record.timestamp, replace(told, recipient=""))


def _stopped(log: Log, key: str) -> Iterator[Stopped]:
    for record in search(log, DEAD_LETTERS.name, (b'"key":"%s"' % in_json(key),)):
        found = letter_of(record)
        if found and found.letter.key == key:
            letter = found.letter
            yield Stopped(record.partition, record.offset, found.at, letter.verdict, letter.stage, letter.code, letter.sentence)
