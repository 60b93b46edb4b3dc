"""Orders as WooCommerce's webhooks and its REST API v3 write them (the fields of its published samples)."""

from typing import Any

from deploy.retailer.orders import PLATFORM_IDS, Order, OrderedLine, Refund, eastern, money, utc


def order(of: Order) -> dict[str, Any]:
    total = money(of.total())
    address = _address(of)
    return {
        "id": of.number,
        "parent_id": 0,
        "number": str(of.number),
        "order_key": f"wc_order_{of.number:x}",
        "created_via": "checkout",
        "version": "9.4.1",
        "status": "cancelled" if of.cancelled else "processing",
        "currency": "USD",
        "date_created": eastern(of.placed_at)[:19],
        "date_created_gmt": utc(of.placed_at),
        "date_modified": eastern(of.updated_at)[:19],
        "date_modified_gmt": utc(of.updated_at),
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "0.00",
        "shipping_tax": "0.00",
        "cart_tax": "0.00",
        "total": total,
        "total_tax": "0.00",
        "prices_include_tax": False,
        "customer_id": of.customer.number,
        "customer_ip_address": "192.0.2.17",
        "customer_user_agent": "",
        "customer_note": "",
        "billing": {**address, "email": of.customer.email, "phone": of.customer.phone},
        "shipping": address,
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": f"ch_{of.number}",
        "date_paid": eastern(of.placed_at)[:19],
        "date_paid_gmt": utc(of.placed_at),
        "date_completed": None,
        "date_completed_gmt": None,
        "cart_hash": "",
        "meta_data": [],
        "line_items": [_line(line) for line in of.lines],
        "tax_lines": [],
        "shipping_lines": [{"id": of.number + 1, "method_title": "Flat rate", "method_id": "flat_rate", "total": "0.00", "taxes": []}],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [{"id": back.refund, "reason": "no longer wanted", "total": "-0.01"} for back in of.refunds],
    }


def refund(back: Refund) -> dict[str, Any]:
    """As `/orders/<id>/refunds` lists it."""
    return {
        "id": back.refund,
        "date_created_gmt": utc(back.at),
        "amount": "0.01",
        "reason": "no longer wanted",
        "refunded_by": 1,
        "line_items": [
            {
                "id": line + 500,
                "quantity": -units,
                "total": "-0.01",
                "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(line)}],
            }
            for line, units in back.lines
        ],
    }


def _line(line: OrderedLine) -> dict[str, Any]:
    total = money(line.quantity * line.cents)
    return {
        "id": line.line,
        "name": line.title,
        "product_id": PLATFORM_IDS + line.line % 1_000_003,
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": "0.00",
        "total": total,
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": line.code,
        "price": line.cents / 100,
    }


def _address(of: Order) -> dict[str, Any]:
    who = of.customer
    return {
        "first_name": who.first,
        "last_name": who.last,
        "company": "",
        "address_1": who.street,
        "address_2": "",
        "city": who.place.city,
        "state": who.place.state,
        "postcode": who.zip,
        "country": "US",
    }
