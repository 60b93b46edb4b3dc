"""Snapshots in memory, shared by all processes as in a folder."""

from pathlib import Path

from streams.simulation.loop import current
from streams.simulation.world import World
from streams.snapshots import Origin, Snapshot, Snapshots


class MemorySnapshots(Snapshots):
    """Shared by all processes, like a folder; struck, one is damaged."""

    def __init__(self, world: World) -> None:
        super().__init__(Path(), Origin("memory", "decisions"))
        self._world = world
        self._kept: dict[int, list[Snapshot]] = {}

    def save(self, partition: int, snapshot: Snapshot) -> None:
        self._world.tell(f"{current()} saves a snapshot of partition {partition} at {snapshot.position}")
        self._kept.setdefault(partition, []).append(snapshot)

    def load(self, partition: int) -> Snapshot | None:
        """Not always the newest: another machine's may be older."""
        kept = self._kept.get(partition)
        if not kept:
            return None
        found = kept[-1] if self._world.random.random() < 0.8 else self._world.random.choice(kept)
        try:
            self._world.strike("snapshot")
        except Exception:
            self._world.tell(f"the snapshot of partition {partition} is damaged")
            return found._replace(dump=found.dump[: len(found.dump) // 2])
        return found

    def discard(self, partition: int) -> None:
        self._kept.pop(partition, None)
