"""How soon work goes on after a death, on a real broker: `make bench-recovery`.

A log of decisions of real baskets is written to four partitions. Then a worker is started without a snapshot, and with one as old as it
may be; two share the partitions, and one of them is killed. A partition is kept when the survivor had it all along: its orders' time is
that from a command to its decision. Ends with one line of JSON: what was measured, the goals, and how much of each goal it took.
"""

import argparse
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from deploy import clients
from deploy.broker import Broker
from deploy.checking import run_check
from deploy.provision import ensure_topics
from deploy.sealing import create_key
from deploy.settings import Settings
from streams.agents.view import SNAPSHOT_AFTER
from streams.snapshots import Origin
from streams.topics import DECISIONS
from streams.worker import await_broker
from tests.bench.decided import fill, shelve
from tests.bench.probes import Probes
from tests.chain import Worker
from tests.conftest import free_port, make_settings, until

GOALS = {"with_snapshot_s": 5.0, "without_snapshot_s": 60.0, "failover_s": 10.0, "kept_p99_ratio": 3.0}
PATIENCE_S = 600.0
SETTLED_S = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-recovery ARGS=…", description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=200, help="orders a second, over all partitions, while a worker is killed")
    parser.add_argument("--seconds", type=int, default=15, help="how long at that rate before the kill")
    parser.add_argument("--port", type=int, default=0, help="of the broker; 0: any free one")
    parser.add_argument("--folder", type=Path, default=None, help="keep the broker's log here, and take it if it is there")
    parser.add_argument("--check", action="store_true", help="check the log at the end")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        home = asked.folder or Path(folder)
        broker = Broker(home, asked.port or free_port(), make_settings().cache)
        broker.start()
        try:
            settings = make_settings(home=home, kafka=f"127.0.0.1:{broker.port}")
            found = measure(settings, asked.decisions, asked.rate, asked.seconds)
            if asked.check:
                report = run_check(settings, 60.0, lambda topic, done, total: None)
                found["check"] = {"invariants": report.invariants, "lost": report.lost, "oversold": report.oversold}
        finally:
            broker.stop()
    measured = {name: found[name] for name in GOALS}
    found["goals"] = GOALS
    found["of_goal"] = {name: round(measured[name] / goal, 2) for name, goal in GOALS.items()}
    found["met"] = all(measured[name] <= goal for name, goal in GOALS.items())
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if found["met"] else 1


def measure(settings: Settings, decisions: int, rate: int, seconds: int) -> dict[str, Any]:
    prepared = settings.home / "prepared"
    found: dict[str, Any] = {"decisions": decisions, "baskets": "Complete Journey", "cores": os.cpu_count()}
    found |= prepare(settings, decisions, prepared)
    for left in ("empty", "saved"):
        shutil.rmtree(settings.home / left, ignore_errors=True)
    with started(settings, "empty") as worker:
        found["without_snapshot_s"] = worker.processing_s
        found["without_snapshot"] = taken(worker.log)
    shutil.copytree(prepared, settings.home / "saved")
    with started(settings, "saved") as worker:
        found["with_snapshot_s"] = worker.processing_s
        found["with_snapshot"] = taken(worker.log)
    with started(settings, "saved") as victim:
        survivor = Worker(victim.settings).await_ready()
        try:
            found |= failover(victim, survivor, Probes(settings), rate, seconds)
        finally:
            survivor.kill()
    found["load"] = round(os.getloadavg()[0], 1)
    return found


# ---------------------------------------------------------------------------------------------- the log
def prepare(settings: Settings, decisions: int, prepared: Path) -> dict[str, Any]:
    """The log, unless it is there, and a snapshot of each partition that is as old as it may be."""
    began, found = time.monotonic(), dict[str, Any]()
    partitions, each = range(settings.partitions), decisions // settings.partitions
    with multiprocessing.get_context("spawn").Pool(min(len(partitions), os.cpu_count() or 1)) as several:
        if not prepared.exists():
            ensure_topics(clients.admin(settings), settings)
            create_key(settings.keys_dir)
            found["decision_bytes"] = sum(several.starmap(fill, [(settings, at, each) for at in partitions], chunksize=1)) // decisions
        origin: Origin = await_broker(clients.admin(settings), settings.partitions)
        behind = min(SNAPSHOT_AFTER, each // 8)
        size = sum(several.starmap(shelve, [(settings, origin, at, behind, str(prepared)) for at in partitions], chunksize=1))
    return found | {"snapshot_mb": round(size / 1e6, 1), "preparation_s": round(time.monotonic() - began, 1)}


# ---------------------------------------------------------------------------------------------- one worker
class Started(Worker):
    """A worker, and the seconds from its start until it had decided a new command in every partition."""

    processing_s: float


@contextmanager
def started(settings: Settings, snapshots: str) -> Iterator[Started]:
    settings = settings.model_copy(update={"snapshots": str(settings.home / snapshots)})
    consumer = clients.consumer(settings, "bench")
    before = ends(consumer, settings.partitions)
    Probes(settings).one_each()
    began = time.monotonic()
    worker = Started(settings)
    try:
        until(
            lambda: alive(worker) and all(now > then for now, then in zip(ends(consumer, settings.partitions), before, strict=True)),
            PATIENCE_S,
        )
        worker.processing_s = round(time.monotonic() - began, 2)
        worker.await_ready()
        yield worker
    finally:
        consumer.close()
        leave(worker)


def leave(worker: Worker) -> None:
    """In order, so that the next one need not wait for the end of a session; however long it takes on a busy machine."""
    worker.process.terminate()
    worker.process.wait(PATIENCE_S)


def alive(worker: Worker) -> bool:
    assert worker.process.poll() is None, worker.log.read_text()[-3_000:]
    return True


def ends(consumer: Consumer, partitions: int) -> list[int]:
    places = [TopicPartition(DECISIONS.name, partition) for partition in range(partitions)]
    return [consumer.get_watermark_offsets(place, timeout=15)[1] for place in places]


TAKEN = re.compile(r"partition (\d+) of commands is ours from offset \d+: fenced in (\S+) s, (\d+) decisions folded in (\S+) s")
LEFT = re.compile(r"partition (\d+) of commands is left")


def taken(log: Path) -> dict[str, Any]:
    """What the takeovers took, by the worker's own log."""
    found = TAKEN.findall(log.read_text())
    return {
        "fenced_s": max(float(fenced) for _, fenced, _, _ in found),
        "folded": sum(int(folded) for _, _, folded, _ in found),
        "loaded_and_folded_s": max(float(took) for _, _, _, took in found),
    }


def owned(log: Path) -> set[int]:
    """The partitions that the ledger of that worker has."""
    has: set[int] = set()
    for line in log.read_text().splitlines():
        if found := TAKEN.search(line):
            has.add(int(found[1]))
        elif found := LEFT.search(line):
            has.discard(int(found[1]))
    return has


# ---------------------------------------------------------------------------------------------- two workers
def failover(victim: Worker, survivor: Worker, probes: Probes, rate: int, seconds: int) -> dict[str, Any]:
    until(lambda: len(owned(survivor.log)) == len(owned(victim.log)) == probes.partitions // 2, PATIENCE_S)
    time.sleep(SETTLED_S)
    kept, lost = owned(survivor.log), owned(victim.log)
    with probes.running(rate):
        normal = probes.during(seconds)
        killed = time.monotonic()
        victim.kill()
        until(lambda: owned(survivor.log) >= lost, PATIENCE_S)
        until(lambda: all(probes.answered(partition, killed) for partition in lost), PATIENCE_S)
        back = max(probes.answered(partition, killed) for partition in lost)
        time.sleep(SETTLED_S)
        takeover = (killed, time.monotonic())
    before, after = p99(probes.took(kept, normal)), p99(probes.took(kept, takeover))
    return {
        "failover_s": round(back - killed, 2),
        "kept_p99_ratio": round(after / before, 2),
        "kept_p99_ms": {"normal": round(before * 1000, 1), "takeover": round(after * 1000, 1)},
        "failover": taken(survivor.log),
        "rate": rate,
    }


def p99(took: Sequence[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


if __name__ == "__main__":
    sys.exit(main())
