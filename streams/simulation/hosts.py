"""What hosts the stages in a process: Faust's part for those that hold no truth, the threads' part for the ledger."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from streams.agents.desk import Desk
from streams.agents.rebuild import LogDamaged
from streams.fatal import die
from streams.fenced import FencedLedger
from streams.intake import Batch, Intake
from streams.ledger import Message
from streams.produce import Outgoing
from streams.simulation.broker import Place, shown
from streams.simulation.groups import Member
from streams.simulation.loop import Process
from streams.simulation.world import World

# So long a host waits for what is in flight before it gives its partitions up all the same.
PATIENCE_S = 3.0
MOST_FETCHED = 25


class Bench:
    """A partition of the ledger (`streams.agents.allocate.Owner`): the desk, with the loop in the place of the thread."""

    def __init__(self, world: World, desk: Desk) -> None:
        self._world = world
        self.desk = desk
        self._begun: list[Outgoing] = []
        self._some = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def decide(self, batch: Sequence[Message]) -> None:
        decided = self.desk.decide(batch)
        while decided and self.desk.crowded:
            # the polling thread waits here; the writer goes on
            self._begin()
            self._write_begun()
        self.desk.queue(decided)
        self._some.set()

    def close(self) -> None:
        self.desk.close()
        self._some.set()
        try:
            self._write_begun()
        except Exception:
            self._world.tell(f"what was being written of partition {self.desk.partition} is not")

    async def _run(self) -> None:
        try:
            if await asyncio.to_thread(self.desk.fence) and await asyncio.to_thread(self.desk.rebuild) is not None:
                await self._serve()
        except LogDamaged as damage:
            die(f"nothing can be decided: {damage}")
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if not self.desk.closed:
                die(f"partition {self.desk.partition} of the ledger cannot be written: {error!r}")

    async def _serve(self) -> None:
        while not self.desk.closed:
            await self._some.wait()
            self._some.clear()
            await asyncio.sleep(self._world.takes(self._world.tempo.hold))
            while self.desk.queued and not self.desk.closed:
                self._begin()
                await asyncio.to_thread(self._write_begun)

    def _begin(self) -> None:
        self._write_begun()
        self._begun = self.desk.next_transaction()

    def _write_begun(self) -> None:
        batch, self._begun = self._begun, []
        try:
            if batch:
                self.desk.write(batch)
        except Exception as error:
            # at once: what follows it in the chain must not be written either
            if not self.desk.closed:
                die(f"partition {self.desk.partition} of the ledger cannot be written: {error!r}")
            raise


async def host_ledger(world: World, process: Process, ledger: FencedLedger) -> None:
    """`FencedLedger.run`, step by step."""
    try:
        ledger.join()
        due = 0.0
        while not process.stopping:
            ledger.step()
            if world.now > due:
                due = world.now + world.takes(world.tempo.commit)
                ledger.housekeep()
            await asyncio.sleep(world.takes(world.tempo.step))
        ledger.leave()
    except Exception as error:
        die(f"the ledger's consumer failed: {error!r}")


class InFlight:
    """A batch handed to the stages that read its topic; `end`: what may be committed once all have acknowledged it."""

    def __init__(self, end: int, stages: int) -> None:
        self.end = end
        self.left = stages
        self.released = False

    def done(self) -> None:
        self.left -= 1

    def release(self) -> None:
        self.released = True


class StageHost:
    """Faust's part, by the rules of `streams.transport`: each batch begins where the last one ended, a strict prefix is committed, and
    all partitions are given up whenever the group is dealt anew."""

    def __init__(self, world: World, process: Process, intakes: Mapping[str, Sequence[Intake]]) -> None:
        self._world = world
        self._process = process
        self._intakes = intakes
        self._member = Member(world.groups["stages"], process)
        self._positions: dict[Place, int] = {}
        self._flying: dict[Place, deque[InFlight]] = {}

    @property
    def _stages(self) -> list[tuple[str, Intake]]:
        return [(topic, intake) for topic, intakes in self._intakes.items() for intake in intakes]

    async def run(self) -> None:
        world = self._world
        try:
            for _, intake in self._stages:
                world.loop.run(self._process, intake.run())
            world.groups["stages"].join(self._member)
            due = 0.0
            while not self._process.stopping:
                await self._follow()
                for place in list(self._positions):
                    await self._fetch(place)
                if world.now > due:
                    due = world.now + world.takes(world.tempo.commit)
                    self._commit()
                await asyncio.sleep(world.takes(world.tempo.step))
            await self._settle()
            self._member.leave()
        except Exception as error:
            die(f"the stages failed: {error!r}")

    # ------------------------------------------------------------------------------------------ assignment
    async def _follow(self) -> None:
        if self._world.broker.away:
            return
        change = self._member.change(self._world.now)
        if change.lost:
            self._world.tell(f"{self._process} has lost {shown(change.lost)}")
            await self._drop()
        elif change.revoked:
            self._world.tell(f"{self._process} gives up {shown(change.revoked)}")
            await self._settle()
            await self._drop()
            self._member.released(change.revoked)
        if change.assigned:
            self._world.tell(f"{self._process} takes {shown(change.assigned)}")
            await self._take(change.assigned)

    async def _settle(self) -> None:
        """Wait for what is in flight, then commit it."""
        until = self._world.now + PATIENCE_S
        while self._world.now < until and any(batch.left and not batch.released for flying in self._flying.values() for batch in flying):
            await asyncio.sleep(0.05)
        self._commit()

    async def _drop(self) -> None:
        self._positions.clear()
        self._flying.clear()
        for _, intake in self._stages:
            await intake.stage.drop()

    async def _take(self, places: Sequence[Place]) -> None:
        for topic, intake in self._stages:
            await intake.stage.assign(sorted(partition for name, partition in self._member.has if name == topic))
        for place in places:
            committed = self._member.committed(place)
            self._positions[place] = committed.offset if committed else 0

    # ------------------------------------------------------------------------------------------ records
    async def _fetch(self, place: Place) -> None:
        if self._world.broker.away:
            return
        start = self._positions[place]
        records = self._world.broker.committed(place, start, self._world.broker.end(place))[: self._world.random.randint(1, MOST_FETCHED)]
        if not records:
            return
        try:
            self._world.strike("fetch")
        except Exception:
            self._world.tell(f"{len(records)} records fetched of {shown([place])} are dropped, and fetched again")
            return
        end = records[-1].offset + 1
        intakes = self._intakes[place[0]]
        batch = InFlight(end, len(intakes))
        self._flying.setdefault(place, deque()).append(batch)
        self._positions[place] = end
        delivered: Any = records
        for intake in intakes:
            await intake.put(Batch(place[1], delivered, batch.done, batch.release))

    def _commit(self) -> None:
        if self._world.broker.away:
            return
        try:
            self._world.strike("offsets")
        except Exception:
            return
        for place, flying in self._flying.items():
            end = None
            while flying and not flying[0].left:
                end = flying.popleft().end
            if end is not None:
                self._member.commit(place, end)
