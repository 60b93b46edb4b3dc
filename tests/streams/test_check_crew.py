"""A long log is checked by several processes: each with its own partitions, and together they find what one finds alone."""

from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from streams.check import check, check_with
from streams.checks.crew import Failed, Several
from streams.checks.meter import Meter
from streams.checks.report import Report
from streams.replay import replay, replay_with
from tests.bench.bench_check import make_partition
from tests.bench.shelf import FileLog
from tests.chain import Business
from tests.streams.crew_members import Worker, again, part

PARTITIONS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    for partition in range(PARTITIONS):
        make_partition(folder, partition, 120, Business(nodes=2, skus=20, stock=500))
    return folder


def test_each_process_keeps_its_own_object_and_all_answer_in_order() -> None:
    said: list[int] = []
    with Several(Worker, said.append, 2) as crew:
        assert crew.ask(Worker.add, 10) == [10, 11]
        assert crew.ask(Worker.add, 5) == [15, 16]
    assert sorted(said) == [5, 5, 10, 10]


def test_what_goes_wrong_in_a_process_is_raised_where_it_was_asked() -> None:
    """In words where it cannot be handed over; and a process that is killed is told of."""
    with Several(Worker, lambda count: None, 1) as crew:
        with pytest.raises(ValueError, match="number 0 cannot"):
            crew.ask(Worker.fail)
        with pytest.raises(Failed, match=r"KafkaException.*nobody there"):
            crew.ask(Worker.lose_kafka)
        with pytest.raises(Failed, match="was it killed"):
            crew.ask(Worker.die)


# ---------------------------------------------------------------------------------------------- the check
def timeless(report: Report) -> Report:
    return replace(report, seconds=0, decisions_per_s=0)


def test_two_processes_find_what_one_finds(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    meter = Meter("check", lambda what, done, total: seen.append((done, total)))

    with Several(partial(part, folder), meter, 2) as parts:
        found = check_with(parts, meter, FileLog(folder))

    assert found.invariants == "ok"
    assert found.decisions == 120 * PARTITIONS
    assert timeless(found) == timeless(check(FileLog(folder)))
    assert seen[-1][0] == seen[-1][1] > 3 * found.decisions


def test_two_processes_decide_again_what_one_does(folder: Path) -> None:
    meter = Meter("replay", lambda what, done, total: None)

    with Several(partial(again, folder), meter, 2) as several:
        found = replay_with(several, meter, FileLog(folder))

    assert found == replay(FileLog(folder), progress=lambda *_: None)
    assert (found.decisions, found.violations) == (120 * PARTITIONS, ())
