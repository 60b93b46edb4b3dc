"""What comes in from outside while everything is struck: signed webhooks, platforms that are polled, and what warehouses tell."""

import asyncio
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from threading import Event
from time import time_ns
from typing import Any

import aiohttp

from deploy.demo.storefronts import Storefronts
from deploy.retailer.deliveries import Delivery, Document, Hook, Shown, encode
from deploy.retailer.folder import secret_of
from tests.crash.business import feed_of

AT_ONCE = 24
PATIENCE = aiohttp.ClientTimeout(total=8)
RETRY_S = 0.3
UNANSWERED = 0


class Sender:
    """Sends a request until it is answered for good, as a platform with patience does. `acknowledged`: the digests of the bodies that
    were answered 2xx; `surprises`: answers that were not due, as (due, got)."""

    def __init__(self, session: aiohttp.ClientSession, ending: Event) -> None:
        self.acknowledged: set[bytes] = set()
        self.surprises: Counter[tuple[int, int]] = Counter()
        self.retries = 0
        self._session = session
        self._ending = ending

    async def send(self, hook: Hook) -> None:
        status = await self._try(hook)
        while status in (UNANSWERED, 503) and not self._ending.is_set():
            self.retries += 1
            await asyncio.sleep(RETRY_S)
            status = await self._try(hook)
        if status == 200:
            self.acknowledged.add(sha256(hook.body).digest())
        if status != hook.status:
            self.surprises[hook.status, status] += 1

    async def tell(self, feed: str, document: dict[str, Any]) -> None:
        """A document of a warehouse."""
        body = encode(document)
        signature = hmac.digest(secret_of(feed), body, "sha256").hex()
        await self.send(Hook(f"/hooks/warehouse/{feed}", (("X-Yipan-Signature", signature),), body))

    async def _try(self, hook: Hook) -> int:
        try:
            async with self._session.post(hook.path, data=hook.body, headers=hook.headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return UNANSWERED


async def deliver(history: Iterable[Delivery], sender: Sender, shops: Storefronts, may_go_on: Callable[[], bool], ending: Event) -> None:
    """Returns once all of it is answered, or `ending` is set. `may_go_on` is asked before each."""
    source: Iterator[Delivery] = iter(history)
    began = time_ns() // 1_000_000
    # documents of a node must not overtake each other
    in_order = asyncio.Lock()

    async def work() -> None:
        while not ending.is_set():
            if not may_go_on():
                await asyncio.sleep(0.02)
            elif (delivery := next(source, None)) is not None:
                await one(delivery)
            else:
                return

    async def one(delivery: Delivery) -> None:
        match delivery:
            case Shown(shop, order):
                shops.shops[shop.name].show(order)
            case Document():
                async with in_order:
                    await sender.tell(feed_of(delivery.node), delivery.form(began, time_ns() // 1_000_000))
            case Hook():
                await sender.send(delivery)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
