"""Who waits for what is announced is promised the date on which it comes; and another one, or none, when that changes. Pure.

This is done by ticks, a second apart at most, for the SKUs that something has happened to: to what comes, or to those who wait. It walks a
SKU's queue as far as what comes of it goes, and says only what has changed.
"""

from collections.abc import Iterator
from itertools import islice

from streams.rules.plan import Plan
from tables.events import Dated, DatePromised, DatingDeferred
from tables.evolve_supply import due
from tables.outlook import outlook
from tables.pool import Pool

# So many orders are told at most by one decision; the next tick goes on with the rest.
DATED_AT_ONCE = 500


def date(plan: Plan) -> None:
    pool, since = plan.pool, due(plan.pool)
    if since is None or plan.now < since:
        return
    fresh: dict[str, list[Dated]] = {}
    later: list[str] = []
    for sku in pool.undated:
        # those who are being served just now need no date
        room = 0 if sku in pool.deferred else DATED_AT_ONCE - len(fresh)
        changed = list(islice(_changed(pool, sku, plan.now), room + 1)) if room > 0 else []
        for order, dated in changed[:room]:
            fresh.setdefault(order, []).append(dated)
        if room <= 0 or len(changed) > room:
            later.append(sku)
    for order, dates in fresh.items():
        plan.emit(DatePromised(order=order, dates=tuple(dates)))
    if later:
        plan.emit(DatingDeferred(skus=tuple(later)))


def _changed(pool: Pool, sku: str, now: int) -> Iterator[tuple[str, Dated]]:
    """Who has another date than he was promised, first in line first; then those who have none any more."""
    before, after = pool.dates.get(sku, {}), outlook(pool, sku, now)
    for order, dated in after.items():
        if before.get(order) != dated:
            yield order, dated
    for order in before:
        if order not in after:
            yield order, Dated(sku, 0)
