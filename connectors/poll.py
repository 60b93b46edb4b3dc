"""The pull loop: a page, its raw records acknowledged, then the cursor. A crash in between reads the page again, and loses nothing."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial

import msgspec
from msgspec.structs import replace
from prometheus_client import Counter

from connectors.contract import Channel, Fetch, Millis, Polled, RawRecord, ShopRef
from connectors.publish import Publisher, Unavailable
from connectors.signing import fingerprint

log = logging.getLogger(__name__)

PAGES = Counter("yipan_poll_pages", "pages asked for, by how it went", ["channel", "outcome"])
RECORDS = Counter("yipan_poll_records", "raw records out of pages", ["channel"])

CURSORS_TOPIC = "cursors"
LONGEST_PAUSE = 900.0
LOOK_AGAIN = 2.0
UNREADABLE = "unreadable"


class Cursor(msgspec.Struct, frozen=True):
    """A record of topic `cursors`, keyed by shop: what its channel gave with the last page that is safely in `raw`."""

    cursor: str


encode_cursor = msgspec.json.Encoder().encode
decode_cursor = msgspec.json.Decoder(Cursor).decode


class PolledShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop to poll, every so many seconds."""

    ref: ShopRef
    seconds: int


class Poller(msgspec.Struct, frozen=True, kw_only=True):
    """What polling needs. `shops` tells which there are now. `fetch` builds a shop's GET with its credentials, and raises
    ConnectionError where it has none. `random` gives a number from 0 to 1. A channel's `poll` runs in `threads`."""

    publisher: Publisher
    channels: Mapping[str, Channel]
    shops: Callable[[], Sequence[PolledShop]]
    fetch: Callable[[ShopRef], Fetch]
    threads: Executor
    now: Callable[[], Millis]
    random: Callable[[], float]
    max_body: int


async def run_poller(poller: Poller, cursors: Mapping[str, str], stop: asyncio.Event) -> None:
    """Polls every shop in a task of its own, so that a slow one delays no other, until `stop`. `cursors` by shop, as last stored."""
    tasks: dict[PolledShop, asyncio.Task[None]] = {}
    known = dict(cursors)
    pulled = {name for name, channel in poller.channels.items() if channel.polls}
    while not stop.is_set() and not poller.publisher.fatal:
        wanted = {shop for shop in poller.shops() if shop.ref.channel in pulled}
        for gone in tasks.keys() - wanted:
            tasks.pop(gone).cancel()
        for new in wanted - tasks.keys():
            tasks[new] = asyncio.create_task(_follow(poller, new, known))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN):
                await stop.wait()
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _follow(poller: Poller, shop: PolledShop, cursors: dict[str, str]) -> None:
    failures = 0
    while True:
        outcome, more = await turn(poller, shop.ref, cursors)
        PAGES.labels(shop.ref.channel, outcome).inc()
        failures = 0 if outcome == "taken" else failures + 1
        if not more:
            await asyncio.sleep(pause(shop.seconds, failures, poller.random()))


def pause(seconds: float, failures: int, chance: float) -> float:
    """How long to wait for the next page: the shop's interval, doubled with each failure in a row up to LONGEST_PAUSE; then a
    `chance` (0 to 1) of up to half of it less, so that shops which failed together do not come back together."""
    if not failures:
        return seconds
    return min(seconds * 2.0 ** min(failures, 20), max(LONGEST_PAUSE, seconds)) * (1 - chance / 2)


async def turn(poller: Poller, ref: ShopRef, cursors: dict[str, str]) -> tuple[str, bool]:
    """One page: how it went, and whether the next one should be asked for at once. `cursors` moves on with what is stored."""
    try:
        before = cursors.get(ref.shop, "")
        page = await _page(poller, ref, before)
        await poller.publisher.publish(_records(page, ref, poller.now(), poller.max_body))
        RECORDS.labels(ref.channel).inc(len(page.items))
        if page.cursor != before:
            await poller.publisher.send(CURSORS_TOPIC, [(ref.shop, encode_cursor(Cursor(page.cursor)), [])])
            cursors[ref.shop] = page.cursor
        # a channel that asks for more from where it already is would spin
        return "taken", page.more and page.cursor != before
    except ConnectionError as away:
        log.warning("Shop %s does not answer its polling: %s", ref.shop, away)
        return "no_answer", False
    except Unavailable as away:
        log.warning("Shop %s is polled again later: %s", ref.shop, away)
        return "unavailable", False
    except Exception as fault:
        # its text may quote the page, and with it a person
        log.error("Polling shop %s failed with %s in channel %s", ref.shop, type(fault).__name__, ref.channel)
        return "failed", False


async def _page(poller: Poller, ref: ShopRef, cursor: str) -> Polled:
    ask = partial(poller.channels[ref.channel].poll, poller.fetch(ref), ref, cursor, poller.now())
    return await asyncio.get_running_loop().run_in_executor(poller.threads, ask)


def _records(page: Polled, ref: ShopRef, now: Millis, max_body: int) -> list[RawRecord]:
    """A thing larger than a record may be is cut: then it cannot be parsed, and a person finds it among the dead letters. So it is
    with one whose name cannot be a key."""
    records = [
        RawRecord(
            tenant=ref.tenant,
            shop=ref.shop,
            channel=ref.channel,
            kind=kind,
            external_id=external_id,
            delivery_id=delivery_id,
            received_at=now,
            body=body[:max_body],
        )
        for kind, external_id, delivery_id, body in page.items
    ]
    return [record if record.nameable else _unreadable(record) for record in records]


def _unreadable(record: RawRecord) -> RawRecord:
    return replace(record, external_id=UNREADABLE, delivery_id=fingerprint(record.body))
