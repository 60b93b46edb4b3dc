"""When a pool next needs a tick. Pure."""

from tables.pool import Pool

DAY_MS = 86_400_000


def next_due(pool: Pool) -> int | None:
    """The time from which a tick has something to do: at once while backorders are left to fill, daily to forget old documents and
    movements. None: nothing to do at all."""
    if pool.deferred:
        return pool.now + 1
    if pool.documents or pool.movements:
        return pool.now + DAY_MS
    return None
