"""What a check found: each broken invariant with how often, and where first."""

from typing import Literal

import msgspec

Invariant = Literal[
    "raw outcome",  # every raw record ends in command(s), or in one dead letter
    "one decision",  # every command is decided once, in order
    "cause",  # a repeated command changes nothing; a decision says whose it is
    "sequence",  # decisions of a pool are counted without a gap
    "chain",  # every decision carries the hash of the one before
    "readable",  # every record is of its topic's type
    "one order",  # an order's revision takes effect once
    "conservation",  # units are neither made nor lost, in stock and in its segments alike
    "below zero",  # no bucket, segment or quota is ever overdrawn
    "protected",  # no free unit is used by whom it is not for
    "reserved lines",  # an order gets no more than it orders, across its revisions
    "all or nothing",  # an order is promised whole where the policy says so
    "accounted",  # each ordered unit is promised, shipped or waited for
    "reservations",  # each ends once, and each of an order that is no more ends
    "deliveries",  # no more arrives than was shipped, and a node tells of what it has to ship
    "stock changes",  # what a node found or lost is booked once, as it says, and not where a count has seen it
    "returns",  # no more comes back, or is asked to, than was shipped
    "gifts",  # a gift goes with its parent, is given up where the policy says so, and is asked back with it
    "linked orders",  # an order that replaces goods names its own, is free, and no more is replaced than was shipped
    "inspections",  # goods are inspected once, after they came back, and go where the inspection says
    "refunds",  # no more is given back than was paid
    "purchases",  # what a supplier ships for us is bought once, and paid as far as order, shipment and bills agree
    "amendments",  # a changed address reaches every fulfilment, or is said to be too late
    "in turn",  # what is waited for is given to whoever stands first and can do with it
    "dates",  # who waits is promised the date of what covers him, and no announced unit is promised twice
    "sold ahead",  # nobody who may only wait for what is announced waits for more than is
    "holds",  # a held order is promised nothing
    "carriers",  # a fulfilment goes by the service that table, weights and order lead to
    "fulfilments",  # one for each reservation, and one for each cancel
    "commits",  # no consumer says it has done what has no lasting result
    "versions",  # statuses and levels go forward only
    "replay",  # deciding again gives the same bytes
    "clickhouse",  # it holds exactly what the log says
]


class Violation(msgspec.Struct, frozen=True):
    """`first`: place and sentence of the first one found."""

    invariant: Invariant
    count: int
    first: str


class Findings:
    """Collects violations; whoever walks a topic says in `place` where it is."""

    def __init__(self) -> None:
        self.place: tuple[str, int, int] = ("", 0, 0)
        self._found: dict[Invariant, tuple[int, str]] = {}

    def note(self, invariant: Invariant, sentence: str, count: int = 1) -> None:
        before, first = self._found.get(invariant, (0, ""))
        topic, partition, offset = self.place
        self._found[invariant] = (before + count, first or f"{topic}[{partition}]@{offset}: {sentence}")

    def all(self) -> tuple[Violation, ...]:
        return tuple(Violation(invariant, count, first) for invariant, (count, first) in self._found.items())
