"""Orders, cancels and reductions in our own order form, as the dealers' portal sends them."""

from typing import Any

from deploy.retailer.orders import Order, Refund, eastern


def order(of: Order) -> dict[str, Any]:
    if of.cancelled:
        return {"type": "cancel", "order": str(of.number), "updated_at": eastern(of.updated_at), "reason": "customer"}
    who = of.customer
    return {
        "type": "order",
        "order": str(of.number),
        "number": f"D-{of.number % 10_000_000}",
        "placed_at": eastern(of.placed_at),
        "updated_at": eastern(of.updated_at),
        "currency": "USD",
        "region": who.region,
        "priority": 0,
        "lines": [
            {"line": str(line.line), "sku": line.code, "quantity": line.quantity, "price": line.cents, "goods": line.goods}
            for line in of.lines
        ],
        "recipient": {
            "name": f"{who.first} {who.last}",
            "company": f"{who.last} Provisions",
            "phone": who.phone,
            "email": who.email,
            "street": [who.street],
            "city": who.place.city,
            "postcode": who.zip,
            "country": "US",
        },
    }


def reduction(of: Order, back: Refund) -> dict[str, Any]:
    return {
        "type": "reduction",
        "order": str(of.number),
        "id": str(back.refund),
        "lines": [{"line": str(line), "quantity": units} for line, units in back.lines],
    }
