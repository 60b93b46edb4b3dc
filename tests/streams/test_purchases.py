"""Drop-shipping: what a supplier ships for us is bought of it, and to be credited when it comes back."""

from collections.abc import Callable

import pytest

from streams.decisions import Decision
from streams.rules.fulfil import fulfil
from tables.events import CreditExpected, PurchaseLine, PurchaseOrdered, Refused, Stale
from tables.flow import Flow, ShopFlow
from tables.policy import DAY_MS, Policy
from tests.story import key, line, of_type
from tests.streams.drop_shipping import bill, differences, ordered, prices, purchase, shipped, with_supplier


# ---------------------------------------------------------------------------------------------- the purchase order
def test_what_a_supplier_is_told_to_ship_is_bought_of_it() -> None:
    story = with_supplier()
    decision = story.place("1", line("CUP", 3), line("KETTLE", 1))

    [bought] = of_type(decision, PurchaseOrdered)
    assert (bought.order, bought.fulfilment, bought.node) == (key("1"), story.fulfilment("1"), "kiln")
    assert (bought.currency, bought.freight) == ("EUR", 490)
    assert bought.lines == (PurchaseLine("CUP", "CUP", 3, 700), PurchaseLine("KETTLE", "KETTLE", 1, None))
    assert purchase(story, "1").state == "ordered"


def test_what_our_own_nodes_ship_is_not_bought() -> None:
    story = with_supplier()
    story.count("attic", TEA=5)
    decision = story.place("1", line("TEA", 1))

    assert of_type(decision, PurchaseOrdered) == []
    assert story.order("1").purchases is None


def test_the_node_is_told_the_number_of_the_purchase_and_the_costs() -> None:
    story = with_supplier()
    [told] = fulfil(story.place("1", line("CUP", 3), line("KETTLE", 1)), 0)

    assert told.purchase is not None
    assert (told.purchase.number, told.purchase.currency, told.purchase.freight) == (told.id, "EUR", 490)
    assert [(of.sku, of.quantity, of.cost) for of in told.lines] == [("CUP", 3, 700), ("KETTLE", 1, None)]


def test_what_waits_for_a_wave_is_bought_when_its_node_is_told() -> None:
    story = with_supplier()
    story.policy(Policy(flow=Flow(rule=ShopFlow(merge_minutes=30))))
    story.place("1", line("CUP", 3))
    assert story.order("1").purchases is None
    story.tick(DAY_MS)
    released = story.tick(2 * DAY_MS)

    assert [bought.fulfilment for bought in of_type(released, PurchaseOrdered)] == [story.fulfilment("1")]
    [told] = fulfil(released, 0)
    assert told.purchase is not None


def test_a_new_price_list_holds_for_what_is_bought_after_it() -> None:
    story = with_supplier()
    story.place("1", line("CUP", 1))
    prices(story, "kiln", CUP=800)
    story.place("2", line("CUP", 1))

    assert [purchase(story, order).lines[0].cost for order in ("1", "2")] == [700, 800]


def test_an_older_price_list_and_one_of_an_unknown_node_are_not_taken() -> None:
    story = with_supplier()
    assert of_type(prices(story, "nobody", CUP=1), Refused)
    story._versions = 0
    assert of_type(prices(story, "kiln", CUP=1), Stale)
    assert story.pool.prices["kiln"]["CUP"] == 700


# ---------------------------------------------------------------------------------------------- its life
def test_a_supplier_acknowledges_ships_and_is_paid() -> None:
    story = with_supplier()
    name = ordered(story)
    states = [purchase(story, "1").state]
    story.progress(name, "accepted")
    states.append(purchase(story, "1").state)
    for lines in ([("CUP", 1)], []):
        story.ship(name, *lines)
        states.append(purchase(story, "1").state)
    for document, units in (("INV-1", 2), ("INV-2", 1)):
        bill(story, document, name, ("CUP", units, 700), freight=245)
        states.append(purchase(story, "1").state)

    assert states == ["ordered", "acknowledged", "partially_shipped", "shipped", "billed", "approved"]


@pytest.mark.parametrize(("reason", "state"), [("no_capacity", "declined"), ("short", "declined")])
def test_a_supplier_that_declines_is_followed_by_the_next_candidate(reason: str, state: str) -> None:
    story = with_supplier()
    story.count("attic", CUP=5)
    story.refuse(ordered(story), reason)

    assert purchase(story, "1").state == state
    assert story.at("1") == {"attic": {"CUP": 3}}


def test_a_supplier_that_does_not_answer_in_time_is_followed_by_the_next_candidate() -> None:
    story = with_supplier(accept_minutes=30)
    story.count("attic", CUP=5)
    ordered(story)
    story.tick(1)
    story.tick(DAY_MS)

    assert purchase(story, "1").state == "timed_out"
    assert story.at("1") == {"attic": {"CUP": 3}}


def test_a_cancelled_order_is_not_bought_any_more() -> None:
    story = with_supplier()
    name = ordered(story)
    story.cancel("1")

    assert purchase(story, "1").state == "cancelled"
    assert differences(story, name, ("CUP", 3, 700)) == [("not_shipped", "CUP", 0, 3)]


# ---------------------------------------------------------------------------------------------- back again
def test_bought_goods_that_come_back_are_to_be_credited_once() -> None:
    story = with_supplier()
    name = shipped(story)
    credits = [of_type(story.take_back("1", ("CUP", "CUP", 2), node="attic", document=document), CreditExpected) for document in "ab"]

    [credit] = credits[0]
    assert (credit.fulfilment, credit.node, credit.document, credit.currency) == (name, "kiln", "a", "EUR")
    assert credit.lines == (PurchaseLine("CUP", "CUP", 2, 700),)
    assert credits[1] == [], "more came back than was shipped: refused"


@pytest.mark.parametrize("carrier_first", [True, False])
def test_bought_goods_that_their_carrier_takes_back_are_credited_whoever_is_heard_first(carrier_first: bool) -> None:
    story = with_supplier()
    story.policy(Policy(returned_to_sender="restock"))
    name = ordered(story)
    ways: list[Callable[[], Decision]] = [lambda: story.ship(name, tracking="GL-1"), lambda: story.track("GL-1", "returned")]
    first, last = reversed(ways) if carrier_first else ways
    first()

    [credit] = of_type(last(), CreditExpected)

    assert credit.lines == (PurchaseLine("CUP", "CUP", 3, 700),)


def test_our_own_goods_that_come_back_are_credited_by_nobody() -> None:
    story = with_supplier()
    story.count("attic", TEA=5)
    story.place("1", line("TEA", 1), line("CUP", 1))
    for name in list(story.order("1").open_fulfilments):
        story.ship(name)

    assert of_type(story.take_back("1", ("TEA", "TEA", 1), node="attic"), CreditExpected) == []
