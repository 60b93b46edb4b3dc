"""What a check says: counts, what is lost or oversold, and which invariants hold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.checks.due import Due
from streams.checks.findings import Violation
from streams.checks.orders import Standing
from streams.checks.outcomes import Outcomes
from streams.checks.partition import Outcome, PartitionCheck, Refusal


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Orders are counted once, by how they stand at the end (one that is allocated in part counts as allocated and as backordered).
    `duplicates`: commands that were known already. `pending`: what the stages have not come to yet, where nobody waited for them.
    `lost`: raw records without an outcome, commands without a decision, and fulfilments due and missing. `oversold`: units below
    zero in any bucket, grant or quota, each at its deepest. `p50_ms`, `p99_ms`: raw record to fulfilment, both as appended.
    `refusals`: the latest of each partition, latest first. `replayed`: decisions made again and found the same, where asked for."""

    raw_records: int
    commands: int
    decisions: int
    duplicates: int
    stale: int
    refused: int
    orders_decided: int
    allocated: int
    backordered: int
    cancelled: int
    held: int
    rejected: int
    fulfilments: int
    fulfilments_repeated: int
    dead_letters: dict[str, dict[str, int]]
    pending: dict[str, int]
    lost: int
    oversold: int
    p50_ms: int | None
    p99_ms: int | None
    seconds: float
    decisions_per_s: int
    violations: tuple[Violation, ...]
    invariants: str
    refusals: tuple[Refusal, ...] = ()
    replayed: int | None = None


class Left(msgspec.Struct, frozen=True):
    """What has no result: passed over by its stage (or waited for in vain), and what is still to come."""

    passed: int
    pending: dict[str, int]


def report(
    partitions: Iterable[PartitionCheck], outcomes: Outcomes, due: Due, violations: tuple[Violation, ...], left: Left, seconds: float
) -> Report:
    walked = list(partitions)
    pools = [pool for partition in walked for pool in partition.pools.values()]
    nothing = sum((partition.outcomes for partition in walked), Counter[Outcome]())
    decisions = sum(partition.decisions for partition in walked)
    orders = sum((pool.orders.standing for pool in pools), Counter[Standing]())
    return Report(
        raw_records=outcomes.records,
        commands=decisions + left.pending.get("commands", 0),
        decisions=decisions,
        duplicates=nothing["duplicate"],
        stale=nothing["stale"],
        refused=nothing["refused"],
        refusals=tuple(refusal for partition in walked for refusal in reversed(partition.refusals)),
        orders_decided=sum(pool.orders.decided for pool in pools),
        allocated=orders["allocated"],
        backordered=orders["backordered"],
        cancelled=orders["cancelled"],
        held=orders["held"],
        rejected=orders["rejected"],
        fulfilments=due.met,
        fulfilments_repeated=due.repeated,
        dead_letters=_by_class(outcomes.letters),
        pending=left.pending,
        lost=left.passed,
        oversold=sum(pool.books.oversold for pool in pools),
        p50_ms=quantile(due.waits, 50),
        p99_ms=quantile(due.waits, 99),
        seconds=round(seconds, 3),
        decisions_per_s=round(decisions / seconds) if seconds else 0,
        violations=violations,
        invariants=verdict(violations),
    )


def verdict(violations: Sequence[Violation]) -> str:
    """ "ok", or what broke and how often."""
    return "; ".join(f"{violation.invariant} ({violation.count}x)" for violation in violations) or "ok"


def quantile(counted: Mapping[int, int], per_cent: int) -> int | None:
    """The smallest value that at least `per_cent` of the counted ones do not exceed; None of nothing."""
    total, passed = sum(counted.values()), 0
    for value in sorted(counted):
        passed += counted[value]
        if passed * 100 >= total * per_cent:
            return value
    return None


def _by_class(letters: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    classes: dict[str, dict[str, int]] = {}
    for (verdict, code), count in sorted(letters.items()):
        classes.setdefault(verdict, {})[code] = count
    return classes
