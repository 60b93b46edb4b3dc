"""How far a shop has come in a topic: everything before its position has been told. Pure."""

from collections.abc import Hashable, Mapping

import msgspec


class Place(msgspec.Struct, frozen=True, order=True, gc=False):
    """Of a record: its partition and offset, and when the broker took it, ms."""

    partition: int
    offset: int
    at: int = 0


class Tail:
    """Things are open from the first record that wants them told until they are; each is known by a key of its own."""

    def __init__(self, positions: Mapping[int, int]) -> None:
        self._read = dict(positions)
        self._open: dict[Hashable, Place] = {}

    def __len__(self) -> int:
        return len(self._open)

    def news(self, place: Place) -> bool:
        """Whether the record at `place` had not been told of when the position was last kept."""
        return place.offset >= self._read.get(place.partition, 0)

    def begin(self, key: Hashable, place: Place) -> None:
        self._open.setdefault(key, place)

    def end(self, key: Hashable) -> None:
        self._open.pop(key, None)

    def passed(self, partition: int, position: int) -> None:
        """All before `position` has been read. It never goes back: what is read a second time is not news."""
        self._read[partition] = max(position, self._read.get(partition, 0))

    def positions(self) -> dict[int, int]:
        found = dict(self._read)
        for place in self._open.values():
            found[place.partition] = min(place.offset, found.get(place.partition, place.offset))
        return found

    def oldest(self) -> int | None:
        """When the oldest thing that is still open was written, ms."""
        return min((place.at for place in self._open.values()), default=None)
