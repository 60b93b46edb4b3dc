"""Shopify, refundCreate: an amount out of what was captured for the order, oldest payment first. Without lines, so nothing is restocked.

Known again by our note in the order's refunds; the idempotency key keeps apart two requests of which the first is still being carried out.
"""

import uuid
from hashlib import blake2b
from typing import Any

from connectors.money import written
from connectors.refund_notes import note, noted
from connectors.writeback.outward import Answer, Done, Refund, Request
from connectors.writeback.reading import at, rows, text
from connectors.writeback.refunds import currency_problem, minor, shortfall
from connectors.writeback.shopify_graphql import gid, graphql

LOOK = """query($order: ID!) { order(id: $order) { currencyCode presentmentCurrencyCode refunds { note }
  transactions { id kind status gateway amountSet { shopMoney { amount } } parentTransaction { id } } } }"""
MAKE = """mutation($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { userErrors { field message } }
}"""
PAYMENTS = ("SALE", "CAPTURE")


def look_for_refund(fact: Refund) -> Request:
    return graphql(LOOK, {"order": gid("Order", fact.order)}, cost=20)


def make_refund(fact: Refund, order: dict[str, Any]) -> Request | Answer:
    if any(noted(text(made.get("note"))) == fact.id for made in rows(order.get("refunds"))):
        return Done()
    if wrong := currency_problem(fact, order.get("currencyCode"), order.get("presentmentCurrencyCode")):
        return wrong
    paid, left = _payments(fact, rows(order.get("transactions")))
    found = shortfall(fact, paid, sum(some for _, some in left))
    return found or graphql(MAKE, {"input": _input(fact, left), "key": _key(fact)}, cost=20)


def _payments(fact: Refund, transactions: list[dict[str, Any]]) -> tuple[int, list[tuple[dict[str, Any], int]]]:
    """All that was captured, and what of each payment is not given back."""
    amounts = [(done, minor(at(done, "amountSet", "shopMoney", "amount"), fact.currency)) for done in transactions]
    back: dict[str, int] = {}
    for done, amount in amounts:
        if done.get("kind") == "REFUND" and done.get("status") in ("SUCCESS", "PENDING"):
            parent = text(at(done, "parentTransaction", "id"))
            back[parent] = back.get(parent, 0) + amount
    taken = [(done, amount) for done, amount in amounts if done.get("kind") in PAYMENTS and done.get("status") == "SUCCESS"]
    left = [(done, max(0, amount - back.get(text(done.get("id")), 0))) for done, amount in taken]
    return sum(amount for _, amount in taken), left


def _input(fact: Refund, left: list[tuple[dict[str, Any], int]]) -> dict[str, Any]:
    order, wanted, transactions = gid("Order", fact.order), fact.amount, []
    for payment, some in left:
        if part := min(wanted, some):
            wanted -= part
            amount = written(part, fact.currency)
            about = {"orderId": order, "parentId": payment.get("id"), "gateway": payment.get("gateway")}
            transactions.append({**about, "kind": "REFUND", "amount": amount})
    return {"orderId": order, "note": note(fact.id, fact.cause), "notify": True, "transactions": transactions}


def _key(fact: Refund) -> str:
    return str(uuid.UUID(bytes=blake2b(fact.id.encode(), digest_size=16).digest()))
