"""docs/guarantees.md names tests and commands that exist."""

import re

import pytest

from tests.source import ROOT

TEXT = (ROOT / "docs" / "guarantees.md").read_text()
PROMISES = re.findall(r"^\*\*\d+\. .*?(?=^\*\*\d+\. |^## )", TEXT, re.MULTILINE | re.DOTALL)
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    assert f"def {test}" in (ROOT / file).read_text()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.split(".")[0].strip("*"))
def test_each_promise_is_shown_by_something(promise: str) -> None:
    assert "Shown by:" in promise
    assert re.search(r"`(tests/|make )", promise.split("Shown by:")[1])


def test_commands_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) <= targets


def test_files_that_are_linked_exist() -> None:
    assert [link for link in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT) if not (ROOT / "docs" / link).exists()] == []
