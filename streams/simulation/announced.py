"""Whether what was announced last of every order and every shelf is what the log says."""

from collections.abc import Iterator

import msgspec

from connectors.contract import Availability, OrderStatus
from streams.ledger import Broken, Ledger
from streams.read import MemoryLog
from streams.rules.announce import Touched, levels, status, touch
from streams.topics import AVAILABILITY, DECISIONS, ORDER_STATUS

decode_status = msgspec.json.Decoder(OrderStatus).decode
decode_level = msgspec.json.Decoder(Availability).decode


def stale(log: MemoryLog) -> list[str]:
    """A sentence for each topic that does not end with what follows from the whole log. Positions and versions are not compared. A log
    that does not follow from itself says nothing."""
    try:
        return _stale(log)
    except Broken:
        return []


def overdue(log: MemoryLog, now_ms: int) -> list[str]:
    """A sentence where the clock should have been told of, and was not."""
    try:
        late = [ledger.partition for ledger, _ in _folded(log) if ledger.due(now_ms)]
    except Broken:
        return []
    return [f"ticks ({len(late)}x): partition {late[0]} has something due, and nobody says what time it is"] if late else []


def _stale(log: MemoryLog) -> list[str]:
    statuses = {key: msgspec.structs.replace(decode_status(value), position=0) for key, value in _last(log, ORDER_STATUS.name)}
    shelves = {key: msgspec.structs.replace(decode_level(value), version=0) for key, value in _last(log, AVAILABILITY.name)}
    wrong: dict[str, list[str]] = {ORDER_STATUS.name: [], AVAILABILITY.name: []}
    for ledger, found in _folded(log):
        for name, pool in ledger.pools.items():
            for order in pool.orders:
                if pool.orders[order].revision and statuses.get(order.encode()) != status(pool, order, 0):
                    wrong[ORDER_STATUS.name].append(order)
            for level in levels(pool, found[name].cells, 0):
                if shelves.get(key := f"{level.shop}/{level.sku}".encode()) != level:
                    wrong[AVAILABILITY.name].append(key.decode())
    told = {topic: found for topic, found in wrong.items() if found}
    return [f"announced ({len(found)}x): the last of {found[0]} on {topic} is not what the log says" for topic, found in told.items()]


def _last(log: MemoryLog, topic: str) -> Iterator[tuple[bytes, bytes]]:
    """(key, value), later ones later."""
    for batch in log.read(topic, log.low(topic), log.ends(topic)):
        for record in batch:
            yield record.key, record.value


def _folded(log: MemoryLog) -> Iterator[tuple[Ledger, dict[str, Touched]]]:
    """Each partition's ledger, and what changed of it, by pool."""
    for partition, end in log.ends(DECISIONS.name).items():
        ledger, found = Ledger(partition), dict[str, Touched]()
        for batch in log.read(DECISIONS.name, {partition: 0}, {partition: end}):
            for record in batch:
                decision = ledger.fold(record.offset, record.value)
                touch(found.setdefault(decision.pool, Touched({}, {})), ledger.pools[decision.pool], decision)
        yield ledger, found
