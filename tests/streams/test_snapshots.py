"""A snapshot saves time and never changes what is known: any sound one, with the log behind it, is the whole log."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.agents.rebuild import LogDamaged, Rebuilt, rebuild
from streams.decisions import link
from streams.ledger import Ledger
from streams.read import MemoryLog
from streams.snapshots import KEPT, Origin, Snapshot, Snapshots, StoredFiles
from streams.topics import DECISIONS
from tests.story import Story
from tests.streams.shells import decided, log, sell, tea_shop

HERE = Origin("harbor", "decisions-1")


@pytest.fixture(params=["a folder", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Snapshots:
    url = tmp_path if request.param == "a folder" else f"memory://{tmp_path}"
    return Snapshots(StoredFiles(url), HERE)


def snapshot(story: Story, decisions: int) -> Snapshot:
    """Of the state after so many decisions of the story."""
    ledger = Ledger(0)
    for offset, record in enumerate(story.records[:decisions]):
        ledger.fold(offset, record)
    return Snapshot(decisions, ledger.chain, ledger.dump())


def rebuilt(story: Story, shelf: Snapshots) -> int:
    """Rebuilds what the story knows; returns how many decisions had to be folded for it."""
    found = rebuild_of(log(story), shelf)
    assert (found.position, found.ledger.last, found.ledger.chain) == (len(story.records), story.ledger.last, story.ledger.chain)
    assert found.ledger.dump() == snapshot(story, len(story.records)).dump
    return found.folded


def rebuild_of(source: MemoryLog, shelf: Snapshots) -> Rebuilt:
    found = rebuild(source, shelf, 0, lambda: True, lambda ledger, decision: None)
    assert found is not None
    return found


def files(folder: Path) -> list[Path]:
    """Newest first."""
    return sorted((path for path in folder.rglob("*") if path.is_file()), reverse=True)


# ---------------------------------------------------------------------------------------------- saving and loading
def test_only_what_came_after_the_newest_snapshot_is_folded(shelf: Snapshots) -> None:
    story = sell(tea_shop(), "1", "2", "3")
    for decisions in (4, 6):
        shelf.save(0, snapshot(story, decisions))
    assert rebuilt(story, shelf) == 1


def test_a_snapshot_of_the_very_end_leaves_nothing_to_fold(shelf: Snapshots) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf.save(0, snapshot(story, len(story.records)))
    assert rebuilt(story, shelf) == 0


def test_without_a_snapshot_everything_is_folded(shelf: Snapshots) -> None:
    assert rebuilt(sell(tea_shop(), "1"), shelf) == 5


def test_the_newest_few_are_kept(tmp_path: Path) -> None:
    story = sell(tea_shop(), *"123456")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    for decisions in (5, 6, 7, 8, 9):
        shelf.save(0, snapshot(story, decisions))
    assert [found.position for found in shelf.sound(0)] == [9, 8, 7]
    assert len(files(tmp_path)) == KEPT


def test_each_partition_has_its_own(shelf: Snapshots) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf.save(0, snapshot(story, 5))
    assert shelf.load(1) is None
    assert (found := shelf.load(0)) is not None
    assert found == snapshot(story, 5)


SHOP = sell(tea_shop(), *"12345678")


@settings(derandomize=True, max_examples=30, deadline=None)
@given(saved=st.sets(st.integers(1, len(SHOP.records))), end=st.integers(1, len(SHOP.records)))
def test_whatever_was_saved_the_state_is_that_of_the_whole_log(tmp_path_factory: pytest.TempPathFactory, saved: set[int], end: int) -> None:
    shelf = Snapshots(StoredFiles(tmp_path_factory.mktemp("snapshots")), HERE)
    for decisions in saved:
        if decisions <= end:
            shelf.save(0, snapshot(SHOP, decisions))
    found = rebuild_of(MemoryLog({DECISIONS.name: {0: decided(SHOP)[:end]}}), shelf)
    assert found.ledger.dump() == snapshot(SHOP, end).dump


# ---------------------------------------------------------------------------------------------- damage
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[:-20],
    "zeros": lambda data: bytes(len(data)),
    "one bit": lambda data: data[:-30] + bytes([data[-30] ^ 1]) + data[-29:],
    "a bit of its head": lambda data: data.replace(b'"position":7', b'"position":5'),
    "a bit of its digest": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "something before it": lambda data: b"{}\n" + data,
    "something behind it": lambda data: data + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_snapshot_is_passed_over_for_an_older_one(tmp_path: Path, damage: str) -> None:
    story = sell(tea_shop(), "1", "2", "3")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    for decisions in (5, 7):
        shelf.save(0, snapshot(story, decisions))
    newest, older = files(tmp_path)
    newest.write_bytes(DAMAGE[damage](newest.read_bytes()))
    assert rebuilt(story, shelf) == 2
    older.write_bytes(DAMAGE[damage](older.read_bytes()).replace(b'"position":5', b'"position":4'))
    assert rebuilt(story, shelf) == 7


@pytest.mark.parametrize(
    "other",
    [
        Snapshots(StoredFiles("memory://other"), Origin("another cluster", HERE.topic)),
        Snapshots(StoredFiles("memory://other"), Origin(HERE.cluster, "made anew")),
    ],
)
def test_a_snapshot_of_another_log_is_passed_over_wherever_it_lies(tmp_path: Path, other: Snapshots) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    shelf.save(0, snapshot(story, 4))
    other.save(0, snapshot(story, 6))
    assert rebuilt(story, shelf) == 2
    files(tmp_path)[0].with_name("00000000000000000006-foreign.snapshot").write_bytes(foreign_file(other))
    assert rebuilt(story, shelf) == 2


def foreign_file(other: Snapshots) -> bytes:
    folder = other._folder(0)
    return other._files.read(folder, other._files.names(folder)[0])


def test_the_snapshot_of_another_partition_is_passed_over(tmp_path: Path) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    shelf.save(1, snapshot(story, 6))
    [file] = files(tmp_path)
    (file.parent.parent / "0").mkdir()
    (file.parent.parent / "0" / file.name).write_bytes(file.read_bytes())
    assert rebuilt(story, shelf) == 6


def test_a_snapshot_that_the_log_does_not_continue_is_passed_over_for_an_older_one(
    shelf: Snapshots, caplog: pytest.LogCaptureFixture
) -> None:
    story = sell(tea_shop(), "1", "2", "3")
    shelf.save(0, snapshot(story, 5))
    shelf.save(0, snapshot(sell(tea_shop(), "another", "history"), 6))
    with caplog.at_level(logging.WARNING):
        assert rebuilt(story, shelf) == 2
    assert "decisions[0], offset 5: not the decision that was there when it was folded" in caplog.text


def test_even_at_the_end_of_the_log_a_snapshot_must_be_of_its_last_decision(shelf: Snapshots) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf.save(0, snapshot(sell(tea_shop(), "another", "history"), len(story.records)))
    with pytest.raises(LogDamaged, match=r"decisions\[0\], offset 5: the last decision is not the one that was there"):
        rebuilt(story, shelf)


def test_a_log_that_ends_before_its_snapshot_lost_records(shelf: Snapshots) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf.save(0, snapshot(story, 6))
    with pytest.raises(LogDamaged, match=r"decisions\[0\] ends at offset 4, but was read up to offset 5 before"):
        rebuild_of(MemoryLog({DECISIONS.name: {0: decided(story)[:4]}}), shelf)


# ---------------------------------------------------------------------------------------------- many writers, bad storage
class Dies(Exception):
    pass


def test_a_writer_that_dies_in_the_middle_leaves_nothing_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = sell(tea_shop(), *"123456")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    shelf.save(0, snapshot(story, 5))

    def half(path: str, data: bytes) -> None:
        Path(path).write_bytes(data[: len(data) // 2])
        raise Dies

    with monkeypatch.context() as patch:
        patch.setattr(shelf._files._storage, "pipe_file", half)  # type: ignore[attr-defined]
        with pytest.raises(Dies):
            shelf.save(0, snapshot(story, 6))
    assert [found.position for found in shelf.sound(0)] == [5]
    for decisions in (7, 8, 9):
        shelf.save(0, snapshot(story, decisions))
    assert len(files(tmp_path)) == KEPT, "what the dead one left is gone"


def test_who_was_taken_for_dead_adds_an_old_one_and_harms_nothing(shelf: Snapshots) -> None:
    story = sell(tea_shop(), *"123456")
    zombie = Snapshots(shelf._files, HERE)
    for decisions in (6, 7, 8, 9):
        shelf.save(0, snapshot(story, decisions))
        zombie.save(0, snapshot(story, 4))
    zombie.save(0, snapshot(story, 9))
    assert [found.position for found in shelf.sound(0)][:3] == [9, 8, 7]
    assert rebuilt(story, shelf) == 1


def test_files_that_lie_above_do_not_push_out_the_sound_ones(tmp_path: Path) -> None:
    story = sell(tea_shop(), *"123456")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    shelf.save(0, snapshot(story, 5))
    for junk in range(KEPT + 1):
        files(tmp_path)[-1].with_name(f"99999999999999999999-{junk}.snapshot").write_bytes(b"junk")
    shelf.save(0, snapshot(story, 6))
    assert [found.position for found in shelf.sound(0)] == [6, 5]


def test_storage_that_cannot_be_read_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = sell(tea_shop(), "1", "2")
    shelf = Snapshots(StoredFiles(tmp_path), HERE)
    shelf.save(0, snapshot(story, 6))
    for call in ("cat_file", "ls"):
        with monkeypatch.context() as patch:
            patch.setattr(shelf._files._storage, call, lambda *asked, **how: 1 / 0)  # type: ignore[attr-defined]
            assert rebuilt(story, shelf) == 6


def test_the_chain_of_a_snapshot_is_that_of_the_decision_before_its_position() -> None:
    story = sell(tea_shop(), "1")
    assert snapshot(story, 3).chain == link(story.records[2])
