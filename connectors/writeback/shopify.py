"""Shopify, GraphQL Admin API 2026-10: inventorySetQuantities, fulfillmentCreate, orderCancel; refunds in shopify_refunds.

Items are `<inventory item id>` or `<inventory item id>@<location id>`; without, the location is the url's option `location`.
Shopify keeps no reference of ours with a fulfilment. So a metafield of the order, set by the same request just before, says how much
of each line was open when we told of a shipment: once less is open, it has been heard.
"""

import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from connectors.contract import ShopRef
from connectors.writeback.outward import (
    Again,
    Answer,
    Cancel,
    Done,
    Fact,
    Level,
    Rate,
    Refund,
    Refused,
    Reply,
    Request,
    Shipment,
    Spent,
    options,
    told_as,
)
from connectors.writeback.reading import at, decoded, rows, text, units
from connectors.writeback.shopify_graphql import UNKNOWN, data_of, gid, graphql, number_of, refused
from connectors.writeback.shopify_refunds import look_for_refund, make_refund

NAMESPACE, KEY = "yipan", "shipments"
LONGEST_MARK = 1 << 20
OVER = ("CLOSED", "CANCELLED")

SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code field message } }
}"""
LOOK = """query($order: ID!) { order(id: $order) { cancelledAt metafield(namespace: "yipan", key: "shipments") { value }
  fulfillmentOrders(first: 6) { pageInfo { hasNextPage } nodes { id status
    lineItems(first: 60) { pageInfo { hasNextPage } nodes { id remainingQuantity lineItem { id } } } } } } }"""
SHIP = """mutation($mark: [MetafieldsSetInput!]!, $fulfillment: FulfillmentInput!) {
  metafieldsSet(metafields: $mark) { userErrors { code message } }
  fulfillmentCreate(fulfillment: $fulfillment) { userErrors { field message } }
}"""
CANCEL = """mutation($order: ID!, $reason: OrderCancelReason!, $note: String) {
  orderCancel(orderId: $order, reason: $reason, restock: false, notifyCustomer: true, staffNote: $note,
    refundMethod: { originalPaymentMethodsRefund: true }) { orderCancelUserErrors { code message } }
}"""
ERRORS = {
    "shipments": ("fulfillmentCreate", "userErrors"),
    "cancels": ("orderCancel", "orderCancelUserErrors"),
    "refunds": ("refundCreate", "userErrors"),
}
REASONS = {"short": "INVENTORY", "too_many_splits": "INVENTORY", "fraud": "FRAUD"}

TOO_LARGE = Refused("too_large", "The order has more fulfilment orders or lines than are read at once: fulfil this shipment by hand.")
CANCELLED = Refused("cancelled", "The order is cancelled there, and its goods have shipped: see to it by hand.")


class Shopify:
    name = "shopify"
    item = re.compile(r"\d{1,20}(@\d{1,20})?")
    said = "an inventory item id, or inventory item id@location id"
    batch = 250
    # 1,000 points there; less here, because requests arrive closer together than they are sent
    rates: Mapping[str, Rate] = {"graphql": Rate(100.0, 900.0)}

    def group(self, item: str) -> str:
        return ""

    # ------------------------------------------------------------------------------------------ levels
    def levels(self, shop: ShopRef, levels: Sequence[Level]) -> Request:
        everywhere = options(shop).get("location", "")
        quantities = [_quantity(level, everywhere) for level in levels]
        told = {"name": "available", "reason": "correction", "quantities": quantities}
        # by version: a level that comes back to what it was is news, and not a repetition
        digest = blake2b(msgspec.json.encode(levels), digest_size=16).digest()
        return graphql(SET, {"input": told, "key": str(uuid.UUID(bytes=digest))}, cost=10)

    def leveled(self, levels: Sequence[Level], reply: Reply) -> Sequence[Answer]:
        data = data_of(reply)
        if not isinstance(data, dict):
            return [data] * len(levels)
        errors = rows(at(data, "inventorySetQuantities", "userErrors"))
        blamed = {index: refused(error) for error in errors if (index := _index(error)) is not None}
        if errors and not blamed:
            return [refused(errors[0])] * len(levels)
        # all or none: those that are right go again without the others
        good = Again("among_refused", 0.1, limited=True) if blamed else Done()
        return [blamed.get(index, good) for index in range(len(levels))]

    # ------------------------------------------------------------------------------------------ facts
    def look(self, shop: ShopRef, fact: Fact) -> Request:
        return look_for_refund(fact) if isinstance(fact, Refund) else graphql(LOOK, {"order": gid("Order", fact.order)}, cost=100)

    def choose(self, shop: ShopRef, fact: Fact, seen: Reply | None) -> Request | Answer:
        data = data_of(seen or Reply(500))
        if not isinstance(data, dict):
            return data
        order = data.get("order")
        if not isinstance(order, dict):
            return UNKNOWN
        match fact:
            case Shipment():
                return _ship(fact, order)
            case Cancel():
                return Done() if order.get("cancelledAt") else _cancel(fact)
            case Refund():
                return make_refund(fact, order)

    def answered(self, fact: Fact, reply: Reply) -> Answer:
        data = data_of(reply)
        if not isinstance(data, dict):
            return data
        errors = rows(at(data, *ERRORS[told_as(fact)]))
        return refused(errors[0]) if errors else Done()

    def spent(self, reply: Reply) -> Spent | None:
        """Taken is what a query may cost at most; what it did not is given back."""
        cost = at(decoded(reply), "extensions", "cost")
        found = (at(cost, "actualQueryCost"), at(cost, "throttleStatus", "currentlyAvailable"))
        return Spent(*map(float, found)) if all(isinstance(at, int | float) for at in found) else None


def _ship(fact: Shipment, order: dict[str, Any]) -> Request | Answer:
    orders = _nodes(order, "fulfillmentOrders")
    if _more(order, "fulfillmentOrders") or any(_more(place, "lineItems") for place in orders):
        return TOO_LARGE
    places = [(str(place.get("id")), line) for place in orders if place.get("status") not in OVER for line in _nodes(place, "lineItems")]
    open_units = Counter[str]()
    for _, line in places:
        open_units[number_of(at(line, "lineItem", "id"))] += units(line.get("remainingQuantity"))
    marks = _marks(order)
    told = dict(fact.lines)
    if (mark := marks.get(fact.id)) and all(open_units[line] <= max(0, before - told.get(line, 0)) for line, before in mark.items()):
        return Done()
    if order.get("cancelledAt"):
        return CANCELLED
    wanted = Counter({line: min(count, open_units[line]) for line, count in told.items()})
    if not wanted.total():
        return Done()  # fulfilled there by hand
    before = marks | {fact.id: {line: open_units[line] for line, count in wanted.items() if count}}
    return graphql(SHIP, {"mark": [_mark(fact.order, before)], "fulfillment": _fulfilment(fact, places, wanted)}, cost=20)


def _fulfilment(fact: Shipment, places: list[tuple[str, dict[str, Any]]], wanted: Counter[str]) -> dict[str, Any]:
    by_order: dict[str, list[dict[str, Any]]] = {}
    for place, line in places:
        name = number_of(at(line, "lineItem", "id"))
        if count := min(wanted[name], units(line.get("remainingQuantity"))):
            wanted[name] -= count
            by_order.setdefault(place, []).append({"id": line.get("id"), "quantity": count})
    lines = [{"fulfillmentOrderId": place, "fulfillmentOrderLineItems": part} for place, part in by_order.items()]
    tracking = {name: value for name, value in (("company", fact.carrier), ("number", fact.tracking)) if value}
    return {"lineItemsByFulfillmentOrder": lines, "notifyCustomer": True} | ({"trackingInfo": tracking} if tracking else {})


def _cancel(fact: Cancel) -> Request:
    told = {"order": gid("Order", fact.order), "reason": REASONS.get(fact.reason, "OTHER"), "note": f"Yipan: {fact.reason}"}
    return graphql(CANCEL, told, cost=10)


def _mark(order: str, before: dict[str, dict[str, int]]) -> dict[str, str]:
    value = msgspec.json.encode(before).decode()
    return {"ownerId": gid("Order", order), "namespace": NAMESPACE, "key": KEY, "type": "json", "value": value}


def _marks(order: dict[str, Any]) -> dict[str, dict[str, int]]:
    try:
        return msgspec.json.decode(text(at(order, "metafield", "value"), LONGEST_MARK) or "{}", type=dict[str, dict[str, int]])
    except msgspec.MsgspecError:
        return {}


def _quantity(level: Level, everywhere: str) -> dict[str, Any]:
    item, _, location = level.item.partition("@")
    return {
        "inventoryItemId": gid("InventoryItem", item),
        "locationId": gid("Location", location or everywhere),
        "quantity": level.units,
        "changeFromQuantity": None,  # ours is the truth, whatever it was before
    }


def _nodes(value: dict[str, Any], connection: str) -> list[dict[str, Any]]:
    return rows(at(value, connection, "nodes"))


def _more(value: dict[str, Any], connection: str) -> bool:
    return bool(at(value, connection, "pageInfo", "hasNextPage"))


def _index(error: dict[str, Any]) -> int | None:
    """The place in the batch that an error names: field is ["input", "quantities", "3", …]."""
    field = error.get("field")
    return next((int(part) for part in field if str(part).isdecimal()), None) if isinstance(field, list) else None


HALF = Shopify()
