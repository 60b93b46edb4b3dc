"""`yipan check --clickhouse`: whether ClickHouse holds exactly what the log says. The analytics process is asked, as it owns it."""

import time
from collections.abc import Iterable, Iterator, Sequence

import httpx
import msgspec

from analytics.tally import Tally, difference, tally
from deploy.faults import Fault
from deploy.lookup import asking
from deploy.settings import Settings
from streams.checks.findings import Violation
from streams.checks.report import Report, verdict
from streams.read import Log
from streams.topics import DEAD_LETTERS, DECISIONS

PATIENCE_S = 10.0
LOOK_AGAIN_S = 0.3


def run_comparison(settings: Settings, report: Report) -> Report:
    """The report, with what the comparison has shown. Raises Fault when the broker or the analytics process does not answer."""
    with asking(settings) as log:
        tallies = [one for topic in (DECISIONS.name, DEAD_LETTERS.name) for one in tallied(log, topic)]
    found = compare(tallies, f"http://127.0.0.1:{settings.pages_port}", time.monotonic() + PATIENCE_S)
    violations = (*report.violations, *found)
    return msgspec.structs.replace(report, violations=violations, invariants=verdict(violations))


def tallied(log: Log, topic: str) -> Iterator[Tally]:
    low, ends = log.low(topic), log.ends(topic)
    for partition, end in ends.items():
        values = (record.value for batch in log.read(topic, {partition: low[partition]}, {partition: end}) for record in batch)
        yield tally(topic, partition, low[partition], end, values)


def compare(tallies: Iterable[Tally], address: str, until: float) -> Sequence[Violation]:
    """What the sink has not taken over yet is waited for, until then (of the monotonic clock)."""
    with httpx.Client(base_url=address, timeout=30) as client:
        wrong = [sentence for one in tallies if (sentence := _settled(client, one, until))]
        wrong += [f"{what}: off by {units}" for what, units in _ask(client, "audit", {}) if units]
    return [Violation(invariant="clickhouse", count=len(wrong), first=wrong[0])] if wrong else []


def _settled(client: httpx.Client, log: Tally, until: float) -> str:
    place: dict[str, str | int] = {"topic": log.topic, "partition": log.partition, "start": log.start, "end": log.end}
    while True:
        [[records, mixed]] = _ask(client, "taken_over", place)
        sentence = difference(log, msgspec.structs.replace(log, records=records, hash=mixed))
        if not sentence or records > log.records or time.monotonic() > until:
            return sentence
        time.sleep(LOOK_AGAIN_S)


def _ask(client: httpx.Client, name: str, given: dict[str, str | int]) -> list[list[int]]:
    try:
        rows: list[list[int]] = client.get(f"/api/q/{name}", params=given).raise_for_status().json()["rows"]
    except httpx.HTTPError as away:
        raise Fault(
            f"The analytics process does not answer at {client.base_url} ({away}): is `yipan up` or `yipan sink` running?"
        ) from away
    return rows
