"""The levels of one shop, coalesced: of an item only the latest is told, in whole batches, each item by one request at a time. Pure.

An item is one listing. Of a bundle as many can be sold as its scarcest part allows, so its level follows from several SKUs.
"""

from collections.abc import Iterable, Mapping
from itertools import islice

import msgspec

from connectors.writeback.outward import Half, Level
from connectors.writeback.tail import Place, Tail

Parts = tuple[tuple[str, int], ...]


class Listed(msgspec.Struct, frozen=True):
    """What the platform calls a listing, and (SKU, units) of what one of it is made of."""

    item: str
    parts: Parts


class Levels:
    """`positions`: where the shop stands in `availability`, by partition."""

    def __init__(self, positions: Mapping[int, int]) -> None:
        self.tail = Tail(positions)
        self._items: dict[str, Parts] = {}
        self._by_sku: dict[str, list[str]] = {}
        self._units: dict[str, tuple[int, int, Place]] = {}  # SKU -> units, version, the record that says so
        self._dirty: dict[str, None] = {}  # items to be told, those that wait longest first
        self._sending: set[str] = set()
        self.unheard: set[str] = set()  # items that the platform was never told of as they are listed now

    def learn(self, listed: Iterable[Listed], known: bool) -> None:
        """The shop's items from now on. Those that are new or made otherwise are to be told, unless the platform `known`s them by an
        earlier run."""
        items = {at.item: at.parts for at in listed if at.parts}
        new = [item for item, parts in items.items() if self._items.get(item) != parts]
        for gone in self._items.keys() - items.keys():
            self._dirty.pop(gone, None)
            self._end(gone)
        self._items, self._by_sku = items, {}
        for item, parts in items.items():
            for sku, _ in parts:
                self._by_sku.setdefault(sku, []).append(item)
        for item in [] if known else new:
            self.unheard.add(item)
            if places := self._places(item):
                self._mark(item, min(places))

    def hear(self, sku: str, units: int, version: int, place: Place) -> None:
        """A record of `availability`. A version that does not rise is no news."""
        if (known := self._units.get(sku)) and known[1] >= version:
            return
        self._units[sku] = (units, version, place)
        news = self.tail.news(place)
        for item in self._by_sku.get(sku, ()):
            if news or item in self.unheard:
                self._mark(item, place)

    def read_through(self) -> None:
        """All that was ever said of SKUs has been heard: what is listed and was not spoken of waits for news."""
        self.unheard = {item for item in self.unheard if self._places(item)}

    def waiting(self, half: Half) -> tuple[Level, ...]:
        """What to send next: the item that has waited longest, and those of its group."""
        ready = (item for item in self._dirty if item not in self._sending)
        if (first := next(ready, None)) is None:
            return ()
        group = half.group(first)
        alike = islice((item for item in self._dirty if item not in self._sending and half.group(item) == group), half.batch)
        return tuple([self.level(item) for item in alike])

    def level(self, item: str) -> Level:
        """A SKU that nothing was said of yet has no units."""
        parts = [(*self._units.get(sku, (0, 0))[:2], each) for sku, each in self._items[item]]
        return Level(item, max(0, min(units // each for units, _, each in parts)), max(version for _, version, _ in parts))

    def sent(self, levels: Iterable[Level]) -> None:
        for level in levels:
            self._sending.add(level.item)
            del self._dirty[level.item]

    def told(self, level: Level) -> None:
        """Heard, or refused for good; what changed meanwhile is still to be told."""
        self._sending.discard(level.item)
        if level.item not in self._dirty:
            self._end(level.item)

    def failed(self, level: Level) -> None:
        self._sending.discard(level.item)
        if level.item in self._items:
            self._dirty.setdefault(level.item)
        else:
            self._end(level.item)

    def _mark(self, item: str, place: Place) -> None:
        self.tail.begin(item, place)
        self._dirty.setdefault(item)

    def _end(self, item: str) -> None:
        self.tail.end(item)
        self.unheard.discard(item)

    def _places(self, item: str) -> list[Place]:
        return [self._units[sku][2] for sku, _ in self._items[item] if sku in self._units]
