"""How much of what lies where at the start, and what arrives later: sized from the demand so that stock is tight."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from deploy.retailer.assortment import Demand
from deploy.retailer.shops import CENTRAL, DEPOTS

# Of a hundred SKUs: how many have how much of their demand (per cent).
TIGHTNESS = ((72, 110), (18, 100), (7, 80), (3, 45))
SLOW = 8  # up to so many units sold, all of a SKU lies in the central depot
CENTRAL_PER_CENT = 35
LATE_PER_CENT = 12  # of the SKUs have a part of their stock only by a receipt
STORES = tuple(depot.name for depot in DEPOTS if not depot.serves)
STORE_RANGE = 300  # the SKUs that sell most also lie in the stores


class Receipt(NamedTuple):
    node: str
    lines: tuple[tuple[str, int], ...]


class Stocking(NamedTuple):
    """`initial`: node -> SKU -> units. `receipts` in the order in which they arrive."""

    initial: dict[str, dict[str, int]]
    receipts: tuple[Receipt, ...]


def stock(demand: Demand, seed: int) -> Stocking:
    random = Random(seed)
    initial: dict[str, dict[str, int]] = {depot.name: {} for depot in DEPOTS}
    late: dict[str, dict[str, int]] = {}
    best = sorted(demand, key=lambda sku: (-demand[sku].total(), sku))
    for rank, sku in enumerate(best):
        units = max(1, demand[sku].total() * _per_cent(random) // 100)
        for node, share in _spread(sku, units, demand[sku], rank).items():
            held_back = share * random.randint(40, 90) // 100 if random.randrange(100) < LATE_PER_CENT else 0
            initial[node][sku] = share - held_back
            if held_back:
                late.setdefault(node, {})[sku] = held_back
    return Stocking(initial, tuple(_receipts(late, random)))


def _per_cent(random: Random) -> int:
    roll = random.randrange(100)
    for chance, per_cent in TIGHTNESS:
        roll -= chance
        if roll < 0:
            return per_cent
    return 100


def _spread(sku: str, units: int, demand: Counter[str], rank: int) -> dict[str, int]:
    """A slow seller lies in the centre; others near their buyers, with a reserve in the centre and a few in the stores."""
    if units <= SLOW:
        return {CENTRAL: units}
    found = Counter({CENTRAL: units * CENTRAL_PER_CENT // 100})
    if rank < STORE_RANGE:
        found.update(dict.fromkeys(STORES, units // 40))
    rest, total = units - found.total(), demand.total()
    found.update({node: rest * wanted // total for node, wanted in demand.items()})
    found[CENTRAL] += units - found.total()
    return {node: share for node, share in sorted(found.items()) if share}


def _receipts(late: dict[str, dict[str, int]], random: Random) -> Iterator[Receipt]:
    """Four deliveries a node, in a mixed order."""
    lots = []
    for node, held in late.items():
        lines = sorted(held.items())
        size = -(-len(lines) // 4)
        lots += [Receipt(node, tuple(lines[start : start + size])) for start in range(0, len(lines), size)]
    random.shuffle(lots)
    yield from lots
