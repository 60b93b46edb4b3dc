"""What a check says: counts, what is lost or oversold, and which invariants hold."""

from collections.abc import Mapping, Sequence

import msgspec

from streams.checks.findings import Violation
from streams.checks.partition import Refusal
from streams.checks.tally import Tally


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Orders are counted once, by how they stand at the end (one that is allocated in part counts as allocated and as backordered).
    `duplicates`: commands that were known already. `pending`: what the stages have not come to yet, where nobody waited for them.
    `lost`: raw records without an outcome, commands without a decision, and fulfilments due and missing. `oversold`: units below
    zero in any bucket, grant or quota, each at its deepest. `p50_ms`, `p99_ms`: raw record to fulfilment, both as appended.
    `refusals`: the latest of each partition, latest first. `replayed`: decisions made again and found the same, where asked for, in
    `replays` passes over a partition; `digests`: the last link of each, which stands for its whole log."""

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
    replays: int | None = None
    digests: dict[str, str] = {}


def report(
    found: Tally, *, raw_records: int, lost: int, pending: Mapping[str, int], violations: tuple[Violation, ...], seconds: float
) -> Report:
    """`lost`: what has no result, and was passed over by its stage or waited for in vain; `pending`: what is still to come."""
    standing = found.standing
    return Report(
        raw_records=raw_records,
        commands=found.decisions + pending.get("commands", 0),
        decisions=found.decisions,
        duplicates=found.nothing["duplicate"],
        stale=found.nothing["stale"],
        refused=found.nothing["refused"],
        refusals=found.refusals,
        orders_decided=found.orders,
        allocated=standing["allocated"],
        backordered=standing["backordered"],
        cancelled=standing["cancelled"],
        held=standing["held"],
        rejected=standing["rejected"],
        fulfilments=found.met,
        fulfilments_repeated=found.repeated,
        dead_letters=_by_class(found.letters),
        pending=dict(pending),
        lost=lost,
        oversold=found.oversold,
        p50_ms=quantile(found.waits, 50),
        p99_ms=quantile(found.waits, 99),
        seconds=round(seconds, 3),
        decisions_per_s=round(found.decisions / seconds) if seconds else 0,
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
