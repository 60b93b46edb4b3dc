"""Money that a person gives back."""

import pytest
from msgspec.structs import replace

from deploy.faults import Fault
from deploy.refunding import refund
from streams.commands import RefundOrder
from streams.explain import Story
from tables.events import OrderPlaced
from tests.deploy.importing import Broker
from tests.deploy.test_releasing import NOW, held_for


def paid_in(currency: str) -> Story:
    placed = OrderPlaced(
        order="acme/web/7",
        shop="web",
        channel="canonical",
        segment="b2c",
        number="#7",
        revision=1,
        updated_at=1,
        digest="d",
        placed_at=1,
        received_at=1,
        currency=currency,
        region="",
        priority=0,
        lines=(),
    )
    story = held_for()
    return replace(story, chapters=(replace(story.chapters[0], events=(placed,)),))


@pytest.mark.parametrize(("currency", "amount", "units"), [("EUR", "12.50", 1_250), ("JPY", "300", 300), ("KWD", "0.125", 125)])
def test_an_amount_is_of_the_orders_currency(currency: str, amount: str, units: int) -> None:
    broker = Broker()
    assert refund(paid_in(currency), amount, "arrived late", "hanne", broker, NOW) == (units, currency)  # type: ignore[arg-type]

    [told] = broker.heard()
    assert told == RefundOrder(
        pool="north", cause=("operator", 2, NOW, 0), order="acme/web/7", amount=units, reason="arrived late", by="hanne"
    )


@pytest.mark.parametrize("amount", ["0", "-1", "12,50", "1.005", "NaN", "all of it"])
def test_what_is_no_amount_is_not_sent(amount: str) -> None:
    broker = Broker()
    with pytest.raises(Fault, match="amount"):
        refund(paid_in("EUR"), amount, "late", "hanne", broker, NOW)  # type: ignore[arg-type]
    assert broker.heard() == []


def test_an_order_that_was_never_placed_has_nothing_to_give_back() -> None:
    with pytest.raises(Fault, match="never placed"):
        refund(held_for(), "1", "late", "hanne", Broker(), NOW)  # type: ignore[arg-type]
