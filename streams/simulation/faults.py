"""What goes wrong in a schedule, and when: all of it is said beforehand, so that a fault can be left out and the rest stays."""

from random import Random
from typing import Literal

import msgspec

Kind = Literal[
    "kill",  # the process ends before its nth step
    "freeze",  # … stops there, or in its nth call of a client, as on SIGSTOP, and goes on after `seconds`
    "stop",  # … leaves in order, as on SIGTERM
    "expel",  # the group drops a member, which notices only after `seconds`
    "rebalance",  # the group deals its partitions anew
    "away",  # the broker does not answer for `seconds`
    "jump",  # the processes' clock is wrong by `seconds` from now on
    "crash",  # the process ends inside its nth call of a client
    "fail",  # the nth call of a client is refused, or its answer is lost
    "full",  # … finds that the producer's queue has no room
    "slow",  # the nth call of a client takes `seconds`
]
# Where a client may be struck: a fence; a transaction's begin, each of its records, before they are on their way, before its commit, when
# its marker is due, and after its commit; a plain record handed over, on its way, and its acknowledgement (a tick's for itself); before
# and after offsets are committed in passing, and when that is waited for; a fetch, passed over or made again; a log asked for its end,
# and read; a snapshot; an insert into ClickHouse before, in the middle and after it took effect; a question to it; leaving a group.
Point = Literal[
    "", "fence", "begin", "write", "commit", "flushed", "marker", "committed", "send", "land", "ack", "ticked", "offsets", "moved", "note",
    "noted", "skip", "fetch", "ask", "read", "snapshot", "insert", "block", "inserted", "query", "leave",
]  # fmt: skip
THREADS: tuple[Kind, ...] = ("crash", "fail", "freeze", "freeze", "slow")
# About how often each happens in a schedule, and what may happen there.
CALLS: dict[Point, tuple[int, tuple[Kind, ...]]] = {
    "fence": (10, THREADS),
    "begin": (24, THREADS),
    "write": (140, THREADS),
    "commit": (24, THREADS),
    "flushed": (24, THREADS),
    "marker": (24, ("fail",)),
    "committed": (24, THREADS),
    "send": (140, ("crash", "fail", "full", "slow", "slow")),
    "land": (50, ("fail", "slow", "slow")),
    "ack": (120, ("crash", "fail", "slow", "slow")),
    "ticked": (8, ("crash", "fail", "fail", "slow")),
    "offsets": (24, ("crash", "fail")),
    "moved": (24, ("crash",)),
    "note": (20, THREADS),
    "noted": (20, THREADS),
    "skip": (25, ("fail",)),
    "fetch": (90, ("fail",)),
    "ask": (22, THREADS),
    "read": (6, THREADS),
    "snapshot": (4, ("fail",)),
    "insert": (45, ("crash", "fail", "fail", "freeze", "slow")),
    "block": (180, ("crash", "fail", "fail", "freeze", "slow")),
    "inserted": (45, ("crash", "fail", "fail", "freeze", "slow")),
    "query": (8, THREADS),
    "leave": (2, ("crash", "freeze")),
}
# What belongs together is struck together: a schedule has one of these, or all.
THEMES: dict[str, tuple[Point, ...]] = {
    "records": ("send", "land", "ack", "offsets", "moved"),
    "late records": ("land", "moved"),
    "transactions": ("fence", "begin", "write", "commit", "flushed", "marker", "committed"),
    "late transactions": ("begin", "commit"),
    "markers": ("marker", "committed"),
    "taking over": ("fence", "ask", "read", "snapshot", "leave"),
    "reading": ("skip", "fetch", "offsets", "moved", "ticked", "leave"),
    "clickhouse": ("note", "noted", "insert", "block", "inserted", "query"),
    "inserts": ("note", "noted", "insert", "inserted"),
    "all": tuple(CALLS),
}
GROUPS = ("allocate", "stages", "sink")


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`at`: seconds, for what happens at a time. `nth`: of the steps of the process that was started as number `who`, or of all
    calls at `point`."""

    kind: Kind
    at: float = 0.0
    point: Point = ""
    nth: int = 0
    who: int = 0
    group: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        where = f"call {self.nth} of {self.point}" if self.point else f"step {self.nth} of process {self.who}"
        match self.kind:
            case "kill" | "stop":
                return f"{self.kind} at {where}"
            case "freeze":
                return f"freeze at {where} for {self.seconds} s"
            case "crash" | "fail" | "full":
                return f"{self.kind} in {where}"
            case "slow":
                return f"{where} takes {self.seconds} s"
            case "expel":
                return f"a member of {self.group} is dropped at {self.at} s and notices {self.seconds} s later"
            case "rebalance":
                return f"{self.group} is dealt anew at {self.at} s"
            case "away":
                return f"the broker is away at {self.at} s for {self.seconds} s"
            case "jump":
                return f"the clocks jump by {self.seconds} s at {self.at} s"


def draw(random: Random, until: float, theme: str) -> tuple[Fault, ...]:
    """Some twenty faults in the first `until` seconds, those in calls of one theme; "" for any."""
    points = THEMES[theme or random.choice(tuple(THEMES))]
    return tuple(_one(random, points, until) for _ in range(random.randint(4, 40)))


def _one(random: Random, points: tuple[Point, ...], until: float) -> Fault:
    at = round(random.uniform(0.3, until), 3)
    match random.choices(("step", "call", "expel", "rebalance", "away", "jump"), (5, 14, 4, 2, 1, 1))[0]:
        case "step":
            kind: Kind = random.choice(("kill", "kill", "freeze", "freeze", "stop"))
            seconds = _frozen(random) if kind == "freeze" else 0.0
            return Fault(kind=kind, who=random.randint(1, 6), nth=random.randint(1, random.choice((200, 1_500))), seconds=seconds)
        case "call":
            return _struck(random, points)
        case "expel":
            return Fault(kind="expel", at=at, group=random.choice(GROUPS), seconds=round(random.uniform(0, 4), 3), who=random.randint(0, 9))
        case "rebalance":
            return Fault(kind="rebalance", at=at, group=random.choice(GROUPS))
        case "away":
            return Fault(kind="away", at=at, seconds=round(random.uniform(0.2, 5), 3))
        case _:
            return Fault(kind="jump", at=at, seconds=random.choice((-90_000, -3, 40, 90_000, 200_000)))


def _struck(random: Random, points: tuple[Point, ...]) -> Fault:
    point = random.choice(points)
    often, kinds = CALLS[point]
    kind, nth = random.choice(kinds), random.randint(1, often)
    match kind:
        case "slow":
            return Fault(kind=kind, point=point, nth=nth, seconds=round(random.uniform(0.5, 5), 3))
        case "freeze":
            return Fault(kind=kind, point=point, nth=nth, seconds=_frozen(random))
        case _:
            return Fault(kind=kind, point=point, nth=nth)


def _frozen(random: Random) -> float:
    """Shorter than a session, or longer."""
    return round(random.choice((random.uniform(0.1, 1.8), random.uniform(3, 8), random.uniform(3, 8))), 3)
