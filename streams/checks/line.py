"""Who waits for which SKU, and in which order they are served: by priority, then age; but first, who has waited too long for that."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from streams.checks.promises import Known
from tables import events as e

HOUR_MS = 3_600_000
Rank = tuple[bool, int, int, str]


class Waits(msgspec.Struct):
    """An order that waits for a SKU. `place`: (-priority, when it was placed, its key)."""

    units: int
    seller: tuple[str, str]  # segment, shop
    place: tuple[int, int, str]


class Line:
    """Of one pool."""

    def __init__(self) -> None:
        self.of: defaultdict[str, dict[str, Waits]] = defaultdict(dict)  # by SKU and order
        self.skus: defaultdict[str, set[str]] = defaultdict(set)  # by order
        self.aging_hours = 0
        self.now = 0

    def placed(self, order: str, known: Known) -> Iterable[str]:
        """A revision may change where it stands. The SKUs it waits for."""
        skus = self.skus.get(order, ())
        for sku in skus:
            self.of[sku][order].place = (*known.rank, order)
        return skus

    def waits(self, event: e.Backordered, known: Known) -> set[str]:
        """The SKUs that it waits for no more."""
        before = self.skus.pop(event.order, set())
        for sku in before:
            del self.of[sku][event.order]
        for row in event.rows:
            had = self.of[row.sku].get(event.order)
            units = row.quantity + (had.units if had else 0)
            self.of[row.sku][event.order] = Waits(units, (known.segment, known.shop), (*known.rank, event.order))
            self.skus[event.order].add(row.sku)
        return before.difference([row.sku for row in event.rows])

    def rank(self, waits: Waits) -> Rank:
        """Lower is served first."""
        priority, placed_at, order = waits.place
        young = not self.aging_hours or placed_at > self.now - self.aging_hours * HOUR_MS
        return young, priority if young else 0, placed_at, order

    def in_order(self, sku: str) -> list[tuple[str, Waits]]:
        return sorted(self.of[sku].items(), key=lambda one: self.rank(one[1]))

    def grown_old(self, sku: str, at: int) -> bool:
        """Whether somebody's place changes when it is `at`."""
        aging = self.aging_hours * HOUR_MS
        return aging > 0 and any(self.now - aging < one.place[1] <= at - aging for one in self.of[sku].values())
