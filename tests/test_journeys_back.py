"""Refunds and returns that platforms tell of, on their whole way: signed bytes in, what leaves and what is to come back."""

from typing import Any

import pytest

from connectors.refund_notes import note
from tests.test_journeys import Platform, shopify_order, woo_order


@pytest.fixture
def shopify() -> Platform:
    return Platform("shopify")


@pytest.fixture
def woo() -> Platform:
    return Platform("woocommerce")


def test_a_refund_told_twice_takes_its_units_off_once(shopify: Platform) -> None:
    refund = {"id": 7, "order_id": 42, "refund_line_items": [{"line_item_id": 1, "quantity": 2, "restock_type": "cancel"}]}
    shopify.says(shopify_order(), "orders/create")

    shopify.says(refund, "refunds/create")
    assert shopify.ships() == {"KETTLE": 1, "MUG": 2}
    shopify.says(shopify_order("10:06:00", financial_status="partially_refunded", refunds=[refund]), "orders/updated")
    assert shopify.ships() == {"KETTLE": 1, "MUG": 2}


def test_a_refund_may_come_before_its_order(shopify: Platform) -> None:
    shopify.says({"id": 7, "order_id": 42, "refund_line_items": [{"line_item_id": 1, "quantity": 2}]}, "refunds/create")
    shopify.says(shopify_order(), "orders/create")

    assert shopify.ships() == {"KETTLE": 1, "MUG": 2}


def shopify_return(status: str, **told: Any) -> dict[str, Any]:
    return {"id": 945, "status": status, "order": {"id": 42}, **told}


def test_a_return_is_asked_for_once_comes_back_and_is_closed(shopify: Platform) -> None:
    shopify.says(shopify_order(), "orders/create")
    for fulfilment in list(shopify.story.pool.index):
        shopify.story.ship(fulfilment)
    asked = {"return_line_items": [{"quantity": 2, "fulfillment_line_item": {"line_item": {"id": 1}}}], "total_return_line_items": 1}

    assert shopify.says(shopify_return("requested", **asked), "returns/request") == ["ReturnRequested"]
    assert shopify.says(shopify_return("open", **asked), "returns/approve") == ["Duplicate"]
    assert shopify.says({"id": 945, "order_id": 42, "status": "closed"}, "returns/close") == ["ReturnEnded"]
    assert shopify.says({"id": 945, "order_id": 42, "status": "open"}, "returns/reopen") == ["reopened"]


def test_a_return_of_more_than_was_shipped_is_refused(shopify: Platform) -> None:
    shopify.says(shopify_order(), "orders/create")
    asked = {"return_line_items": [{"quantity": 1, "fulfillment_line_item": {"line_item": {"id": 1}}}]}

    assert shopify.says(shopify_return("open", **asked), "returns/approve") == ["Refused"]


def test_refunded_lines_do_not_leave_while_nobody_knows_which_they_are(woo: Platform) -> None:
    woo.says(woo_order("10:06:00", refunds=[{"id": 9, "total": "-19.90"}]), "order.updated")
    assert woo.ships() == {}

    lines = [{"quantity": -1, "meta_data": [{"key": "_refunded_item_id", "value": "1"}]}]
    woo.says(woo_order("10:06:00", refunds=[{"id": 9, "line_items": lines}]), "order.updated")
    assert woo.ships() == {"KETTLE": 2, "MUG": 2}


def test_a_refund_that_we_made_holds_nothing_and_takes_nothing_off(woo: Platform) -> None:
    woo.says(
        woo_order("10:06:00", refunds=[{"id": 9, "total": "-19.90", "reason": note("R0123456789abcdef0123", "goodwill")}]), "order.updated"
    )

    assert woo.ships() == {"KETTLE": 3, "MUG": 2}


def test_what_is_refunded_after_it_has_left_counts_once_as_given_back(woo: Platform) -> None:
    woo.says(woo_order(), "order.created")
    for fulfilment in list(woo.story.pool.index):
        woo.story.ship(fulfilment)
    lines = [{"quantity": -1, "meta_data": [{"key": "_refunded_item_id", "value": "1"}]}]
    over = woo_order("10:09:00", status="completed", refunds=[{"id": 9, "total": "-19.90", "line_items": lines}])

    assert woo.says(over, "order.updated") == ["OrderReduced"]
    assert woo.says(over | {"date_modified_gmt": "2026-03-01T10:10:00"}, "order.updated") == ["Duplicate"]
    assert woo.ships() == {}
