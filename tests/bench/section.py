"""What every section of the bench is given, and how one of them runs alone."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

Checks = dict[str, dict[str, Any]]  # by name of the stack: what `yipan check` said of it


class Size(NamedTuple):
    """How much is measured. `times`: each thing, at least; `stage_orders`: in one process; `chain_orders`: canonical ones, over a
    broker; `seconds`: at each rate."""

    times: int = 5
    stage_orders: int = 10_000
    chain_times: int = 3
    chain_orders: int = 30_000
    workers: int = 2
    rates: tuple[int, ...] = (500, 1_000, 2_000, 5_000)
    seconds: int = 10
    open_orders: int = 1_000_000


QUICK = Size(times=3, stage_orders=2_000, chain_times=1, chain_orders=4_000, rates=(500, 1_000), seconds=4, open_orders=50_000)

Section = Callable[[Size, Checks], dict[str, Any]]


def arguments(about: str | None, name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: to see that all runs, not to quote")
    parser.add_argument("--workers", type=int, default=Size().workers, help="worker processes, each with all stages")
    return parser


def size(asked: argparse.Namespace) -> Size:
    return (QUICK if asked.quick else Size())._replace(workers=asked.workers)


def alone(run: Section, about: str | None) -> None:
    """Print what one section finds. Ends the process with 1 when a check found a violation."""
    asked, checks = arguments(about, "python -m tests.bench.bench_…").parse_args(), Checks()
    found = run(size(asked), checks)
    sys.stdout.write(json.dumps(found | {"checks": checks}, indent=2) + "\n")
    sys.exit(0 if sound(checks) else 1)


def sound(checks: Checks) -> bool:
    return all(check["ok"] for check in checks.values())


def progress(what: str) -> None:
    """One line to stderr."""
    sys.stderr.write(f"bench: {what}\n")
    sys.stderr.flush()
