"""The shops around the house, on a thread of its own: senders and platforms at once, until all is told."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import aiohttp

from deploy.demo.storefronts import Storefronts
from deploy.retailer.deliveries import Delivery
from tests.crash.traffic import AT_ONCE, PATIENCE, Sender, deliver


class Outside:
    """`delivered` is set once all of the history is told."""

    def __init__(self, gateway: str, shops: Storefronts) -> None:
        self.sender: Sender | None = None
        self.delivered = threading.Event()
        self._gateway, self._shops = gateway, shops
        self._thread = ThreadPoolExecutor(1, "outside")
        self._work: Future[None] | None = None

    def start(self, history: Iterable[Delivery], may_go_on: Callable[[], bool], ending: threading.Event) -> None:
        self._work = self._thread.submit(lambda: asyncio.run(self._live(history, may_go_on, ending)))

    def finish(self) -> None:
        """Raises what went wrong in it."""
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
            await deliver(history, self.sender, self._shops, may_go_on, ending)
            self.delivered.set()
