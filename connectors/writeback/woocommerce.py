"""WooCommerce, REST API v3: products/batch, and the tracking of an order in the form that its Shipment Tracking extension reads.

Items are `<product id>` or `<product id>:<variation id>`. A shipment is an entry of the order's meta `_wc_shipment_tracking_items`
under our own id: what is there already is done. The order is completed with the shipment that leaves nothing open. Refunds: woo_refunds.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

import msgspec

from connectors.contract import ShopRef
from connectors.writeback.outward import Again, Answer, Cancel, Done, Fact, Level, Rate, Refund, Refused, Reply, Request, Shipment, trouble
from connectors.writeback.reading import decoded, rows, text, units
from connectors.writeback.woo_refunds import is_refund, make_refund, refund_refused

ORDERS = "/wp-json/wc/v3/orders/"
PRODUCTS = "/wp-json/wc/v3/products/"
TRACKING = "_wc_shipment_tracking_items"
GONE = ("cancelled", "refunded", "trash")
OPEN = ("pending", "on-hold", "processing", "failed")

SHIPPED = Refused("completed", "The order is completed there and can be cancelled no more: see to it by hand.")
UNREADABLE = Again("unreadable")


class WooCommerce:
    name = "woocommerce"
    item = re.compile(r"\d{1,20}(:\d{1,20})?")
    said = "a product id, or product id:variation id"
    batch = 100
    # the host sets the limit, and says nothing of it before it is met
    rates: Mapping[str, Rate] = {"rest": Rate(5.0, 8.0)}

    def group(self, item: str) -> str:
        product, _, variation = item.partition(":")
        return product if variation else ""

    # ------------------------------------------------------------------------------------------ levels
    def levels(self, shop: ShopRef, levels: Sequence[Level]) -> Request:
        product = self.group(levels[0].item)
        path = f"{PRODUCTS}{product}/variations/batch" if product else f"{PRODUCTS}batch"
        told = [{"id": _id(level.item), "manage_stock": True, "stock_quantity": level.units} for level in levels]
        return _rest("POST", path, {"update": told})

    def leveled(self, levels: Sequence[Level], reply: Reply) -> Sequence[Answer]:
        answer = _json(reply)
        if not isinstance(answer, dict):
            return [answer] * len(levels)
        told = {units(entry.get("id")): entry for entry in rows(answer.get("update"))}
        return [_leveled(told.get(_id(level.item))) for level in levels]

    # ------------------------------------------------------------------------------------------ facts
    def look(self, shop: ShopRef, fact: Fact) -> Request:
        return _rest("GET", _order(fact))

    def choose(self, shop: ShopRef, fact: Fact, seen: Reply | None) -> Request | Answer:
        order = _json(seen or Reply(500))
        if not isinstance(order, dict):
            return order
        if isinstance(fact, Shipment):
            return _ship(fact, order)
        if isinstance(fact, Refund):
            return make_refund(shop, fact, order)
        if order.get("status") in GONE:
            return Done()
        return SHIPPED if order.get("status") == "completed" else _rest("PUT", _order(fact), {"status": "cancelled"})

    def answered(self, fact: Fact, reply: Reply) -> Answer:
        if isinstance(fact, Refund) and (wrong := refund_refused(reply)):
            return wrong
        order = _json(reply)
        if not isinstance(order, dict):
            return order
        if isinstance(fact, Refund):
            return Done() if is_refund(fact, order) else Again("not_made")
        if isinstance(fact, Cancel):
            return Done() if order.get("status") in GONE else Again("not_cancelled")
        return Done() if _told(fact, _trackings(order)) else Again("not_kept")

    def spent(self, reply: Reply) -> None:
        return None


def _ship(fact: Shipment, order: dict[str, Any]) -> Request | Answer:
    known = _trackings(order)
    if _told(fact, known):
        return Done()
    trackings = [*known, _tracking(fact)]
    told: dict[str, Any] = {"meta_data": [{"key": TRACKING, "value": trackings}]}
    if order.get("status") in OPEN and _all_left(order, trackings):
        told["status"] = "completed"
    return _rest("PUT", _order(fact), told)


def _tracking(fact: Shipment) -> dict[str, Any]:
    return {
        "tracking_id": _name(fact),
        "custom_tracking_provider": fact.carrier,
        "tracking_number": fact.tracking,
        "date_shipped": str(int(datetime.fromtimestamp(fact.shipped_at / 1000, UTC).timestamp())),
        "products_list": [{"item_id": line, "qty": count} for line, count in fact.lines],
    }


def _all_left(order: dict[str, Any], trackings: list[dict[str, Any]]) -> bool:
    left = Counter[str]()
    for tracking in trackings:
        for line in rows(tracking.get("products_list")):
            left[str(line.get("item_id"))] += units(line.get("qty"))
    lines = rows(order.get("line_items"))
    return bool(lines) and all(left[str(line.get("id"))] >= units(line.get("quantity")) for line in lines)


def _trackings(order: dict[str, Any]) -> list[dict[str, Any]]:
    metas = [meta.get("value") for meta in rows(order.get("meta_data")) if meta.get("key") == TRACKING]
    return rows(metas[-1]) if metas else []


def _told(fact: Shipment, trackings: list[dict[str, Any]]) -> bool:
    return any(tracking.get("tracking_id") == _name(fact) for tracking in trackings)


def _name(fact: Shipment) -> str:
    """In the form of the extension's own ids."""
    return blake2b(fact.id.encode(), digest_size=16).hexdigest()


def _order(fact: Fact) -> str:
    return ORDERS + quote(fact.order, safe="")


def _leveled(entry: dict[str, Any] | None) -> Answer:
    if entry is None:
        return Again("not_answered")
    error = entry.get("error")
    if not isinstance(error, dict):
        return Done()
    return Refused(text(error.get("code")) or "error", f"WooCommerce says: {text(error.get('message'))}")


def _rest(method: Any, path: str, body: dict[str, Any] | None = None) -> Request:
    return Request(method=method, path=path, bucket="rest", body=msgspec.json.encode(body) if body else b"")


def _json(reply: Reply) -> dict[str, Any] | Again | Refused:
    if wrong := trouble(reply):
        return wrong
    return decoded(reply) or UNREADABLE


def _id(item: str) -> int:
    return int(item.rpartition(":")[2])


HALF = WooCommerce()
