"""Faust's transport in batches: one event per partition and fetch, offsets committed as a strict prefix of what was acknowledged.

Stock Faust costs 80-500 µs an event and commits past events that are still in flight. It also loses a fetched batch that a
rebalance drops: the consumer's position has moved on, so it is never fetched again and later commits skip it silently. Here each
batch must start where the last one ended; one that does not is sought back once, and the same hole again ends the process.
Built on private parts of faust 0.15.3 and aiokafka 0.14, which tests/streams/test_transport.py pins.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

import faust
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.fatal import die
from streams.metrics import FETCHED, HOLES, LAG
from streams.spans import Span, accounted_from, track_spans

SCHEME = "batch"
# What a fetch costs it costs per batch: while records come, the broker gathers them for so many ms or up to so many bytes. The first
# one of a quiet time is answered at once.
BUSY, IDLE = (8, 256 << 10), (200, 1)
# A fetch that is sent before all of the last one is taken leaves those partitions out, and holds them up while it waits for others.
BACKOFF_S = 0.02
SHARE = 500


def register() -> None:
    """Make `batch://` a broker address that Faust understands."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:BatchTransport"
    track_spans()


class BatchSchema(faust.Schema[None, list[Any]]):
    """Hands the records of a batch on as they are."""

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:
        return message.value

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> None:
        return None


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust asks for 1,500 ms and aiokafka has one fetch in flight per broker: idle partitions would hold up a busy one that long.
        consumer._fetch_max_wait_ms, consumer._fetch_min_bytes = IDLE
        # Faust reads committed only under its exactly_once, which this project must not use.
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        # aiokafka waits 100 ms while any partition is unconsumed
        self._ensure_consumer()._fetcher._prefetch_backoff = BACKOFF_S

    async def _fetch_records(
        self, consumer: Any, active_partitions: Any, timeout: float | None = None, max_records: int | None = None
    ) -> Any:
        """A share for each partition: aiokafka goes on with one for as long as it has records, so a backlog of raw orders would keep
        their decisions waiting."""
        # the set belongs to another thread, which changes it meanwhile
        wanted, found = frozenset(active_partitions), dict[Any, Any]()
        for tp in wanted:
            found |= await super()._fetch_records(consumer, {tp}, timeout=0, max_records=SHARE)
        if found or not wanted:  # aiokafka would take none for all
            return found
        return await super()._fetch_records(consumer, set(wanted), timeout=timeout, max_records=max_records)

    def wait_for_records(self, milliseconds: int, size: int) -> None:
        """How long the broker may keep a fetch that finds fewer bytes than `size`."""
        fetcher = self._ensure_consumer()._fetcher
        fetcher._fetch_max_wait_ms, fetcher._fetch_min_bytes = milliseconds, size

    def accounted_from(self, tp: TP) -> int | None:
        """Up to where everything fetched was handed out; None while that is not known."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        where = driver.ensure_aiokafka_TP(tp)
        if assignment is None or where not in assignment.tps or not assignment.state_value(where).has_valid_position:
            return None
        return accounted_from(assignment.state_value(where))

    async def committed(self, tp: TP) -> int | None:
        answer: int | None = await self.call_thread(self._ensure_consumer().committed, driver.ensure_aiokafka_TP(tp))
        return answer


class BatchConsumer(driver.Consumer):
    """`_read_offset[tp]`: the position that the next batch must start at; None until it is known."""

    _thread: BatchConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inflight: defaultdict[TP, deque[ConsumerMessage]] = defaultdict(deque)
        self._sought: dict[TP, tuple[int, int, int]] = {}

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's fetch loop. A worker whose fetcher has died would go on silently, so that is the end of the process."""
        try:
            await self._drain(fetcher)
        except asyncio.CancelledError:
            raise
        except self.consumer_stopped_errors as stopped:
            if not self.app.should_stop:
                die("the consumer of the stages stopped by itself", stopped)
        except BaseException as broken:
            die("the fetcher of the stages broke", broken)

    async def _drain(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            await asyncio.sleep(0)
            records: Any = (await self._wait_next_records(1.0))[0]
            if self.should_stop:
                return
            # after the fetch: a generation read before it would let a batch of the old assignment through
            generation = self.app.consumer_generation_id
            if not self.flow_active:
                await self._seek_back()
                continue
            self._thread.wait_for_records(*(BUSY if records else IDLE))
            await self._deliver(records, generation)
            if not records:
                await self._look_back(generation)

    async def _look_back(self, generation: int) -> None:
        """In a quiet moment: what was dropped at the end of a log is followed by nothing that would tell."""
        for tp in self.assignment():
            expected, start = self._read_offset[tp], self._thread.accounted_from(tp)
            if expected is not None and start is not None and start > expected and not self._moved_on(generation):
                await self._fetch_again(tp, expected, start, generation)

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:
            self.log.warning("could not seek to what was committed: %r", error)

    async def _deliver(self, records: dict[TP, Span], generation: int) -> None:
        for tp, span in records.items():
            if self._moved_on(generation):
                return
            if span and tp in self.assignment():
                await self._deliver_span(tp, span, generation)

    def _moved_on(self, generation: int) -> bool:
        return not self.flow_active or self.app.consumer_generation_id != generation

    async def _deliver_span(self, tp: TP, span: Span, generation: int) -> None:
        expected = await self._expected(tp)
        if self._moved_on(generation):
            return
        self._read_offset[tp] = expected
        if span.start > expected:
            await self._fetch_again(tp, expected, span.start, generation)
            return
        records = span if span[0].offset >= expected else [record for record in span if record.offset >= expected]
        if not records:
            self._check_log_end(tp, expected)
            self._read_offset[tp] = max(expected, span.end)
            return
        await self._send(tp, records, span.end, generation)
        if not self._moved_on(generation):
            self._read_offset[tp] = span.end

    async def _expected(self, tp: TP) -> int:
        """Where the next batch must start: the end of the last one, else what is committed, else the start of the log."""
        known: int | None = self._read_offset[tp]
        if known is None:
            known = await self._thread.committed(tp)
            if known is None:
                known = (await self.earliest_offsets(tp))[tp]
        return known

    async def _fetch_again(self, tp: TP, expected: int, start: int, generation: int) -> None:
        """[expected, start) was fetched and dropped: seek back. The same hole twice is real: the broker has it no more."""
        hole = (generation, expected, start)
        if self._sought.get(tp) == hole:
            die(f"{tp.topic}[{tp.partition}] has lost the offsets from {expected} to {start - 1}: they were never processed")
        self._sought[tp] = hole
        HOLES.labels(tp.topic).inc()
        self.log.warning("%s[%d]: a fetched batch was dropped; going back from %d to %d", tp.topic, tp.partition, start, expected)
        # not seek(): it stores offset 0 as "unknown"
        await self._seek(tp, expected)
        self._read_offset[tp] = expected

    def _check_log_end(self, tp: TP, expected: int) -> None:
        end = self.highwater(tp)
        if end is not None and end < expected:
            die(f"{tp.topic}[{tp.partition}] ends at {end}, before offset {expected} that was processed: the log lost records")

    async def _send(self, tp: TP, records: list[Any], end: int, generation: int) -> None:
        last = records[-1]
        value: Any = records
        message = ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000.0, last.timestamp_type, None, None, value, None, 0, 0, tp,
            generation_id=generation,
        )  # fmt: skip
        self._inflight[tp].append(message)
        FETCHED.labels(tp.topic).observe(len(records))
        LAG.labels(tp.topic, tp.partition).set(max(0, (self.highwater(tp) or end) - end))
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    def _new_offset(self, tp: TP) -> int | None:
        """What may be committed: the end of the unbroken run of acknowledged batches, whatever came back out of order."""
        if not self._acked[tp]:
            return None
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        queue, offset = self._inflight[tp], None
        while queue and queue[0].acked:
            offset = queue.popleft().offset + 1
        return offset

    async def on_partitions_revoked(self, revoked: Iterable[TP]) -> None:
        await super().on_partitions_revoked(set(revoked))  # waits for what is in flight, and commits it
        self._inflight.clear()
        for tp in revoked:
            self._read_offset.pop(tp, None)
        self._sought.clear()


class BatchTransport(driver.Transport):
    Consumer = BatchConsumer


def release(consumer: Any, message: Any) -> None:
    """The message will not be acknowledged here; without this a rebalance would wait for it for ever."""
    consumer._unacked_messages.discard(message)
