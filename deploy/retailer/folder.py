"""The retailer as a folder for `yipan import`, like anybody's business."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from deploy.retailer.assortment import Assortment
from deploy.retailer.people import PLACES
from deploy.retailer.shops import DEPOTS, FEED, ITS_DEPOT, POOL, SHOPS, TENANT, THIRD_PARTY
from deploy.retailer.stocking import Stocking

FEEDS = {FEED: "warehouse", THIRD_PARTY: "qimen"}
SEGMENTS = (
    {"pool": POOL, "segment": "b2c", "ratio": "70%", "may_borrow": False, "priority": 1},
    {"pool": POOL, "segment": "b2b", "ratio": "10%", "protected": True, "may_borrow": True, "priority": 2},
)
POLICY = {
    "name": "near and whole",
    "filters": {"kinds": ["warehouse", "store"]},
    "criteria": ["distance", "priority"],
    "max_splits": 3,
    "shortage": "partial",
    "segments": {
        "b2b": {"filters": {"kinds": ["warehouse", "dealer"]}, "criteria": ["priority", "distance"], "max_splits": 2},
    },
    "regions": {f"US-{place.state}": [place.lat, place.lon] for place in PLACES},
}


def secret_of(shop: str) -> bytes:
    return f"demo-secret-of-{shop}".encode()


def write_folder(
    folder: Path, of: Assortment, stocking: Stocking, urls: dict[str, str], listed: Iterable[str] = (), warehouses: str = ""
) -> None:
    """`urls`: where the polled shops' platforms answer. `listed`: codes of the unlisted ones that are known by now. `warehouses`: where
    the warehouses' systems answer; without, nobody is told what to ship."""
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    for name in (*(shop.name for shop in SHOPS), *FEEDS, *map(_of_partner, FEEDS)):
        (folder / "secrets" / name).write_bytes(secret_of(name))
    _csv(
        folder / "nodes.csv",
        ["node", "pool", "kind", "region", "city", "lat", "lon", "priority", "cancel"],
        ([at.name, POOL, at.kind, f"US-{at.state}", at.city, at.lat, at.lon, at.priority, "confirm"] for at in DEPOTS),
    )
    if warehouses:
        _yaml(folder / "partners.yaml", _partners(warehouses))
    _yaml(folder / "shops.yaml", _shops(of, urls))
    _yaml(folder / "segments.yaml", SEGMENTS)
    _yaml(folder / "policy.yaml", POLICY)
    _csv(folder / "listings.csv", ["shop", "listing", "sku", "units"], _listings(of, set(listed)))
    cells = ([node, sku, units] for node, held in stocking.initial.items() for sku, units in held.items())
    _csv(folder / "stock.csv", ["node", "sku", "on_hand"], cells)


def _shops(of: Assortment, urls: dict[str, str]) -> list[dict[str, object]]:
    sellers: list[dict[str, object]] = [
        {
            "shop": shop.name,
            "channel": shop.channel,
            "tenant": TENANT,
            "pool": POOL,
            "segment": shop.segment,
            "currency": "USD",
            "timezone": "America/New_York",
            "unknown_listing": "hold" if shop.prefix else "as_sku",
            "secret_file": f"secrets/{shop.name}",
            "non_goods": of.non_goods(shop),
            **({"url": urls[shop.name], "poll_seconds": shop.poll_seconds} if shop.door == "poll" else {}),
        }
        for shop in SHOPS
    ]
    feeds: list[dict[str, object]] = [
        {"shop": feed, "channel": channel, "tenant": TENANT, "pool": POOL, "secret_file": f"secrets/{feed}"}
        for feed, channel in FEEDS.items()
    ]
    return [*sellers, *feeds]


def _partners(url: str) -> list[dict[str, object]]:
    """Each answers through the feed of its name."""
    own = [depot.name for depot in DEPOTS if depot.name != ITS_DEPOT]
    account = {"app_key": "21000001", "customer": "c-juniper", "owner": "JUNIPER"}
    told: list[dict[str, object]] = [
        {"partner": FEED, "nodes": own},
        {"partner": THIRD_PARTY, "nodes": [ITS_DEPOT], "form": "qimen", "options": account},
    ]
    for partner in told:
        name = partner["partner"]
        partner |= {"url": f"{url}/{name}", "secret_file": f"secrets/{_of_partner(str(name))}", "opens_recipient": True, "concurrency": 16}
    return told


def _of_partner(name: str) -> str:
    return f"to-{name}"


def _listings(of: Assortment, listed: set[str]) -> Iterable[Sequence[object]]:
    for shop in SHOPS:
        if not shop.prefix:
            yield from ([shop.name, code, sku, units] for code, parts in of.bundles.items() for sku, units in parts)
        hidden = set(of.unlisted.get(shop.name, ())) - listed
        yield from ([shop.name, code, sku, 1] for code, sku in of.listings.get(shop.name, {}).items() if code not in hidden)


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _yaml(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
