"""The retailer of the demo four times over, a pool each, so that every partition has work to do: real baskets, invented people."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from deploy.retailer.assortment import Assortment, Demand
from deploy.retailer.folder import POLICY, SEGMENTS, secret_of
from deploy.retailer.orders import Order
from deploy.retailer.shops import DEPOTS, SHOPS, TENANT, Shop, nearest, scatter
from deploy.retailer.stocking import Receipt, Stocking, stock

POOLS = ("east", "south", "west", "north")
# whose warehouses are run by somebody who speaks Qimen
THIRD_PARTY = ("north", "north-3pl")


FEEDS = {f"{pool}-wms": "warehouse" for pool in POOLS} | {THIRD_PARTY[1]: "qimen"}


class Quarters(Assortment):
    """Each basket's shop is in one of the pools; `by_pool`: what each of them will be asked for."""

    def __init__(self, orders: int) -> None:
        super().__init__(orders)
        self.by_pool: dict[str, Demand] = {pool: {} for pool in POOLS}
        for shop, order in self.orders():
            asked, depot = self.by_pool[pool_of(shop.name)], nearest(order.customer.place.state)
            for line in order.lines:
                for sku, units in self.skus(shop, line):
                    asked.setdefault(sku, Counter())[depot] += units * line.quantity

    def orders(self) -> Iterator[tuple[Shop, Order]]:
        for shop, order in super().orders():
            yield within(POOLS[scatter(order.number + 3, len(POOLS))], shop), order


class Business(NamedTuple):
    assortment: Quarters
    stocking: Stocking


def within(pool: str, shop: Shop) -> Shop:
    return shop._replace(name=f"{pool}-{shop.name}")


def pool_of(name: str) -> str:
    """Of a shop or a node: both are named after their pool."""
    return name.partition("-")[0]


def feed_of(node: str) -> str:
    return f"{pool_of(node)}-wms"


def shops() -> list[Shop]:
    return [within(pool, shop) for pool in POOLS for shop in SHOPS]


def found(orders: int, seed: int) -> Business:
    """A business that has about as much stock as it will be asked for."""
    assortment = Quarters(orders)
    initial: dict[str, dict[str, int]] = {}
    receipts: list[Receipt] = []
    for number, pool in enumerate(POOLS):
        has = stock(assortment.by_pool[pool], seed + number)
        initial |= {f"{pool}-{node}": held for node, held in has.initial.items()}
        receipts += [receipt._replace(node=f"{pool}-{receipt.node}") for receipt in has.receipts]
    return Business(assortment, Stocking(initial, tuple(receipts[0::2] + receipts[1::2])))


def write_folder(folder: Path, business: Business, urls: dict[str, str], warehouses: str) -> None:
    """As anybody's folder for `yipan import`. `urls`: where the platforms of polled shops answer; `warehouses`: where the warehouses do."""
    (folder / "secrets").mkdir(parents=True)
    for name in (*(shop.name for shop in shops()), *FEEDS):
        (folder / "secrets" / name).write_bytes(secret_of(name))
    nodes = (
        [f"{pool}-{at.name}", pool, at.kind, f"US-{at.state}", at.lat, at.lon, at.priority, "confirm"] for pool in POOLS for at in DEPOTS
    )
    _csv(folder / "nodes.csv", ["node", "pool", "kind", "region", "lat", "lon", "priority", "cancel"], nodes)
    _yaml(folder / "partners.yaml", [_partner(pool, warehouses) for pool in POOLS])
    _yaml(folder / "segments.yaml", [segment | {"pool": pool} for pool in POOLS for segment in SEGMENTS])
    _yaml(folder / "policy.yaml", POLICY)
    _yaml(folder / "shops.yaml", [*(_shop(shop, business, urls) for shop in shops()), *map(_feed, FEEDS)])
    _csv(folder / "listings.csv", ["shop", "listing", "sku", "units"], _listings(business.assortment))
    cells = ([node, sku, units] for node, held in business.stocking.initial.items() for sku, units in held.items())
    _csv(folder / "stock.csv", ["node", "sku", "on_hand"], cells)


def _shop(shop: Shop, business: Business, urls: dict[str, str]) -> dict[str, object]:
    polled: dict[str, object] = {"url": urls[shop.name], "poll_seconds": shop.poll_seconds} if shop.door == "poll" else {}
    return {
        "shop": shop.name,
        "channel": shop.channel,
        "tenant": TENANT,
        "pool": pool_of(shop.name),
        "segment": shop.segment,
        "currency": "USD",
        "unknown_listing": "as_sku",
        "secret_file": f"secrets/{shop.name}",
        "non_goods": business.assortment.non_goods(shop),
        **polled,
    }


def _feed(name: str) -> dict[str, object]:
    return {"shop": name, "channel": FEEDS[name], "tenant": TENANT, "pool": pool_of(name), "secret_file": f"secrets/{name}"}


def _partner(pool: str, url: str) -> dict[str, object]:
    """Each answers through the feed of its name, and its secret is the feed's."""
    name = THIRD_PARTY[1] if pool == THIRD_PARTY[0] else f"{pool}-wms"
    form: dict[str, object] = {"form": "qimen", "options": {"app_key": "1", "customer": "c", "owner": "o"}} if "3pl" in name else {}
    nodes = [f"{pool}-{depot.name}" for depot in DEPOTS]
    return {"partner": name, "nodes": nodes, "url": f"{url}/{name}", "secret_file": f"secrets/{name}", "concurrency": 16, **form}


def _listings(of: Assortment) -> Iterator[Sequence[object]]:
    for shop in shops():
        if not shop.prefix:
            yield from ([shop.name, code, sku, units] for code, parts in of.bundles.items() for sku, units in parts)
        yield from ([shop.name, code, sku, 1] for code, sku in of.listings.get(shop.name, {}).items())


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def _yaml(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
