"""The facts of one shop that are still to be told: those of an order one after the other, orders side by side. Pure."""

import heapq
from collections import deque
from collections.abc import Mapping

import msgspec

from connectors.writeback.outward import Fact
from connectors.writeback.tail import Place, Tail


class Waiting(msgspec.Struct):
    """`tries`: how often it failed already."""

    fact: Fact
    tries: int = 0


class Facts:
    """`positions`: where the shop stands in `decisions`, by partition."""

    def __init__(self, positions: Mapping[int, int]) -> None:
        self.tail = Tail(positions)
        self._orders: dict[str, deque[Waiting]] = {}
        self._due: list[tuple[float, int, str]] = []  # when an order's first fact may be tried
        self._count = 0

    def hear(self, fact: Fact, place: Place) -> None:
        if not self.tail.news(place):
            return
        self.tail.begin(fact.id, place)
        queue = self._orders.setdefault(fact.order, deque())
        queue.append(Waiting(fact))
        if len(queue) == 1:
            self._schedule(fact.order, 0.0)

    def due(self) -> float | None:
        """When the next fact may be tried; None: there is none, or all are on their way."""
        return self._due[0][0] if self._due else None

    def first(self) -> Waiting:
        """The one that is due first."""
        return self._orders[self._due[0][2]][0]

    def take(self) -> None:
        """It is on its way; its order rests until it is `told`, or has `failed`."""
        heapq.heappop(self._due)

    def told(self, fact: Fact) -> None:
        queue = self._orders[fact.order]
        queue.popleft()
        self.tail.end(fact.id)
        if queue:
            self._schedule(fact.order, 0.0)
        else:
            del self._orders[fact.order]

    def failed(self, fact: Fact, again_at: float) -> None:
        self._schedule(fact.order, again_at)

    def _schedule(self, order: str, at: float) -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, order))
