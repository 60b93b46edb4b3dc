"""The process `yipan warehouse`: desk, server and teller together, and a line each second."""

import asyncio
import contextlib
import logging
import socket
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from aiohttp import web

from deploy.business.partners import read_partners
from deploy.edge import listen, now, until_signalled
from deploy.faults import Fault
from deploy.ready import READY, serve_metrics
from deploy.secrets import ShopSecrets
from deploy.settings import Settings
from deploy.warehouse.books import Books
from deploy.warehouse.desk import Desk
from deploy.warehouse.habits import Habits, Outage
from deploy.warehouse.journal import Journal
from deploy.warehouse.serving import addresses, application
from deploy.warehouse.telling import Feeds, Teller

log = logging.getLogger(__name__)

PROCESS = "warehouse"
SAY_S = 1.0


class Asked(NamedTuple):
    """`partners`: the file; `names`: those of it that are played, none for all. `gateway`: its address. `feed`, `parcels`: see Feeds."""

    partners: Path
    names: tuple[str, ...]
    gateway: str
    feed: str
    parcels: str
    journal: Path


def run_warehouse(settings: Settings, asked: Asked, habits: Habits) -> None:
    """Until SIGTERM or Ctrl-C. Raises Fault."""
    serve_metrics(settings.metrics_port, PROCESS)
    asyncio.run(until_signalled(lambda stop: play(settings, asked, habits, stop)))


async def play(settings: Settings, asked: Asked, habits: Habits, stop: asyncio.Event) -> None:
    """Until `stop`. Raises Fault."""
    played = addresses(read_partners(asked.partners), asked.names)
    by_name = {partner.name: partner for partner in played.values()}
    feeds = Feeds(asked.feed, asked.parcels, ShopSecrets(settings.secrets_dir).signing, by_name)
    feeds.check()
    began = monotonic()

    def outage() -> Outage:
        return habits.outage(monotonic() - began)

    journal = Journal(asked.journal)
    with contextlib.closing(journal):
        desk = Desk(Books(habits), journal, now)
        teller = Teller(desk, feeds, asked.gateway, habits, outage)
        runner = web.AppRunner(application(desk, played, outage), access_log=None)
        await runner.setup()
        try:
            for port in sorted({address.port for address in played}):
                await web.SockSite(runner, _listen(port)).start()
            log.info("Playing %s, with %d fulfilments open; journal %s", ", ".join(by_name), len(desk.books.open), asked.journal)
            READY.labels(PROCESS).set(1)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_say(desk, teller, journal, stop))
                await teller.work(stop)
        finally:
            await runner.cleanup()


def _listen(port: int) -> socket.socket:
    try:
        return listen("127.0.0.1", port)
    except Fault:
        raise Fault(f"Port {port} is taken, and partners.yaml says that a warehouse is there: stop what listens there.") from None


async def _say(desk: Desk, teller: Teller, journal: Journal, stop: asyncio.Event) -> None:
    """A line each second in which something happened; what was told is on the disk by then. Raises Fault when it cannot be."""
    before = ""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SAY_S):
                await stop.wait()
        await journal.keep()
        counts = desk.books.counts
        words = ", ".join(f"{word} {answer} {count}" for (word, answer), count in sorted(teller.answers.items()))
        line = f"fulfilments {counts['job']} ({len(desk.books.open)} open), cancels {counts['ask']}, told {counts['told']}: {words}"
        if line != before:
            log.info("%s; late %.1f s", line, desk.late_ms() / 1000)
        before = line
