"""Between the transport and a stage: queued batches of a partition are merged, taken in slices, and acknowledged as a whole.

What a batch costs it costs per batch: merging is what keeps a trickle of tiny fetches from eating a core.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from streams.fatal import die
from streams.metrics import STOPPED, TAKEN

log = logging.getLogger(__name__)

# A slice runs without giving way to the event loop; a full queue makes the transport wait.
SLICE = 250
QUEUED = 20_000
UNACKNOWLEDGED = 16


class Record(Protocol):
    """A record as the consumer has it; `timestamp` is the broker's, in ms."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Batch(NamedTuple):
    """`done`: everything that follows from the records is durable. `release`: they will not be processed here; nothing of the
    partition may be committed from them on."""

    partition: int
    records: Sequence[Record]
    done: Callable[[], None]
    release: Callable[[], None]


class Stopped(Exception):
    """The stage must take nothing more until a person has looked. The text says why."""


class Stage(Protocol):
    name: str

    async def take(self, partition: int, records: Sequence[Record]) -> asyncio.Future[None]:
        """Process records in order; the future is done when all that follows from them is durable. Raises Stopped."""
        ...

    async def assign(self, partitions: Sequence[int]) -> None:
        """These partitions, and no others, are ours from now on."""
        ...

    async def drop(self) -> None:
        """The assignment changes: forget everything that was kept for a partition."""
        ...


class Intake:
    """One for each stage. `run()` ends the process on whatever the stage did not expect."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._waiting: dict[int, list[Batch]] = {}
        self._queued = 0
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._slots = asyncio.Semaphore(UNACKNOWLEDGED)
        self._stopped = False

    async def put(self, batch: Batch) -> None:
        if self._stopped:
            batch.release()
            return
        await self._room.wait()
        self._waiting.setdefault(batch.partition, []).append(batch)
        self._queued += len(batch.records)
        self._some.set()
        if self._queued >= QUEUED:
            self._room.clear()

    async def run(self) -> None:
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                for partition in list(self._waiting):
                    await self._slots.acquire()
                    await self._take(partition)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            die(f"stage {self.stage.name} failed", error)

    async def _take(self, partition: int) -> None:
        batches = self._waiting.pop(partition, [])
        records = [record for batch in batches for record in batch.records]
        self._queued -= len(records)
        self._room.set()
        TAKEN.labels(self.stage.name).observe(len(records))
        try:
            durable = await self._slices(partition, records)
        except Stopped as why:
            self._stop(str(why), batches)
            return
        _when_all(durable, lambda: self._acknowledge(batches))

    async def _slices(self, partition: int, records: Sequence[Record]) -> list[asyncio.Future[None]]:
        durable = []
        for start in range(0, len(records), SLICE):
            durable.append(await self.stage.take(partition, records[start : start + SLICE]))
            await asyncio.sleep(0)
        return durable

    def _acknowledge(self, batches: Sequence[Batch]) -> None:
        self._slots.release()
        for batch in batches:
            batch.done()

    def _stop(self, why: str, batches: Sequence[Batch]) -> None:
        """Released, not acknowledged: after a restart the stage begins with these records again."""
        self._stopped = True
        STOPPED.labels(self.stage.name).set(1)
        log.critical("stage %s takes nothing more: %s", self.stage.name, why)
        self._slots.release()
        for batch in (*batches, *(batch for queued in self._waiting.values() for batch in queued)):
            batch.release()
        self._waiting.clear()
        self._queued = 0
        self._room.set()


def _when_all(futures: Sequence[asyncio.Future[None]], then: Callable[[], None]) -> None:
    """Call `then` once every future is done; futures only ever succeed, what fails ends the process."""
    left = len(futures)

    def one(_: asyncio.Future[None]) -> None:
        nonlocal left
        left -= 1
        if not left:
            then()

    for future in futures:
        future.add_done_callback(one)
    if not futures:
        then()
