"""Import folders that hurt: each file is read or refused with its line, soon, and in a sentence that a person can read."""

import time
from pathlib import Path

import pytest

from deploy.business.load import load_policy
from deploy.business.sheets import Problem
from tests.deploy.halyard import Folder

SECONDS = 3.0

DEEP = {
    "lists in lists": b"[" * 20_000,
    "closed ones too": b"[" * 900 + b"]" * 900,
    "dashes": b"- " * 20_000 + b"x",
    "mappings": b"{a: " * 20_000,
    "indentation": b"".join(b" " * level + b"a:\n" for level in range(1_200)),
}


def problems(folder: Path, content: bytes) -> list[Problem]:
    file = folder / "policy.yaml"
    file.write_bytes(content)
    began = time.process_time()
    found = load_policy(file)
    assert time.process_time() - began < SECONDS
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("content", DEEP.values(), ids=DEEP.keys())
def test_yaml_that_is_nested_without_end_is_refused_soon(tmp_path: Path, content: bytes) -> None:
    [problem] = problems(tmp_path, content)

    assert "nested" in problem.sentence
    assert problem.line >= 1


@pytest.mark.parametrize("content", [b"? [a, b]\n: c", b"? {a: b}\n: c", b"segments:\n  ? - x\n  : y"])
def test_a_name_that_is_no_text_is_refused_with_its_line(tmp_path: Path, content: bytes) -> None:
    [problem] = problems(tmp_path, content)

    assert "plain text" in problem.sentence
    assert "Node(" not in problem.sentence


@pytest.mark.parametrize("content", [b"max_splits: " + b"9" * 6_000, b"name: " + b"x" * 300_000, b"x" * 9_000 + b": 1"])
def test_a_sentence_stays_short_however_long_the_value(tmp_path: Path, content: bytes) -> None:
    assert all(len(problem.sentence) < 500 for problem in problems(tmp_path, content))


@pytest.mark.parametrize(
    "content", [b"name: !!python/object/apply:os.system [id]", b"a: &x [1]\nb: *x", b"<<: {name: a}", b'name: "\\ud800"']
)
def test_yaml_runs_nothing_and_repeats_nothing(tmp_path: Path, content: bytes) -> None:
    assert problems(tmp_path, content)


def test_a_secret_under_a_name_too_long_for_any_file_is_not_there(folder: Folder) -> None:
    problem = folder.spoil("shops.yaml", "secrets/halyard-web", "s" * 400).problem()

    assert problem.sentence.startswith("there is no file")
