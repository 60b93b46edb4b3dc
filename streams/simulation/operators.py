"""People who keep orders back, and let go of what is held: whether there is such an order they do not look first."""

from random import Random

from streams import commands as c
from streams.simulation.broker import START_MS
from streams.simulation.business import TENANT, Import, pools


def operators(random: Random, partitions: int, orders: int, until: float) -> list[Import]:
    """Causes rise in the order of sending."""
    times = sorted(round(random.uniform(0.5, until), 3) for _ in range(orders // 3))
    return [_asked(random, *random.choice(pools(partitions)), random.randrange(orders), at) for at in times]


def number_at(seconds: float) -> int:
    return START_MS + round(seconds * 1000)


def _asked(random: Random, pool: str, partition: int, order: int, at: float) -> Import:
    key, cause = f"{TENANT}/web-{pool}/o{order}", ("operator", partition, number_at(at), 0)
    held = c.HoldOrder(pool=pool, cause=cause, order=key, by="mei", why="looks odd")
    let_go = c.ReleaseHold(pool=pool, cause=cause, order=key, by="mei")
    return Import(at=at, partition=partition, commands=(random.choice((held, held, let_go)),), reference=())
