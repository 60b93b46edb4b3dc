"""The demo from start to end: a fresh stack, a business through the door of `yipan import`, the history, what becomes of it, the check."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import msgspec
from rich.console import Console

from deploy import clients
from deploy.business.command import import_folder
from deploy.checking import run_check
from deploy.demo.delivery import Delivered, deliver
from deploy.demo.place import demo_settings, fresh_home
from deploy.demo.progress import progress
from deploy.demo.standing import standing
from deploy.demo.storefronts import Storefronts
from deploy.demo.summary import Summary, show, summarize
from deploy.demo.watch import Watch, wait_for
from deploy.demo.world import World
from deploy.faults import Fault
from deploy.local import Addresses, Stack
from deploy.lookup import topic_log
from deploy.retailer.assortment import Assortment
from deploy.retailer.folder import write_folder
from deploy.retailer.history import History
from deploy.retailer.stocking import Stocking, stock
from deploy.settings import Settings

SEED = 7
MOST_BEHIND = 300  # raw records on their way; more would only wait, and make waiting times look bad
PATIENCE_S = 300.0
LOOK_S = 5.0


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def run_demo(
    settings: Settings, orders: int, json_file: Path | None, console: Console, stay: Callable[[Addresses, Settings], None] | None
) -> Summary:
    """Runs and sums up; `stay` is called while all of it is still up. Raises Fault, and Interrupted on Ctrl-C."""
    started = monotonic()
    home = settings.home / "demo"
    if fresh_home(home):
        console.print(f"The data of an earlier demo in {home} are replaced.", markup=False)
    settings = demo_settings(settings, home)
    with _until_signalled() as ending, ThreadPoolExecutor(1) as aside, Storefronts().open() as shops:
        retailer = aside.submit(_retailer, orders)
        stack = Stack(settings, 1, lambda said: console.print(said, markup=False))
        try:
            with console.status("Starting Kafka, worker, gateway, poller and analytics ..."):
                addresses = stack.start(ending)
            console.print(f"What happens, as it happens: {addresses.pages}", markup=False)
            summary = Demo(settings, shops, retailer, ending, console).run(addresses, started)
            show(summary, console)
            if json_file:
                json_file.write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
            if stay:
                stay(addresses, settings)
                stack.watch(ending)
        finally:
            stack.stop()
    return summary


def _retailer(orders: int) -> tuple[Assortment, Stocking]:
    assortment = Assortment(orders)
    return assortment, stock(assortment.demand, SEED)


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    ending = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: ending.set()) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


class Demo:
    """What happens between the start of the stack and its summary."""

    def __init__(
        self,
        settings: Settings,
        shops: Storefronts,
        retailer: "Future[tuple[Assortment, Stocking]]",
        ending: threading.Event,
        console: Console,
    ) -> None:
        self._settings, self._shops, self._ending, self._console = settings, shops, ending, console
        self._retailer = retailer
        self._folder = settings.home / "business"
        self._delivered = Delivered()
        self._log = topic_log(settings)
        self._watch = Watch(clients.consumer(settings, "demo-watch"), self._log, settings.partitions)
        self._world = World(settings, self._log, lambda said: console.print(said, markup=False))

    def run(self, addresses: Addresses, started: float) -> Summary:
        self._stop_if_ending()
        assortment, stocking = self._retailer.result()
        with self._console.status("Importing the retailer's business ..."):
            self._import(assortment, stocking)
        self._watch.start()
        try:
            self._wait(self._watch.through, "the import to be decided")
            self._world.start(self._ending)
            self._watch.mark()
            history = History(assortment, stocking, SEED)
            with progress(self._console, len(assortment), history, self._delivered, self._watch, self._world):
                delivery_s = self._deliver(history, addresses.gateway)
                # some codes of the market place were in nobody's list: their orders wait until the folder is imported with them
                self._import(assortment, stocking, [code for shop in assortment.unlisted.values() for code in shop])
                self._live_on()
            counts = self._world.counts()
        finally:
            self._world.stop()
            self._watch.stop()
        with self._console.status("Checking every promise from the topics alone ..."):
            report = run_check(self._settings, PATIENCE_S, lambda *_: None)
            ends = standing(self._log)
        return summarize(report, history.expected, self._delivered, ends, counts, delivery_s, monotonic() - started)

    # ------------------------------------------------------------------------------------------ the steps
    def _import(self, assortment: Assortment, stocking: Stocking, listed: Sequence[str] = ()) -> None:
        write_folder(self._folder, assortment, stocking, self._shops.urls, listed, self._world.url)
        outcome = import_folder(self._folder, self._settings)
        if isinstance(outcome, list):
            raise Fault(f"The demo's own business is wrong: {outcome[0].file}, line {outcome[0].line}: {outcome[0].sentence}")

    def _deliver(self, history: History, gateway: str) -> float:
        """-> seconds until the last of it was told."""
        began = monotonic()
        asyncio.run(deliver(history, gateway, self._shops, self._delivered, self._keeps_up, self._ending))
        self._wait(lambda: not self._shops.unread(), "the poller")
        return monotonic() - began

    def _keeps_up(self) -> bool:
        return self._moves() and self._watch.behind(self._delivered.answers[200]) < MOST_BEHIND

    def _live_on(self) -> None:
        """Until every order is where it ends: what is decided is delivered, done and told, and that is decided too."""
        over = False
        while not over and self._moves():
            self._stop_if_ending()
            over = wait_for(lambda: self._world.settled() and self._watch.through() and self._watch.quiet(), self._ending, LOOK_S)

    def _moves(self) -> bool:
        if self._watch.still_s() > PATIENCE_S:
            raise self._fault("the pipeline to go on")
        return True

    def _wait(self, what: Callable[[], bool], name: str) -> None:
        if not wait_for(what, self._ending, PATIENCE_S):
            self._stop_if_ending()
            raise self._fault(name)

    def _fault(self, awaited: str) -> Fault:
        return Fault(f"Waited {PATIENCE_S:.0f} s for {awaited}; the logs are in {self._settings.home / 'logs'}.")

    def _stop_if_ending(self) -> None:
        if self._ending.is_set():
            raise Interrupted
