"""When what is waited for will come: announced supply, dealt out to those who wait in the order in which they are served.

Each of them draws on what comes as an order does on what is there: what a receipt will be granted to its segment and shop. The units
that he draws are not there for anybody behind him, also where they are not enough for him.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NamedTuple

from tables.events import Dated
from tables.orders import Order
from tables.policy import HOUR_MS
from tables.state import Pool, Queue
from tables.stock import Cells
from tables.tiers import draw, drawing_order, grants

Place = tuple[int, int, str]  # in a queue: (-priority, placed_at, order)


class Pot(NamedTuple):
    """What one supply brings of a SKU: units by origin."""

    at: int
    node: str
    supply: str
    free: Cells

    def has(self, origin: str, _sku: str) -> int:
        return self.free.get(origin, 0)


def in_turn(pool: Pool, skus: Iterable[str], now: int) -> Iterable[Place]:
    """Who waits for any of these SKUs, once for each of them, in the order in which they are served."""
    lines = [in_line(pool, sku, now) for sku in skus]
    return merge(*lines, key=lambda place: rank(pool, place, now)) if pool.policy.aging_hours else merge(*lines)


def in_line(pool: Pool, sku: str, now: int) -> Queue:
    """Who waits for a SKU, in the order in which they are served."""
    queue = pool.queues.get(sku, [])
    return sorted(queue, key=lambda place: rank(pool, place, now)) if pool.policy.aging_hours else queue


def rank(pool: Pool, place: Place, now: int) -> tuple[bool, int, int, str]:
    """By priority, then age; before all others who have waited for as long as the policy lets anybody wait, by age alone."""
    priority, placed_at, key = place
    aging = pool.policy.aging_hours * HOUR_MS
    young = not aging or placed_at > now - aging
    return young, priority if young else 0, placed_at, key


def outlook(pool: Pool, sku: str, now: int) -> dict[str, Dated]:
    """By order, the supply that covers all it waits for of this SKU, first in line first."""
    dates: dict[str, Dated] = {}
    for key, wanted, taken, last in deal(pool, sku, list(pots_of(pool, sku)), now):
        if last is not None and taken == wanted:
            dates[key] = Dated(sku, wanted, last.node, last.supply, last.at)
    return dates


def deal(pool: Pool, sku: str, pots: list[Pot], now: int, without: str = "") -> Iterator[tuple[str, int, int, Pot | None]]:
    """Empty the pots for those in line (but one), first in line first: for each order what it wants and takes, and the last pot that it
    takes of. It ends with the pots."""
    left = sum([sum(pot.free.values()) for pot in pots])
    for _, _, key in in_line(pool, sku, now) if left else ():
        if key == without:
            continue
        order = pool.orders.peek(key)
        wanted = sum([row.quantity for row in order.waiting if row.sku == sku])
        taken, last = _draw(pool, pots, order, sku, wanted)
        left -= taken
        yield key, wanted, taken, last
        if not left:
            return


def pots_of(pool: Pool, sku: str) -> Iterator[Pot]:
    """First come first. What a node that does not sell receives is for nobody."""
    supplies = [pool.supplies[key] for key in pool.incoming.get(sku, ())]
    for supply in sorted(supplies, key=lambda found: (found.lines[sku].expected_at, found.node, found.reference)):
        node, line = pool.nodes.get(supply.node), supply.lines[sku]
        if node is not None and node.sellable:
            free = dict(grants(lambda _, __: 0, pool.segments, pool.shops.values(), sku, line.open))
            yield Pot(line.expected_at, supply.node, supply.reference, free)


def _draw(pool: Pool, pots: list[Pot], order: Order, sku: str, units: int) -> tuple[int, Pot | None]:
    """Units taken out of the pots, and the last of these."""
    origins, taken, last = drawing_order(pool.segments, order.segment, order.shop), 0, None
    for pot in serving(pool, pots, order.segment):
        for origin, part in draw(pot.has, origins, sku, units - taken):
            pot.free[origin] -= part
            taken, last = taken + part, pot
        if taken == units:
            break
    return taken, last


def serving(pool: Pool, pots: list[Pot], segment: str) -> Iterator[Pot]:
    """Those of nodes that may serve a segment."""
    rule = pool.policy.for_segment(segment)
    for pot in pots:
        node = pool.nodes[pot.node]
        if not rule.excludes(node.node, node.kind, node.sellable):
            yield pot
