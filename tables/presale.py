"""What shops may sell of announced supply before it is there: what those who wait leave of it, less the margin of the policy.

Units are dealt out to those who wait as for their dates (tables.outlook), so that whoever is sold some of the rest is promised a date. Of
what is late nothing is sold: nobody knows when it comes. Time is that of the state, by days (UTC), so that it changes once a day.
"""

from typing import NamedTuple

from tables.outlook import Pot, deal, pots_of, serving
from tables.policy import DAY_MS, Presale
from tables.state import Pool
from tables.tiers import drawing_order


class Coming(NamedTuple):
    """`at`: when the next unit that is sold ahead is expected; 0 where none is."""

    units: int
    at: int


NOTHING = Coming(0, 0)


def coming(pool: Pool, segment: str, shop: str, sku: str, now: int, without: str = "") -> Coming:
    """Units of a SKU that an order of this segment and shop may be sold ahead. `without`: an order that stands in line already, and is
    looked at as if it did not."""
    presale = pool.policy.for_segment(segment).presale
    if presale is None or sku not in pool.incoming:
        return NOTHING
    pots = list(pots_of(pool, sku))
    sellable = [pot for pot in serving(pool, pots, segment) if _in_time(pot, presale, now)]
    origins = drawing_order(pool.segments, segment, shop)
    announced = sum([_for(pot, origins) for pot in sellable])
    for _ in deal(pool, sku, pots, now, without):
        pass
    left = [(_for(pot, origins), pot.at) for pot in sellable]
    rest = sum([units for units, _ in left])
    units = min(rest, announced * presale.percent // 100 - (announced - rest))
    return Coming(units, next(at for there, at in left if there)) if units > 0 else NOTHING


def _in_time(pot: Pot, presale: Presale, now: int) -> bool:
    today = now // DAY_MS
    return today <= pot.at // DAY_MS <= today + presale.days


def _for(pot: Pot, origins: tuple[str, ...]) -> int:
    return sum([pot.free.get(origin, 0) for origin in origins])


def sells_ahead(pool: Pool) -> bool:
    """Whether any shop may sell ahead."""
    return any(rule.presale for rule in (pool.policy.rule, *pool.policy.segments.values()))
