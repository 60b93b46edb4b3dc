"""When a pool next needs a tick. Pure."""

from tables.policy import DAY_MS
from tables.pool import Pool


def next_due(pool: Pool) -> int | None:
    """The time from which a tick has something to do: at once while backorders are left to fill or orders to forget, daily to forget
    old documents, movements and orders, and for state time to go on. None: nothing to do at all."""
    if pool.deferred or (pool.over and pool.over[0][0] <= pool.now - pool.policy.remember_ms):
        return pool.now + 1
    if pool.documents or pool.movements or pool.orders:
        return pool.now + DAY_MS
    return None
