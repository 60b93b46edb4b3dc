"""What hosts the stages in a process that hold no truth: Faust's part."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from streams.fatal import die
from streams.intake import Batch, Intake
from streams.simulation.broker import Place, shown
from streams.simulation.groups import Member
from streams.simulation.loop import Process
from streams.simulation.world import World

# So long a host waits for what is in flight before it gives its partitions up all the same.
PATIENCE_S = 3.0
MOST_FETCHED = 25


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
        most = self._world.random.randint(1, MOST_FETCHED)
        records = self._world.broker.committed(place, start, self._world.broker.end(place), most)
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
        for place, flying in self._flying.items():
            end = None
            while flying and not flying[0].left:
                end = flying.popleft().end
            if end is not None:
                self._commit_one(place, end)

    def _commit_one(self, place: Place, end: int) -> None:
        try:
            self._world.strike("offsets")
        except Exception:
            return
        news = self._member.news(place, end)
        if self._member.commit(place, end):
            self._world.tell(news)
            self._world.strike("moved")
