"""A held order that a person lets go on."""

import pytest

from connectors.contract import OrderStatus
from deploy.faults import Fault
from deploy.releasing import release
from streams.commands import ReleaseHold
from streams.explain import Chapter, Story
from tests.deploy.importing import Broker

NOW = 1_790_000_000_000


def held_for(*reasons: str) -> Story:
    status = OrderStatus(
        tenant="acme", shop="web", order="7", status="held" if reasons else "reserved", revision=1, position=3, ordered=2, holds=reasons
    )
    chapter = Chapter(
        partition=2,
        offset=3,
        src_offset=3,
        at=0,
        pool="north",
        seq=1,
        asked="PlaceOrder",
        command_id="",
        decider=1,
        policy_version=0,
        events=(),
        arrival=None,
    )
    return Story(order="acme/web/7", number="#7", status=status, lines=(), chapters=(chapter,), told=())


def let_go(story: Story, *reasons: str) -> tuple[tuple[str, ...], Broker]:
    broker = Broker()
    return release(story, reasons, "hanne", broker, NOW), broker  # type: ignore[arg-type]


def test_the_pool_is_told_to_let_the_order_go_and_who_said_so() -> None:
    released, broker = let_go(held_for("payment", "status:awaiting-pickup"))

    assert released == ("payment", "status:awaiting-pickup")
    [told] = broker.heard()
    assert told == ReleaseHold(pool="north", cause=("operator", 2, NOW, 0), order="acme/web/7", reasons=released, by="hanne")


def test_one_reason_may_go_and_another_stay() -> None:
    released, _ = let_go(held_for("payment", "test"), "payment")

    assert released == ("payment",)


@pytest.mark.parametrize(
    ("holds", "asked", "said"),
    [
        ((), (), "is not held"),
        (("payment",), ("test",), "not held for test, but for payment"),
        (("unknown_listing",), (), "import it in listings.csv"),
        (("payment", "unknown_listing"), ("unknown_listing",), "import it in listings.csv"),
    ],
)
def test_what_cannot_be_released_says_why(holds: tuple[str, ...], asked: tuple[str, ...], said: str) -> None:
    with pytest.raises(Fault, match=said):
        let_go(held_for(*holds), *asked)


def test_an_unknown_listing_stays_while_the_rest_goes() -> None:
    released, _ = let_go(held_for("payment", "unknown_listing"))

    assert released == ("payment",)
