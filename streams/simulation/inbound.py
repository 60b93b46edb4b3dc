"""Goods on their way to a warehouse: announced, delayed, made fewer or called off, received in parts; heard of in any order."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from streams.simulation.business import TEAS, Delivery, pools, raw, when


def supplies(random: Random, partitions: int, orders: int, until: float) -> list[Delivery]:
    """A few for each pool, under references that are used again."""
    found: list[Delivery] = []
    for number in range(orders // 3):
        pool, _ = random.choice(pools(partitions))
        found += _supply(random, pool, f"po{number % 5}", number, random.uniform(0.2, until))
    return found


def _supply(random: Random, pool: str, reference: str, number: int, at: float) -> Iterator[Delivery]:
    node, tea = f"{pool}/{random.choice(('north', 'south'))}", random.choice(TEAS)
    about: dict[str, Any] = {"node": node, "supply": reference}
    for said in range(random.choice((1, 1, 2, 3))):
        lines = [{"sku": tea, "quantity": random.choice((0, 6, 30))}] if said < 2 else []
        told = {"type": "supply", "told_at": when(at + said), "expected_at": when(86_400 * random.randint(1, 9)), "lines": lines}
        yield _sent(random, pool, at + said * 0.5, about | told | {"document": f"a{number}-{said}"})
    for part in range(random.choice((0, 0, 1))):
        came = {"type": "receipt", "received_at": when(0), "lines": [{"sku": tea, "quantity": random.randint(1, 9)}]}
        yield _sent(random, pool, at + 0.7 + part, about | came | {"document": f"g{number}-{part}"})


def _sent(random: Random, pool: str, at: float, body: dict[str, Any]) -> Delivery:
    """Once or twice, sooner or later."""
    times = tuple(sorted(round(at + random.expovariate(2.0), 3) for _ in range(random.choice((1, 1, 2)))))
    return Delivery(times=times, record=raw(f"wms-{pool}", body["type"], body["node"], json.dumps(body).encode()))
