"""Records of the compacted topic `reference`: what `normalize` must know of shops, listings and pools. Keys are record ids."""

from collections.abc import Collection

import msgspec

from connectors.contract import ShopRef
from tables.cities import folded

Parts = tuple[tuple[str, int], ...]
LOCAL = ("dealer", "store")  # kinds of nodes that serve the city they are in


class PoolRecord(msgspec.Struct, frozen=True, kw_only=True, tag="pool"):
    """Key `pool/<pool>`. The partition of a pool is written once, when the pool is made, and never changes."""

    pool: str
    partition: int
    partitions: int


class ShopRecord(msgspec.Struct, frozen=True, kw_only=True, tag="shop", omit_defaults=True):
    """Key `shop/<shop>`. `non_goods`: listing codes of this shop that are postage, fees and the like. `tell`: what its platform wants to
    hear of us (`levels`, `shipments`, `cancels`)."""

    ref: ShopRef
    segment: str = ""
    unknown_listing: str = "hold"
    non_goods: tuple[str, ...] = ()
    poll_seconds: int = 60
    active: bool = True
    version: int = 0
    tell: tuple[str, ...] = ()


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True, tag="node", omit_defaults=True):
    """Key `node/<node>`."""

    node: str
    pool: str
    kind: str = "warehouse"
    region: str = ""
    city: str = ""
    sellable: bool = True
    version: int = 0


class ListingRecord(msgspec.Struct, frozen=True, kw_only=True, tag="listing"):
    """Key `listing/<shop>/<listing>`: (SKU, units) of each component; several make a bundle. None at all: not goods. `item`: what the
    platform calls its stock, "" where it is not told of it."""

    shop: str
    listing: str
    parts: Parts
    version: int = 0
    item: str = ""


class ImportRecord(msgspec.Struct, frozen=True, kw_only=True, tag="import"):
    """Key `import/<pool>/<what>`: what the last import said, so that the next one publishes the difference. `what` is e.g.
    `stock/<node>/<sku>`, `segment/<segment>`, `policy`; `value` its canonical JSON."""

    pool: str
    what: str
    value: str
    version: int


AnyReference = PoolRecord | ShopRecord | NodeRecord | ListingRecord | ImportRecord

encode_reference = msgspec.json.Encoder().encode
decode_reference = msgspec.json.Decoder(AnyReference).decode


def record_id(record: AnyReference) -> str:
    match record:
        case PoolRecord(pool=pool):
            return f"pool/{pool}"
        case ShopRecord(ref=ref):
            return f"shop/{ref.shop}"
        case NodeRecord(node=node):
            return f"node/{node}"
        case ListingRecord(shop=shop, listing=listing):
            return f"listing/{shop}/{listing}"
        case ImportRecord(pool=pool, what=what):
            return f"import/{pool}/{what}"


class Reference:
    """All of `reference`, folded: the tables `normalize`, the gateway and the poller look things up in."""

    def __init__(self) -> None:
        self.pools: dict[str, PoolRecord] = {}
        self.shops: dict[str, ShopRecord] = {}
        self.nodes: dict[str, NodeRecord] = {}
        self.listings: dict[tuple[str, str], ListingRecord] = {}
        self.imports: dict[str, ImportRecord] = {}
        self._cities: dict[str, set[str]] | None = None  # worked out when they are asked for: nodes come by the thousand
        self.parts: dict[str, dict[str, Parts]] = {}  # of `listings`, by shop: every line of every order is looked up here

    def apply(self, record: AnyReference) -> None:
        match record:
            case PoolRecord():
                self.pools[record.pool] = record
            case ShopRecord():
                self.shops[record.ref.shop] = record
            case NodeRecord():
                self.nodes[record.node] = record
                self._cities = None
            case ListingRecord():
                self.listings[record.shop, record.listing] = record
                self.parts.setdefault(record.shop, {})[record.listing] = record.parts
            case ImportRecord():
                self.imports[record_id(record)] = record

    def cities(self, pool: str) -> Collection[str]:
        """Folded: those in which the pool has dealers or stores."""
        found = self._cities
        if found is None:
            found = {}
            for node in self.nodes.values():
                if node.kind in LOCAL and node.city:
                    found.setdefault(node.pool, set()).add(folded(node.city))
            self._cities = found
        return found.get(pool, ())

    def forget(self, key: str) -> None:
        """A record of the topic without a value: what is called `key` is no more."""
        what, _, name = key.partition("/")
        match what:
            case "pool":
                self.pools.pop(name, None)
            case "shop":
                self.shops.pop(name, None)
            case "node":
                self.nodes.pop(name, None)
                self._cities = None
            case "listing":
                shop, _, listing = name.partition("/")
                if self.listings.pop((shop, listing), None):
                    del self.parts[shop][listing]
            case "import":
                self.imports.pop(key, None)
