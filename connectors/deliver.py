"""fulfilments -> partners: each record to the system of its node. Which may wait for whom, connectors/lanes.py says."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol

import msgspec
from prometheus_client import Counter, Gauge

from connectors.contract import Fulfilment
from connectors.courier import Bury, Consumed, Courier
from connectors.lanes import Commit, Lane, Progress
from connectors.routes import UNKNOWN

COMMIT_S = 0.5
# the lane of records that cannot be read: they are nobody's
UNREADABLE = ""

BEHIND = Gauge("yipan_partner_behind", "Offsets from where a partner stands to the end of what was read", ["partner"])
NOBODYS = Counter("yipan_deliveries_unaddressed", "Fulfilments of nodes that no partner has")

_decode = msgspec.json.Decoder(Fulfilment).decode


class Taken(msgspec.Struct, frozen=True):
    """What one look brought. Partitions `revoked` are no longer ours; of those `assigned`, records come from their front on. Both hold
    before the first of the records."""

    records: Sequence[Consumed] = ()
    revoked: Sequence[int] = ()
    assigned: Mapping[int, Progress] = {}


class Chunk(msgspec.Struct, frozen=True):
    """Records of one partition; `end`: from where to read on."""

    records: Sequence[Consumed]
    end: int


class Topic(Protocol):
    """The topic `fulfilments` as a member of the group that shares it out."""

    async def take(self) -> Taken:
        """Waits a moment where there is nothing."""
        ...

    async def reread(self, partition: int, start: int, stop: int) -> Chunk:
        """Some records from `start` on, none at or after `stop`; moves nothing of what `take` brings."""
        ...

    async def commit(self, commits: Mapping[int, Commit]) -> bool:
        """Whether the broker keeps them; it does not while the group shares out anew."""
        ...


class Deliveries:
    """`route`: node -> partner, None where nobody has it; the answer for a node never changes as long as this lives. `routes` names
    them all together, for whoever goes on from a commit."""

    def __init__(self, topic: Topic, couriers: Mapping[str, Courier], route: Callable[[str], str | None], routes: str, bury: Bury) -> None:
        self._topic = topic
        self._couriers = couriers
        self._route = route
        self._routes = routes
        self._bury = bury
        self._parts: dict[int, Progress] = {}
        self._tasks: dict[int, set[asyncio.Task[None]]] = {}
        self._last: dict[tuple[int, str], asyncio.Task[None]] = {}
        self._rereading: set[Lane] = set()
        self._committed: dict[int, Commit] = {}
        self._failure: BaseException | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises what ended a delivery that has no end of its own: nothing of it was committed."""
        due = 0.0
        try:
            while not stop.is_set() and self._failure is None:
                await self._turn(await self._topic.take())
                if (now := asyncio.get_running_loop().time()) >= due:
                    due = now + COMMIT_S
                    await self._commit()
        finally:
            await self._drop(list(self._parts), last=self._commit)
        if self._failure:
            raise self._failure

    async def _turn(self, taken: Taken) -> None:
        await self._drop([partition for partition in taken.revoked if partition in self._parts])
        for partition, progress in taken.assigned.items():
            self._parts[partition] = progress
            for name, lane in progress.lanes.items():
                self._feed(partition, name, lane)
        for record in taken.records:
            self._see(record)

    def _see(self, record: Consumed) -> None:
        progress = self._parts.get(record.partition)
        if progress is None or record.offset < progress.front:
            return
        progress.front = record.offset + 1
        name, fulfilment = self._addressed(record)
        if name is None:
            NOBODYS.inc()
            return
        lane = progress.lane(name)
        if lane.parked is None and lane.offer(record.offset):
            self._begin(name, lane, record, fulfilment)

    def _addressed(self, record: Consumed) -> tuple[str | None, Fulfilment | None]:
        try:
            fulfilment = _decode(record.value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return UNREADABLE, None
        return self._route(fulfilment.node), fulfilment

    # ------------------------------------------------------------------------------------------ one record
    def _begin(self, name: str, lane: Lane, record: Consumed, fulfilment: Fulfilment | None) -> None:
        if fulfilment is None:
            self._spawn(record.partition, self._set_aside(lane, record))
            return
        if name == UNKNOWN:
            # holds the prefix: who begins anew with a table that has the node begins here
            self._spawn(record.partition, _for_ever())
            return
        about = (record.partition, fulfilment.id)
        task = self._spawn(record.partition, self._deliver(name, lane, record, fulfilment, self._last.get(about)))
        self._last[about] = task
        task.add_done_callback(lambda done: self._last.pop(about) if self._last.get(about) is done else None)

    async def _deliver(self, name: str, lane: Lane, record: Consumed, fulfilment: Fulfilment, before: "asyncio.Task[None] | None") -> None:
        if before:
            # a cancel must not overtake what it cancels
            await asyncio.wait([before])
        await self._couriers[name].deliver(record, fulfilment)
        lane.settle(record.offset)
        self._feed(record.partition, name, lane)

    async def _set_aside(self, lane: Lane, record: Consumed) -> None:
        await self._bury(record, "malformed", "This is not a fulfilment as docs/fulfilments.md has it.")
        lane.settle(record.offset)
        self._feed(record.partition, UNREADABLE, lane)

    # ------------------------------------------------------------------------------------------ a lane that is behind
    def _feed(self, partition: int, name: str, lane: Lane) -> None:
        if lane.hungry and lane not in self._rereading and self._failure is None:
            self._rereading.add(lane)
            self._spawn(partition, self._catch_up(partition, name, lane))

    async def _catch_up(self, partition: int, name: str, lane: Lane) -> None:
        try:
            while lane.hungry and lane.parked is not None:
                chunk = await self._topic.reread(partition, lane.parked, self._parts[partition].front)
                self._take_in(name, lane, chunk, self._parts[partition].front)
        finally:
            self._rereading.discard(lane)

    def _take_in(self, name: str, lane: Lane, chunk: Chunk, front: int) -> None:
        for record in chunk.records:
            theirs, fulfilment = self._addressed(record)
            if theirs == name:
                if not lane.offer(record.offset):
                    return
                self._begin(name, lane, record, fulfilment)
        # the front may have gone on meanwhile, and let more of it pass by
        lane.parked = None if chunk.end >= front else chunk.end

    # ------------------------------------------------------------------------------------------ tasks and offsets
    def _spawn(self, partition: int, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        mine = self._tasks.setdefault(partition, set())
        mine.add(task)

        def ended(done: "asyncio.Task[None]") -> None:
            mine.discard(done)
            if not done.cancelled() and (failure := done.exception()):
                self._failure = self._failure or failure

        task.add_done_callback(ended)
        return task

    async def _drop(self, partitions: Sequence[int], last: Callable[[], Coroutine[None, None, None]] | None = None) -> None:
        """What is under way for these is called off: whoever has them next begins at the last commit."""
        tasks = [task for partition in partitions for task in self._tasks.pop(partition, ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if last:
            await last()
        for partition in partitions:
            del self._parts[partition]
            self._committed.pop(partition, None)

    async def _commit(self) -> None:
        commits = {partition: progress.commit(self._routes) for partition, progress in self._parts.items()}
        new = {partition: commit for partition, commit in commits.items() if self._committed.get(partition) != commit}
        if new and await self._topic.commit(new):
            self._committed |= new
        for name in self._couriers:
            behind = [part.front - part.lanes[name].stands_at(part.front) for part in self._parts.values() if name in part.lanes]
            BEHIND.labels(name).set(sum(behind))


async def _for_ever() -> None:
    await asyncio.Event().wait()
