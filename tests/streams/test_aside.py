"""A long tail is folded aside once, for the ledger and the view; whatever comes of that, the state is that of the whole log."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.agents.aside import Asides, Wanted
from streams.agents.rebuild import LogDamaged, Rebuilt, leave_snapshot, rebuild
from streams.read import MemoryLog
from streams.snapshots import Origin, Snapshots, StoredFiles
from tests.conftest import until
from tests.streams.shells import log, sell, tea_shop

HERE = Origin("harbor", "decisions-1")
SHOP = sell(tea_shop(), *"12345678")
PATIENCE_S = 10.0


class Process:
    """Stands for one that folds; counts how often it is asked."""

    def __init__(self, folder: Path) -> None:
        self.source = log(SHOP)
        self.snapshots = Snapshots(StoredFiles(folder), HERE)
        self.asked: list[int] = []

    def fold(self, partition: int, wanted: Wanted) -> None:
        self.asked.append(partition)
        leave_snapshot(self.source, self.snapshots, partition, wanted)

    def rebuilt(self, asides: Asides) -> Rebuilt:
        found = rebuild(self.source, self.snapshots, 0, lambda: True, lambda *_: None, asides.for_ledger)
        assert found is not None
        assert found.ledger.dump() == SHOP.ledger.dump()
        return found


def test_a_long_tail_is_folded_aside_and_loaded(tmp_path: Path) -> None:
    process = Process(tmp_path)
    asides = Asides(process.fold, at_once=1, long=len(SHOP.records) - 1)
    assert process.rebuilt(asides).folded == 0
    assert process.rebuilt(asides).folded == 0
    assert process.asked == [0]


def test_a_short_tail_is_not_worth_a_process(tmp_path: Path) -> None:
    process = Process(tmp_path)
    assert process.rebuilt(Asides(process.fold, at_once=1, long=len(SHOP.records))).folded == len(SHOP.records)
    assert process.asked == []


def test_where_nothing_can_be_saved_the_log_is_folded_here(tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"a file where a folder is wanted")
    process = Process(tmp_path / "full")

    def fold(partition: int, wanted: Wanted) -> None:
        with pytest.raises(OSError, match="full"):
            process.fold(partition, wanted)

    assert process.rebuilt(Asides(fold, at_once=1, long=3)).folded == len(SHOP.records)


def test_damage_that_is_found_aside_keeps_the_partition_shut(tmp_path: Path) -> None:
    def fold(partition: int, wanted: Wanted) -> None:
        raise LogDamaged("decisions[0], offset 3: not a decision")

    with pytest.raises(LogDamaged, match="offset 3: not a decision"):
        Process(tmp_path).rebuilt(Asides(fold, at_once=1, long=3))


def test_nothing_is_saved_of_a_log_that_is_damaged(tmp_path: Path) -> None:
    process = Process(tmp_path)
    records = log(SHOP)._topics["decisions"][0]
    process.source = MemoryLog({"decisions": {0: [*records[:4], *records[5:]]}})
    with pytest.raises(LogDamaged, match="does not continue the hash chain"):
        process.fold(0, lambda: True)
    assert process.snapshots.load(0) is None
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# ---------------------------------------------------------------------------------------------- turns
class Held:
    """Folds that take until they are let go; tells in which order they began."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._changed = threading.Condition()
        self._free: set[int] = set()

    def fold(self, partition: int, wanted: Wanted) -> None:
        with self._changed:
            self.begun.append(partition)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: partition in self._free or not wanted(), PATIENCE_S)

    def let_go(self, partition: int) -> None:
        with self._changed:
            self._free.add(partition)
            self._changed.notify_all()

    def await_begun(self, *partitions: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.begun == [*partitions], PATIENCE_S), self.begun


def waiting(take: Callable[[int, Callable[[], int], Wanted], None], partition: int, behind: Callable[[], int]) -> threading.Thread:
    thread = threading.Thread(target=take, args=(partition, behind, lambda: True), daemon=True)
    thread.start()
    return thread


def test_ledgers_are_folded_before_views_and_no_more_at_once_than_there_are_cores() -> None:
    held = Held()
    asides = Asides(held.fold, at_once=1, long=3)
    threads = [waiting(asides.for_ledger, 0, lambda: 100)]
    held.await_begun(0)
    threads += [waiting(asides.for_view, 1, lambda: 100), waiting(asides.for_ledger, 2, lambda: 100)]
    until(lambda: asides._ledgers == 1, PATIENCE_S)
    for partition, order in ((0, (0, 2)), (2, (0, 2, 1))):
        held.let_go(partition)
        held.await_begun(*order)
    held.let_go(1)
    for thread in threads:
        thread.join(PATIENCE_S)


def test_who_waits_for_the_same_partition_finds_it_folded_and_needs_no_turn() -> None:
    held, tail = Held(), [100]
    asides = Asides(held.fold, at_once=1, long=3)
    view = waiting(asides.for_view, 0, lambda: tail[0])
    held.await_begun(0)
    ledgers = [waiting(asides.for_ledger, 0, lambda: tail[0]), waiting(asides.for_ledger, 1, lambda: 100)]
    until(lambda: asides._ledgers == 2, PATIENCE_S)
    tail[0] = 0
    held.let_go(0)
    for thread in (view, ledgers[0]):
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    held.await_begun(0, 1)
    held.let_go(1)
    ledgers[1].join(PATIENCE_S)


def test_who_is_no_longer_wanted_waits_no_longer() -> None:
    held = Held()
    asides = Asides(held.fold, at_once=1, long=3)
    first = waiting(asides.for_ledger, 0, lambda: 100)
    held.await_begun(0)
    asides.for_ledger(1, lambda: 100, lambda: False)
    asides.for_view(0, lambda: 100, lambda: False)
    held.let_go(0)
    first.join(PATIENCE_S)
    assert held.begun == [0]
