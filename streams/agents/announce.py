"""decisions -> order-status, availability: the read side. It folds the same log, tells what changed, and writes the snapshots.

What changed is marked and published together a few times a second, through a fenced producer per partition: a paused worker's old
level can never be the last one that compaction keeps. All that is marked here is in memory only; whoever takes the partition starts
from a snapshot, and a snapshot is saved only when everything marked up to its position has been published.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from streams.agents.aside import Aside
from streams.agents.view import SNAPSHOT_AFTER, View
from streams.fatal import die
from streams.intake import Record
from streams.produce import Transactions
from streams.read import Log
from streams.snapshots import Snapshots

log = logging.getLogger(__name__)


class Announce:
    name = "announce"

    def __init__(
        self,
        source: Log,
        snapshots: Snapshots,
        transactions: Callable[[int], Transactions],
        pause_s: float = 0.5,
        snapshot_after: int = SNAPSHOT_AFTER,
        aside: Aside | None = None,
    ) -> None:
        self._source = source
        self._snapshots = snapshots
        self._transactions = transactions
        self._pause_s = pause_s
        self._snapshot_after = snapshot_after
        self._aside = aside
        self._turn = asyncio.Lock()
        self._views: dict[int, View] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def assign(self, partitions: Sequence[int]) -> None:
        for partition in partitions:
            if partition not in self._views:
                writer = self._transactions(partition)
                view = View(
                    *(partition, writer, self._source, self._snapshots, self._pause_s, self._snapshot_after, self._aside, self._turn)
                )
                self._views[partition] = view
                self._tasks.add(asyncio.create_task(_guarded(view), name=f"announce-{partition}"))

    async def take(self, partition: int, records: Sequence[Record]) -> asyncio.Future[None]:
        """Acknowledged at once: what is not published before a crash follows from the snapshot and the log."""
        if view := self._views.get(partition):
            view.take(records)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def drop(self) -> None:
        for view in self._views.values():
            view.close()
        self._views.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def _guarded(view: View) -> None:
    try:
        await view.run()
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        if not view.closed:
            die(f"partition {view.partition} can no longer be announced", error)
