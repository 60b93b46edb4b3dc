"""How money that is due is given back at each platform: once, out of what was paid there, and known again."""

import json

import pytest

from connectors.contract import ShopRef
from connectors.writeback.halves import HALVES
from connectors.writeback.outward import Again, Done, Refused, Reply, Request
from tests.connectors.writeback.test_halves import NOTE, OWED, body, chosen, paid, payment, woo


def test_shopify_gives_back_what_is_left_of_the_first_payment_and_the_rest_of_the_next() -> None:
    seen = paid(payment(1, "10.00", "CAPTURE"), payment(2, "50.00"), payment(3, "4.00", "REFUND", 1), payment(4, "90.00", status="FAILURE"))
    asked = body(chosen("shopify", OWED, seen))["variables"]["input"]

    assert [(part["parentId"], part["amount"], part["kind"]) for part in asked["transactions"]] == [
        ("T1", "6.00", "REFUND"),
        ("T2", "6.50", "REFUND"),
    ]
    assert (asked["note"], "refundLineItems" in asked) == (NOTE, False)


def test_a_refund_has_the_same_key_at_shopify_whenever_it_is_asked_for() -> None:
    first, again = (body(chosen("shopify", OWED, paid(payment(1, amount))))["variables"]["key"] for amount in ("50.00", "40.00"))

    assert first == again


@pytest.mark.parametrize("note", [NOTE, f"{NOTE} (edited by hand)"])
def test_a_refund_that_carries_our_note_is_made(note: str) -> None:
    assert chosen("shopify", OWED, paid(payment(1, "50.00"), refunds=[{"note": note}])) == Done()
    assert chosen("woocommerce", OWED, woo(refunds=[{"id": 1, "reason": note, "total": "-12.50"}])) == Done()


@pytest.mark.parametrize(("left", "answer"), [("0.00", "Done"), ("12.49", "more_than_left")])
def test_money_that_a_person_gave_back_already_is_not_given_back_twice(left: str, answer: str) -> None:
    gone = f"{50 - float(left):.2f}"
    answers = (
        chosen("shopify", OWED, paid(payment(1, "50.00"), payment(2, gone, "REFUND", 1))),
        chosen("woocommerce", OWED, woo(refunds=[{"id": 1, "reason": "sorry", "total": f"-{gone}"}])),
    )

    assert [getattr(found, "code", type(found).__name__) for found in answers] == [answer] * 2


def test_what_was_never_captured_is_for_a_person() -> None:
    assert chosen("shopify", OWED, paid(payment(1, "50.00", "AUTHORIZATION"))).code == "more_than_left"


def test_a_buyer_who_paid_in_another_currency_is_for_a_person() -> None:
    assert chosen("shopify", OWED, paid(payment(1, "50.00"), presentmentCurrencyCode="USD")).code == "other_currency"
    assert chosen("woocommerce", OWED, woo(currency="USD")).code == "other_currency"


@pytest.mark.parametrize(("option", "paid_out"), [("", False), ("?api_refund=true", True), ("?api_refund=1", False)])
def test_woocommerce_pays_money_out_only_where_the_shop_says_so(option: str, paid_out: bool) -> None:
    ref = ShopRef(tenant="lin", shop="tea", channel="woocommerce", pool="east", url=f"https://tea.example{option}")
    asked = HALVES["woocommerce"].choose(ref, OWED, Reply(200, {}, json.dumps(woo()).encode()))

    assert isinstance(asked, Request)
    assert asked.path == "/wp-json/wc/v3/orders/1001/refunds"
    assert body(asked) == {"amount": "12.50", "reason": NOTE, "api_refund": paid_out, "api_restock": False}


def test_a_refund_that_the_gateway_will_not_pay_holds_nothing_up() -> None:
    said = {"code": "woocommerce_rest_cannot_create_order_refund", "message": "Invalid refund amount."}
    reply = Reply(500, {}, json.dumps(said).encode())

    assert HALVES["woocommerce"].answered(OWED, reply) == Refused("cannot_refund", "WooCommerce says: Invalid refund amount.")
    assert isinstance(HALVES["woocommerce"].answered(OWED, Reply(500)), Again)
