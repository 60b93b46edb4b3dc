"""A broker acknowledges a commit before its marker is in the log, and may lose the marker: acknowledged is not yet settled."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from streams.agents.allocate import HANGS, Changed, Owned, Running, Threads
from streams.agents.desk import Desk
from streams.fatal import dying
from streams.produce import Outgoing
from streams.snapshots import Origin, Snapshots, StoredFiles
from tests.streams.shells import Written, log, sell, tea_shop

RECORD = Outgoing("decisions", 0, b"north", b"decided")


class Died(BaseException):
    pass


class Turn(Changed):
    """Nobody else ever does anything: whoever waits is told at once whether it holds."""

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *error: object) -> None: ...

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        assert predicate() or timeout is not None, "it would wait for ever"
        return predicate()

    def notify_all(self) -> None: ...


class ByHand(Threads):
    def condition(self) -> Changed:
        return Turn()

    def start(self, work: Callable[[], None], name: str) -> Running:
        self.work = work
        return Ended()


class Ended(Running):
    def join(self) -> None: ...


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def desk(written: Written, tmp_path: Path) -> Desk:
    made = Desk(0, written, log(sell(tea_shop(), "1")), Snapshots(StoredFiles(tmp_path), Origin("here", "decisions")), records=2)
    assert made.fence()
    made.rebuild()
    return made


def test_what_is_acknowledged_is_settled_once_it_can_be_read(desk: Desk, written: Written) -> None:
    known = desk.durable
    written.readable = False
    desk.write([RECORD])
    assert (desk.settle(), desk.settle(), desk.settled) == (1, 2, known)
    written.readable = True
    assert (desk.settle(), desk.settled) == (0, known + 1)


def test_what_comes_between_two_looks_waits_for_the_next_one(desk: Desk, written: Written) -> None:
    known = desk.durable
    written.readable = False
    desk.write([RECORD])
    desk.settle()
    desk.write([RECORD])
    written.readable = True
    assert (desk.settle(), desk.settled) == (0, known + 1)
    assert (desk.settle(), desk.settled) == (0, known + 2)


def test_a_writer_whose_transaction_hangs_leaves_it_to_the_next_owner(desk: Desk, written: Written) -> None:
    """Nobody reads what it has written, and it alone would not notice."""
    said: list[str] = []

    def die(why: str) -> NoReturn:
        said.append(why)
        raise Died

    threads = ByHand()
    owned = Owned(desk, 0.0, threads)
    desk.queue([RECORD])
    written.readable = False
    with dying(die), pytest.raises(Died):
        threads.work()
    assert (len(written.transactions), desk._looks) == (1, HANGS + 1)
    assert "its transaction hangs" in said[0]
    owned.close()
