"""A fulfilment that a partner did not take is told once more, as long as it is still to be shipped."""

from collections.abc import Callable

import pytest

from streams.deadletter import DeadLetter, pack
from streams.letters import Letter
from streams.read import MemoryLog
from streams.redelivery import Redelivery, redeliver
from tests.story import Story, line, one_shop
from tests.streams.logs import Logs

HEADERS = [("ce_id", b"0-5-2")]


def sold() -> Story:
    story = one_shop({"reno": {"CUP": 9}, "newark": {"CUP": 9}})
    story.node("reno", cancel="confirm")
    story.place("1", line("CUP", 3))
    return story


def refused(story: Story, *which: int) -> Redelivery:
    """The fulfilment events of the story at these places are dead letters of its partner."""
    topics = Logs(story).topics()
    records = [topics["fulfilments"][0][at] for at in which or range(len(topics["fulfilments"][0]))]
    return redeliver(MemoryLog(topics), [letter(record.offset, record.value) for record in records])


def letter(offset: int, value: bytes, topic: str = "fulfilments") -> Letter:
    headers, original = pack(HEADERS, value)
    about = DeadLetter(
        verdict="rejected",
        stage="deliver",
        code="http_422",
        sentence="No.",
        topic=topic,
        partition=2,
        offset=offset,
        shop="web",
        key="acme/web/1",
        headers=headers,
        original=original,
    )
    return Letter(0, offset, 0, about)


def test_one_that_is_still_to_be_shipped_goes_again_byte_for_byte_to_its_partition() -> None:
    story = sold()
    [(partition, (key, value, headers))] = refused(story).records

    assert (partition, key, headers) == (2, "acme/web/1", HEADERS)
    assert value == Logs(story).topics()["fulfilments"][0][0].value


def moves_on(story: Story) -> None:
    story.refuse(story.fulfilment("1"))


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        (lambda story: story.ship(story.fulfilment("1")), "no longer to be shipped"),
        (lambda story: story.cancel("1"), "no longer to be shipped"),
        (moves_on, "no longer to be shipped"),
        (lambda story: story.ship(story.fulfilment("1"), ("CUP", 1)), "changed since"),
        (lambda story: story.reduce("1", "R1", ("CUP", 1)), "changed since"),
    ],
)
def test_one_that_was_overtaken_stays_where_it_is(since: Callable[[Story], object], reason: str) -> None:
    story = sold()
    since(story)

    plan = refused(story, 0)

    assert plan.records == ()
    [(kept_for, count)] = plan.kept_back.items()
    assert kept_for.startswith(reason)
    assert count == 1


def test_of_an_order_that_went_elsewhere_the_new_node_is_told() -> None:
    story = sold()
    moves_on(story)

    plan = refused(story)

    assert [b'"node":"newark"' in value for _, (_, value, _) in plan.records] == [True]
    assert sum(plan.kept_back.values()) == 1


def test_a_cancel_is_told_again_to_a_node_that_knows_what_it_cancels() -> None:
    story = sold()
    story.cancel("1")

    assert len(refused(story, 1).records) == 1
    assert refused(story, 0, 1).kept_back == {
        "no longer to be shipped: cancelled, shipped, or sourced elsewhere": 1,
        "a cancel of what the node never took": 1,
    }


def test_a_record_that_was_refused_twice_goes_once_and_what_is_no_fulfilment_stays() -> None:
    story = sold()

    assert len(refused(story, 0, 0).records) == 1
    assert redeliver(MemoryLog({}), [letter(9, b"\xff"), letter(8, b"{}", topic="raw")]) == Redelivery((), {"not a fulfilment": 1})
