"""Orders packed at rest are the orders they were."""

from typing import Any
from unittest.mock import patch

from hypothesis import given

from tables import book
from tables.book import OrderBook
from tables.orders import Order
from tests.streams.histories import fast, histories, played


@fast
@given(histories)
def test_whether_orders_are_at_hand_or_packed_makes_no_difference_to_any_decision(history: list[tuple[Any, ...]]) -> None:
    story = played(history)
    with patch.object(book, "AT_HAND", 0):
        packed = played(history)

    assert packed.records == story.records
    assert packed.ledger.dump() == story.ledger.dump()


def test_a_change_in_place_survives_being_put_back() -> None:
    orders = OrderBook()
    orders.known("acme/web/1").region = "DE-HH"
    orders.packed()
    orders["acme/web/1"].revision = 2
    orders.packed()

    assert (orders["acme/web/1"].region, orders["acme/web/1"].revision) == ("DE-HH", 2)


def test_looking_through_many_keeps_none_of_them_at_hand() -> None:
    orders = OrderBook()
    for number in range(2_000):
        orders.known(str(number))
    orders.packed()

    assert sum(order == Order() for order in orders.values()) == 2_000
    assert orders._hand == {}


def test_a_forgotten_order_is_unknown() -> None:
    orders = OrderBook()
    orders.known("acme/web/1")
    orders.forget("acme/web/1")

    assert orders.get("acme/web/1") is None
    assert (len(orders), list(orders), orders) == (0, [], OrderBook())
