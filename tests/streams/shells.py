"""What the stages' shells are given in tests: producers that only remember, writers that can be fenced, records as a consumer has them."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import msgspec

from streams.produce import Deliveries, End, Outgoing, Place, Reached, Transactions
from streams.read import Log, MemoryLog, Record
from streams.topics import DECISIONS, FULFILMENTS
from tests.story import POOL, Story, line
from tests.streams.logs import records

T = TypeVar("T")


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


class Sent(Deliveries):
    """Acknowledges everything at once."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def send(self, records: Sequence[Outgoing]) -> asyncio.Future[None]:
        self.records += records
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Written(Transactions):
    """A writer behind a fence that the test can put up and take away."""

    def __init__(self) -> None:
        self.transactions: list[list[Outgoing]] = []
        self.fenced = 0
        self.lost = False
        self.readable = True
        self.undone = False
        self._reached: dict[Place, int] = {}

    def take_over(self, places: Sequence[Place], end: End, wanted: Callable[[], bool]) -> bool:
        self.fenced += 1
        return wanted()

    @property
    def reached(self) -> Reached:
        return {}

    def settled(self, end: End, reached: Reached) -> bool:
        return self.readable

    def is_there(self, source: Log) -> bool:
        return not self.undone

    def write(self, records: Sequence[Outgoing]) -> None:
        if self.lost:
            raise RuntimeError("fenced: a newer producer has taken over")
        self.transactions.append(list(records))

    @property
    def records(self) -> list[Outgoing]:
        return [record for transaction in self.transactions for record in transaction]


def tea_shop(stock: int = 100) -> Story:
    """Pool `north`: shop `web`, one node, and stock of two teas."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.shop("web")
    story.node("hamburg")
    story.receive("hamburg", ASSAM=stock, SENCHA=stock)
    return story


def sell(story: Story, *orders: str, tea: str = "ASSAM", units: int = 1) -> Story:
    for order in orders:
        story.place(order, line(tea, units))
    return story


def decided(story: Story, first: int = 0) -> list[Record]:
    """The decisions of a story as records of the log, from one on."""
    return records((POOL, record) for record in story.records)[first:]


def log(story: Story, fulfilments: Sequence[msgspec.Struct] = ()) -> MemoryLog:
    told = records((POOL, msgspec.json.encode(fulfilment)) for fulfilment in fulfilments)
    return MemoryLog({DECISIONS.name: {0: decided(story)}, FULFILMENTS.name: {0: told}})
