"""Tells the gateway what is due: of each fulfilment one word after the other, each until it is taken."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

import aiohttp
from prometheus_client import Counter as Metric
from yarl import URL

from connectors.partner import Partner
from connectors.partner_qimen import account_of
from connectors.payload import Unusable
from connectors.qimen_answers import read_answer
from deploy.faults import Fault
from deploy.warehouse.desk import Desk
from deploy.warehouse.habits import Habits, Outage
from deploy.warehouse.saying import Said, to_easypost, to_feed, to_qimen
from deploy.warehouse.words import Job, Seen, Word

log = logging.getLogger(__name__)

AT_ONCE = 32
LOOK_S = 0.02
RETRY_S = 0.5
PATIENCE = aiohttp.ClientTimeout(total=30)
WORDS = Metric("yipan_warehouse_words", "words that the gateway took, or refused", ["word", "answer"])


class Feeds:
    """Which feeds each partner answers through, and what signs there. `warehouse`, `parcels`: patterns in which `{partner}` stands for
    its name; without `parcels` a parcel is told of where its warehouse tells of the rest."""

    def __init__(self, warehouse: str, parcels: str, secret: Callable[[str], bytes | None], partners: dict[str, Partner]) -> None:
        self._warehouse, self._parcels, self._secret, self._partners = warehouse, parcels, secret, partners

    def check(self) -> None:
        """Raises Fault where a feed has no secret."""
        for name in self._partners:
            self._signing(self._warehouse, name)
            if self._parcels:
                self._signing(self._parcels, name)

    def said(self, word: Word, job: Job, track: Callable[[], list[Word]]) -> Said | None:
        if isinstance(word, Seen) and self._parcels:
            return to_easypost(word, track(), *self._signing(self._parcels, job.partner))
        partner = self._partners.get(job.partner)
        if partner is not None and partner.form == "qimen":
            return to_qimen(word, job, *self._signing(self._warehouse, job.partner), account_of(partner.options))
        return to_feed(word, job, *self._signing(self._warehouse, job.partner))

    def _signing(self, pattern: str, partner: str) -> tuple[str, bytes]:
        feed = pattern.replace("{partner}", partner)
        secret = self._secret(feed)
        if secret is None:
            raise Fault(f"The feed {feed} has no secret here: import shops.yaml with it, or name another one by --feed or --parcels.")
        return feed, secret


class Teller:
    """`answers`: how often each word was taken, or refused; a refused one is not said again."""

    def __init__(self, desk: Desk, feeds: Feeds, gateway: str, habits: Habits, outage: Callable[[], Outage]) -> None:
        self.answers: Counter[tuple[str, str]] = Counter()
        self._desk, self._feeds, self._gateway, self._habits, self._outage = desk, feeds, gateway, habits, outage

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is under way is given up, and said again after the next start."""
        room = asyncio.Semaphore(AT_ONCE)
        connections = aiohttp.TCPConnector(limit=AT_ONCE)
        async with aiohttp.ClientSession(connector=connections, timeout=PATIENCE) as session, asyncio.TaskGroup() as tasks:
            under_way: set[asyncio.Task[None]] = set()

            def over(task: asyncio.Task[None]) -> None:
                under_way.discard(task)
                room.release()

            while not stop.is_set():
                for id in [] if self._outage() else self._desk.due():
                    await room.acquire()
                    task = tasks.create_task(self._tell_all(session, id))
                    under_way.add(task)
                    task.add_done_callback(over)
                await asyncio.sleep(LOOK_S)
            for task in under_way:
                task.cancel()

    async def _tell_all(self, session: aiohttp.ClientSession, id: str) -> None:
        while word := self._desk.say(id):
            said = self._feeds.said(word, self._desk.books.jobs[id], lambda: self._desk.books.words(id))
            if said is not None:
                answer = await self._send(session, said)
                if answer == "taken" and self._habits.chance(word.name, "duplicate") < self._habits.duplicate:
                    await self._send(session, said)
                self.answers[type(word).__name__.lower(), answer] += 1
                WORDS.labels(type(word).__name__.lower(), answer).inc()
            self._desk.told(id, word)
        self._desk.done(id)

    async def _send(self, session: aiohttp.ClientSession, said: Said) -> str:
        """As long as nobody answers, or not now: again. -> `taken`, or `refused`."""
        url = URL(self._gateway + said.path, encoded=True)
        while True:
            try:
                async with session.post(url, data=said.body, headers=said.headers) as answer:
                    body, status = await answer.read(), answer.status
            except (aiohttp.ClientError, TimeoutError):
                status, body = 0, b""
            if status and status not in (408, 429) and status < 500:
                return self._judged(said, status, body)
            await asyncio.sleep(RETRY_S)

    def _judged(self, said: Said, status: int, body: bytes) -> str:
        if status == 200 and (not said.path.startswith("/hooks/qimen/") or _success(body)):
            return "taken"
        log.error("the gateway refused %s: %d %s", said.path.partition("?")[0], status, body[:200].decode(errors="replace"))
        return "refused"


def _success(body: bytes) -> bool:
    try:
        return read_answer(body).taken
    except Unusable:
        return False
