"""The world around the house, on a thread of its own: senders, platforms and warehouses at once, until all is told."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import aiohttp
from confluent_kafka import Consumer

from deploy.demo.storefronts import Storefronts
from deploy.retailer.deliveries import Delivery
from tests.crash.traffic import AT_ONCE, PATIENCE, Sender, deliver
from tests.crash.warehouse import Warehouses


class Outside:
    """`delivered` is set once all of the history is told; warehouses go on until `finish`. `consumer` must read `fulfilments` committed."""

    def __init__(self, gateway: str, shops: Storefronts, consumer: Callable[[], Consumer], partitions: int) -> None:
        self.sender: Sender | None = None
        self.answered = 0
        self.delivered = threading.Event()
        self._gateway, self._shops, self._consumer, self._partitions = gateway, shops, consumer, partitions
        self._finished = threading.Event()
        self._thread = ThreadPoolExecutor(1, "outside")
        self._work: Future[None] | None = None

    def start(self, history: Iterable[Delivery], may_go_on: Callable[[], bool], ending: threading.Event) -> None:
        self._work = self._thread.submit(lambda: asyncio.run(self._live(history, may_go_on, ending)))

    def finish(self) -> None:
        """Raises what went wrong in it."""
        self._finished.set()
        if self._work:
            self._work.result()

    def taken(self) -> set[bytes]:
        """Digests of the bodies that were answered 2xx."""
        return self.sender.acknowledged if self.sender else set()

    def surprises(self) -> Counter[tuple[int, int]]:
        return self.sender.surprises if self.sender else Counter()

    def retries(self) -> int:
        return self.sender.retries if self.sender else 0

    def check(self) -> None:
        """Raises what ended it before its time."""
        if self._work and self._work.done():
            self._work.result()

    async def _live(self, history: Iterable[Delivery], may_go_on: Callable[[], bool], ending: threading.Event) -> None:
        connections = aiohttp.TCPConnector(limit=2 * AT_ONCE)
        async with aiohttp.ClientSession(self._gateway, connector=connections, timeout=PATIENCE) as session:
            self.sender = Sender(session, ending)
            warehouses = Warehouses(self._consumer(), self._partitions, self.sender)
            working = asyncio.create_task(warehouses.work(lambda: self._finished.is_set() or ending.is_set()))
            await deliver(history, self.sender, self._shops, may_go_on, ending)
            self.delivered.set()
            await working
            self.answered = warehouses.answered
