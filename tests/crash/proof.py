"""What a run comes to: the checker's word, the log decided again, ClickHouse, and what the senders know they were promised."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256

import msgspec

from deploy import clients
from deploy.checking import log_of, run_check
from deploy.comparing import run_comparison
from deploy.demo.standing import Standing, standing
from deploy.lookup import asking
from deploy.settings import Settings
from streams.checks.report import Report
from streams.replay import Replayed, from_every_snapshot, replay
from streams.snapshots import Snapshots
from streams.topics import DECISIONS, RAW
from tests.crash.habits import HABITS
from tests.crash.partners import Partners, look_at_partners
from tests.crash.versions import know_both

DRAIN_S = 300.0
SINK_S = 180.0
Progress = Callable[[str, int, int], None]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The line that a run ends with. `acknowledged`: requests answered 2xx, each of which must be in `raw`. `restarts`: ends that
    processes were given, and those of their own. `versions`: decisions by the decider that made them. `answered`: words of warehouses
    that were taken; `states`, `explained`: how orders end, and why. `replays`: how often a partition was decided again, from its start
    and from snapshots. `followed`: decisions that a consumer which was there all the time has seen."""

    faults: int
    violations: int
    lost: int
    oversold: int
    by_kind: dict[str, int]
    orders: int
    acknowledged: int
    retries: int
    decisions: int
    followed: int
    duplicates: int
    fulfilments: int
    answered: int
    states: dict[str, int]
    explained: dict[str, int]
    clickhouse: str
    replay: str
    replays: int
    versions: dict[str, int]
    restarts: dict[str, int]
    dropped_batches: int
    seconds: float
    seed: int

    @property
    def right(self) -> bool:
        return not (self.violations or self.lost or self.oversold)


class Proof(msgspec.Struct, frozen=True):
    """`wrong`: a sentence for each thing that is not as it must be."""

    report: Report
    again: Replayed
    partners: Partners
    ends: Standing
    versions: dict[str, int]
    wrong: tuple[str, ...]


def prove(settings: Settings, acknowledged: Iterable[bytes], progress: Progress) -> Proof:
    """Waits for the stages and the sink to come through, then looks. `acknowledged`: digests of bodies that were taken."""
    report = _compared(settings, run_check(settings, DRAIN_S, progress))
    again = _replayed(settings, progress)
    violations = (*report.violations, *again.violations)
    wrong = [f"{violation.invariant} ({violation.count}x): {violation.first}" for violation in violations]
    wrong += [f"{report.lost} are lost"] * bool(report.lost) + [f"{report.oversold} are oversold"] * bool(report.oversold)
    with asking(settings) as log:
        kept = {sha256(record.value).digest() for batch in log.read(RAW.name, log.low(RAW.name), log.ends(RAW.name)) for record in batch}
        decided = Counter(
            str(_deciding(record.value).decider)
            for batch in log.read(DECISIONS.name, log.low(DECISIONS.name), log.ends(DECISIONS.name))
            for record in batch
        )
    if missing := sum(digest not in kept for digest in acknowledged):
        wrong.append(f"{missing} requests were acknowledged and are not in {RAW.name}")
    with asking(settings) as log:
        partners, ends = look_at_partners(settings, log, kept, HABITS), standing(log)
    wrong += partners.wrong
    wrong += [f"{len(ends.unexplained)} orders end where nothing explains it: {ends.unexplained[:5]}"] * bool(ends.unexplained)
    return Proof(report, again, partners, ends, dict(sorted(decided.items())), tuple(wrong))


class _Deciding(msgspec.Struct):
    decider: int


_deciding = msgspec.json.Decoder(_Deciding).decode


def _replayed(settings: Settings, progress: Progress) -> Replayed:
    """From the start, and from each snapshot there is; in this process, which knows both versions of the decider."""
    know_both()
    snapshots = Snapshots(clients.snapshot_files(settings), log_of(clients.admin(settings)))
    with asking(settings) as log:
        return replay(log, progress=progress, beginnings=partial(from_every_snapshot, snapshots))


def _compared(settings: Settings, report: Report) -> Report:
    """The sink may have much to catch up with."""
    until = time.monotonic() + SINK_S
    while (compared := run_comparison(settings, report)).invariants != report.invariants and time.monotonic() < until:
        time.sleep(1)
    return compared


def loops(of_their_own: Mapping[str, int], pauses: Mapping[str, int], broker_ends: int) -> list[str]:
    """Processes that ended of their own more often than there was reason: once for each time they were paused, twice for each time the
    broker was away."""
    return [
        f"{name} ended {ends} times of its own, with {pauses.get(name, 0)} pauses and {broker_ends} times without a broker"
        for name, ends in of_their_own.items()
        if ends > pauses.get(name, 0) + 2 * broker_ends
    ]
