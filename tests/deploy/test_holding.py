"""An order that a person keeps back."""

import pytest
from msgspec.structs import replace

from deploy.faults import Fault
from deploy.holding import hold
from streams.commands import HoldOrder
from streams.explain import Story
from tests.deploy.importing import Broker
from tests.deploy.test_releasing import NOW, held_for


def keep_back(story: Story, why: str = "the address is a building site") -> Broker:
    broker = Broker()
    hold(story, why, "hanne", broker, NOW)  # type: ignore[arg-type]
    return broker


def test_the_pool_is_told_who_keeps_it_back_and_why() -> None:
    [told] = keep_back(held_for("payment")).heard()

    assert told == HoldOrder(
        pool="north", cause=("operator", 2, NOW, 0), order="acme/web/7", by="hanne", why="the address is a building site"
    )


def stands(status: str) -> Story:
    story = held_for()
    assert story.status is not None
    return replace(story, status=replace(story.status, status=status))


@pytest.mark.parametrize(
    ("story", "why", "said"),
    [
        (held_for("manual"), "odd", "kept back already"),
        (stands("delivered"), "odd", "it is delivered"),
        (stands("cancelled"), "odd", "it is cancelled"),
        (replace(held_for(), status=None), "odd", "it is refused"),
        (held_for(), " ", "Say why"),
        (held_for(), "o" * 501, "Say why"),
    ],
)
def test_what_cannot_be_kept_back_says_so(story: Story, why: str, said: str) -> None:
    with pytest.raises(Fault, match=said):
        keep_back(story, why)
