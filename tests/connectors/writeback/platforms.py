"""Doubles of the platforms: they answer as the platform would, and share nothing with the halves but the shapes of requests and replies."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from connectors.writeback.outward import Rate, Reply, Request
from tests.connectors.writeback.double import PAID, Order, Platform, answered, cents, euros


# ---------------------------------------------------------------------------------------------- Shopify
class ShopifyDouble(Platform):
    """Every order is divided into two fulfilment orders, as it is for goods of two places."""

    def __init__(self, items: tuple[str, ...], orders: tuple[Order, ...], limits: dict[str, Rate]) -> None:
        super().__init__(items, orders, limits)
        self.open = {order.order: [self._part(order, odd) for odd in (0, 1)] for order in orders}
        self.marks: dict[str, str] = {}
        self._keys: dict[str, Reply] = {}

    @staticmethod
    def _part(order: Order, odd: int) -> dict[str, int]:
        return {line: units for number, (line, units) in enumerate(order.lines.items()) if number % 2 == odd}

    def _limited(self) -> Reply:
        self.too_fast += 1
        return answered(200, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})

    def _answer(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        query, variables = asked["query"], asked["variables"]
        ways: dict[str, Callable[[dict[str, Any]], Any]] = {
            "inventorySetQuantities(": self._set,
            "fulfillmentCreate(": self._ship,
            "orderCancel(": self._cancel,
            "refundCreate(": self._refund,
            "order(id:": self._order,
        }
        data = next(way for word, way in ways.items() if word in query)(variables)
        self.restocked += "orderCancel(" in query and "restock: false" not in query
        return answered(200, {"data": data, "extensions": {"cost": {"actualQueryCost": request.cost, "throttleStatus": self._status()}}})

    def _status(self) -> dict[str, float]:
        return {"currentlyAvailable": self._limits["graphql"].burst - self._spent["graphql"][0]}

    def _set(self, variables: dict[str, Any]) -> Any:
        if variables["key"] in self._keys:
            return json.loads(self._keys[variables["key"]].body)
        told = {self._item(at): at["quantity"] for at in variables["input"]["quantities"] if at["changeFromQuantity"] is None}
        unknown = [
            {"code": "INVALID_INVENTORY_ITEM", "field": ["input", "quantities", str(place), "inventoryItemId"], "message": "unknown"}
            for place, item in enumerate(told)
            if item not in self.held
        ]
        if not unknown:
            self.held |= told
        data = {"inventorySetQuantities": {"userErrors": unknown}}
        self._keys[variables["key"]] = answered(200, data)
        return data

    @staticmethod
    def _item(at: dict[str, Any]) -> str:
        return "@".join(str(at[name]).rpartition("/")[2] for name in ("inventoryItemId", "locationId"))

    def _order(self, variables: dict[str, Any]) -> Any:
        order = variables["order"].rpartition("/")[2]
        if order not in self.lines:
            return {"order": None}
        nodes = [
            {
                "id": f"gid://shopify/FulfillmentOrder/{order}0{part}",
                "status": "OPEN" if any(lines.values()) else "CLOSED",
                "lineItems": {"pageInfo": {"hasNextPage": False}, "nodes": [self._line(line, units) for line, units in lines.items()]},
            }
            for part, lines in enumerate(self.open[order])
        ]
        mark = {"value": self.marks[order]} if order in self.marks else None
        cancelled = "2026-03-01T00:00:00Z" if order in self.cancelled else None
        return {
            "order": {
                **self._money(order),
                "cancelledAt": cancelled,
                "metafield": mark,
                "fulfillmentOrders": {"pageInfo": {"hasNextPage": False}, "nodes": nodes},
            }
        }

    @staticmethod
    def _line(line: str, units: int) -> dict[str, Any]:
        return {"id": f"gid://shopify/FO/{line}", "remainingQuantity": units, "lineItem": {"id": f"gid://shopify/LineItem/{line}"}}

    def _ship(self, variables: dict[str, Any]) -> Any:
        [mark] = variables["mark"]
        self.marks[mark["ownerId"].rpartition("/")[2]] = mark["value"]
        for at in variables["fulfillment"]["lineItemsByFulfillmentOrder"]:
            place = at["fulfillmentOrderId"].rpartition("/")[2]
            order, part = place[:-2], int(place[-1])
            for line in at["fulfillmentOrderLineItems"]:
                name, units = line["id"].rpartition("/")[2], line["quantity"]
                if self.open[order][part][name] < units:
                    return {"metafieldsSet": {"userErrors": []}, "fulfillmentCreate": {"userErrors": [{"message": "too many"}]}}
                self.open[order][part][name] -= units
                self.shipped[order, name] += units
        return {"metafieldsSet": {"userErrors": []}, "fulfillmentCreate": {"userErrors": []}}

    def _cancel(self, variables: dict[str, Any]) -> Any:
        order = variables["order"].rpartition("/")[2]
        again = [{"code": "INVALID", "message": "cancelled already"}] if order in self.cancelled else []
        self.cancelled.add(order)
        return {"orderCancel": {"orderCancelUserErrors": again}}

    def _money(self, order: str) -> dict[str, Any]:
        """Paid in two parts, of which the first is given back first."""
        back, transactions = sum(amount for _, amount in self.back(order)), []
        for number, paid in (("1", PAID // 4), ("2", PAID - PAID // 4)):
            sale: dict[str, Any] = {
                "id": f"gid://shopify/OrderTransaction/{number}",
                "kind": "SALE",
                "status": "SUCCESS",
                "gateway": "teapay",
            }
            transactions.append({**sale, "amountSet": {"shopMoney": {"amount": euros(paid)}}, "parentTransaction": None})
            part = min(back, paid)
            back -= part
            given = {"amountSet": {"shopMoney": {"amount": euros(part)}}, "parentTransaction": {"id": sale["id"]}}
            transactions.append({**sale, **given, "id": f"{sale['id']}0", "kind": "REFUND"})
        notes = [{"note": note} for note, _ in self.back(order)]
        return {"currencyCode": "EUR", "presentmentCurrencyCode": "EUR", "refunds": notes, "transactions": transactions}

    def _refund(self, variables: dict[str, Any]) -> Any:
        told = variables["input"]
        order = told["orderId"].rpartition("/")[2]
        self.restocked += any(line.get("restockType") != "NO_RESTOCK" for line in told.get("refundLineItems", ()))
        if variables["key"] not in self._keys:
            wanted = sum(cents(part["amount"]) for part in told["transactions"])
            more = wanted + sum(amount for _, amount in self.back(order)) > PAID
            self._keys[variables["key"]] = answered(200, {"refundCreate": {"userErrors": [{"message": "too much"}] if more else []}})
            self.refunded[order, told["note"]] += 0 if more else wanted
        return json.loads(self._keys[variables["key"]].body)


# ---------------------------------------------------------------------------------------------- WooCommerce
class WooDouble(Platform):
    def __init__(self, items: tuple[str, ...], orders: tuple[Order, ...], limits: dict[str, Rate]) -> None:
        super().__init__(items, orders, limits)
        self.orders = {order.order: self._new(order) for order in orders}

    @staticmethod
    def _new(order: Order) -> dict[str, Any]:
        lines = [{"id": int(line), "quantity": units} for line, units in order.lines.items()]
        return {"id": int(order.order), "status": "processing", "line_items": lines, "meta_data": []}

    def _answer(self, request: Request) -> Reply:
        what, *rest = request.path.removeprefix("/wp-json/wc/v3/").split("/")
        if what == "products":
            return self._products(rest, json.loads(request.body))
        if (order := self.orders.get(rest[0])) is None:
            return answered(404, {"code": "woocommerce_rest_shop_order_invalid_id"})
        if rest[1:] == ["refunds"]:
            return self._refund(rest[0], json.loads(request.body))
        if request.method == "PUT":
            self._change(rest[0], order, json.loads(request.body))
        refunds = [{"id": number, "reason": note, "total": f"-{euros(amount)}"} for number, (note, amount) in enumerate(self.back(rest[0]))]
        return answered(200, {**order, "currency": "EUR", "total": euros(PAID), "refunds": refunds})

    def _refund(self, order: str, asked: dict[str, Any]) -> Reply:
        amount = cents(asked["amount"])
        if amount + sum(amount for _, amount in self.back(order)) > PAID:
            return answered(500, {"code": "woocommerce_rest_cannot_create_order_refund", "message": "Invalid refund amount."})
        self.refunded[order, asked["reason"]] += amount
        self.restocked += asked.get("api_restock", True)
        return answered(201, {"id": 1, "reason": asked["reason"], "amount": asked["amount"]})

    def _products(self, rest: list[str], asked: dict[str, Any]) -> Reply:
        answers = []
        for at in asked["update"]:
            item = f"{rest[0]}:{at['id']}" if rest[0] != "batch" else str(at["id"])
            if item in self.held:
                self.held[item] = at["stock_quantity"]
                answers.append({"id": at["id"], "stock_quantity": at["stock_quantity"]})
            else:
                answers.append({"id": at["id"], "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."}})
        return answered(200, {"update": answers})

    def _change(self, name: str, order: dict[str, Any], asked: dict[str, Any]) -> None:
        order["status"] = asked.get("status", order["status"])
        if order["status"] == "cancelled":
            self.cancelled.add(name)
        for meta in asked.get("meta_data", ()):
            order["meta_data"] = [at for at in order["meta_data"] if at["key"] != meta["key"]] + [meta]
        trackings = [tracking for meta in order["meta_data"] for tracking in meta["value"]]
        for line in [line for line in self.shipped if line[0] == name]:
            del self.shipped[line]
        for line in [line for tracking in trackings for line in tracking["products_list"]]:
            self.shipped[name, line["item_id"]] += line["qty"]


# ---------------------------------------------------------------------------------------------- Amazon
class AmazonDouble(Platform):
    def __init__(self, items: tuple[str, ...], orders: tuple[Order, ...], limits: dict[str, Rate]) -> None:
        super().__init__(items, orders, limits)
        self.packages: dict[tuple[str, str], dict[str, Any]] = {}

    def _answer(self, request: Request) -> Reply:
        parts = [unquote(part) for part in request.path.split("/")]
        if parts[1] == "listings":
            return self._patch(parts[-1], json.loads(request.body))
        return self._confirm(parts[4], json.loads(request.body)["packageDetail"])

    def _patch(self, sku: str, asked: dict[str, Any]) -> Reply:
        if sku not in self.held:
            return answered(200, {"sku": sku, "status": "INVALID", "issues": [{"code": "13013", "message": "no such SKU"}]})
        [patch] = asked["patches"]
        self.held[sku] = patch["value"][0]["quantity"]
        return answered(200, {"sku": sku, "status": "ACCEPTED", "issues": []})

    def _confirm(self, order: str, package: dict[str, Any]) -> Reply:
        if order not in self.lines:
            return answered(400, {"errors": [{"code": "InvalidInput", "message": "no such order"}]})
        self.packages[order, package["packageReferenceId"]] = package
        self.shipped = Counter[tuple[str, str]]()
        for (name, _), known in self.packages.items():
            for item in known["orderItems"]:
                self.shipped[name, item["orderItemId"]] += item["quantity"]
        return Reply(204)
