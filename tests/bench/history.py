"""The log of one partition as the fixed job leaves it, decided in memory by the real ledger."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from streams import commands as c
from streams.ledger import Ledger, Message
from streams.read import MemoryLog, Record
from streams.topics import DECISIONS
from tests.bench.job import Job

AT_ONCE = 500
NOW = 1_700_000_000_000


class Decided(NamedTuple):
    """The log of one partition: the job's business, and behind it so many of its orders."""

    business: list[Message]
    commands: list[Message]
    lines: int
    before: list[bytes]
    decisions: list[bytes]

    def records(self) -> list[Record]:
        """The orders' decisions as a consumer has them."""
        return _records(self.decisions, len(self.before))

    def log(self, partitions: Iterable[int]) -> MemoryLog:
        """What is there when a stage begins, the same in each partition."""
        return MemoryLog({DECISIONS.name: dict.fromkeys(partitions, _records(self.before, 0))})


@cache
def decided(job: Job, orders: int) -> Decided:
    business, placed = encoded(job.business()), list(islice(job.orders(), orders))
    commands, writer = encoded(placed, len(business)), Ledger(0)
    before = decide(writer, business)
    return Decided(business, commands, sum(len(order.lines) for order in placed), before, decide(writer, commands))


def encoded(commands: Iterable[c.AnyCommand], first: int = 0) -> list[Message]:
    return [(offset, command.pool.encode(), c.encode_command(command)) for offset, command in enumerate(commands, first)]


def decide(ledger: Ledger, commands: Sequence[Message]) -> list[bytes]:
    return [record for start in range(0, len(commands), AT_ONCE) for _, record in ledger.decide(commands[start : start + AT_ONCE])]


def opened(job: Job) -> Ledger:
    ledger = Ledger(0)
    decide(ledger, encoded(job.business()))
    return ledger


def _records(decisions: Sequence[bytes], first: int) -> list[Record]:
    return [Record(0, offset, NOW + offset, b"pool-0", (), value) for offset, value in enumerate(decisions, first)]
