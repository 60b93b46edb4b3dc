"""Doubles of the platforms: they hold stock, orders and fulfilments as the platform would, with its own rate limit, and answer as it does.

They share nothing with the halves but the shapes of requests and replies. All that was asked is recorded, and a recording can be replayed.
"""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from connectors.writeback.outward import Rate, Reply, Request


class Order(NamedTuple):
    """Units by line."""

    order: str
    lines: dict[str, int]


class Asked(NamedTuple):
    now: float
    request: Request
    reply: Reply


class Platform(ABC):
    """`held`: item -> units. `shipped`: (order, line) -> units that the buyer was told of."""

    def __init__(self, items: tuple[str, ...], orders: tuple[Order, ...], limits: dict[str, Rate]) -> None:
        self.held = dict.fromkeys(items, -1)  # nothing was said yet
        self.lines = {order.order: dict(order.lines) for order in orders}
        self.shipped = Counter[tuple[str, str]]()
        self.cancelled: set[str] = set()
        self.recording: list[Asked] = []
        self.too_fast = 0
        self._limits = limits
        self._spent = dict.fromkeys(limits, (0.0, 0.0))

    def answer(self, request: Request, now: float) -> Reply:
        reply = self._answer(request) if self._within(request, now) else self._limited()
        self.recording.append(Asked(now, request, reply))
        return reply

    @abstractmethod
    def _answer(self, request: Request) -> Reply: ...

    def _limited(self) -> Reply:
        self.too_fast += 1
        return Reply(429, {"retry-after": "1"})

    def _within(self, request: Request, now: float) -> bool:
        """A leaky bucket: what was spent drains, and must not run over."""
        rate = self._limits[request.bucket]
        spent, at = self._spent[request.bucket]
        spent = max(0.0, spent - (now - at) * rate.per_second)
        fits = spent + request.cost <= rate.burst + 1e-6
        self._spent[request.bucket] = (spent + request.cost if fits else spent, now)
        return fits


def replayed(recording: list[Asked], fresh: Platform) -> bool:
    """Whether a fresh double answers the same to all of it."""
    return all(fresh.answer(asked.request, asked.now) == asked.reply for asked in recording)


def _json(status: int, body: Any) -> Reply:
    return Reply(status, {}, json.dumps(body).encode())


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
        return _json(200, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})

    def _answer(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        query, variables = asked["query"], asked["variables"]
        ways: dict[str, Callable[[dict[str, Any]], Any]] = {
            "inventorySetQuantities(": self._set,
            "fulfillmentCreate(": self._ship,
            "orderCancel(": self._cancel,
            "order(id:": self._order,
        }
        data = next(way for word, way in ways.items() if word in query)(variables)
        return _json(200, {"data": data, "extensions": {"cost": {"actualQueryCost": request.cost, "throttleStatus": self._status()}}})

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
        self._keys[variables["key"]] = _json(200, data)
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
            return _json(404, {"code": "woocommerce_rest_shop_order_invalid_id"})
        if request.method == "PUT":
            self._change(rest[0], order, json.loads(request.body))
        return _json(200, order)

    def _products(self, rest: list[str], asked: dict[str, Any]) -> Reply:
        answers = []
        for at in asked["update"]:
            item = f"{rest[0]}:{at['id']}" if rest[0] != "batch" else str(at["id"])
            if item in self.held:
                self.held[item] = at["stock_quantity"]
                answers.append({"id": at["id"], "stock_quantity": at["stock_quantity"]})
            else:
                answers.append({"id": at["id"], "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."}})
        return _json(200, {"update": answers})

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
            return _json(200, {"sku": sku, "status": "INVALID", "issues": [{"code": "13013", "message": "no such SKU"}]})
        [patch] = asked["patches"]
        self.held[sku] = patch["value"][0]["quantity"]
        return _json(200, {"sku": sku, "status": "ACCEPTED", "issues": []})

    def _confirm(self, order: str, package: dict[str, Any]) -> Reply:
        if order not in self.lines:
            return _json(400, {"errors": [{"code": "InvalidInput", "message": "no such order"}]})
        self.packages[order, package["packageReferenceId"]] = package
        self.shipped = Counter[tuple[str, str]]()
        for (name, _), known in self.packages.items():
            for item in known["orderItems"]:
                self.shipped[name, item["orderItemId"]] += item["quantity"]
        return Reply(204)
