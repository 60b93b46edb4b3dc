"""What one part of a check has counted, and what all of them have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.checks.findings import Findings, Violation
from streams.checks.outcomes import Outcomes
from streams.checks.partition import Outcome, PartitionCheck, Refusal
from streams.checks.standing import Standing


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """`passed`: commands and fulfilments passed over by their stage; `due`: fulfilments still to come; `first_due`: by partition, the
    first decision whose fulfilments are not all there; `waits`: see Due."""

    decisions: int
    nothing: Counter[Outcome]
    refusals: tuple[Refusal, ...]
    orders: int
    standing: Counter[Standing]
    oversold: int
    letters: Counter[tuple[str, str]]
    met: int
    repeated: int
    waits: Counter[int]
    passed: int
    due: int
    first_due: dict[int, int | None]
    violations: tuple[Violation, ...]


def tally(partitions: Mapping[int, PartitionCheck], outcomes: Outcomes, findings: Findings, passed: int, behind: int) -> Tally:
    """`passed` and `behind`: fulfilments that are missing, and those still to come."""
    walked = list(partitions.values())
    pools = [pool for partition in walked for pool in partition.pools.values()]
    return Tally(
        decisions=sum(partition.decisions for partition in walked),
        nothing=sum((partition.outcomes for partition in walked), Counter()),
        refusals=tuple(refusal for partition in walked for refusal in reversed(partition.refusals)),
        orders=sum(pool.orders.decided for pool in pools),
        standing=sum((pool.orders.standing for pool in pools), Counter()),
        oversold=sum(pool.books.oversold for pool in pools),
        letters=outcomes.letters,
        met=sum(one.due.met for one in walked),
        repeated=sum(one.due.repeated for one in walked),
        waits=sum((one.due.waits for one in walked), Counter()),
        passed=passed + sum(partition.undecided for partition in walked),
        due=behind,
        first_due={partition: one.due.first_open() for partition, one in partitions.items()},
        violations=findings.all(),
    )


def total(tallies: Sequence[Tally]) -> Tally:
    return Tally(
        decisions=sum(one.decisions for one in tallies),
        nothing=sum((one.nothing for one in tallies), Counter()),
        refusals=tuple(refusal for one in tallies for refusal in one.refusals),
        orders=sum(one.orders for one in tallies),
        standing=sum((one.standing for one in tallies), Counter()),
        oversold=sum(one.oversold for one in tallies),
        letters=sum((one.letters for one in tallies), Counter()),
        met=sum(one.met for one in tallies),
        repeated=sum(one.repeated for one in tallies),
        waits=sum((one.waits for one in tallies), Counter()),
        passed=sum(one.passed for one in tallies),
        due=sum(one.due for one in tallies),
        first_due={partition: first for one in tallies for partition, first in one.first_due.items()},
        violations=joined(violation for one in tallies for violation in one.violations),
    )


def joined(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """One of each invariant, with the first place of the first."""
    found: dict[str, Violation] = {}
    for violation in violations:
        before = found.get(violation.invariant)
        count = violation.count + (before.count if before else 0)
        found[violation.invariant] = msgspec.structs.replace(before or violation, count=count)
    return tuple(found.values())
