"""What all doubles of platforms are: something that holds stock, orders, fulfilments and refunds, with a rate limit of its own.

All that was asked is recorded, and a recording can be replayed.
"""

import json
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any, NamedTuple

from connectors.writeback.outward import Rate, Reply, Request

PAID = 10_000


class Order(NamedTuple):
    """Units by line."""

    order: str
    lines: dict[str, int]


class Asked(NamedTuple):
    now: float
    request: Request
    reply: Reply


class Platform(ABC):
    """`held`: item -> units. `shipped`: (order, line) -> units that the buyer was told of. `refunded`: (order, note) -> what was given back
    under it, in cents of the PAID euros of each order. `restocked`: how often it was let put goods of an order on its own shelf again."""

    def __init__(self, items: tuple[str, ...], orders: tuple[Order, ...], limits: dict[str, Rate]) -> None:
        self.held = dict.fromkeys(items, -1)  # nothing was said yet
        self.lines = {order.order: dict(order.lines) for order in orders}
        self.shipped = Counter[tuple[str, str]]()
        self.cancelled: set[str] = set()
        self.refunded = Counter[tuple[str, str]]()
        self.recording: list[Asked] = []
        self.too_fast = self.restocked = 0
        self._limits = limits
        self._spent = dict.fromkeys(limits, (0.0, 0.0))

    def answer(self, request: Request, now: float) -> Reply:
        reply = self._answer(request) if self._within(request, now) else self._limited()
        self.recording.append(Asked(now, request, reply))
        return reply

    @abstractmethod
    def _answer(self, request: Request) -> Reply: ...

    def _limited(self) -> Reply:
        self.too_fast += 1
        return Reply(429, {"retry-after": "1"})

    def _within(self, request: Request, now: float) -> bool:
        """A leaky bucket: what was spent drains, and must not run over."""
        rate = self._limits[request.bucket]
        spent, at = self._spent[request.bucket]
        spent = max(0.0, spent - (now - at) * rate.per_second)
        fits = spent + request.cost <= rate.burst + 1e-6
        self._spent[request.bucket] = (spent + request.cost if fits else spent, now)
        return fits

    def back(self, order: str) -> list[tuple[str, int]]:
        """The refunds of an order, and their notes."""
        return [(note, amount) for (name, note), amount in self.refunded.items() if name == order]


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def cents(euros: str) -> int:
    whole, _, part = euros.partition(".")
    return int(whole) * 100 + int(part)


def replayed(recording: list[Asked], fresh: Platform) -> bool:
    """Whether a fresh double answers the same to all of it."""
    return all(fresh.answer(asked.request, asked.now) == asked.reply for asked in recording)


def answered(status: int, body: Any) -> Reply:
    return Reply(status, {}, json.dumps(body).encode())
