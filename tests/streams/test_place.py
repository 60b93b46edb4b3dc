"""Placing, amending, cancelling and refunding orders."""

from itertools import permutations

import pytest

from streams.rules.announce import status
from streams.rules.fulfil import fulfil
from tables.events import OrderPlaced, Reserved, Unreserved
from tests.story import Story, key, line, of_type, one_shop, said


def test_an_order_is_promised_once_however_often_it_is_delivered() -> None:
    story = one_shop({"hall": {"LAMP": 5}})

    story.place("7", line("LAMP", 2), at=10)
    again = [said(story.place("7", line("LAMP", 2), at=10)) for _ in range(4)]

    assert again == [["Duplicate"]] * 4
    assert story.at("7") == {"hall": {"LAMP": 2}}


def test_an_older_revision_never_overwrites_a_newer_one() -> None:
    story = one_shop({"hall": {"LAMP": 5}})

    story.place("7", line("LAMP", 3), at=20)
    late = story.place("7", line("LAMP", 1), at=10)

    assert said(late) == ["Stale"]
    assert story.at("7") == {"hall": {"LAMP": 3}}


@pytest.mark.parametrize("arrival", list(permutations([1, 2, 3])))
def test_revisions_in_any_order_of_arrival_end_alike(arrival: tuple[int, ...]) -> None:
    story = one_shop({"hall": {"LAMP": 9}})

    for revision in arrival:
        story.place("7", line("LAMP", revision), at=revision)

    assert story.at("7") == {"hall": {"LAMP": 3}}


def test_two_edits_in_one_second_are_two_revisions_in_order_of_arrival() -> None:
    story = one_shop({"hall": {"LAMP": 9}})

    story.place("7", line("LAMP", 1), at=10)
    decision = story.place("7", line("LAMP", 2), at=10)

    assert of_type(decision, OrderPlaced)[0].revision == 2
    assert story.at("7") == {"hall": {"LAMP": 2}}
    assert said(story.place("7", line("LAMP", 1), at=10)) == ["Duplicate"]


def test_a_cancel_gives_back_exactly_what_was_reserved() -> None:
    story = one_shop({"hall": {"LAMP": 5}})
    story.place("7", line("LAMP", 2))

    first, second = story.cancel("7", at=2), story.cancel("7", at=3)

    assert said(first) == ["OrderCancelled", "Unreserved"]
    assert said(second) == ["Duplicate"]
    assert story.pool.on_hand("hall", "LAMP") == 5
    assert story.pool.free_units("b2c", "LAMP") == 5


def test_a_cancel_may_come_before_its_order() -> None:
    story = one_shop({"hall": {"LAMP": 5}})

    story.cancel("7", at=20)

    assert said(story.place("7", line("LAMP"), at=10)) == ["Stale"]
    assert said(story.place("7", line("LAMP"), at=20)) == ["Stale"]
    assert story.pool.on_hand("hall", "LAMP") == 5
    assert status(story.pool, key("7"), 0).status == "cancelled"


def test_a_shop_may_reopen_what_it_cancelled() -> None:
    story = one_shop({"hall": {"LAMP": 5}})
    story.place("7", line("LAMP"), at=1)
    story.cancel("7", at=2)

    story.place("7", line("LAMP"), at=3)

    assert story.at("7") == {"hall": {"LAMP": 1}}


def test_an_amended_order_keeps_what_it_holds_where_it_can() -> None:
    story = one_shop({"hall": {"LAMP": 5, "SHADE": 5}, "attic": {"BULB": 5}})
    story.place("7", line("LAMP", 2), line("SHADE", 2), at=1)
    kept = story.fulfilment("7")

    decision = story.place("7", line("LAMP", 2), line("SHADE", 1), line("BULB", 4), at=2)

    [back] = of_type(decision, Unreserved)
    [more] = of_type(decision, Reserved)
    assert (back.fulfilment, [(row.sku, row.quantity) for row in back.rows]) == (kept, [("SHADE", 1)])
    assert (more.node, [(row.sku, row.quantity) for row in more.rows]) == ("attic", [("BULB", 4)])
    assert story.at("7") == {"hall": {"LAMP": 2, "SHADE": 1}, "attic": {"BULB": 4}}


def test_what_an_amendment_gives_back_goes_to_who_waits() -> None:
    story = one_shop({"hall": {"LAMP": 2}})
    story.place("7", line("LAMP", 2), at=1)
    story.place("8", line("LAMP", 1), at=1)

    decision = story.place("7", line("LAMP", 1), at=2)

    assert [event.order for event in of_type(decision, Reserved)] == [key("8")]


@pytest.mark.parametrize("order", list(permutations(["place", "refund", "payload"])))
def test_a_refund_counts_once_whichever_way_it_is_heard_of(order: tuple[str, ...]) -> None:
    """On its own, inside the order's payload, or before the order."""
    story = one_shop({"hall": {"LAMP": 5}})
    tellings = {
        "place": lambda: story.place("7", line("LAMP", 3), at=1),
        "refund": lambda: story.reduce("7", "refund-1", ("LAMP", 2)),
        "payload": lambda: story.place("7", line("LAMP", 3), at=2, reductions=(("refund-1", (("LAMP", 2),)),)),
    }

    for telling in order:
        tellings[telling]()

    assert story.at("7") == {"hall": {"LAMP": 1}}


def test_an_unknown_listing_is_held_and_goes_on_when_it_is_imported() -> None:
    story = one_shop({"hall": {"LAMP": 5, "BULB": 5}})

    held = story.place("7", line("LAMP"), line("GIFT-BOX", 2, parts=()))
    assert said(held) == ["OrderPlaced", "OrderHeld"]
    assert said(story.release("7")) == ["Refused"]

    decision = story.listing("web", "GIFT-BOX", ("LAMP", 1), ("BULB", 2))

    assert said(decision) == ["ListingSet", "OrderResolved", "HoldReleased", "Considered", "Reserved"]
    assert story.at("7") == {"hall": {"LAMP": 3, "BULB": 4}}


def test_an_order_that_crosses_with_its_listing_is_not_held() -> None:
    """The order was read before the listing came, and decided after."""
    story = one_shop({"hall": {"LAMP": 5}})
    story.listing("web", "GIFT-BOX", ("LAMP", 1))

    assert "OrderHeld" not in said(story.place("7", line("GIFT-BOX", parts=())))


def test_a_listing_that_turns_out_to_be_no_goods_leaves_the_order() -> None:
    story = one_shop({"hall": {"LAMP": 5}})
    story.place("7", line("LAMP"), line("VOUCHER", parts=()))

    story.listing("web", "VOUCHER")

    assert story.at("7") == {"hall": {"LAMP": 1}}


def test_a_held_order_is_promised_nothing_until_all_its_holds_are_gone() -> None:
    story = one_shop({"hall": {"LAMP": 5}})

    story.place("7", line("LAMP"), holds=("payment", "fraud"))
    story.release("7", "fraud")
    assert story.at("7") == {}

    story.release("7", "payment")
    assert story.at("7") == {"hall": {"LAMP": 1}}


def test_a_hold_that_a_person_released_does_not_come_back_with_the_next_delivery() -> None:
    story = one_shop({"hall": {"LAMP": 5}})
    story.place("7", line("LAMP"), holds=("fraud",), at=1)
    story.release("7", "fraud")

    story.place("7", line("LAMP", 2), holds=("fraud",), at=2)

    assert story.at("7") == {"hall": {"LAMP": 2}}


def test_payment_ends_a_payment_hold() -> None:
    story = one_shop({"hall": {"LAMP": 5}})
    story.place("7", line("LAMP"), holds=("payment",), at=1)

    story.place("7", line("LAMP"), at=2)

    assert story.at("7") == {"hall": {"LAMP": 1}}


def test_a_held_order_does_not_wait_in_the_queue() -> None:
    story = one_shop({"hall": {}})
    story.place("7", line("LAMP"), at=1)
    story.place("7", line("LAMP"), at=2, holds=("fraud",))

    assert not of_type(story.receive("hall", LAMP=5), Reserved)


def test_an_order_of_an_unknown_shop_is_refused_with_a_sentence_and_not_remembered() -> None:
    story = Story()
    story.node("hall")

    decision = story.place("7", line("LAMP"))

    assert said(decision) == ["Refused"]
    assert "web" in decision.events[0].sentence  # type: ignore[union-attr]
    story.shop("web")
    assert "OrderPlaced" in said(story.place("7", line("LAMP")))


def test_a_hold_calls_back_what_a_node_was_told_and_its_end_promises_it_anew() -> None:
    """A payment that is voided after the order went to the warehouse must not leave the house."""
    story = one_shop({"hall": {"LAMP": 5}})
    story.place("7", line("LAMP", 2), at=1)

    held = story.place("7", line("LAMP", 2), at=2, holds=("payment",))
    assert [(told.type, told.final) for told in fulfil(held, 0)] == [("FulfilmentCancelled", True)]
    assert (story.at("7"), story.pool.on_hand("hall", "LAMP")) == ({}, 5)
    assert status(story.pool, key("7"), 0).status == "held"

    story.place("7", line("LAMP", 2), at=3)
    assert story.at("7") == {"hall": {"LAMP": 2}}


def test_a_node_that_must_confirm_is_asked_and_what_it_answers_after_the_hold_is_sourced_anew() -> None:
    story = one_shop({"hall": {"LAMP": 5}})
    story.node("hall", cancel="confirm")
    story.place("7", line("LAMP", 2), at=1)
    told = story.fulfilment("7")

    held = story.place("7", line("LAMP", 2), at=2, holds=("fraud",))
    assert [found.final for found in fulfil(held, 0)] == [False]
    released = story.release("7")
    assert not of_type(released, Reserved), "the node has not answered: it may still ship these"

    story.refuse(told, "cancelled")
    assert story.at("7") == {"hall": {"LAMP": 2}}
    assert story.fulfilment("7") != told


def test_what_a_held_order_gives_back_goes_to_who_waits() -> None:
    story = one_shop({"hall": {"LAMP": 2}})
    story.place("7", line("LAMP", 2), at=1)
    story.place("8", line("LAMP", 1), at=1)

    decision = story.place("7", line("LAMP", 2), at=2, holds=("payment",))

    assert [event.order for event in of_type(decision, Reserved)] == [key("8")]
