"""What `yipan order` says, as a person reads it."""

import msgspec
import pytest
from hypothesis import given, settings
from rich.console import Console

from deploy.life import WIDTH, attribution, lived, took
from streams.attribution import attribute
from streams.explain import Story as Told
from streams.explain import explain
from streams.parcels import boxes
from streams.read import MemoryLog
from tests.lived import HISTORIES, HOUR, History, Lived, live, teahouse
from tests.story import key, line
from tests.streams.logs import Logs

NOW = 900 * HOUR


def brought_home() -> Lived:
    story = teahouse()
    story.now = 3 * HOUR
    story.place("1", line("LONGJING", 2), at=2 * HOUR, placed_at=HOUR, holds=("payment",))
    story.now = 8 * HOUR
    story.release("1")
    story.ship(story.fulfilment("1"), at=20 * HOUR, tracking="gl 1")
    story.track("GL1", "delivered", at=50 * HOUR)
    story.take_back("1", ("", "LONGJING", 1), node="shanghai", at=90 * HOUR)
    return story


def read(story: Lived) -> str:
    told = explain(MemoryLog(Logs(story).topics()), key("1"))
    assert isinstance(told, Told)
    console = Console(width=160)
    with console.capture() as said:
        console.print(lived(told, attribute(story.told(), NOW), boxes(story.told())))
    return said.get()


def row(text: str, *words: str) -> list[str]:
    """Of the one line that has all these words, its cells."""
    [found] = [line for line in text.splitlines() if all(word in line for word in words)]
    return [cell.strip() for cell in found.strip("│ ").split("│")]


def test_the_whole_life_is_read_from_placing_to_the_way_back() -> None:
    text = read(brought_home())

    assert "Where its 2 d 1 h went" in text
    assert row(text, "■", "payment")[-1] == "5 h"
    assert row(text, "■", "gull") == ["■", "carrier gull", "shipped", "1970-01-01 20:00:00.000", "1 d 6 h"]
    assert row(text, "to hangzhou")[2].startswith("ship 2 × LONGJING")
    assert row(text, "came back to shanghai")[-1] == "1970-01-04 18:00:00.000"
    assert row(text, "GL1", "2 × LONGJING", "hangzhou")[-1] == "1970-01-03 02:00:00.000"


def test_what_went_no_further_is_told_without_what_it_held() -> None:
    logs = Logs(brought_home())
    logs.ignore(logs.raw, code="http_422", verdict="rejected")
    logs.raw += 1

    told = explain(MemoryLog(logs.topics()), key("1"))

    assert isinstance(told, Told)
    assert [stopped.code for stopped in told.stopped] == ["http_422"]
    assert b"original" not in msgspec.json.encode(told)


@pytest.mark.parametrize(
    ("ms", "said"), [(0, "0 ms"), (950, "950 ms"), (61_000, "1 min 1 s"), (3 * HOUR, "3 h"), (50 * HOUR, "2 d 2 h"), (24 * HOUR, "1 d")]
)
def test_a_time_is_said_in_its_two_largest_units(ms: int, said: str) -> None:
    assert took(ms) == said


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(HISTORIES)
def test_the_bar_is_as_long_as_it_is_whatever_it_is_made_of(history: History) -> None:
    console = Console(width=160)
    with console.capture() as said:
        console.print(attribution(attribute(live(history).told(), NOW)))

    assert said.get().count("█") == WIDTH
