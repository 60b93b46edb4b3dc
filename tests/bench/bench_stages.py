"""Each stage alone, in this process and without a broker: CPU µs an order.

`python -m tests.bench.bench_stages --stage ledger` measures one; `--profile` shows what it spends its time on.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from streams import commands as c
from streams.ledger import Ledger, Message
from tests.bench.job import Job
from tests.bench.measure import Trial, measure, profile

AT_ONCE = 500
ORDERS = 10_000


class Decided(NamedTuple):
    """What a partition's log holds: commands and decisions of the business, then those of the orders. Offsets run through both."""

    business: list[Message]
    commands: list[Message]
    before: list[bytes]
    decisions: list[bytes]
    lines: int


def encoded(commands: Iterable[c.AnyCommand], first: int = 0) -> list[Message]:
    return [(offset, command.pool.encode(), c.encode_command(command)) for offset, command in enumerate(commands, first)]


def opened(business: Sequence[Message]) -> Ledger:
    ledger = Ledger(0)
    decide(ledger, business)
    return ledger


def decide(ledger: Ledger, commands: Sequence[Message]) -> list[bytes]:
    return [record for start in range(0, len(commands), AT_ONCE) for _, record in ledger.decide(commands[start : start + AT_ONCE])]


# ---------------------------------------------------------------------------------------------- the stages
def ledger(job: Job, count: int) -> Callable[[], Trial]:
    """commands -> decisions, every one of them hashed, anchored and explained."""
    business = encoded(job.business())
    placed = list(islice(job.orders(), count))
    commands, lines = encoded(placed, len(business)), sum(len(order.lines) for order in placed)

    def prepare() -> Trial:
        open_ledger = opened(business)
        return Trial(count, lines, lambda: decide(open_ledger, commands))

    return prepare


def fold(job: Job, count: int) -> Callable[[], Trial]:
    """decisions -> state, as whoever takes a partition over has to."""
    business = encoded(job.business())
    placed = list(islice(job.orders(), count))
    writer = opened(business)
    decisions, lines = decide(writer, encoded(placed, len(business))), sum(len(order.lines) for order in placed)

    def prepare() -> Trial:
        reader = opened(business)
        return Trial(count, lines, lambda: fold_all(reader, decisions))

    return prepare


def fold_all(reader: Ledger, decisions: Sequence[bytes]) -> None:
    for offset, record in enumerate(decisions):
        reader.fold(offset, record)


STAGES: dict[str, Callable[[Job, int], Callable[[], Trial]]] = {"ledger": ledger, "fold": fold}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_stages", description=__doc__)
    parser.add_argument("--stage", choices=list(STAGES), action="append", help="only these")
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--nodes", type=int, default=1, help="of each pool; 10 in one pool: --pools 1 --nodes 10")
    parser.add_argument("--pools", type=int, default=10)
    parser.add_argument("--profile", action="store_true", help="profile instead of measuring")
    asked = parser.parse_args()
    job, found = Job(pools=asked.pools, nodes=asked.nodes), dict[str, Any]()
    for name in asked.stage or STAGES:
        prepare = STAGES[name](job, asked.orders)
        if asked.profile:
            profile(prepare())
        else:
            found[name] = measure(prepare, asked.times).told()
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
