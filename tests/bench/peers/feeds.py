"""What the input topics hold: the job as orders for the peers, as commands for the ledger."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from streams.produce import Outgoing
from streams.rules.normalize import Seal
from streams.topics import COMMANDS
from tests.bench.peers import ours
from tests.bench.peers.job import Order, Outcome, encode_order, outcome, warmed

# `warmed`: twice over, for an engine that is compiled while it works; `few`: the first part, for one that is slow.
Feed = Literal["commands", "orders", "warmed", "few"]


class Full(NamedTuple):
    """An input topic. The job is the last `records` of it and makes `outputs`; all that lies in it makes `total`, `expected`."""

    topic: str
    records: int
    outputs: int
    total: int
    expected: Outcome


def full(feed: Feed, orders: Sequence[Order]) -> Full:
    if feed == "commands":
        # the ledger answers a second delivery, too
        return Full(COMMANDS.name, len(orders), len(orders), len(orders), outcome(orders))
    once = outcome(orders)
    if feed == "warmed":
        twice = outcome(warmed(orders))
        return Full(feed, len(orders), once.orders, twice.orders, twice)
    return Full(feed, len(orders), once.orders, once.orders, once)


def records(feed: Feed, orders: Sequence[Order], seal: Seal) -> Iterator[Outgoing]:
    if feed == "commands":
        yield from ours.business(orders)
        yield from ours.placed(orders, seal)
    else:
        for order in warmed(orders) if feed == "warmed" else orders:
            yield Outgoing(feed, order.partition, order.pool.encode(), encode_order(order))
