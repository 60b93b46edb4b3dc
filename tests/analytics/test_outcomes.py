"""What a decision was about, and how it ended for its own order."""

from analytics.outcome import outcome
from tables import events as e
from tests.analytics.test_rows import decision


def test_an_order_filled_by_the_decision_on_another_does_not_name_it() -> None:
    """Order 5 is backordered; that its amendment let order 4 be filled changes nothing of that."""
    row = e.Row("1", "PUER-CAKE", 1)
    placed = e.OrderPlaced(
        order="5", shop="s", channel="c", segment="b2c", number="", revision=2, updated_at=1, digest="", placed_at=1, received_at=1,
        currency="CNY", region="", priority=0, lines=(),
    )  # fmt: skip
    waits = e.Backordered(order="5", rows=(e.Waiting("1", "PUER-CAKE", 3),))
    other = e.Reserved(order="4", fulfilment="F4", node="Suzhou", rows=(row,))
    assert outcome(decision(placed, waits, other)).word == "backordered"


def test_a_person_who_holds_an_order_is_what_the_decision_is_about() -> None:
    held = decision(e.OrderHeld(order="4", reasons=("manual",), by="mei", why="odd"))
    assert (outcome(held).kind, outcome(held).word) == ("hold", "held")


def test_what_ends_because_its_time_is_up_is_the_ticks_doing() -> None:
    cancelled = e.OrderCancelled(order="4", updated_at=1, digest="policy", reason="payment_expired", by="policy")
    assert outcome(decision(e.Ticked(at=9), cancelled)).kind == "tick"
