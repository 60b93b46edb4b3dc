"""What the customer pays, line by line: it adds up to what the platform says, to the cent."""

import json
from typing import Any

import pytest

from connectors.contract import OrderDraft, RawRecord
from connectors.registry import channels
from streams.commands import PlaceOrder
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_orders import place
from tables.money import paid_for
from tests.connectors.cases import FIXTURES, SAMPLES, SHOP, cases, raw_record
from tests.streams.drafts import code, line, order, outcome, placed


def told(channel: str, name: str) -> PlaceOrder:
    [case] = [case for case in cases(channel) if case.name == name]
    return read(channel, case.raw)


def placed_of(channel: str, payload: Any) -> PlaceOrder:
    return read(channel, raw_record(channel, json.dumps(payload).encode(), "order", "1"))


def read(channel: str, raw: RawRecord) -> PlaceOrder:
    parsed = channels()[channel].parse(raw, SHOP)
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


@pytest.mark.parametrize("name", ["discounted", "discounted-of-old", "taxed"])
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


def test_taxes_on_top_are_paid_for_the_line_they_are_on() -> None:
    command = told("shopify", "taxed")
    assert (command.paid, command.charges) == ((("9101", 8_830 + 512 + 177), ("9102", 1_070 + 78)), 300 + 22)


def test_taxes_that_prices_include_are_not_paid_twice() -> None:
    included = {**body("shopify", "taxed"), "taxes_included": True}
    assert total(placed_of("shopify", included)) == total(told("shopify", "discounted"))


def test_woocommerce_prices_leave_taxes_out_whatever_the_shop_shows() -> None:
    command = told("woocommerce", "taxed")
    assert total(command) == 6_652
    assert command.charges == 490 + 93 + 400 + 76


def test_canonical_taxes_come_on_top() -> None:
    lines = [
        {"line": "1", "sku": "TEA", "quantity": 3, "price": 333, "tax": 70},
        {"line": "2", "sku": "POST", "quantity": 1, "price": 490, "tax": 93, "goods": False},
    ]
    told_of = {"type": "order", "order": "1", "updated_at": "2026-03-01T10:00:00Z", "currency": "EUR", "lines": lines}
    command = placed_of("canonical", told_of)
    assert (command.paid, command.charges) == ((("1", 1_069),), 583)


@pytest.mark.skipif(
    not (SAMPLES / "woocommerce").is_dir(), reason="the published samples are not there (../shared/data beside the project)"
)
def test_a_published_order_is_paid_to_the_cent() -> None:
    published = json.loads((SAMPLES / "woocommerce" / "orders.01.json").read_text())
    [order_told] = [one for one in (published if isinstance(published, list) else [published]) if one["id"] == 727]
    assert total(placed_of("woocommerce", order_told)) == round(float(order_told["total"]) * 100)


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
