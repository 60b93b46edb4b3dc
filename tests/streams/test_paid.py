"""What the customer pays, line by line: it adds up to what the platform says, to the cent."""

import json
from typing import Any

import pytest

from connectors.contract import OrderDraft
from connectors.registry import channels
from streams.commands import PlaceOrder
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_orders import place
from tables.money import paid_for
from tests.connectors.cases import FIXTURES, SHOP, cases
from tests.streams.drafts import code, line, order, outcome, placed


def told(channel: str, name: str) -> PlaceOrder:
    [case] = [case for case in cases(channel) if case.name == name]
    parsed = channels()[channel].parse(case.raw, SHOP)
    draft = parsed[0] if isinstance(parsed, tuple) else None
    assert isinstance(draft, OrderDraft)
    commands = place(draft, ShopRecord(ref=SHOP, unknown_listing="as_sku"), Reference(), ("raw", 0, 0, 0), 0, "")
    assert isinstance(commands, list)
    [command] = commands
    assert isinstance(command, PlaceOrder)
    return command


def body(channel: str, name: str) -> Any:
    return json.loads((FIXTURES / channel / f"{name}.json").read_text())


def total(command: PlaceOrder) -> int:
    return sum(paid_for(command.lines, command.paid).values()) + command.charges


@pytest.mark.parametrize("name", ["discounted", "discounted-of-old"])
def test_shopify_lines_and_postage_add_up_to_its_total(name: str) -> None:
    assert total(told("shopify", name)) == round(float(body("shopify", name)["total_price"]) * 100)


def test_shopify_allocates_each_discount_to_a_line() -> None:
    command = told("shopify", "discounted")
    assert (command.paid, command.charges) == ((("9101", 8_830), ("9102", 1_070)), 300)


def test_a_discount_of_a_whole_order_is_divided_by_what_the_lines_cost() -> None:
    command = told("shopify", "discounted-of-old")
    assert command.paid == (("9201", 2_900 - 492), ("9202", 3_000 - 508))


def test_woocommerce_totals_after_coupons_are_what_is_paid() -> None:
    command = told("woocommerce", "discounted")
    assert total(command) == 5_590
    assert [line.price for line in command.lines] == [1_000, 2_500]
    assert command.charges == 490 + 400


def test_woocommerce_prices_that_do_not_divide_are_paid_to_the_cent() -> None:
    command = told("woocommerce", "processing")
    assert paid_for(command.lines, command.paid)["51"] + paid_for(command.lines, command.paid)["52"] == 1_000 + 2_499 - 500


@pytest.mark.parametrize(("name", "expected"), [("discounted", 13_460), ("v0-discounted", 2_950)])
def test_amazon_promotions_come_off_and_postage_is_a_charge(name: str, expected: int) -> None:
    assert total(told("amazon", name)) == expected


def test_a_canonical_voucher_and_the_orders_discount_come_off_the_goods_alone() -> None:
    command = told("canonical", "discounted")
    assert total(command) == 3 * 4_950 - 350 + 990 + 490 - 1_000 - 500
    assert command.charges == 490


def test_a_payload_without_discounts_says_nothing_of_them() -> None:
    command = placed(order(line("1", "OOLONG", quantity=3), line("2", "OOLONG")))
    assert (command.paid, command.charges) == ((), 0)


def test_what_is_no_goods_at_this_shop_is_a_charge() -> None:
    command = placed(order(line("1", "OOLONG"), line("2", "POST", quantity=2)))
    assert (command.paid, command.charges) == ((), 1_000)


def test_a_discount_beyond_all_reason_is_refused() -> None:
    assert code(outcome(order(line("1", "OOLONG"), discount=-1))) == "bad_price"
    assert code(outcome(order(line("1", "OOLONG"), charges=10**12 + 1))) == "bad_price"
