"""Worker processes as `streams.worker` builds them, with clients in memory; one that ended is started again, as a supervisor would."""

import asyncio
import hashlib
from functools import partial
from typing import Any

import msgspec

from connectors.contract import Person
from connectors.registry import channels
from streams.agents.allocate import Owned
from streams.agents.announce import Announce
from streams.agents.aside import Behind, Wanted
from streams.agents.desk import Desk
from streams.agents.fulfil import Fulfil
from streams.agents.normalize import Normalize
from streams.agents.rebuild import leave_snapshot
from streams.fenced import FencedLedger
from streams.intake import Intake
from streams.produce import Deliveries, Transactions
from streams.reference import Reference, decode_reference
from streams.simulation.consumers import GroupConsumer
from streams.simulation.hosts import StageHost
from streams.simulation.loop import Process, pause
from streams.simulation.producers import PlainProducer, TransactionalProducer
from streams.simulation.reading import BrokerLog
from streams.simulation.snapshots import MemoryFiles
from streams.simulation.threads import SimulatedThreads
from streams.simulation.world import World
from streams.snapshots import Origin, Snapshots
from streams.topics import DECISIONS, RAW, REFERENCE

RESTART_S = (0.2, 2.0)
FOLLOW_S = 0.2
RECORDS = 12  # decisions in a transaction
SNAPSHOT_AFTER = 8
LONG = 10  # records, to be folded aside
LEFT_ASIDE = 0.7
LIMIT = 1_000


def seal(person: Person) -> str:
    return hashlib.blake2b(msgspec.json.encode(person), digest_size=6).hexdigest()


class Pipeline:
    def __init__(self, world: World) -> None:
        self.world = world
        self.snapshots = Snapshots(MemoryFiles(world), Origin("memory", DECISIONS.name))

    def start(self, name: str) -> Process:
        """A process of all stages."""
        process = self.world.loop.start(name)
        self.world.tell(f"{name} starts as process {process.born}")
        self.world.loop.run(process, self._work(process))
        return process

    async def _work(self, process: Process) -> None:
        loop, log = self.world.loop, BrokerLog(self.world)
        while self.world.broker.away:
            await asyncio.sleep(FOLLOW_S)
        reference = Reference()
        followed = self._follow(reference, 0)
        loop.run(process, self._go_on_following(reference, followed))
        # the client library knows its own fakes as little as it must
        producer: Any = PlainProducer(self.world, process)
        out = Deliveries(producer)
        normalize = Normalize(reference, channels(), seal, out, LIMIT)
        announce = Announce(log, self.snapshots, lambda p: self._transactions(process, f"announce-{p}"), 0.3, SNAPSHOT_AFTER, self._aside)
        stages = {RAW.name: [Intake(normalize)], DECISIONS.name: [Intake(Fulfil(log, out)), Intake(announce)]}
        ledger = self._ledger(process)
        process.when_stopped(ledger.stop)
        deciding = loop.run(process, asyncio.to_thread(ledger.run))
        await StageHost(self.world, process, stages).run()
        await deciding
        self.world.end(process, "stopped")

    def _ledger(self, process: Process) -> FencedLedger:
        consumer: Any = GroupConsumer(self.world, process, "allocate", gapless=True)
        ticker: Any = PlainProducer(self.world, process, "ticked")
        # what it does once a second it does more often, or less, as the schedule says
        pace = self.world.tempo.commit[1]
        return FencedLedger(consumer, partial(self._own, process), ticker, self.world.wall_ms, lambda: None, lambda: self.world.now / pace)

    def _own(self, process: Process, partition: int) -> Owned:
        writer = self._transactions(process, f"allocate-{partition}")
        desk = Desk(partition, writer, BrokerLog(self.world), self.snapshots, RECORDS, self._aside)
        return Owned(desk, self.world.tempo.hold[1], SimulatedThreads(self.world))

    def _aside(self, partition: int, behind: Behind, wanted: Wanted) -> None:
        """A snapshot of what nobody has been told of, as another process would leave it; or it cannot, which is decided here."""
        if behind() > LONG and self.world.random.random() < LEFT_ASIDE:
            leave_snapshot(BrokerLog(self.world), self.snapshots, partition, wanted)

    def _transactions(self, process: Process, name: str) -> Transactions:
        producer: Any = TransactionalProducer(self.world, process, name)
        return Transactions(producer, pause)

    # ------------------------------------------------------------------------------------------ reference
    def _follow(self, reference: Reference, start: int) -> int:
        place = (REFERENCE.name, 0)
        for record in self.world.broker.committed(place, start, self.world.broker.end(place)):
            reference.apply(decode_reference(record.value))
        return self.world.broker.end(place)

    async def _go_on_following(self, reference: Reference, position: int) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            if not self.world.broker.away:
                position = self._follow(reference, position)
