"""The retailer's shops and nodes, invented: where its orders come from and where its stock lies."""

from typing import Literal, NamedTuple

Door = Literal["hook", "poll"]


class Shop(NamedTuple):
    """`door`: the platform sends webhooks, or is polled. `prefix`: what the shop writes before our SKU. `weight`: per cent of orders.
    `poll_seconds`: Amazon shows the same orders again in each window for some seconds, so it is not asked all the time."""

    name: str
    channel: str
    segment: str
    door: Door
    prefix: str
    weight: int
    poll_seconds: int = 1


class Depot(NamedTuple):
    """A node of the pool; `serves`: the states whose orders it is nearest to."""

    name: str
    kind: str
    state: str
    city: str
    lat: float
    lon: float
    priority: int
    serves: tuple[str, ...] = ()


TENANT = "juniper"
POOL = "us"
CENTRAL = "louisville-dc"
# the feed of the retailer's own warehouse system, and the partner that the system is
FEED = "juniper-wms"
# who runs one of its depots speaks Qimen
THIRD_PARTY, ITS_DEPOT = "reno-3pl", "reno-dc"

SHOPS = (
    Shop("juniper-web", "shopify", "b2c", "hook", "", 42),
    Shop("juniper-outlet", "woocommerce", "b2c", "hook", "", 13),
    Shop("juniper-corner", "woocommerce", "b2c", "poll", "", 12),
    Shop("juniper-market", "amazon", "b2c", "poll", "JR-", 13, 2),
    Shop("juniper-dealers", "canonical", "b2b", "hook", "", 20),
)

DEPOTS = (
    Depot(CENTRAL, "warehouse", "KY", "Louisville", 38.25, -85.76, 0, ("KY", "IN", "TN")),
    Depot("columbus-dc", "warehouse", "OH", "Columbus", 39.96, -83.0, 1, ("OH", "MI", "IL")),
    Depot("harrisburg-dc", "warehouse", "PA", "Harrisburg", 40.27, -76.88, 1, ("PA", "NY", "NJ", "VA")),
    Depot("atlanta-dc", "warehouse", "GA", "Atlanta", 33.75, -84.39, 1, ("GA", "FL", "NC")),
    Depot("dallas-dc", "warehouse", "TX", "Dallas", 32.78, -96.8, 1, ("TX", "CO")),
    Depot("reno-dc", "warehouse", "NV", "Reno", 39.53, -119.81, 1, ("NV", "CA", "OR", "WA", "AZ")),
    Depot("cincinnati-store", "store", "OH", "Cincinnati", 39.1, -84.51, 5),
    Depot("chicago-store", "store", "IL", "Chicago", 41.88, -87.63, 5),
    Depot("seattle-store", "store", "WA", "Seattle", 47.61, -122.33, 5),
    Depot("denver-dealer", "dealer", "CO", "Denver", 39.74, -104.99, 9),
)


def scatter(number: int, among: int) -> int:
    """0 … among − 1, evenly and always the same for a number (Knuth's multiplicative hash)."""
    return (number * 2_654_435_761 % 2**32 >> 7) % among


def shop_of(basket: int) -> Shop:
    share = scatter(basket, 100)
    for shop in SHOPS:
        share -= shop.weight
        if share < 0:
            return shop
    return SHOPS[0]


def nearest(state: str) -> str:
    return next((depot.name for depot in DEPOTS if state in depot.serves), CENTRAL)
