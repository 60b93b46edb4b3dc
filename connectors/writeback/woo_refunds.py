"""WooCommerce, orders/<id>/refunds: an amount without lines. The money goes back through the gateway only where the url's option
`api_refund=true` says so; else the refund is a record, and a person pays. Known again by our note, which is the refund's reason."""

from typing import Any
from urllib.parse import quote

import msgspec

from connectors.contract import ShopRef
from connectors.money import written
from connectors.refund_notes import note, noted
from connectors.writeback.outward import Answer, Done, Refund, Refused, Reply, Request, options
from connectors.writeback.reading import at, decoded, rows, text
from connectors.writeback.refunds import currency_problem, minor, shortfall

CANNOT = "woocommerce_rest_cannot_create_order_refund"


def make_refund(shop: ShopRef, fact: Refund, order: dict[str, Any]) -> Request | Answer:
    made = rows(order.get("refunds"))
    if any(is_refund(fact, refund) for refund in made):
        return Done()
    if wrong := currency_problem(fact, order.get("currency")):
        return wrong
    paid = minor(order.get("total"), fact.currency)
    left = paid - sum(abs(minor(refund.get("total"), fact.currency)) for refund in made)
    return shortfall(fact, paid, left) or _request(shop, fact)


def _request(shop: ShopRef, fact: Refund) -> Request:
    told = {
        "amount": written(fact.amount, fact.currency),
        "reason": note(fact.id, fact.cause),
        "api_refund": options(shop).get("api_refund") == "true",
        "api_restock": False,
    }
    path = f"/wp-json/wc/v3/orders/{quote(fact.order, safe='')}/refunds"
    return Request(method="POST", path=path, bucket="rest", body=msgspec.json.encode(told))


def is_refund(fact: Refund, told: dict[str, Any]) -> bool:
    """Of a refund as WooCommerce writes it."""
    return noted(text(told.get("reason"))) == fact.id


def refund_refused(reply: Reply) -> Refused | None:
    """WooCommerce says with status 500 that the amount is too much, or that the gateway would not pay it back."""
    answer = decoded(reply)
    return Refused("cannot_refund", f"WooCommerce says: {text(at(answer, 'message'))}") if at(answer, "code") == CANNOT else None
