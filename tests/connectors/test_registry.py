"""The registry finds whole channels, and says of half-written ones what is missing."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import connectors.channels
from connectors.registry import HalfWritten, channels, find

WHOLE = """
class Telegraph:
    name = "{name}"
    polls = False
    def receive(self, hook, secret): ...
    def parse(self, raw, shop): ...
    def poll(self, fetch, shop, cursor, now): ...
CHANNEL = Telegraph()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable package without channels."""
    package = tmp_path / "postoffice"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "postoffice"]:
        monkeypatch.delitem(sys.modules, name)
    return package


def package(folder: Path) -> ModuleType:
    return import_module(folder.name)


def test_every_channel_of_ours_is_found_under_its_own_name() -> None:
    assert list(channels()) == sorted(path.stem for path in Path(connectors.channels.__path__[0]).glob("[!_]*.py"))
    assert all(channel.name == name for name, channel in channels().items())


def test_a_file_with_a_channel_is_a_channel(folder: Path) -> None:
    (folder / "telegraph.py").write_text(WHOLE.format(name="telegraph"))
    (folder / "_morse.py").write_text("raise SystemExit('this is no channel')")

    assert list(find(package(folder))) == ["telegraph"]


def test_two_channels_of_one_name_are_refused(folder: Path) -> None:
    (folder / "pigeon.py").write_text(WHOLE.format(name="post"))
    (folder / "rider.py").write_text(WHOLE.format(name="post"))

    with pytest.raises(HalfWritten, match=r"call their channel 'post': rename the one in rider\.py"):
        find(package(folder))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "has no CHANNEL"),
        (WHOLE.replace("CHANNEL = Telegraph()", "CHANNEL = Telegraph"), "has no CHANNEL"),
        (WHOLE.format(name=""), "has no usable name"),
        (WHOLE.format(name="tele/graph"), "has no usable name"),
        (WHOLE.replace("polls = False", "pass"), "does not say whether it polls"),
        (WHOLE.replace("def receive", "def hear"), "cannot receive: write that method"),
        (WHOLE.replace("def parse", "def read"), "cannot parse: write that method"),
        (WHOLE.replace("def poll", "def ask"), "cannot poll: write that method"),
    ],
    ids=["empty", "a class", "nameless", "slash", "polls", "receive", "parse", "poll"],
)
def test_a_half_written_channel_is_refused_with_what_is_missing(folder: Path, source: str, sentence: str) -> None:
    (folder / "telegraph.py").write_text(source)

    with pytest.raises(HalfWritten, match=sentence) as refused:
        find(package(folder))
    assert "telegraph.py" in str(refused.value)
