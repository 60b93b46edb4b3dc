"""Lines and the gifts that go with them, in whole units: how many of each there is enough for, and what of a gift is dropped. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from tables.events import OrderLine, Row
from tables.gifts import made_whole, per_unit, share, with_gifts
from tables.orders import Order, reduced, split
from tables.policy import GiftShort

Have = Mapping[str, int]  # units by SKU
OfLines = dict[str, int]  # units of lines
Rows = tuple[Row, ...]


class Given(msgspec.Struct, frozen=True, gc=False):
    """A gift of an order: `units` of this line go with `of` units of its parent in all. `told`: units of it that nobody took off."""

    line: str
    parent: str
    units: int
    of: int
    told: int


def given_with(order: Order) -> tuple[Given, ...]:
    if not order.gifts:
        return ()
    off = reduced(order.reductions)
    total = with_gifts(order.lines, off, order.gifts)
    ordered = {line.line: line.quantity for line in order.lines}
    left = {line: max(0, units - total.get(line, 0)) for line, units in ordered.items()}
    known = [(gift, parent) for gift, parent in order.gifts if left.get(gift) and left.get(parent)]
    return tuple(Given(gift, parent, left[gift], left[parent], ordered[gift] - off.get(gift, 0)) for gift, parent in known)


class Sets:
    """What an order needs, in units of its lines: each parent with its gifts. Components of a bundle of which others are promised already
    are needed without these."""

    def __init__(self, needs: Iterable[Row], lines: Iterable[OrderLine], gifts: Iterable[Given]) -> None:
        self._needs: dict[str, list[Row]] = {}
        for need in needs:
            self._needs.setdefault(need.line, []).append(need)
        self._each = {line.line: per_unit(line) for line in lines}
        self._gifts = [gift for gift in gifts if gift.line in self._needs]
        self._led = {gift.line for gift in self._gifts if gift.parent in self._needs}

    # ------------------------------------------------------------------------------------------ how many there are
    def enough(self, have: Have, short: GiftShort) -> OfLines:
        """Units of each line that `have` allows, first line first, gifts right behind their parents. Where gifts are waited for, a parent
        goes as far as there are gifts for it."""
        left = dict(have)
        found: OfLines = {}
        for line in self._needs:
            if line in self._led:
                continue
            gifts = [gift for gift in self._gifts if gift.parent == line]
            found[line] = self._draw(left, line, self._whole(line), gifts if short == "wait" else ())
            for gift in gifts:
                found[gift.line] = self._draw(left, gift.line, self._due(gift, found[line]))
        return found

    def there(self, have: Have) -> list[OfLines]:
        """All that is sold, with the gifts that there are beside it; and without any."""
        gifts = {gift.line for gift in self._gifts}
        sold = {line: self._needed(line) for line in self._needs if line not in gifts}
        left = dict(have)
        self._take(left, sold)
        beside = {line: self._draw(left, line, self._whole(line)) for line in self._needs if line in gifts}
        return [sold | beside, sold]

    def dropped(self, now: OfLines) -> OfLines:
        """Units of gifts that are to go with what is promised now, and do not."""
        missed = {gift.line: self._due(gift, now.get(gift.parent, 0)) - now.get(gift.line, 0) for gift in self._gifts}
        return {line: units for line, units in missed.items() if units > 0}

    def _draw(self, left: dict[str, int], line: str, limit: int, gifts: Sequence[Given] = ()) -> int:
        """As many of a line as there are, which go out of what is left. `gifts`: they are to be there as well."""
        units = most(limit, partial(self._fits, left, line, gifts))
        self._take(left, {line: units})
        return units

    def _fits(self, left: Have, line: str, gifts: Iterable[Given], units: int) -> bool:
        after = dict(left)
        self._take(after, {line: units} | {gift.line: self._due(gift, units) for gift in gifts})
        return min(after.values(), default=0) >= 0

    def _take(self, left: dict[str, int], units: OfLines) -> None:
        for line, some in units.items():
            for need in self._needs[line]:
                left[need.sku] = left.get(need.sku, 0) - min(need.quantity, some * self._each[line][need.sku])

    # ------------------------------------------------------------------------------------------ how many are needed
    def _due(self, gift: Given, units: int) -> int:
        """Units of a gift that are to go once so many more of its parent do."""
        if gift.line not in self._led:
            return self._whole(gift.line)
        gone, had = gift.of - self._needed(gift.parent) + units, gift.units - self._needed(gift.line)
        return max(0, min(share(gift.units, gone, gift.of) - had, self._whole(gift.line)))

    def _whole(self, line: str) -> int:
        """Whole units of a line that its needs make."""
        return min(need.quantity // self._each[line][need.sku] for need in self._needs[line])

    def _needed(self, line: str) -> int:
        return max(-(-need.quantity // self._each[line][need.sku]) for need in self._needs[line])

    # ------------------------------------------------------------------------------------------ and back
    def units(self, rows: Iterable[Row]) -> OfLines:
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(row.line, []).append(row.quantity // self._each[row.line][row.sku])
        return {line: min(units) for line, units in found.items()}

    def rows(self, units: OfLines) -> tuple[Rows, Rows]:
        """Rows of so many units of the lines, and those that are left."""
        now: list[Row] = []
        later: list[Row] = []
        for line, needs in self._needs.items():
            for need in needs:
                some = min(need.quantity, units.get(line, 0) * self._each[line][need.sku])
                now += [Row(line, need.sku, some)] if some else []
                later += [Row(line, need.sku, need.quantity - some)] if need.quantity > some else []
        return tuple(now), tuple(later)


def left_alone(order: Order, before: Rows, after: Rows) -> Rows:
    """Rows of gifts that have lost their parents, where of the rows `before` those `after` are left: the last units of each."""
    lines = {line.line: line for line in order.lines}
    alone: list[Row] = []
    for gift, parent in order.gifts:
        parents = made_whole(before, lines[parent], before) if {gift, parent} <= lines.keys() else 0
        if parents:
            keeps = share(made_whole(before, lines[gift], before), made_whole(after, lines[parent], before), parents)
            alone += _beyond(after, lines[gift], keeps)
    return tuple(alone)


def _beyond(rows: Rows, line: OrderLine, keeps: int) -> Iterable[Row]:
    each = per_unit(line)
    for row in rows:
        kept = keeps * each.get(row.sku, 0)
        if row.line == line.line and row.quantity > kept:
            yield (split(row, kept)[1] if kept else None) or row


def beside(needs: Iterable[Row], lines: Iterable[OrderLine], gifts: Sequence[Given], shelf: Have) -> Rows:
    """What of the needs one node has together with what goes with it: parents with their gifts, whole."""
    there = list(needs)
    named = {need.line for need in there}
    pairs = {line for gift in gifts if {gift.line, gift.parent} <= named for line in (gift.line, gift.parent)}
    sets = Sets([need for need in there if need.line in pairs], lines, gifts)
    return sets.rows(sets.enough(shelf, "wait"))[0]


def most(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `limit` that fits, where all below it do."""
    low = 0
    while low < limit:
        middle = (low + limit + 1) // 2
        low, limit = (middle, limit) if fits(middle) else (low, middle - 1)
    return low
