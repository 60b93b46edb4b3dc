"""The fixed job that every stage is measured with: a retailer's business and its orders, the same in each run."""

from collections.abc import Iterator
from functools import cache
from itertools import accumulate, count
from random import Random
from typing import Literal, NamedTuple

from streams import commands as c
from tables.events import Node, OrderLine, Segment, Shop
from tests.chain import PER_DOCUMENT

Skew = Literal["uniform", "zipf", "one"]

MEAN_LINES = 9.5  # of an exponential that is cut off: 9.4 come out
MOST_LINES = 60
ZIPF = 1.1
PLACED = 1_700_000_000_000
SEED = 1
SEALED = "k1." + "0123456789abcdef" * 12


class Job(NamedTuple):
    """Pool `pool-N` is a store, with its shop `shop-N` and the nodes `pool-N/00` …, each of which has `stock` units of each SKU. Every
    pool lives in the same partition. `lines`: of an order, on average; `exactly` that many when told so. `skew`: which SKUs are asked
    for; `one` asks for a single SKU, in orders of one line. `only_last`: of a pool's nodes, the one looked at last has the stock."""

    pools: int = 10
    nodes: int = 1
    skus: int = 5_000
    stock: int = 1_000_000
    lines: float = MEAN_LINES
    exactly: bool = False
    skew: Skew = "uniform"
    only_last: bool = False

    # ------------------------------------------------------------------------------------------ the business
    def business(self) -> Iterator[c.AnyCommand]:
        causes: Iterator[c.Cause] = (("import", 0, rising, 0) for rising in count())
        for number in range(self.pools):
            yield from self._pool(number, causes)

    def _pool(self, number: int, causes: Iterator[c.Cause]) -> Iterator[c.AnyCommand]:
        pool, nodes = f"pool-{number}", [f"pool-{number}/{node:02}" for node in range(self.nodes)]
        for node in nodes:
            yield c.SetNode(pool=pool, cause=next(causes), version=1, node=Node(node=node, region="US-NY"))
        yield c.SetSegment(pool=pool, cause=next(causes), version=1, segment=Segment(segment="b2c", ratio=10_000))
        shop = Shop(shop=f"shop-{number}", tenant="acme", channel="canonical", segment="b2c")
        yield c.SetShop(pool=pool, cause=next(causes), version=1, shop=shop)
        for node in nodes[-1:] if self.only_last else nodes:
            for start in range(0, self.skus, PER_DOCUMENT):
                lines = tuple((sku(some), self.stock) for some in range(start, min(start + PER_DOCUMENT, self.skus)))
                yield c.ReceiveStock(pool=pool, cause=next(causes), document=f"{node}/{start}", node=node, at=0, lines=lines)

    # ------------------------------------------------------------------------------------------ the orders
    def baskets(self, seed: int = SEED) -> Iterator[list[tuple[str, int]]]:
        """(SKU, quantity) of each line; endless, the same for the same seed."""
        random = Random(seed)
        while True:
            yield [(sku(some), random.randint(1, 3)) for some in self._picked(random)]

    def orders(self, first: int = 0, seed: int = SEED) -> Iterator[c.PlaceOrder]:
        """Endless, of all pools in turn, numbered from `first` on."""
        for number, basket in enumerate(self.baskets(seed + first), first):
            yield place(number, number % self.pools, basket)

    def _picked(self, random: Random) -> list[int]:
        if self.skew == "one":
            return [0]
        wanted = int(self.lines) if self.exactly else min(MOST_LINES, 1 + int(random.expovariate(1 / (self.lines - 0.5))))
        wanted = min(wanted, self.skus)
        if self.skew == "uniform":
            return random.sample(range(self.skus), wanted)
        picked: dict[int, None] = {}
        while len(picked) < wanted:
            picked |= dict.fromkeys(random.choices(range(self.skus), cum_weights=_zipf(self.skus), k=wanted - len(picked)))
        return list(picked)


@cache
def _zipf(skus: int) -> list[float]:
    """The SKU of rank r is asked for as often as 1 / r^1.1 says."""
    return list(accumulate(1 / rank**ZIPF for rank in range(1, skus + 1)))


def sku(number: int) -> str:
    return f"TEA-{number}"


def place(number: int, pool: int, basket: list[tuple[str, int]]) -> c.PlaceOrder:
    return c.PlaceOrder(
        pool=f"pool-{pool}",
        cause=("raw", 0, number, 0),
        order=f"acme/shop-{pool}/{number}",
        shop=f"shop-{pool}",
        channel="canonical",
        number=str(number),
        updated_at=PLACED + number,
        digest=f"{number:016x}",
        placed_at=PLACED + number,
        received_at=PLACED + number,
        currency="USD",
        region="US-NY",
        lines=tuple([OrderLine(str(line), name, units, 450, ((name, 1),)) for line, (name, units) in enumerate(basket)]),
        sealed=SEALED,
    )
