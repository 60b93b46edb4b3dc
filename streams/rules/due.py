"""When a pool next needs a tick. Pure."""

from streams.rules.expire import next_hold_due
from streams.rules.offer import next_answer_due
from streams.rules.returns import next_return_due
from streams.rules.untaken import next_look_due
from streams.rules.waves import next_release_due
from tables.evolve_supply import due as next_dating
from tables.policy import DAY_MS
from tables.pool import Pool
from tables.reservations import next_expiry


def next_due(pool: Pool) -> int | None:
    """The time from which a tick has something to do: at once while backorders are left to fill or orders to forget, when a node's time
    to accept or the time of a hold begins or ends, when a wave leaves, when a return is given up or a reservation expires, when what no
    carrier took is looked at again, daily to forget old documents, movements, orders and supplies, and for state time to go on; soon, while
    those who wait may have other dates than they were promised. None: nothing at all."""
    if pool.deferred or (pool.over and pool.over[0][0] <= pool.now - pool.policy.remember_ms):
        return pool.now + 1
    times = (
        next_answer_due(pool),
        next_hold_due(pool),
        next_release_due(pool),
        next_return_due(pool),
        next_expiry(pool),
        next_dating(pool),
        next_look_due(pool),
    )
    waited_for = [due for due in times if due is not None]
    if waited_for:
        return min(*waited_for, pool.now + DAY_MS)
    if pool.documents or pool.movements or pool.orders or pool.supplies:
        return pool.now + DAY_MS
    return None
