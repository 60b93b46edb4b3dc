"""The other direction: warehouses read what to ship and tell what became of it, so that stock leaves and comes back under every fault."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from connectors.contract import Fulfilment
from streams.topics import FULFILMENTS
from tests.crash.traffic import Sender

# Of a hundred fulfilment orders …
SHIPPED, IN_TWO_PARCELS, NOT_THERE = 55, 10, 4
decode = msgspec.json.Decoder(Fulfilment).decode


class Warehouses:
    """Answers each fulfilment order once, however often it is told. `answered`: documents that were taken."""

    def __init__(self, consumer: Consumer, partitions: int, sender: Sender) -> None:
        self.answered = 0
        self._consumer = consumer
        self._sender = sender
        self._seen: set[str] = set()
        consumer.assign([TopicPartition(FULFILMENTS.name, partition, OFFSET_BEGINNING) for partition in range(partitions)])

    async def work(self, over: Callable[[], bool]) -> None:
        """Until `over`; what was begun by then is finished."""
        while not over():
            messages = await asyncio.to_thread(self._consumer.consume, 500, 0.3)
            told = [decode(message.value() or b"") for message in messages if not message.error()]
            await asyncio.gather(*(self._answer(one) for one in told if self._is_new(one)))
        await asyncio.to_thread(self._consumer.close)

    def _is_new(self, told: Fulfilment) -> bool:
        if told.type != "FulfilmentOrdered" or told.id in self._seen:
            return False
        self._seen.add(told.id)
        return True

    async def _answer(self, told: Fulfilment) -> None:
        for document in answers(told, datetime.now(UTC)):
            await self._sender.tell(f"{told.pool}-wms", document)
            self.answered += 1


def answers(told: Fulfilment, now: datetime) -> Iterator[dict[str, Any]]:
    """The documents that follow from a fulfilment order; its id decides which: shipped whole and delivered, in two parcels, not there, or
    nothing yet. Of every second parcel the carrier is heard before the warehouse."""
    chance = crc32(told.id.encode()) % 100
    at = now.isoformat(timespec="milliseconds")
    shipment = {"type": "shipment", "fulfilment": told.id, "shipped_at": at}
    if chance < SHIPPED:
        parcel = {"type": "tracking", "tracking": f"GL-{told.id}", "carrier": "gull", "at": at}
        left = shipment | {"document": f"S-{told.id}", "carrier": "gull", "tracking": f"GL-{told.id}"}
        moving = parcel | {"document": f"T-{told.id}-1", "status": "in_transit"}
        yield {"type": "progress", "document": f"P-{told.id}", "fulfilment": told.id, "stage": "packed", "at": at}
        yield from (moving, left) if chance % 2 else (left, moving)
        yield parcel | {"document": f"T-{told.id}-2", "status": "delivered"}
    elif chance < SHIPPED + IN_TWO_PARCELS:
        first, *others = told.lines
        for number, lines in enumerate(part for part in ((first,), others) if part):
            units = [{"sku": line.sku, "quantity": line.quantity} for line in lines]
            yield shipment | {"document": f"S-{told.id}-{number}", "lines": units}
    elif chance < SHIPPED + IN_TWO_PARCELS + NOT_THERE:
        yield {"type": "rejection", "document": f"X-{told.id}", "fulfilment": told.id, "reason": "short"}
