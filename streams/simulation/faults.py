"""What goes wrong in a schedule, and when: all of it is said beforehand, so that a fault can be left out and the rest stays."""

from random import Random
from typing import Literal

import msgspec

Kind = Literal[
    "kill",  # the process ends before its nth step
    "freeze",  # … stops there, as on SIGSTOP, and goes on after `seconds`
    "stop",  # … leaves in order, as on SIGTERM
    "expel",  # the group drops a member, which notices only after `seconds`
    "rebalance",  # the group deals its partitions anew
    "away",  # the broker does not answer for `seconds`
    "jump",  # the process' clock is wrong by `seconds` from now on
    "crash",  # the process ends inside its nth call of a client
    "fail",  # the nth call of a client is refused
    "slow",  # the nth call of a client takes `seconds`
]
# Where a client may be struck. A transaction: its begin, each record, before and after it is committed.
Point = Literal["", "fence", "begin", "write", "commit", "committed", "send", "ack", "offsets", "fetch", "snapshot", "insert", "inserted"]
CALLS: dict[Point, int] = {  # about how often each happens in a schedule
    "fence": 12,
    "begin": 60,
    "write": 200,
    "commit": 60,
    "committed": 60,
    "send": 250,
    "ack": 250,
    "offsets": 150,
    "fetch": 200,
    "snapshot": 20,
    "insert": 40,
    "inserted": 40,
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
            case "crash" | "fail":
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


def draw(random: Random, until: float) -> tuple[Fault, ...]:
    """Some twelve faults in the first `until` seconds."""
    return tuple(_one(random, until) for _ in range(random.randint(4, 20)))


def _one(random: Random, until: float) -> Fault:
    at = round(random.uniform(0.3, until), 3)
    match random.choices(("step", "call", "expel", "rebalance", "away", "jump"), (7, 9, 4, 3, 1, 2))[0]:
        case "step":
            kind: Kind = random.choice(("kill", "kill", "freeze", "freeze", "stop"))
            seconds = round(random.choice((random.uniform(0.1, 4), random.uniform(6, 12))), 3) if kind == "freeze" else 0.0
            return Fault(kind=kind, who=random.randint(1, 6), nth=random.randint(1, random.choice((200, 1_500))), seconds=seconds)
        case "call":
            return _struck(random)
        case "expel":
            return Fault(kind="expel", at=at, group=random.choice(GROUPS), seconds=round(random.uniform(0, 4), 3), who=random.randint(0, 9))
        case "rebalance":
            return Fault(kind="rebalance", at=at, group=random.choice(GROUPS))
        case "away":
            return Fault(kind="away", at=at, seconds=round(random.uniform(0.2, 5), 3))
        case _:
            return Fault(kind="jump", at=at, seconds=random.choice((-90_000, -3, 40, 90_000, 200_000)))


def _struck(random: Random) -> Fault:
    point: Point = random.choice(tuple(CALLS))
    nth = random.randint(1, CALLS[point])
    kind: Kind = random.choice(("crash", "fail", "slow") if point in ("send", "ack") else ("crash", "fail"))
    if point in ("fetch", "snapshot"):
        kind = "fail"
    return Fault(kind=kind, point=point, nth=nth, seconds=round(random.uniform(0.5, 5), 3) if kind == "slow" else 0.0)
