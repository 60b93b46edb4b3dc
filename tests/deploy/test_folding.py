"""What a process that folds comes to, and what its parent makes of it."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from deploy import folding
from deploy.folding import DAMAGED, fold_aside
from streams.agents.aside import Wanted
from streams.agents.rebuild import LogDamaged
from streams.snapshots import Origin
from tests.conftest import make_settings

HERE = Origin("harbor", "decisions-1")


def folded_by(program: str, monkeypatch: pytest.MonkeyPatch, wanted: Wanted = lambda: True) -> None:
    """By a process that does as `program` says."""
    monkeypatch.setattr(folding, "PROGRAM", (sys.executable, "-c", f"import sys, time; {program}"))
    fold_aside(make_settings(), HERE, 3, wanted)


def test_it_is_told_what_to_fold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folded_by(f"open({str(tmp_path / 'told')!r}, 'w').write(' '.join(sys.argv[1:]))", monkeypatch)
    assert (tmp_path / "told").read_text() == "3 harbor decisions-1"


def test_damage_is_named_in_the_very_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LogDamaged, match=r"^decisions\[3\], offset 8: it is gone$"):
        folded_by(f"sys.stdout.write('decisions[3], offset 8: it is gone'); sys.exit({DAMAGED})", monkeypatch)


@pytest.mark.parametrize(("program", "code"), [("sys.exit(1)", 1), ("raise MemoryError", 1), ("import os; os.kill(os.getpid(), 9)", -9)])
def test_whatever_else_keeps_it_from_its_work_is_a_warning(
    program: str, code: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folded_by(program, monkeypatch)
    assert f"the process that folds partition 3 ended with code {code}" in caplog.text


def test_where_no_process_can_be_started_that_is_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def none(*_: object, **__: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", none)
    folded_by("", monkeypatch)
    assert "no process can be started to fold partition 3: no more processes" in caplog.text


def test_it_is_ended_once_it_is_no_longer_wanted(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    looks = count()
    folded_by("time.sleep(600)", monkeypatch, lambda: next(looks) < 3)
    assert caplog.text == ""
