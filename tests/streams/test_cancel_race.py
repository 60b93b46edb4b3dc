"""A cancel races the parcel: the node answers that it is cancelled, or that it is too late, or just ships. Whichever the log has first
holds, and stock balances in every ending, whatever comes twice, late or in another order."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.announce import status
from tables.events import CancelRequested, Refused
from tests.story import Story, key, line, of_type, said
from tests.streams.histories import fast
from tests.streams.logs import Logs

HAD = 10


@pytest.fixture
def story() -> Story:
    """Four units promised by a node that answers cancels."""
    return begun()


def begun() -> Story:
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hamburg", cancel="confirm")
    story.shop("web")
    story.receive("hamburg", ASSAM=HAD)
    story.place("1", line("ASSAM", 4))
    return story


def word(story: Story) -> str:
    return status(story.pool, key("1"), 0).status


def units(story: Story) -> tuple[int, int, int]:
    """On the shelf, promised, shipped."""
    shelf = story.pool.stock["hamburg"]
    return shelf.on_hand.get("ASSAM", 0), shelf.reserved.get("ASSAM", 0), sum(row.quantity for row in story.order("1").shipped)


# ---------------------------------------------------------------------------------------------- the endings
def test_a_cancel_that_the_node_confirms_gives_all_back(story: Story) -> None:
    name = story.fulfilment("1")
    story.cancel("1")
    assert word(story) == "cancel_requested"

    story.refuse(name, "cancelled")

    assert (word(story), units(story)) == ("cancelled", (HAD, 0, 0))
    assert said(story.ship(name)) == ["Refused"]
    assert said(story.too_late(name)) == ["Stale"]


def test_a_cancel_that_is_too_late_ships(story: Story) -> None:
    name = story.fulfilment("1")
    story.cancel("1")

    assert said(story.too_late(name)) == ["CancelRefused"]
    assert (word(story), units(story)) == ("cancel_refused", (HAD - 4, 4, 0))

    story.ship(name)
    assert (word(story), units(story)) == ("shipped", (HAD - 4, 0, 4))


def test_a_shipment_before_any_answer_is_an_answer(story: Story) -> None:
    name = story.fulfilment("1")
    story.cancel("1")
    story.ship(name)

    assert said(story.too_late(name)) == ["Stale"]
    assert said(story.refuse(name, "cancelled")) == ["Refused"]
    assert (word(story), units(story)) == ("shipped", (HAD - 4, 0, 4))


def test_a_node_that_finds_the_parcel_after_all_may_still_give_it_back(story: Story) -> None:
    name = story.fulfilment("1")
    story.cancel("1")
    story.too_late(name)
    story.refuse(name, "cancelled")

    assert (word(story), units(story)) == ("cancelled", (HAD, 0, 0))


def test_what_was_too_late_once_is_not_asked_for_again(story: Story) -> None:
    story.reduce("1", "refund", ("ASSAM", 1))
    story.too_late(story.fulfilment("1"))

    [asked] = of_type(story.cancel("1"), CancelRequested)

    assert [row.quantity for row in asked.rows] == [3]


def test_an_answer_to_a_part_leaves_the_rest_alone_however_often_it_is_told(story: Story) -> None:
    name = story.fulfilment("1")
    story.reduce("1", "refund", ("ASSAM", 1))
    story.refuse(name, "cancelled")

    assert said(story.refuse(name, "cancelled")) == ["Stale"]
    assert said(story.too_late(name)) == ["Stale"]
    assert units(story) == (HAD - 3, 3, 0)


def test_nobody_is_too_late_for_what_was_not_asked(story: Story) -> None:
    [refused] = of_type(story.too_late(story.fulfilment("1")), Refused)

    assert refused.code == "not_asked"


def test_one_answer_under_one_number_is_one_answer(story: Story) -> None:
    """The number is remembered: told again after a second request, it does not answer that one."""
    name = story.fulfilment("1")
    story.reduce("1", "refund", ("ASSAM", 1))
    story.too_late(name, "L-1")
    story.cancel("1")

    assert said(story.too_late(name, "L-1")) == ["Duplicate"]
    assert word(story) == "cancel_requested"


# ---------------------------------------------------------------------------------------------- any interleaving
Message = Callable[[Story, str], object]
MESSAGES: dict[str, Message] = {
    "cancel": lambda story, name: story.cancel("1", at=20),
    "refund": lambda story, name: story.reduce("1", "refund", ("ASSAM", 1)),
    "wanted after all": lambda story, name: story.place("1", line("ASSAM", 3), at=30),
    "cancelled": lambda story, name: story.refuse(name, "cancelled"),
    "too late": lambda story, name: story.too_late(name, "L-1"),
    "too late, another time": lambda story, name: story.too_late(name, "L-2"),
    "ships": lambda story, name: story.ship(name, document="S-1", at=4),
    "ships one": lambda story, name: story.ship(name, ("ASSAM", 1), document="S-2", at=4),
    "packed": lambda story, name: story.progress(name, "packed"),
    "picking": lambda story, name: story.progress(name, "picking"),
    "counted before": lambda story, name: story.count("hamburg", at=2, document="C-1", ASSAM=HAD),
}


@fast
@given(st.lists(st.sampled_from(sorted(MESSAGES)), max_size=14))
def test_every_ending_balances(messages: list[str]) -> None:
    """Units are on the shelf, promised or shipped, nowhere else; the checker, which knows no rules, finds nothing."""
    story = begun()
    name = story.fulfilment("1")
    for message in messages:
        MESSAGES[message](story, name)
        assert sum(units(story)) == HAD
    assert Logs(story).check().violations == ()

    story.cancel("1", at=40)
    for open_one in list(story.order("1").open_fulfilments):
        story.refuse(open_one, "cancelled")
    on_hand, reserved, shipped = units(story)
    assert (reserved, on_hand + shipped) == (0, HAD)
    assert word(story) in (("shipped", "cancelled") if shipped else ("cancelled",))


@fast
@given(st.permutations(["cancel", "cancelled", "cancelled", "too late", "ships", "packed"]))
def test_the_first_ending_in_the_log_holds(messages: list[str]) -> None:
    """After the cancel: the first of `cancelled` and the shipment. Before it nobody is asked, and `cancelled` is a node's own refusal,
    after which the order goes nowhere else: there is no other node. A cancel of what has left is its shop's last word."""
    story = begun()
    name = story.fulfilment("1")
    for message in messages:
        MESSAGES[message](story, name)
    ships = messages.index("ships") < messages.index("cancelled")

    last = "shipped" if messages.index("cancel") < messages.index("ships") else "cancelled"
    assert (word(story), units(story)) == ((last, (HAD - 4, 0, 4)) if ships else ("cancelled", (HAD, 0, 0)))
