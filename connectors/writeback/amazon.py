"""Amazon SP-API: Listings Items 2021-08-01 patch, Orders v0 confirmShipment.

Items are seller SKUs. The url's options say the rest: `sellerId`, `marketplaceIds` (the first counts), `productType` (`PRODUCT`).
A shipment goes under a package reference of ours: confirming the same reference again edits it. Sellers' orders are cancelled in
Seller Central or by a feed of files, which this does not write: such a cancel is refused, with a sentence. So are refunds: Amazon takes
them by the feed POST_PAYMENT_ADJUSTMENT_DATA alone.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import quote

import msgspec

from connectors.contract import ShopRef
from connectors.writeback.outward import Again, Answer, Cancel, Done, Fact, Level, Rate, Refund, Refused, Reply, Request, options, trouble
from connectors.writeback.reading import at, decoded, rows, text

LISTINGS = "/listings/2021-08-01/items/"
ORDERS = "/orders/v0/orders/"
CARRIERS = {name.lower(): name for name in ("UPS", "USPS", "FedEx", "DHL", "OnTrac", "DPD", "GLS", "Hermes", "Royal Mail", "Yamato")}

BY_HAND = Refused("by_hand", "Amazon takes no cancels here: cancel the order in Seller Central.")
TOLD_ELSEWHERE = Refused(
    "told_elsewhere", "Amazon takes no refunds here: give the money back in Seller Central, or by a feed of adjustments."
)
NO_TRACKING = Refused("no_tracking", "Amazon wants a tracking number, and the warehouse gave none: confirm the shipment in Seller Central.")


class Amazon:
    name = "amazon"
    item = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
    said = "a seller SKU of at most 40 characters"
    batch = 1
    # bursts of 5 and 10 there; less here, because requests arrive closer together than they are sent
    rates: Mapping[str, Rate] = {"listings": Rate(5.0, 4.0), "shipments": Rate(2.0, 8.0)}

    def group(self, item: str) -> str:
        return ""

    # ------------------------------------------------------------------------------------------ levels
    def levels(self, shop: ShopRef, levels: Sequence[Level]) -> Request:
        said, [level] = options(shop), levels
        value = [{"fulfillment_channel_code": "DEFAULT", "quantity": level.units}]
        patch = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": value}
        body = {"productType": said.get("productType", "PRODUCT"), "patches": [patch]}
        return Request(
            method="PATCH",
            path=f"{LISTINGS}{quote(said.get('sellerId', ''), safe='')}/{quote(level.item, safe='')}",
            query={"marketplaceIds": _marketplace(shop)},
            bucket="listings",
            body=msgspec.json.encode(body),
        )

    def leveled(self, levels: Sequence[Level], reply: Reply) -> Sequence[Answer]:
        if wrong := trouble(reply):
            return [wrong]
        answer = decoded(reply)
        match at(answer, "status"):
            case "ACCEPTED" | "VALID":
                return [Done()]
            case "INVALID":
                first = next(iter(rows(at(answer, "issues"))), {})
                return [Refused(text(first.get("code")) or "invalid", f"Amazon says: {text(first.get('message'))}")]
        return [Again("unreadable")]

    # ------------------------------------------------------------------------------------------ facts
    def look(self, shop: ShopRef, fact: Fact) -> None:
        return None

    def choose(self, shop: ShopRef, fact: Fact, seen: Reply | None) -> Request | Answer:
        if isinstance(fact, Cancel):
            return BY_HAND
        if isinstance(fact, Refund):
            return TOLD_ELSEWHERE
        if not fact.tracking:
            return NO_TRACKING
        known = CARRIERS.get(fact.carrier.lower())
        package = {
            "packageReferenceId": reference(fact.id),
            "carrierCode": known or "Other",
            "trackingNumber": fact.tracking,
            "shipDate": datetime.fromtimestamp(fact.shipped_at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "orderItems": [{"orderItemId": line, "quantity": units} for line, units in fact.lines],
        }
        if not known:
            package["carrierName"] = fact.carrier or "Other"
        body = {"marketplaceId": _marketplace(shop), "packageDetail": package}
        path = f"{ORDERS}{quote(fact.order, safe='')}/shipmentConfirmation"
        return Request(method="POST", path=path, bucket="shipments", body=msgspec.json.encode(body))

    def answered(self, fact: Fact, reply: Reply) -> Answer:
        wrong = trouble(reply)
        if isinstance(wrong, Refused) and (said := _errors(reply)):
            return Refused(wrong.code, f"Amazon says: {said}")
        return wrong or Done()

    def spent(self, reply: Reply) -> None:
        return None


def reference(shipment: str) -> str:
    """A positive number that names a package within its order."""
    return str(int.from_bytes(blake2b(shipment.encode(), digest_size=6).digest(), "big") + 1)


def _marketplace(shop: ShopRef) -> str:
    return options(shop).get("marketplaceIds", "").partition(",")[0]


def _errors(reply: Reply) -> str:
    return next((text(error.get("message")) for error in rows(at(decoded(reply), "errors"))), "")


HALF = Amazon()
