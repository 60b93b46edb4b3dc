"""The shell of write-back: reads the topics, lets every lane talk to its platform, keeps how far each has come.

A position is kept only for what a platform has acknowledged; after a crash the rest is told again, and the platforms' own memory makes it
count once. One process an installation: two would tell everything twice, and could let an older level win.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from connectors.contract import Millis, ShopRef
from connectors.poll import CURSORS_TOPIC, Cursor, decode_cursor, encode_cursor
from connectors.publish import Publisher, Unavailable
from connectors.writeback.board import Board, Heard, ToldShop
from connectors.writeback.lane import NEVER, Job, Lane, Outcome, Position
from connectors.writeback.outward import Again, Done, Level, Refused, Reply, Request, told_as

log = logging.getLogger(__name__)

REQUESTS = Counter("yipan_writeback_requests", "Requests to platforms, by how they went", ["shop", "outcome"])
TOLD = Counter("yipan_writeback_told", "What platforms were told, by how it ended", ["shop", "what", "outcome"])
OPEN = Gauge("yipan_writeback_open", "Levels and facts that are still to be told", ["shop", "what"])
LAG = Gauge("yipan_writeback_lag_seconds", "Age of the oldest level or fact that is still to be told", ["shop", "what"])
BROKEN = Gauge("yipan_writeback_breaker_open", "1 while a platform is taken to be down", ["shop"])
SECONDS = Histogram("yipan_writeback_seconds", "One request to a platform, until its answer", ["channel"])

LOOK_AGAIN = 5.0
KEEP_EVERY = 1.0
KEY = "writeback/"

_decode_position = msgspec.json.Decoder(Position).decode


class Read(NamedTuple):
    """`through`: the topics have been read to where they ended when this began, or was begun anew."""

    heard: Heard
    through: bool


class Topics(Protocol):
    """What is read; both calls block, and come from one thread at a time."""

    def read(self) -> Read: ...

    def begin_levels_anew(self) -> None: ...


class Writeback(msgspec.Struct, frozen=True, kw_only=True):
    """What write-back needs. `shops` tells which there are now. `send` raises ConnectionError when a platform cannot be reached or does
    not answer. `clock` in seconds, never going back; `now` is the time of day; `random` gives 0 to 1."""

    board: Board
    topics: Topics
    shops: Callable[[], Sequence[ToldShop]]
    send: Callable[[ShopRef, Request], Awaitable[Reply]]
    publisher: Publisher
    clock: Callable[[], float]
    now: Callable[[], Millis]
    random: Callable[[], float]


def positions_of(records: Mapping[str, bytes]) -> dict[str, Position]:
    """The latest records of topic `cursors`, by key -> the positions among them, by shop."""
    return {
        key.removeprefix(KEY): _decode_position(decode_cursor(value).cursor.encode())
        for key, value in records.items()
        if key.startswith(KEY)
    }


async def run_writeback(inside: Writeback, stop: asyncio.Event) -> None:
    """Until `stop`, or until the publisher can never go on. What topics or programs of ours get wrong ends it."""
    wakes: dict[str, asyncio.Event] = {}
    tasks: dict[str, asyncio.Task[None]] = {}
    feed = asyncio.create_task(_feed(inside, wakes, tasks))
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set() and not inside.publisher.fatal:
            await asyncio.wait({feed, stopping, *tasks.values()}, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
            for task in (feed, *tasks.values()):
                if task.done():
                    task.result()
    finally:
        running: list[asyncio.Task[Any]] = [feed, stopping, *tasks.values()]
        for ending in running:
            ending.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    await _keep(inside)


# ---------------------------------------------------------------------------------------------- what is heard
async def _feed(inside: Writeback, wakes: dict[str, asyncio.Event], tasks: dict[str, asyncio.Task[None]]) -> None:
    look_at = keep_at = 0.0
    while True:
        if inside.clock() >= look_at:
            await _sync(inside, wakes, tasks)
            look_at = inside.clock() + LOOK_AGAIN
        heard, through = await asyncio.to_thread(inside.topics.read)
        woken = inside.board.hear(heard)
        if through:
            inside.board.read_through()
            woken = set(wakes)
        for shop in woken:
            wakes[shop].set()
        if inside.clock() >= keep_at:
            await _keep(inside)
            _measure(inside)
            keep_at = inside.clock() + KEEP_EVERY


async def _sync(inside: Writeback, wakes: dict[str, asyncio.Event], tasks: dict[str, asyncio.Task[None]]) -> None:
    """A new shop's position is kept before it is told anything: from there on nothing that it should hear is lost."""
    anew = inside.board.sync(await asyncio.to_thread(inside.shops))
    if anew:
        await _keep(inside)
        await asyncio.to_thread(inside.topics.begin_levels_anew)
    lanes = inside.board.lanes
    for gone in tasks.keys() - lanes.keys():
        tasks.pop(gone).cancel()
        del wakes[gone]
    for new in lanes.keys() - tasks.keys():
        wakes[new] = asyncio.Event()
        tasks[new] = asyncio.create_task(_run(inside, lanes[new], wakes[new]))
    for wake in wakes.values():
        wake.set()


async def _keep(inside: Writeback) -> None:
    positions = inside.board.unkept()
    written = {KEY + shop: encode_cursor(Cursor(msgspec.json.encode(at).decode())) for shop, at in positions.items()}
    try:
        await inside.publisher.send(CURSORS_TOPIC, [(key, value, []) for key, value in written.items()])
        inside.board.keep(positions)
    except Unavailable as away:
        log.warning("How far write-back has come is kept later: %s", away)


# ---------------------------------------------------------------------------------------------- one lane
async def _run(inside: Writeback, lane: Lane, wake: asyncio.Event) -> None:
    """Sends what the lane wants sent, as soon as it may be."""
    async with asyncio.TaskGroup() as flying:
        while True:
            found = lane.take(inside.clock())
            _tell(lane)
            if isinstance(found, Job):
                flying.create_task(_fly(inside, lane, found, wake))
                continue
            wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if found == NEVER else max(0.0, found - inside.clock())):
                    await wake.wait()


async def _fly(inside: Writeback, lane: Lane, job: Job, wake: asyncio.Event) -> None:
    began = inside.clock()
    try:
        reply: Reply | None = await inside.send(lane.shop, job.request)
    except ConnectionError as away:
        log.info("Shop %s gave no answer: %s", lane.shop.shop, away)
        reply = None
    SECONDS.labels(lane.half.name).observe(inside.clock() - began)
    REQUESTS.labels(lane.shop.shop, f"{reply.status // 100}xx" if reply else "no_answer").inc()
    before = lane.breaker.open
    lane.answered(job, reply, inside.clock(), inside.random())
    if before != lane.breaker.open:
        log.warning("Shop %s %s", lane.shop.shop, "can be told again" if before else "cannot be told, and is tried now and then")
    _tell(lane)
    wake.set()


def _tell(lane: Lane) -> None:
    for outcome in lane.outcomes():
        what = _word(outcome)
        match outcome.answer:
            case Done():
                TOLD.labels(lane.shop.shop, what, "done").inc()
            case Again():
                TOLD.labels(lane.shop.shop, what, "again").inc()
            case Refused(code=code, sentence=sentence):
                TOLD.labels(lane.shop.shop, what, "refused").inc()
                log.error("Shop %s will not hear of %s %s (%s): %s", lane.shop.shop, what, _name(outcome), code, sentence)


def _word(outcome: Outcome) -> str:
    return "level" if isinstance(outcome.what, Level) else told_as(outcome.what).removesuffix("s")


def _name(outcome: Outcome) -> str:
    what = outcome.what
    return f"of item {what.item}" if isinstance(what, Level) else f"{what.id} of order {what.order}"


def _measure(inside: Writeback) -> None:
    now = inside.now()
    for shop, lane in inside.board.lanes.items():
        for what, tail in (("levels", lane.levels.tail), ("facts", lane.facts.tail)):
            oldest = tail.oldest()
            OPEN.labels(shop, what).set(len(tail))
            LAG.labels(shop, what).set(max(0.0, (now - oldest) / 1_000) if oldest else 0.0)
        BROKEN.labels(shop).set(lane.breaker.open)
