"""Raw orders as storefronts send them, for the benches: 9.4 lines an order, in our own form and as Shopify's webhooks write them.

The people are invented. Shopify's fields are those of its published samples and of today's webhooks; an order has about 10 kB.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from connectors.contract import Millis, RawRecord, ShopRef
from connectors.times import iso

TENANT, POOL, CURRENCY = "acme", "north", "USD"
LISTINGS = 5_000
MEAN_LINES = 9.5  # of an exponential that is cut off: 9.4 come out
MOST_LINES = 60
BEGAN = 1_772_000_000_000

_FIRST = ("Ada", "Chidi", "Dolores", "Emre", "Freya", "Hông", "Ifeoma", "Jürgen", "Lin", "Mateus", "Noor", "Søren", "Wei", "Zofia")
_LAST = ("Amundsen", "Banerjee", "Castellanos", "Ferreira", "Harrington", "Kowalczyk", "Lindqvist", "Nakamura", "Okafor", "Vasquez")
_STREETS = ("Juniper Lane", "Harbor Road", "Old Mill Street", "Quarry Avenue", "Saltmarsh Drive", "Tannery Row")
_CITIES = (("Newark", "NJ", "07102"), ("Portland", "OR", "97209"), ("Savannah", "GA", "31401"), ("Duluth", "MN", "55802"))
_TEAS = ("Oolong of the High Terraces", "Smoked Pine", "Jasmine Pearls", "White Peony", "Genmaicha", "Rooibos & Orange", "Aged Pu-erh")


def sku(number: int) -> str:
    return f"TEA-{number:05d}"


def shop(channel: str) -> ShopRef:
    return ShopRef(tenant=TENANT, shop=f"{channel}-shop", channel=channel, pool=POOL, currency=CURRENCY)


def orders(channel: str, count: int, seed: int = 7) -> Iterator[RawRecord]:
    """Of the shop of `channel`: "canonical" or "shopify"."""
    of, body = shop(channel), BODIES[channel]
    for number in range(count):
        random = Random(seed << 32 | number)
        yield RawRecord(
            tenant=TENANT,
            shop=of.shop,
            channel=channel,
            kind="order",
            external_id=str(6_100_000_000_000 + number),
            delivery_id=hashlib.blake2b(b"%d" % number, digest_size=16).hexdigest(),
            received_at=Millis(BEGAN + number * 100 + 1_500),
            body=json.dumps(body(number, random), ensure_ascii=False, separators=(",", ":")).replace("&", "\\u0026").encode(),
        )


def _basket(random: Random) -> list[tuple[int, int, int]]:
    """(number of the listing, units, cents each) a line."""
    wanted = min(MOST_LINES, 1 + int(random.expovariate(1 / (MEAN_LINES - 0.5))))
    return [(number, random.randint(1, 3), 199 + number % 4_000) for number in random.sample(range(LISTINGS), wanted)]


# ---------------------------------------------------------------------------------------------- our own form
def _canonical(number: int, random: Random) -> dict[str, Any]:
    basket, first, last = _basket(random), random.choice(_FIRST), random.choice(_LAST)
    city, state, postcode = random.choice(_CITIES)
    return {
        "type": "order",
        "order": str(6_100_000_000_000 + number),
        "number": f"#{1001 + number}",
        "placed_at": iso(BEGAN + number * 100),
        "updated_at": iso(BEGAN + number * 100 + 1_000),
        "currency": CURRENCY,
        "region": f"US-{state}",
        "lines": [
            {"line": str(line), "sku": sku(listing), "quantity": units, "price": cents}
            for line, (listing, units, cents) in enumerate(basket, 1)
        ],
        "recipient": {
            "name": f"{first} {last}",
            "phone": f"+1 555 010 {number % 10_000:04d}",
            "email": f"{last.lower()}.{number}@example.com",
            "street": [f"{random.randint(1, 999)} {random.choice(_STREETS)}"],
            "city": city,
            "postcode": postcode,
            "country": "US",
        },
    }


# ---------------------------------------------------------------------------------------------- Shopify
def _shopify(number: int, random: Random) -> dict[str, Any]:
    order, basket = 6_100_000_000_000 + number, _basket(random)
    address, total = _address(random), sum(units * cents for _, units, cents in basket)
    placed, mail = _eastern(BEGAN + number * 100), f"{address['last_name'].lower()}.{number}@example.com"
    token = hashlib.blake2b(b"%d" % order, digest_size=16).hexdigest()
    return {
        "id": order,
        "admin_graphql_api_id": f"gid://shopify/Order/{order}",
        "app_id": 580111,
        "browser_ip": "192.0.2.17",
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": f"c1-{token}",
        "checkout_id": order + 31,
        "checkout_token": token,
        "client_details": {
            "accept_language": "en-US",
            "browser_height": None,
            "browser_ip": "192.0.2.17",
            "browser_width": None,
            "session_hash": None,
            "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
        },
        "closed_at": None,
        "confirmation_number": token[:9].upper(),
        "confirmed": True,
        "contact_email": mail,
        "created_at": placed,
        "currency": CURRENCY,
        "current_subtotal_price": _money(total),
        "current_subtotal_price_set": _both(total),
        "current_total_discounts": "0.00",
        "current_total_price": _money(total),
        "current_total_price_set": _both(total),
        "current_total_tax": "0.00",
        "customer_locale": "en-US",
        "discount_codes": [],
        "email": mail,
        "estimated_taxes": False,
        "financial_status": "paid",
        "fulfillment_status": None,
        "landing_site": "/?utm_source=newsletter&utm_medium=email",
        "name": f"#{1001 + number}",
        "note": None,
        "note_attributes": [],
        "number": 1 + number,
        "order_number": 1001 + number,
        "order_status_url": f"https://tea.example.com/82/orders/{token}/authenticate?key={token}",
        "payment_gateway_names": ["shopify_payments"],
        "phone": None,
        "presentment_currency": CURRENCY,
        "processed_at": placed,
        "referring_site": "https://search.example.com/",
        "source_name": "web",
        "subtotal_price": _money(total),
        "tags": "",
        "tax_lines": [],
        "taxes_included": False,
        "test": False,
        "token": token,
        "total_discounts": "0.00",
        "total_line_items_price": _money(total),
        "total_price": _money(total),
        "total_price_set": _both(total),
        "total_shipping_price_set": _both(0),
        "total_tax": "0.00",
        "total_tip_received": "0.00",
        "total_weight": 100 * len(basket),
        "updated_at": _eastern(BEGAN + number * 100 + 1_000),
        "user_id": None,
        "billing_address": address,
        "customer": {"id": order + 7, "email": mail, "created_at": placed, "state": "enabled", "default_address": address},
        "fulfillments": [],
        "line_items": [_line(order + place, *bought) for place, bought in enumerate(basket, 100)],
        "payment_terms": None,
        "refunds": [],
        "shipping_address": address,
        "shipping_lines": [{"id": order + 1, "code": "Standard", "price": "0.00", "price_set": _both(0), "title": "Standard"}],
    }


def _line(line: int, listing: int, units: int, cents: int) -> dict[str, Any]:
    title = _TEAS[listing % len(_TEAS)]
    return {
        "id": line,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line}",
        "current_quantity": units,
        "fulfillable_quantity": units,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 100,
        "name": f"{title} - 100 g",
        "price": _money(cents),
        "price_set": _both(cents),
        "product_exists": True,
        "product_id": 7_900_000_000_000 + listing // 5,
        "properties": [],
        "quantity": units,
        "requires_shipping": True,
        "sku": sku(listing),
        "taxable": True,
        "title": title,
        "total_discount": "0.00",
        "variant_id": 43_000_000_000_000 + listing,
        "variant_inventory_management": "shopify",
        "variant_title": "100 g",
        "vendor": "Juniper & Rye",
        "tax_lines": [],
        "discount_allocations": [],
    }


def _address(random: Random) -> dict[str, Any]:
    first, last, (city, state, postcode) = random.choice(_FIRST), random.choice(_LAST), random.choice(_CITIES)
    return {
        "first_name": first,
        "address1": f"{random.randint(1, 999)} {random.choice(_STREETS)}",
        "phone": f"+1 555 010 {random.randint(0, 9_999):04d}",
        "city": city,
        "zip": postcode,
        "province": state,
        "country": "United States",
        "last_name": last,
        "address2": None,
        "company": None,
        "latitude": 40.7357,
        "longitude": -74.1724,
        "name": f"{first} {last}",
        "country_code": "US",
        "province_code": state,
    }


def _eastern(millis: int) -> str:
    return iso(millis - 5 * 3_600_000).split(".")[0] + "-05:00"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _both(cents: int) -> dict[str, Any]:
    amount = {"amount": _money(cents), "currency_code": CURRENCY}
    return {"shop_money": amount, "presentment_money": amount}


BODIES: dict[str, Callable[[int, Random], dict[str, Any]]] = {"canonical": _canonical, "shopify": _shopify}
