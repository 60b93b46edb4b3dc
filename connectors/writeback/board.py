"""All lanes of an installation: which shops are told, what is heard for them, and what is to be kept of how far each has come. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Literal

import msgspec

from connectors.contract import ShopRef
from connectors.writeback.halves import HALVES
from connectors.writeback.lane import Lane, Position
from connectors.writeback.levels import Listed
from connectors.writeback.outward import Fact, Tell
from connectors.writeback.tail import Place

Source = Literal["levels", "facts"]
LEVELS: Source = "levels"
FACTS: Source = "facts"


class ToldShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop that wants to be told. `listed`: its listings that have a name at the platform."""

    ref: ShopRef
    tell: tuple[Tell, ...]
    listed: tuple[Listed, ...]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the topics at once: (shop, SKU, units, version) and (shop, fact), each with its place; then how far each partition
    has been read."""

    levels: Sequence[tuple[str, str, int, int, Place]] = ()
    facts: Sequence[tuple[str, Fact, Place]] = ()
    passed: Sequence[tuple[Source, int, int]] = ()


class Board:
    """`kept`: positions as they were kept last, by shop. `ends`: where `decisions` ended when this began: who is told from now on need
    not hear of old parcels. Reading starts at the beginning of both topics."""

    def __init__(self, kept: Mapping[str, Position], ends: Mapping[int, int]) -> None:
        self.lanes: dict[str, Lane] = {}
        self._kept = dict(kept)
        self._shops: dict[str, ToldShop] = {}
        self._facts_read = dict(ends)

    def sync(self, shops: Iterable[ToldShop]) -> bool:
        """The shops from now on. Whether `availability` must be read from its start (again), because there is a new one."""
        wanted = {shop.ref.shop: shop for shop in shops if shop.ref.channel in HALVES and shop.tell}
        for name in self._shops.keys() - wanted.keys():
            del self._shops[name], self.lanes[name]
            self._kept.pop(name, None)
        new = wanted.keys() - self.lanes.keys()
        for name, shop in wanted.items():
            if name in new:
                self.lanes[name] = self._open(shop)
            if self._shops.get(name) != shop:
                self.lanes[name].become(shop.ref, shop.tell, shop.listed, _digest(shop))
                self._shops[name] = shop
        return bool(new)

    def hear(self, heard: Heard) -> set[str]:
        """-> the shops that have something to do."""
        woken = set()
        for shop, sku, units, version, place in heard.levels:
            if lane := self.lanes.get(shop):
                lane.hear_level(sku, units, version, place)
                woken.add(shop)
        for shop, fact, place in heard.facts:
            if lane := self.lanes.get(shop):
                lane.hear_fact(fact, place)
                woken.add(shop)
        for source, partition, position in heard.passed:
            if source == FACTS:
                self._facts_read[partition] = max(position, self._facts_read.get(partition, 0))
            for lane in self.lanes.values():
                (lane.facts if source == FACTS else lane.levels).tail.passed(partition, position)
        return woken

    def read_through(self) -> None:
        for lane in self.lanes.values():
            lane.read_through()

    def unkept(self) -> dict[str, Position]:
        """Positions that have moved since they were `kept`."""
        now = {name: lane.position() for name, lane in self.lanes.items()}
        return {name: position for name, position in now.items() if self._kept.get(name) != position}

    def keep(self, positions: Mapping[str, Position]) -> None:
        self._kept |= positions

    def _open(self, shop: ToldShop) -> Lane:
        position = self._kept.get(shop.ref.shop) or Position(facts=dict(self._facts_read))
        return Lane(shop.ref, HALVES[shop.ref.channel], position)


def _digest(shop: ToldShop) -> str:
    """What the platform was told by: another address, other things told or other listings make it news."""
    return blake2b(msgspec.json.encode((shop.ref.url, sorted(shop.tell), sorted(shop.listed, key=str))), digest_size=8).hexdigest()
