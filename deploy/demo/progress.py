"""Bars while the demo runs: orders told, commands decided, fulfilments ordered, and of how many of them all is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo.delivery import Delivered
from deploy.demo.watch import Watch
from deploy.demo.world import World
from deploy.retailer.history import History
from streams.topics import DECISIONS, FULFILMENTS

LOOK_S = 0.25


@contextmanager
def progress(console: Console, orders: int, history: History, delivered: Delivered, watch: Watch, world: World) -> Iterator[None]:
    """The bars move from a thread of their own until the block ends."""
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    over = threading.Event()
    with Progress(*columns, console=console) as bars:
        told, decided, fulfilled, lived = (bars.add_task(name, total=orders) for name in ("delivered", "decided", "fulfilled", "lived"))

        def look() -> None:
            sent, done, shipped = delivered.total(), watch.done(DECISIONS.name), watch.done(FULFILMENTS.name)
            bars.update(told, completed=history.told)
            bars.update(decided, completed=done, total=max(done, sent))
            # how many there will be is for the policy to say
            bars.update(fulfilled, completed=shipped, total=max(shipped, 1))
            if taken := (counts := world.counts()).get("job", 0):
                bars.update(lived, completed=taken - counts["open"], total=taken)

        def follow() -> None:
            while not over.wait(LOOK_S):
                look()

        thread = threading.Thread(target=follow, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            look()
