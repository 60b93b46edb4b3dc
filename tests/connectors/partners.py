"""A topic in memory, partners that answer by script, and a loop whose time passes only when nothing is left to do."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec

from connectors.contract import Fulfilment, FulfilmentLine, FulfilmentType, Millis, Person
from connectors.courier import Consumed, Courier, Outside
from connectors.deliver import Chunk, Deliveries, Taken
from connectors.forms import FORMS
from connectors.lanes import Commit, resume
from connectors.partner import Partner, Reply, Request
from connectors.routes import UNKNOWN

NOON = Millis(1_760_000_000_000)
WEI = Person(name="Wei Chen", street=("1 Harbor Road",), city="Newark")
SEALED = "k1.c2VhbGVk"
ROUTES = "each node its own"


class VirtualLoop(asyncio.SelectorEventLoop):
    """An hour of waiting takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        inner: Any = self._selector  # type: ignore[attr-defined]
        select = inner.select

        def jump(timeout: float | None = None) -> Any:
            self._now += timeout or 0.0
            return select(0)

        inner.select = jump

    def time(self) -> float:
        return self._now


def run(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def fulfilment(
    number: int, node: str = "reno", *, id: str = "", type: FulfilmentType = "FulfilmentOrdered", recipient: str = ""
) -> Fulfilment:
    return Fulfilment(
        type=type,
        id=id or f"F{number}",
        tenant="halyard",
        shop="web",
        order=str(number),
        pool="us",
        node=node,
        lines=(FulfilmentLine("1", "CUP", 2),),
        partition=0,
        src_offset=number,
        ordinal=0,
        recipient=recipient,
    )


class MemoryTopic:
    """One partition; what is committed outlives whoever reads. A `deaf` one keeps no commit."""

    def __init__(self, *told: Fulfilment | bytes) -> None:
        self.records: list[Consumed] = []
        self.committed = Commit(0)
        self.commits: list[Commit] = []
        self.reread_from: list[int] = []
        self.deaf = False
        self._position: int | None = None
        self.add(*told)

    def add(self, *told: Fulfilment | bytes) -> None:
        for one in told:
            value = one if isinstance(one, bytes) else msgspec.json.encode(one)
            self.records.append(Consumed(0, len(self.records), b"halyard/web/1", [], value))

    def reader(self) -> "MemoryTopic":
        self._position = None
        return self

    async def take(self) -> Taken:
        if self._position is None:
            progress = resume(self.committed, ROUTES)
            self._position = progress.front
            return Taken(assigned={0: progress})
        records = self.records[self._position : self._position + 50]
        self._position += len(records)
        await asyncio.sleep(0 if records else 2)
        return Taken(records)

    async def reread(self, partition: int, start: int, stop: int) -> Chunk:
        await asyncio.sleep(0.01)
        self.reread_from.append(start)
        records = self.records[start : min(start + 40, stop)]
        return Chunk(records, start + len(records))

    async def commit(self, commits: Mapping[int, Commit]) -> bool:
        if not self.deaf:
            self.committed = commits[0]
            self.commits.append(self.committed)
        return not self.deaf


class Warehouse:
    """A partner's system. `status` says how it answers a request for an event (by `ce_id`) the n-th time; 0: it does not."""

    def __init__(self, status: Callable[[str, int], int] = lambda *_: 200, seconds: float = 0.01) -> None:
        self.status = status
        self.seconds = seconds
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.taken: list[str] = []
        self.requests: list[Request] = []
        self.at_once = self.most_at_once = 0

    async def send(self, request: Request, timeout: float) -> Reply:
        event = request.headers["Idempotency-Key"]
        self.asked.append(event)
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.at_once -= 1
        status = self.status(event, Counter(self.asked)[event])
        if not status:
            raise ConnectionError("no answer")
        if status < 300:
            self.taken.append(event)
        return Reply(status, self.headers, b"")


class House:
    """Everything between the topic and the partners, with what came of it. `partners` by name, each with the nodes of its own name."""

    def __init__(self, topic: MemoryTopic, partners: Mapping[str, Warehouse], **values: Any) -> None:
        self.topic = topic
        self.partners = partners
        self.values = values
        self.buried: list[tuple[int, str, str]] = []
        self.couriers: dict[str, Courier] = {}

    def deliveries(self, seed: int = 7) -> Deliveries:
        chance = random.Random(seed)

        async def bury(record: Consumed, code: str, sentence: str) -> None:
            self.buried.append((record.offset, code, sentence))

        def courier(name: str, warehouse: Warehouse) -> Courier:
            partner = Partner(name=name, url=f"https://{name}.example/hook", secret=b"lapsang", **self.values)
            outside = Outside(send=warehouse.send, open=lambda _: WEI, bury=bury, now=lambda: NOON, random=chance.random)
            return Courier(partner, FORMS["webhook"], outside)

        self.couriers = {name: courier(name, warehouse) for name, warehouse in self.partners.items()}
        route: Callable[[str], str | None] = lambda node: UNKNOWN if node == "new" else node if node in self.partners else None  # noqa: E731
        return Deliveries(self.topic.reader(), self.couriers, route, ROUTES, bury)

    def run(self, seconds: float) -> None:
        """For so long, then an orderly stop."""

        async def work() -> None:
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(seconds, stop.set)
            await self.deliveries().run(stop)

        run(work())

    def crash(self, seconds: float) -> None:
        """Killed after so long: nothing is committed on the way out."""

        async def work() -> None:
            stop = asyncio.Event()

            def kill() -> None:
                self.topic.deaf = True
                stop.set()

            asyncio.get_running_loop().call_later(seconds, kill)
            await self.deliveries().run(stop)
            self.topic.deaf = False

        run(work())
