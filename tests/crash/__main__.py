"""`make kill`: faults on a real broker with real processes under real baskets, then the proof that nothing of them shows.

Ends with one line of JSON, and with code 1 when anything is wrong. The same seed draws the same faults; what they meet differs each time.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo.place import demo_settings, fresh_home
from deploy.faults import Fault
from deploy.settings import load_settings
from tests.crash.run import Asked, Run, Sight
from tests.crash.striker import Stuck

ORDERS_A_FAULT = 250


def main() -> int:
    asked = read_arguments()
    logging.getLogger("kafka").addHandler(logging.NullHandler())
    settings = load_settings()
    home = settings.home / "kill"
    fresh_home(home)
    console, ending = Console(stderr=True), threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ending.set())
    try:
        with shown(console, asked) as sight:
            result = Run(demo_settings(settings, home), asked, sight, ending).go()
    except (Fault, Stuck) as wrong:
        console.print(str(wrong), style="red", markup=False)
        line, right = {"faults": asked.kills, "violations": 1, "wrong": str(wrong), "seed": asked.seed}, False
    else:
        line, right = msgspec.to_builtins(result), result.right
    if not right:
        console.print(f"The logs are in {home / 'logs'}, the topics in {home / 'kafka'}.", markup=False)
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    return int(not right)


def read_arguments() -> Asked:
    parser = argparse.ArgumentParser(prog="make kill KILLS=… ARGS=…", description=__doc__)
    parser.add_argument("--kills", type=positive, default=100, help="faults to strike with")
    parser.add_argument("--seed", type=int, default=1, help="draws the faults")
    parser.add_argument("--orders", type=positive, help=f"orders told meanwhile; {ORDERS_A_FAULT} a fault where it is not said")
    parser.add_argument("--workers", type=positive, default=3, help="worker processes")
    given = parser.parse_args()
    return Asked(given.kills, given.orders or ORDERS_A_FAULT * given.kills, given.workers, given.seed)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


@contextmanager
def shown(console: Console, asked: Asked) -> Iterator[Sight]:
    columns = (TextColumn("{task.description:>24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        step = bars.add_task("", total=None)
        faults, orders, decisions = (
            bars.add_task("faults", total=asked.kills),
            bars.add_task("orders told", total=asked.orders),
            bars.add_task("decisions", total=None),
        )

        def checked(topic: str, done: int, total: int) -> None:
            bars.update(step, description=topic, completed=done, total=total)

        def told(orders_told: int, decided: int) -> None:
            bars.update(orders, completed=orders_told)
            bars.update(decisions, completed=decided)

        def struck(number: int, kind: str) -> None:
            bars.update(faults, completed=number)
            bars.console.print(f"{number:>4}  {kind}", style="dim", markup=False, highlight=False)

        yield Sight(
            step=lambda name: bars.update(step, description=name, completed=0, total=None),
            struck=struck,
            told=told,
            checked=checked,
            say=lambda sentence: bars.console.print(sentence, style="yellow", markup=False, highlight=False),
        )


if __name__ == "__main__":
    sys.exit(main())
