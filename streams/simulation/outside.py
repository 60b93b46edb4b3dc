"""The world around the pipeline: whoever hands records in, imports the business, and answers to fulfilments."""

import json
from random import Random
from typing import Any
from zlib import crc32

import msgspec

from connectors.contract import Fulfilment, RawRecord
from streams.commands import SetCarriers, encode_command
from streams.reference import encode_reference, record_id
from streams.simulation.agreed import wider
from streams.simulation.business import Delivery, Import, raw, when
from streams.simulation.operators import number_at
from streams.simulation.sent_back import carried, labelled, sent_back
from streams.simulation.suppliers import billed, settled
from streams.simulation.world import World
from streams.topics import COMMANDS, FULFILMENTS, RAW, REFERENCE

decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode
ANSWER_S = 0.2
AGAIN_S = 0.7
LATEST_S = 6.0


class Outside:
    """`busy`: something is still to be handed in."""

    def __init__(self, world: World, seed: int) -> None:
        self.busy = 0
        self._world = world
        self._seed = seed
        self._read: dict[int, int] = {}
        self._told: set[tuple[str, str]] = set()

    # ------------------------------------------------------------------------------------------ handing in
    def hand_in(self, delivery: Delivery) -> None:
        for at in delivery.times:
            self.busy += 1
            self._world.after(at, lambda: self._send(delivery.record))

    def _send(self, record: RawRecord) -> None:
        """Whoever does not hear that it was taken sends it again, though it may have been."""
        world = self._world
        if world.broker.away:
            world.after(AGAIN_S, lambda: self._send(record))
            return
        partition = crc32(record.key.encode()) % len(world.broker.places(RAW.name))
        offset = world.broker.append((RAW.name, partition), record.key.encode(), record.body, record.headers(), world.now)
        world.tell(f"{record.kind} {record.key} is handed in: raw[{partition}]@{offset}")
        if world.random.random() < 0.05 and not world.healed:
            world.after(AGAIN_S, lambda: self._send(record))
        else:
            self.busy -= 1

    def publish(self, change: Import) -> None:
        self.busy += 1
        self._world.after(change.at, lambda: self._import(change))

    def _import(self, change: Import) -> None:
        world = self._world
        if world.broker.away:
            world.after(AGAIN_S, lambda: self._import(change))
            return
        for command in change.commands:
            world.broker.append((COMMANDS.name, change.partition), command.pool.encode(), encode_command(command), (), world.now)
        for record in change.reference:
            world.broker.append((REFERENCE.name, 0), record_id(record).encode(), encode_reference(record), (), world.now)
        self._widen(change)
        world.tell(f"{change.commands[0].pool} is imported: {', '.join(type(command).__name__ for command in change.commands)}")
        self.busy -= 1

    def _widen(self, change: Import) -> None:
        """What no carrier took may be taken later."""
        for command in change.commands:
            if isinstance(command, SetCarriers) and command.version == 1:
                later = wider(command, number_at(self._world.now + LATEST_S), change.partition)
                self.publish(Import(at=LATEST_S, partition=change.partition, commands=(later,), reference=()))

    # ------------------------------------------------------------------------------------------ the warehouses
    def answer(self) -> None:
        """Read on in `fulfilments`, and answer some."""
        world = self._world
        for place in world.broker.places(FULFILMENTS.name):
            for record in world.broker.committed(place, self._read.get(place[1], 0), world.broker.end(place)):
                self._read[place[1]] = record.offset + 1
                self._answer(decode_fulfilment(record.value))
        world.after(ANSWER_S, self.answer)

    def _answer(self, told: Fulfilment) -> None:
        if (told.type, told.id) in self._told:
            return
        self._told.add((told.type, told.id))
        if told.type in ("ReturnExpected", "SupplyExpected"):
            return
        if told.purchase:
            self._bill(told)
        if told.carrier:
            self._label(told)
        choice = Random(f"{self._seed}/{told.type}/{told.id}")
        document = {"document": f"{told.type[10]}{told.id}", "fulfilment": told.id}
        if told.type == "FulfilmentCancelled":
            if not told.final and choice.random() < 0.6:
                self._reply(told, document | {"type": "rejection", "reason": "cancelled"}, choice)
            elif not told.final:
                after = self._reply(told, document | {"type": "too_late"}, choice)
                shipment = document | {"document": f"L{told.id}", "type": "shipment", "shipped_at": when(1)}
                self._send_in(after, _from_the_warehouse(told, shipment))
        elif choice.random() < 0.5:
            after = self._reply(told, document | {"type": "shipment", "shipped_at": when(1), "tracking": f"P-{told.id}"}, choice)
            for record in carried(told, choice):
                self._send_in(after + choice.uniform(-0.1, LATEST_S), record)
            if choice.random() < 0.4:
                for record in sent_back(told, choice):
                    self._send_in(after + choice.uniform(0.0, LATEST_S), record)
        elif choice.random() < 0.3:
            self._refuse(told, document | {"type": "rejection", "reason": choice.choice(("short", "no_capacity"))}, choice)

    def _refuse(self, told: Fulfilment, rejection: dict[str, Any], choice: Random) -> None:
        """All of it, or one unit; then the others may leave."""
        if sum(line.quantity for line in told.lines) == 1 or choice.random() < 0.5:
            self._reply(told, rejection, choice)
            return
        after = self._reply(told, rejection | {"lines": [{"sku": choice.choice(told.lines).sku, "quantity": 1}]}, choice)
        if choice.random() < 0.7:
            rest = {"document": f"R{told.id}", "fulfilment": told.id, "type": "shipment", "shipped_at": when(1), "tracking": f"P-{told.id}"}
            self._send_in(after + choice.uniform(-0.1, LATEST_S), _from_the_warehouse(told, rest))

    def _bill(self, told: Fulfilment) -> None:
        choice = Random(f"{self._seed}/bills/{told.id}")
        for record in billed(told, choice):
            self._send_in(choice.uniform(0.1, LATEST_S), record)
        if choice.random() < 0.3:
            self.publish(settled(told, choice, LATEST_S, number_at(self._world.now + LATEST_S)))

    def _label(self, told: Fulfilment) -> None:
        choice = Random(f"{self._seed}/labels/{told.id}")
        for record in labelled(told, choice):
            self._send_in(choice.uniform(0.0, LATEST_S), record)

    def _reply(self, told: Fulfilment, document: dict[str, Any], choice: Random) -> float:
        """Soon or late; returns after how many seconds."""
        after = choice.uniform(0.1, choice.choice((2.0, LATEST_S)))
        self._send_in(after, _from_the_warehouse(told, document))
        return after

    def _send_in(self, seconds: float, record: RawRecord) -> None:
        self.busy += 1
        self._world.after(seconds, lambda: self._send(record))


def _from_the_warehouse(told: Fulfilment, document: dict[str, Any]) -> RawRecord:
    return raw(f"wms-{told.pool}", document["type"], told.id, json.dumps(document).encode())
