"""How events change what is to come, and the dates that were promised on it."""

from collections.abc import Iterable

from tables import events as e
from tables.policy import DAY_MS, HOUR_MS
from tables.state import WEEK_MS, Pool
from tables.supply import Line, Supply, key_of

# Dates are looked at no more often than this, so that a busy queue is not walked for each of its orders.
DATING_MS = 1_000


def announced(pool: Pool, event: e.SupplyAnnounced) -> None:
    supply = _known(pool, event.node, event.supply)
    if not event.lines:
        supply.closed_at = max(supply.closed_at, event.at)
    for sku, units in event.lines or tuple([(sku, 0) for sku in supply.lines]):
        line = supply.lines.setdefault(sku, Line())
        if event.at >= max(line.at, supply.closed_at):
            line.announced, line.at = units, event.at
            line.expected_at = event.expected_at if event.lines else line.expected_at
        _expect(pool, supply, sku)
    pool.documents[event.document] = max(event.at, pool.now)


def received(pool: Pool, event: e.SupplyReceived) -> None:
    """It may be told of before the goods were announced."""
    supply = _known(pool, event.node, event.supply)
    for sku, units in event.lines:
        supply.lines.setdefault(sku, Line()).received += units
        _expect(pool, supply, sku)


def _known(pool: Pool, node: str, reference: str) -> Supply:
    key = key_of(node, reference)
    supply = pool.supplies.get(key)
    if supply is None:
        supply = pool.supplies[key] = Supply(node, reference)
    supply.heard_at = pool.now
    return supply


def _expect(pool: Pool, supply: Supply, sku: str) -> None:
    recast(pool, (sku,))
    key = key_of(supply.node, supply.reference)
    if supply.lines[sku].open:
        pool.incoming.setdefault(sku, {})[key] = None
    elif sku in pool.incoming:
        pool.incoming[sku].pop(key, None)
        if not pool.incoming[sku]:
            del pool.incoming[sku]
    look_again(pool, (sku,))


def look_again(pool: Pool, skus: tuple[str, ...]) -> None:
    """Who waits for these may have another date now; where nothing is to come, and nothing was promised, nobody has one."""
    for sku in skus:
        if sku in pool.dates or (sku in pool.incoming and sku in pool.queues):
            pool.undated[sku] = None
    recast(pool, skus)


def recast(pool: Pool, skus: Iterable[str]) -> None:
    """What may be sold ahead of these may be another number of units after this decision."""
    if pool.recast_after != pool.seq:
        pool.recast, pool.recast_after = {}, pool.seq
    pool.recast.update(dict.fromkeys(skus))


def rules_changed(pool: Pool) -> None:
    if pool.incoming:
        look_again(pool, tuple(pool.incoming))


def promised(pool: Pool, event: e.DatePromised) -> None:
    for dated in event.dates:
        if dated.quantity:
            pool.dates.setdefault(dated.sku, {})[event.order] = dated
        else:
            waits_no_more(pool, event.order, dated.sku)


def waits_no_more(pool: Pool, order: str, sku: str) -> None:
    if (found := pool.dates.get(sku)) is not None:
        found.pop(order, None)
        if not found:
            del pool.dates[sku]


def deferred(pool: Pool, event: e.DatingDeferred) -> None:
    pool.undated.update(dict.fromkeys(event.skus))


def due(pool: Pool) -> int | None:
    """From when dates are to be looked at; None while none may have changed."""
    return max(pool.now + 1, pool.dated_at + DATING_MS) if pool.undated else None


def ticked(pool: Pool, at: int) -> None:
    """Before state time goes on: the dates are looked at by the decision that this tick belongs to, where that is due. Who has waited for
    long enough moves ahead in line, which may change the dates of all behind."""
    since = due(pool)
    if since is not None and at >= since:
        pool.undated, pool.dated_at = {}, at
    if pool.incoming and (aging := pool.policy.aging_hours * HOUR_MS):
        begin, end = pool.now - aging, at - aging
        moved = [sku for sku in pool.incoming if any(begin < placed <= end for _, placed, _ in pool.queues.get(sku, ()))]
        look_again(pool, tuple(moved))
    if pool.supplies and at // DAY_MS != pool.now // DAY_MS:
        _forget(pool, at)
        recast(pool, pool.incoming)


def _forget(pool: Pool, at: int) -> None:
    """Supplies that are over, and of which nothing was heard for a week. Those heard of before the first tick were so at it."""
    for supply in pool.supplies.values():
        supply.heard_at = supply.heard_at or at
    for key in [key for key, supply in pool.supplies.items() if supply.heard_at < at - WEEK_MS and supply.is_over()]:
        del pool.supplies[key]
