"""Orders and refunds as Shopify's webhooks write them (REST resources; the fields of its published samples)."""

from typing import Any

from deploy.retailer.orders import PLATFORM_IDS, Order, OrderedLine, Refund, eastern, money

VENDOR = "Juniper & Rye"


def order(of: Order) -> dict[str, Any]:
    total = money(of.total())
    return {
        "id": of.number,
        "admin_graphql_api_id": f"gid://shopify/Order/{of.number}",
        "app_id": 580111,
        "buyer_accepts_marketing": False,
        "cancel_reason": "customer" if of.cancelled else None,
        "cancelled_at": eastern(of.updated_at) if of.cancelled else None,
        "closed_at": None,
        "confirmed": True,
        "contact_email": of.customer.email,
        "created_at": eastern(of.placed_at),
        "currency": "USD",
        "current_total_price": total,
        "customer_locale": "en-US",
        "discount_codes": [],
        "email": of.customer.email,
        "financial_status": "partially_refunded" if of.refunds else "paid",
        "fulfillment_status": None,
        "landing_site": "/",
        "name": f"#{of.number % 10_000_000}",
        "note": None,
        "note_attributes": [],
        "number": of.number % 10_000_000,
        "order_number": of.number % 10_000_000,
        "payment_gateway_names": ["shopify_payments"],
        "phone": None,
        "presentment_currency": "USD",
        "processed_at": eastern(of.placed_at),
        "source_name": "web",
        "subtotal_price": total,
        "tags": "",
        "tax_lines": [],
        "taxes_included": False,
        "test": False,
        "total_discounts": "0.00",
        "total_line_items_price": total,
        "total_price": total,
        "total_tax": "0.00",
        "total_weight": 0,
        "updated_at": eastern(of.updated_at),
        "user_id": None,
        "billing_address": _address(of),
        "customer": {"id": of.customer.number, "email": of.customer.email, "state": "enabled", "verified_email": True, "currency": "USD"},
        "fulfillments": [],
        "line_items": [_line(line) for line in of.lines],
        "refunds": [refund(of, back) for back in of.refunds],
        "shipping_address": _address(of),
        "shipping_lines": [{"id": of.number + 1, "code": "Standard", "price": "0.00", "source": "shopify", "title": "Standard"}],
    }


def refund(of: Order, back: Refund) -> dict[str, Any]:
    prices = {line.line: line.cents for line in of.lines}
    return {
        "id": back.refund,
        "order_id": of.number,
        "created_at": eastern(back.at),
        "processed_at": eastern(back.at),
        "note": "no longer wanted",
        "user_id": None,
        "restock": True,
        "transactions": [],
        "order_adjustments": [],
        "refund_line_items": [
            {
                "id": line + 500,
                "line_item_id": line,
                "location_id": None,
                "quantity": units,
                "restock_type": "cancel",
                "subtotal": money(units * prices[line]),
                "total_tax": "0.00",
            }
            for line, units in back.lines
        ],
    }


def _line(line: OrderedLine) -> dict[str, Any]:
    return {
        "id": line.line,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.line}",
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 0,
        "name": line.title,
        "price": money(line.cents),
        "product_exists": True,
        "product_id": PLATFORM_IDS + line.line % 1_000_003,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": line.goods,
        "sku": line.code,
        "taxable": True,
        "title": line.title,
        "total_discount": "0.00",
        "variant_id": None,
        "variant_inventory_management": None,
        "variant_title": None,
        "vendor": VENDOR,
        "tax_lines": [],
        "discount_allocations": [],
    }


def _address(of: Order) -> dict[str, Any]:
    who = of.customer
    return {
        "first_name": who.first,
        "last_name": who.last,
        "name": f"{who.first} {who.last}",
        "address1": who.street,
        "address2": None,
        "city": who.place.city,
        "zip": who.zip,
        "province": who.place.name,
        "province_code": who.place.state,
        "country": "United States",
        "country_code": "US",
        "phone": who.phone,
        "company": None,
        "latitude": who.place.lat,
        "longitude": who.place.lon,
    }
