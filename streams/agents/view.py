"""One partition as `announce` sees it: the folded state, what changed since it was last told, and the telling."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from streams.agents.aside import Aside
from streams.agents.news import News
from streams.agents.rebuild import Rebuilt, catch_up, rebuild
from streams.agents.telling import SLICE, told
from streams.intake import Record
from streams.ledger import Broken, Ledger
from streams.metrics import ANNOUNCED
from streams.metrics import SNAPSHOTS as WRITTEN
from streams.produce import Outgoing, Transactions
from streams.read import Log
from streams.rules.announce import Touched
from streams.snapshots import Snapshot, Snapshots
from streams.topics import AVAILABILITY, ORDER_STATUS

log = logging.getLogger(__name__)

# So many records are published at once.
PUBLISHED_AT_ONCE = 20_000
# So many records are held while it catches up; older ones are dropped, for the log has them.
HELD = 5_000
# Telling takes at most a tenth of the time of the event loop, or it would hold up the stages that share it.
REST = 9.0
# What lies behind a snapshot has to be folded (about 50 µs each) by whoever takes the partition; a dump stops everything else for about
# 1 ms a megabyte. So one is written after so many decisions, and the more seldom the larger it is.
SNAPSHOT_AFTER = 5_000
LARGE = 32 << 20  # bytes


class View:
    """`take` only folds; `run` does the rest until the view is closed. While it is catching up with the log it holds what comes, and goes
    on with it after."""

    def __init__(
        self,
        partition: int,
        transactions: Transactions,
        source: Log,
        snapshots: Snapshots,
        pause_s: float,
        snapshot_after: int,
        aside: Aside | None = None,
        turn: asyncio.Lock | None = None,
    ) -> None:
        self.partition = partition
        self.closed = False
        self._transactions = transactions
        self._source = source
        self._snapshots = snapshots
        self._pause_s = pause_s
        self._snapshot_after = snapshot_after
        self._aside = aside
        self._turn = turn or asyncio.Lock()
        self._busy_s = 0.0
        self._ledger: Ledger | None = None
        self._position = 0
        self._seen = 0
        self._held: deque[Record] = deque(maxlen=HELD)
        self._catching_up = True
        self._saved = 0
        self._dumped = 0
        self._due = News()
        self._news = asyncio.Event()

    def close(self) -> None:
        self.closed = True

    # ------------------------------------------------------------------------------------------ folding
    def take(self, records: Sequence[Record]) -> None:
        self._seen = max(self._seen, records[-1].offset + 1)
        self._news.set()
        self._held.extend(records)
        if self._ledger is not None and not self._catching_up:
            self._fold_held(self._ledger, len(records))

    def _fold_held(self, ledger: Ledger, most: int) -> None:
        """Where a record does not follow, it stays with all that came after it: `run` then reads what was missed from the log, which also
        tells whether it is damaged."""
        for _ in range(min(most, len(self._held))):
            record = self._held[0]
            if record.offset >= self._position:
                try:
                    decision = ledger.follow(record.offset, record.value or b"")
                except Broken as broken:
                    log.info("partition %d is read again from offset %d: %s", self.partition, self._position, broken)
                    self._catching_up = True
                    return
                self._due.note(ledger, decision)
                self._position = record.offset + 1
            self._held.popleft()

    # ------------------------------------------------------------------------------------------ running
    async def run(self) -> None:
        """Raises LogDamaged; KafkaException when what is published is not durable, among others when somebody else took over."""
        places = [(topic.name, self.partition) for topic in (ORDER_STATUS, AVAILABILITY)]
        if not await asyncio.to_thread(self._transactions.take_over, places, self._source.end, self._wanted):
            return
        await self._catch_up(None)
        self._news.set()
        while self._ledger is not None and not self.closed:
            await self._news.wait()
            await asyncio.sleep(self._pause_s)
            self._news.clear()
            if self._seen > self._position:
                await self._catch_up(self._ledger)
            # one partition of a process at a time, rest included: many must not add up to all of the time
            async with self._turn:
                await self._publish_all()
                busy, self._busy_s = self._busy_s, 0.0
                await asyncio.sleep(REST * busy)

    def _wanted(self) -> bool:
        return not self.closed

    async def _catch_up(self, ledger: Ledger | None) -> None:
        """On a thread, which alone has the state meanwhile."""
        self._ledger, self._catching_up = None, True
        rebuilt = await asyncio.to_thread(self._rebuild, ledger)
        if rebuilt is None:
            return
        self._ledger, self._position = rebuilt.ledger, rebuilt.position
        if ledger is None:
            # one with something due was not left by who tells: its place is taken as soon as all is told
            self._saved = rebuilt.ledger.last - (self._snapshot_after if rebuilt.due else rebuilt.folded)
        await self._go_on_with_held(rebuilt.ledger)
        log.info("partition %d is announced from offset %d on, %d decisions folded", self.partition, rebuilt.position, rebuilt.folded)

    async def _go_on_with_held(self, ledger: Ledger) -> None:
        """What comes meanwhile is put behind it."""
        while self._held:
            before = len(self._held)
            self._fold_held(ledger, SLICE)
            if len(self._held) == before:
                return
            await asyncio.sleep(0)
        self._catching_up = False

    def _rebuild(self, ledger: Ledger | None) -> Rebuilt | None:
        if ledger is not None:
            return catch_up(self._source, self.partition, Rebuilt(ledger, self._position, 0), self._wanted, self._due.note)
        rebuilt = rebuild(self._source, self._snapshots, self.partition, self._wanted, self._due.note, self._aside)
        if rebuilt is not None and rebuilt.due:
            self._due.add(rebuilt.due)
        return rebuilt

    # ------------------------------------------------------------------------------------------ telling
    async def _publish_all(self) -> None:
        """Everything marked by now; then the snapshot of now, if one is due."""
        ledger = self._ledger
        if ledger is None:
            return
        snapshot = self._snapshot(ledger)
        await self._tell(ledger, self._due.take())
        if snapshot is not None and not self.closed:
            await asyncio.to_thread(self._save, snapshot)

    def _snapshot(self, ledger: Ledger) -> Snapshot | None:
        if ledger.last - self._saved < self._snapshot_after * max(1, self._dumped // LARGE):
            return None
        dump = ledger.dump()
        self._saved, self._dumped = ledger.last, len(dump)
        return Snapshot(self._position, ledger.chain, dump)

    def _save(self, snapshot: Snapshot) -> None:
        # a snapshot only saves time, so a broker or a storage that is away or full must not end what works
        try:
            if not self._transactions.await_settled(self._source.end, self._wanted):
                log.warning("partition %d: what was announced cannot be read yet, so no snapshot says that it was", self.partition)
                return
            if not self._transactions.is_there(self._source):
                log.warning("partition %d: what was announced was undone by who took over, so no snapshot says that it was", self.partition)
                return
            self._snapshots.save(self.partition, snapshot)
        except Exception as failure:
            log.warning("the snapshot of partition %d could not be saved (%s: %s)", self.partition, type(failure).__name__, failure)
            return
        WRITTEN.labels(self.partition).inc()

    async def _tell(self, ledger: Ledger, news: Mapping[str, Touched]) -> None:
        """Publishes it in parts, and stops between two of them once the view is closed."""
        outgoing: list[Outgoing] = []
        built, clock = 0, asyncio.get_running_loop().time
        begun = clock()
        for some in told(ledger.pools, news, self.partition, lambda: self._position - 1):
            outgoing += some
            built += len(some)
            if built < SLICE:
                continue
            self._busy_s += clock() - begun
            if len(outgoing) >= PUBLISHED_AT_ONCE:
                await self._publish(outgoing)
                outgoing = []
                if self.closed:
                    return
            await asyncio.sleep(0)
            built, begun = 0, clock()
        self._busy_s += clock() - begun
        await self._publish(outgoing)

    async def _publish(self, outgoing: Sequence[Outgoing]) -> None:
        if outgoing:
            await asyncio.to_thread(self._transactions.write, outgoing)
        for topic, records in Counter([record.topic for record in outgoing]).items():
            ANNOUNCED.labels(topic).inc(records)
