"""Daily demand as a panel: one row of days per SKU, zeros where nothing was ordered. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


class Panel(NamedTuple):
    """`values[i, d]`: units of `skus[i]` wanted on day `first_day` + d (days since the epoch). Most wanted SKUs of the last four
    weeks first. `total[0, d]`: of all SKUs, those that are not in the panel included."""

    skus: tuple[str, ...]
    first_day: int
    values: Matrix
    total: Matrix

    @property
    def days(self) -> int:
        return int(self.values.shape[1])

    @property
    def last_day(self) -> int:
        return self.first_day + self.days - 1

    @property
    def whole(self) -> "Panel":
        """All demand as if it were one SKU, called ALL."""
        return Panel((ALL,), self.first_day, self.total, self.total)


ALL = ""
RECENT_DAYS = 28
ACTIVE_DAYS = 84


def make_panel(rows: Iterable[tuple[str, int, float]], today: int, most_skus: int, history_days: int) -> Panel | None:
    """(SKU, day, units) -> panel; None when nothing was ever ordered. Neither today counts nor the newest day there is (who knows
    whether it is over?), nor do SKUs that nobody wanted for ACTIVE_DAYS."""
    some = [(sku, day, units) for sku, day, units in rows if day < today and units > 0]
    if not some:
        return None
    newest = max(day for _, day, _ in some)
    # half a day would teach the models that demand collapses
    found = [row for row in some if row[1] < newest] or some
    last = max(newest - 1, min(day for _, day, _ in found))
    first = max(min(day for _, day, _ in found), last - history_days + 1)
    index = {sku: i for i, sku in enumerate(sorted({sku for sku, day, _ in found if day > last - ACTIVE_DAYS}))}
    values, total = np.zeros((len(index), last - first + 1)), np.zeros((1, last - first + 1))
    for sku, day, units in found:
        if day >= first:
            total[0, day - first] += units
            if sku in index:
                values[index[sku], day - first] += units
    ranked = np.lexsort((-values.sum(axis=1), -values[:, -RECENT_DAYS:].sum(axis=1)))[:most_skus]
    names = list(index)
    return Panel(tuple(names[i] for i in ranked), first, values[ranked], total)
