"""The figures of all engines side by side: orders a second first, as ratios, and what each took of the machine."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from statistics import median
from typing import Any

from tests.bench.peers.engines import HERE, STREAMS
from tests.bench.peers.measure import Result

# Of the ledger's own rate to that of each: what is aimed at.
GOALS = {"kafka_streams_eos": 3.0, "quix_eos": 5.0, "faust": 40.0, "bare": 0.8}


def told(name: str, found: Result) -> str:
    """A line for a person."""
    return (
        f"{name}: {found.orders_per_s:,.0f} orders/s, {found.cpu_us:.0f} µs of CPU an order "
        f"(broker {found.broker_cpu_us:.0f}), {found.peak_mb} MB"
    )


def summary(results: Mapping[str, Sequence[Result]], check: Mapping[str, Any], **job: Any) -> dict[str, Any]:
    """The median of the rounds; `spread`: slowest and fastest of them. `job`: what was run."""
    rates = {name: [one.orders_per_s for one in found] for name, found in results.items()}
    middle = {name: round(median(each)) for name, each in rates.items()}
    ours = middle.get("yipan")
    return middle | {
        "ratios": {name: round(ours / middle[name], 2) for name in GOALS if ours and name in middle},
        "goals": GOALS,
        "spread": {name: [round(min(each)), round(max(each))] for name, each in rates.items()},
        "cpu_us_per_order": {name: round(median(one.cpu_us for one in found), 1) for name, found in results.items()},
        "broker_cpu_us_per_order": {name: round(median(one.broker_cpu_us for one in found), 1) for name, found in results.items()},
        "peak_mb": {name: max(one.peak_mb for one in found) for name, found in results.items()},
        "check": check,
        "job": job,
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)},
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    pinned = (line.split("==") for line in (HERE / "requirements.txt").read_text().splitlines() if "==" in line)
    peers = {name.partition("[")[0]: number for name, number in pinned}
    return {
        "kafka-streams": STREAMS,
        "quixstreams": peers["quixstreams"],
        "faust-streaming": peers["faust-streaming"],
        "confluent-kafka": version("confluent-kafka"),
    }
