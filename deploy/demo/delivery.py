"""Delivers the history: webhooks and documents over kept connections to the gateway, the rest into the storefronts."""

import asyncio
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from threading import Event
from time import time_ns

import aiohttp

from deploy.demo.storefronts import Storefronts
from deploy.retailer.deliveries import Delivery, Document, Hook, Shown, encode
from deploy.retailer.folder import secret_of
from deploy.retailer.shops import FEED

AT_ONCE = 48
PATIENCE = aiohttp.ClientTimeout(total=60)
RETRY_S = 0.3
RETRIES = 40


class Delivered:
    """`answers`: HTTP status -> how often. `surprises`: answers other than those that were due, expected -> got -> how often."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.surprises: Counter[tuple[int, int]] = Counter()
        self.shown = 0

    def total(self) -> int:
        return self.shown + self.answers.total()


async def deliver(
    history: Iterable[Delivery], gateway: str, shops: Storefronts, delivered: Delivered, may_go_on: Callable[[], bool], ending: Event
) -> None:
    """Until all of it is delivered and answered, or `ending` is set. `may_go_on` says whether the pipeline keeps up."""
    source, began = iter(history), _now()
    # documents of a node must not overtake each other
    in_order = asyncio.Lock()
    connections = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(gateway, connector=connections, timeout=PATIENCE) as session:

        async def work() -> None:
            async for delivery in _in_turn(source, may_go_on, ending):
                match delivery:
                    case Shown(shop, order):
                        shops.shops[shop.name].show(order)
                        delivered.shown += 1
                    case Document():
                        async with in_order:
                            await _send(session, _signed(delivery, began), delivered)
                    case Hook():
                        await _send(session, delivery, delivered)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def _in_turn(source: Iterator[Delivery], may_go_on: Callable[[], bool], ending: Event) -> AsyncIterator[Delivery]:
    """What is left of the source, shared by all who iterate. Waiting comes before taking: whoever waits with a delivery in hand is
    overtaken, and a platform would end up showing an older revision than its latest."""
    while not ending.is_set():
        if not may_go_on():
            await asyncio.sleep(0.01)
        elif (delivery := next(source, None)) is not None:
            yield delivery
        else:
            return


async def _send(session: aiohttp.ClientSession, hook: Hook, delivered: Delivered) -> None:
    """As a platform does: what is answered 503, or not at all, is sent again."""
    status = 0
    for _ in range(RETRIES):
        try:
            async with session.post(hook.path, data=hook.body, headers=hook.headers) as answer:
                status = answer.status
        except aiohttp.ClientError:
            status = 0
        if status not in (0, 503):
            break
        await asyncio.sleep(RETRY_S)
    delivered.answers[status] += 1
    if status != hook.status:
        delivered.surprises[hook.status, status] += 1


def _now() -> int:
    return time_ns() // 1_000_000


def _signed(document: Document, began: int) -> Hook:
    body = encode(document.form(began, _now()))
    signature = hmac.digest(secret_of(FEED), body, "sha256").hex()
    return Hook(f"/hooks/warehouse/{FEED}", (("X-Yipan-Signature", signature),), body)
