"""Orders in the stead of orders: goods of parcels that were lost or came back, and goods in exchange, go out once more at no charge."""

from typing import Literal

import pytest

from streams.rules.announce import status
from streams.rules.fulfil import fulfil
from tables import events as e
from tables.policy import DAY_MS, Policy
from tests.story import Story, key, line, of_type, one_shop, said

PARCEL = "GL-1"
CHILD = "1~x1"
Lost = Literal["reissue", "hold", "nothing"]
Back = Literal["restock", "reissue", "nothing"]


def shipped(lost: Lost = "nothing", back: Back = "nothing", stock: int = 9) -> Story:
    """Two kettles and a tea set of Ama's have left east in one parcel."""
    story = one_shop({"east": {"KETTLE": stock, "POT": 2, "CUP": 8}})
    story.policy(Policy(lost=lost, returned_to_sender=back))
    story.place("1", line("KETTLE", 2), line("SET", 1, "set", [("POT", 1), ("CUP", 4)]), sealed="k1.ama", region="DE")
    story.ship(story.fulfilment("1"), tracking=PARCEL)
    return story


def children(story: Story) -> tuple[str, ...]:
    after = story.order("1").after
    return after.children if after else ()


# ---------------------------------------------------------------------------------------------- lost
def test_a_lost_parcel_goes_out_once_more_as_an_order_of_its_own_at_no_charge() -> None:
    story = shipped(lost="reissue")

    decision = story.track(PARCEL, "lost")

    assert said(decision)[:3] == ["Tracked", "Reissued", "OrderPlaced"]
    [placed] = of_type(decision, e.OrderPlaced)
    assert (placed.order, placed.of, placed.region, placed.sealed) == (key(CHILD), key("1"), "DE", "k1.ama")
    assert [(one.line, one.quantity, one.price, one.parts) for one in placed.lines] == [
        ("KETTLE", 2, 0, (("KETTLE", 1),)),
        ("set", 1, 0, (("POT", 1), ("CUP", 4))),
    ]
    assert story.at(CHILD) == {"east": {"KETTLE": 2, "POT": 1, "CUP": 4}}
    assert children(story) == (key(CHILD),)
    assert [told.recipient for told in fulfil(decision, 0)] == ["k1.ama"]


def test_whatever_is_repeated_it_goes_out_once() -> None:
    story = shipped(lost="reissue", back="reissue")
    for at in (6, 6, 7, 8):
        story.track(PARCEL, "lost", at=at)
    story.track(PARCEL, "returned", at=9)

    assert said(story.reissue("1", PARCEL)) == ["Duplicate"]
    assert children(story) == (key(CHILD),)


@pytest.mark.parametrize("policy", ["nothing", "hold", "reissue"])
def test_a_parcel_that_arrived_was_not_lost(policy: Lost) -> None:
    story = shipped(lost=policy)
    story.track(PARCEL, "delivered", at=8)
    story.track(PARCEL, "lost", at=9)

    assert children(story) == ()


def test_what_nobody_wants_any_more_does_not_go_out_once_more() -> None:
    """It was cancelled after the hand-over."""
    story = shipped(lost="reissue", back="reissue")
    story.cancel("1", at=20)
    story.track(PARCEL, "lost", at=30)
    story.track(PARCEL, "returned", at=31)

    assert children(story) == ()


def test_what_was_given_back_for_a_lost_parcel_does_not_go_out_once_more() -> None:
    story = shipped(lost="reissue")
    story.reduce("1", "refund-1", ("KETTLE", 1), ("set", 1))
    story.track(PARCEL, "lost")

    assert story.at(CHILD) == {"east": {"KETTLE": 1}}


def test_by_policy_a_person_looks_first() -> None:
    story = shipped(lost="hold")
    story.track(PARCEL, "lost")
    assert story.order(CHILD).holds == ("lost_parcel",)
    assert story.at(CHILD) == {}

    story.release(CHILD, "lost_parcel")

    assert story.at(CHILD) == {"east": {"KETTLE": 2, "POT": 1, "CUP": 4}}


def test_without_a_policy_a_person_may_say_so() -> None:
    story = shipped()
    story.track(PARCEL, "lost")
    assert children(story) == ()

    [reissued] = of_type(story.reissue("1", "gl-1 "), e.Reissued)

    assert (reissued.child, reissued.reason, reissued.by) == (key(CHILD), "asked", "mei")
    [refused] = of_type(story.reissue("1", "GL-7"), e.Refused)
    assert refused.code == "unknown_parcel"


def test_a_parcel_whose_shipment_is_told_of_after_its_loss_is_reissued_too() -> None:
    story = one_shop({"east": {"KETTLE": 9}})
    story.policy(Policy(lost="reissue"))
    story.place("1", line("KETTLE", 3))
    story.track(PARCEL, "lost")
    for units in (1, 2):
        story.ship(story.fulfilment("1"), ("KETTLE", units), tracking=PARCEL)

    assert [sum(row.quantity for row in story.order(f"1~x{n}").open_fulfilments[story.fulfilment(f"1~x{n}")].rows) for n in (1, 2)] == [
        1,
        2,
    ]


def test_what_came_back_is_not_sent_again() -> None:
    story = shipped(lost="reissue")
    story.take_back("1", ("KETTLE", "KETTLE", 2), node="east")
    story.track(PARCEL, "lost")

    assert [one.line for one in story.order(CHILD).lines] == ["set"]


def test_a_parcel_that_is_found_again_moves_nothing_back_but_is_said() -> None:
    story = shipped(lost="reissue")
    story.track(PARCEL, "lost", at=6)

    assert said(story.track(PARCEL, "delivered", at=9)) == ["Tracked", "ParcelFound", "Delivered"]
    assert said(story.track(PARCEL, "delivered", at=9)) == ["Duplicate"]
    assert story.at(CHILD) == {"east": {"KETTLE": 2, "POT": 1, "CUP": 4}}
    assert status(story.pool, key("1"), 0).status == "delivered"


def test_what_cannot_be_had_waits_like_any_other_order() -> None:
    story = shipped(lost="reissue", stock=2)
    story.track(PARCEL, "lost")
    assert status(story.pool, key(CHILD), 0).status == "backordered"

    story.receive("east", KETTLE=2)

    assert story.at(CHILD) == {"east": {"KETTLE": 2, "POT": 1, "CUP": 4}}


def test_a_replacement_may_be_lost_as_well() -> None:
    story = shipped(lost="reissue")
    story.track(PARCEL, "lost")
    story.receive("east", POT=1)
    story.ship(story.fulfilment(CHILD), tracking="GL-2")
    story.track("GL-2", "lost")

    after = story.order("1~x1~x1").after
    assert after is not None
    assert after.of == key(CHILD)


def test_of_an_order_that_may_have_been_known_and_forgotten_the_child_may_have_been_as_well() -> None:
    story = shipped(lost="reissue")
    story.tick(DAY_MS)
    for day in range(20, 460, 20):
        story.tick(day * DAY_MS)
    assert key("1") not in story.pool.orders
    story.receive("east", POT=9, CUP=9)
    story.place("1", line("SET", 1, "set", [("POT", 1), ("CUP", 4)]))
    story.release("1", "suspected_duplicate")
    story.ship(story.fulfilment("1"), tracking="GL-9")
    story.track("GL-9", "lost")

    assert story.order(CHILD).holds == ("suspected_duplicate",)


# ---------------------------------------------------------------------------------------------- back at the sender
def test_what_comes_back_undelivered_is_taken_in_for_inspection() -> None:
    story = shipped(back="restock")
    for at in (6, 7):
        story.track(PARCEL, "returned", at=at)

    assert story.pool.stock["east"].other["quality"] == {"KETTLE": 2, "POT": 1, "CUP": 4}
    assert status(story.pool, key("1"), 0).status == "returned"
    assert said(story.inspect("1", PARCEL, ("KETTLE", "resell", 2), node="east")) == ["Inspected", "StockMoved"]


def test_or_it_goes_out_once_more() -> None:
    story = shipped(back="reissue")
    [reissued] = of_type(story.track(PARCEL, "returned"), e.Reissued)

    assert (reissued.child, reissued.reason, reissued.tracking) == (key(CHILD), "returned_to_sender", PARCEL)


# ---------------------------------------------------------------------------------------------- exchange
def exchanged() -> Story:
    story = shipped()
    story.receive("east", LAMP=3)
    story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1", replacement=(line("LAMP", 1),))
    return story


def test_goods_in_exchange_go_out_at_no_charge() -> None:
    story = exchanged()

    assert story.at(CHILD) == {"east": {"LAMP": 1}}
    assert [one.price for one in story.order(CHILD).lines] == [0]
    assert said(story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1", replacement=(line("LAMP", 1),))) == ["Duplicate"]


def test_a_return_that_is_not_to_come_keeps_its_replacement_here() -> None:
    story = exchanged()

    decision = story.end_return("1", "RMA-1", "cancelled")

    assert said(decision) == ["ReturnEnded", "OrderCancelled", "Unreserved"]
    assert status(story.pool, key(CHILD), 0).status == "cancelled"


def test_what_has_left_in_exchange_is_not_called_back() -> None:
    story = exchanged()
    story.ship(story.fulfilment(CHILD))

    assert said(story.end_return("1", "RMA-1", "refused")) == ["ReturnEnded"]


def test_a_return_that_is_closed_or_given_up() -> None:
    story = exchanged()
    assert said(story.end_return("1", "RMA-1", "closed")) == ["ReturnEnded"]

    story = shipped()
    story.receive("east", LAMP=3)
    story.tick(DAY_MS)
    story.request("1", ("KETTLE", "KETTLE", 1), rma="RMA-1", replacement=(line("LAMP", 1),))
    assert said(story.tick(40 * DAY_MS)) == ["Ticked", "ReturnEnded", "OrderCancelled", "Unreserved"]


def test_the_recipient_of_a_reissued_parcel_is_told_with_no_other_order() -> None:
    """Who waits is filled by the same decision that places the child."""
    story = one_shop({"east": {"KETTLE": 3}})
    story.policy(Policy(lost="reissue"))
    story.place("1", line("KETTLE", 1), sealed="k1.ama")
    story.place("2", line("KETTLE", 4))
    story.track(PARCEL, "lost")
    decision = story.ship(story.fulfilment("1"), tracking=PARCEL)

    assert {told.order: told.recipient for told in fulfil(decision, 0)} == {CHILD: "k1.ama"}
