"""What is done to the processes, and when: drawn from a seed beforehand."""

from collections.abc import Iterator
from random import Random
from typing import Literal, NamedTuple

Kind = Literal[
    "worker_killed",  # SIGKILL
    "worker_paused",  # SIGSTOP beyond the session, then SIGCONT: it wakes up and its partitions are somebody else's
    "worker_replaced",  # SIGTERM, as in a rolling deploy: what comes back may be of another version
    "killed_in_rebalance",  # a worker is killed, and another one while the partitions move
    "killed_in_recovery",  # … and once more while it starts, folds, takes over
    "sink_killed",
    "sink_paused",
    "poller_killed",
    "gateway_killed",
    "gateway_paused",
    "deliver_killed",
    "deliver_paused",
    "warehouse_killed",
    "warehouse_paused",  # it is called and answers nobody
    "warehouse_away",  # killed, and kept away for a while: nobody is there to be called
    "broker_killed",  # and kept away for a while
    "broker_paused",
    "all_killed",  # a power cut: everything at once, the broker too
    "snapshots_deleted",  # … and a worker killed, so that somebody wants them
    "snapshots_damaged",
]
# How many of a hundred.
SHARES: dict[Kind, int] = {
    "worker_killed": 14,
    "worker_paused": 13,
    "worker_replaced": 6,
    "killed_in_rebalance": 9,
    "killed_in_recovery": 7,
    "sink_killed": 7,
    "sink_paused": 3,
    "poller_killed": 4,
    "gateway_killed": 5,
    "gateway_paused": 2,
    "deliver_killed": 5,
    "deliver_paused": 2,
    "warehouse_killed": 4,
    "warehouse_paused": 2,
    "warehouse_away": 2,
    "broker_killed": 6,
    "broker_paused": 3,
    "all_killed": 3,
    "snapshots_deleted": 3,
    "snapshots_damaged": 2,
}
# What a few faults must have in them, first things first.
NEEDED: tuple[Kind, ...] = (
    "worker_killed",
    "worker_paused",
    "deliver_killed",
    "warehouse_killed",
    "sink_killed",
    "killed_in_rebalance",
    "broker_killed",
    "warehouse_away",
    "gateway_killed",
    "poller_killed",
    "killed_in_recovery",
    "all_killed",
    "snapshots_deleted",
    "worker_replaced",
    "broker_paused",
    "sink_paused",
    "gateway_paused",
    "deliver_paused",
    "warehouse_paused",
    "snapshots_damaged",
)
SESSION_S = 6.0
CALM_EVERY = 5  # faults between two times at which all must be well again


class Fault(NamedTuple):
    """`who`: a number that picks one of the processes it may strike. `seconds`: for how long it is paused or kept away, or how long a
    start is let go on. `then_s`: until the next fault. `calm`: before that, all must be well again."""

    kind: Kind
    who: int
    seconds: float
    then_s: float
    calm: bool


def draw(seed: int, faults: int) -> list[Fault]:
    random = Random(seed)
    kinds = _kinds(faults, random)
    return [
        Fault(kind, random.randrange(1 << 16), _seconds(kind, random), random.uniform(0.2, 2.5), number % CALM_EVERY == 0)
        for number, kind in enumerate(kinds, 1)
    ]


def _kinds(faults: int, random: Random) -> list[Kind]:
    """As many as are asked for: those that are needed, then the others by their shares."""
    pool: list[Kind] = list(_by_share(faults - len(NEEDED), random))
    kinds = [*NEEDED[:faults], *pool][:faults]
    random.shuffle(kinds)
    return kinds


def _by_share(faults: int, random: Random) -> Iterator[Kind]:
    kinds = list(SHARES)
    yield from random.choices(kinds, [SHARES[kind] for kind in kinds], k=max(0, faults))


def _seconds(kind: Kind, random: Random) -> float:
    match kind:
        case "worker_paused" | "sink_paused" | "deliver_paused":
            return SESSION_S + random.uniform(1.0, 6.0)
        case "broker_killed":
            # 45 s is more than any client waits, so whatever would loop does
            return random.choice((1.0, 4.0, 12.0, 45.0))
        case "broker_paused" | "gateway_paused" | "warehouse_paused" | "warehouse_away":
            return random.uniform(1.0, 12.0)
        case "killed_in_recovery":
            return random.uniform(0.3, 5.0)
        case _:
            return 0.0
