"""How every order ends: by the word for where it stands, and by why it stands there. Looks at the folded log alone."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streams.agents.rebuild import Rebuilt, catch_up
from streams.ledger import Ledger
from streams.read import Log
from streams.rules.allocate import can_fill
from streams.rules.announce import status
from streams.rules.plan import Plan
from streams.rules.rank import rank
from streams.rules.rebalance import demand_of
from streams.topics import DECISIONS
from tables.events import Row, Waiting
from tables.orders import Order
from tables.pool import Pool
from tables.tiers import drawing_order

FINAL = ("delivered", "returned", "cancelled", "rejected")


class Standing(NamedTuple):
    """`states`: orders by their word. `explained`: by `final`, or by what they are held or wait for; an order that waits for several
    things counts under the first. `unexplained`: orders that should not stand where they do, and how they do."""

    states: dict[str, int]
    explained: dict[str, int]
    unexplained: tuple[str, ...]


def standing(log: Log) -> Standing:
    """Of all orders, up to the end as of now. Raises LogDamaged."""
    states: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    unexplained: list[str] = []
    for pool in _pools(log):
        for key in pool.orders:
            word, why = explain(pool, key)
            order = pool.orders.peek(key)
            if not (order.revision or order.cancelled):
                continue  # only a refund of it is known, and not the order
            states[word] += 1
            if why:
                explained[why] += 1
            else:
                unexplained.append(f"{key} is {word}")
    return Standing(dict(sorted(states.items())), dict(sorted(explained.items())), tuple(unexplained))


def _pools(log: Log) -> Iterator[Pool]:
    for partition in log.ends(DECISIONS.name):
        rebuilt = catch_up(log, partition, Rebuilt(Ledger(partition), 0, 0), lambda: True, lambda *_: None)
        yield from rebuilt.ledger.pools.values() if rebuilt else ()


def explain(pool: Pool, key: str) -> tuple[str, str]:
    """(the word for where it stands, why it does); "" where nothing explains it: somebody owes it something."""
    order, word = pool.orders.peek(key), status(pool, key, 0).status
    if order.open_fulfilments:
        return word, ""
    if sum(row.quantity for row in order.delivered) < sum(row.quantity for row in order.shipped):
        return word, ""
    if order.holds:
        return word, f"held: {order.holds[0]}"
    if order.waiting:
        why = next(filter(None, (_awaits(pool, key, order, waits) for waits in order.waiting)), "")
        return word, f"backordered: {why}" if why else ""
    return word, "final" if word in FINAL else ""


def _awaits(pool: Pool, key: str, order: Order, waits: Waiting) -> str:
    """Why the units that it waits for are not promised: the first of these that holds."""
    holders = {node for node, shelf in pool.stock.items() if shelf.on_hand.get(waits.sku) and pool.nodes[node].sellable}
    near = holders & {*rank(pool, order.segment, order.region, order.city).names}
    origins = drawing_order(pool.segments, order.segment, order.shop)
    if not holders:
        return "no stock"
    if not near:
        return "stock only where the policy lets it not ship from"
    if not near - {*order.refused_by}:
        return "stock only where it was refused"
    if not any(pool.free_units(origin, waits.sku) for origin in origins):
        return "stock is kept for others"
    if not can_fill(Plan(pool, 0), demand_of(key, order, tuple(_rows(order.waiting)))):
        return "the policy allows no more splits, or a bundle lacks a part"
    return ""


def _rows(waiting: Iterable[Waiting]) -> Iterator[Row]:
    for waits in waiting:
        yield Row(waits.line, waits.sku, waits.quantity)
