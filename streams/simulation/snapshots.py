"""The files of snapshots in memory, shared by all processes as in a folder; struck, one cannot be read as it was written."""

from streams.simulation.loop import current
from streams.simulation.world import World

SEEN_AT_ONCE = 0.8


class MemoryFiles:
    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[str, str], bytes] = {}

    def names(self, folder: str) -> list[str]:
        """Not always with the newest: another machine may see it later."""
        names = sorted(name for place, name in self._kept if place == folder)
        return names if self._world.random.random() < SEEN_AT_ONCE else names[:-1]

    def read(self, folder: str, name: str) -> bytes:
        data = self._kept[folder, name]
        try:
            self._world.strike("snapshot")
        except Exception:
            # lost or damaged, by no chance of its own
            if len(data) % 2:
                self._world.tell(f"snapshot {name} is lost")
                raise FileNotFoundError(name) from None
            self._world.tell(f"snapshot {name} is damaged")
            return data[: len(data) // 2]
        return data

    def write(self, folder: str, name: str, data: bytes) -> None:
        self._world.tell(f"{current()} saves snapshot {name} in {folder}")
        self._kept[folder, name] = data

    def remove(self, folder: str, name: str) -> None:
        self._kept.pop((folder, name), None)
