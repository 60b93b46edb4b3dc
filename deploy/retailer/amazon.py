"""Orders as Amazon's Selling Partner API writes them (Orders API 2026-01-01; the fields of its published samples)."""

from typing import Any

from deploy.retailer.orders import Order, OrderedLine, money, utc

MARKETPLACE = "ATVPDKIKX0DER"


def order_id(number: int) -> str:
    """3-7-7 digits, as Amazon numbers orders."""
    digits = f"{number:017}"
    return f"{digits[:3]}-{digits[3:10]}-{digits[10:]}"


def order(of: Order) -> dict[str, Any]:
    return {
        "orderId": order_id(of.number),
        "orderAliases": [],
        "createdTime": f"{utc(of.placed_at)}Z",
        "lastUpdatedTime": f"{utc(of.updated_at)}Z",
        "programs": [],
        "associatedOrders": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": MARKETPLACE, "marketplaceName": "Amazon.com"},
        "buyer": {"buyerName": of.customer.first, "buyerEmail": f"{of.customer.number}@marketplace.example.com"},
        "recipient": {
            "deliveryAddress": {
                "name": f"{of.customer.first} {of.customer.last}",
                "addressLine1": of.customer.street,
                "city": of.customer.place.city,
                "stateOrRegion": of.customer.place.state,
                "postalCode": of.customer.zip,
                "countryCode": "US",
                "phone": of.customer.phone,
                "addressType": "RESIDENTIAL",
            }
        },
        "proceeds": {"grandTotal": {"amount": money(of.total()), "currencyCode": "USD"}},
        "fulfillment": {
            "fulfillmentStatus": "CANCELLED" if of.cancelled else "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {"earliestDateTime": f"{utc(of.placed_at)}Z", "latestDateTime": f"{utc(of.placed_at + 172_800_000)}Z"},
        },
        "orderItems": [_item(line) for line in of.lines],
    }


def _item(line: OrderedLine) -> dict[str, Any]:
    total = {"amount": money(line.quantity * line.cents), "currencyCode": "USD"}
    return {
        "orderItemId": str(line.line),
        "quantityOrdered": line.quantity,
        "programs": [],
        "product": {
            "asin": f"B0{line.line % 10**8:08}",
            "title": line.title,
            "sellerSku": line.code,
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW", "conditionNote": ""},
            "price": {"unitPrice": {"amount": money(line.cents), "currencyCode": "USD"}},
        },
        "proceeds": {"proceedsTotal": total, "breakdowns": [{"type": "ITEM", "subtotal": total}]},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": line.quantity},
    }
