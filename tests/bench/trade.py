"""The business that the chain is measured with, and its raw orders: each pool has a canonical shop and one of Shopify's."""

from collections.abc import Iterator
from functools import cache
from itertools import islice

import msgspec

from connectors.contract import RawRecord, ShopRef
from streams import commands as c
from streams.reference import AnyReference, ShopRecord
from tables.events import Shop
from tests.bench import storefront
from tests.chain import Business

# So many orders differ; the others are these under other numbers.
DRAWN = 2_000
FIRST = 6_100_000_000_000
LATER_CAUSE = 1 << 20


class Trade(Business):
    """Beside each `shop-N` of the business stands `web-N`, whose orders come as Shopify sends them."""

    def sku(self, number: int) -> str:
        return storefront.sku(number)

    def reference(self) -> Iterator[AnyReference]:
        yield from super().reference()
        for number in range(self.partitions):
            ref = ShopRef(tenant="acme", shop=f"web-{number}", channel="shopify", pool=f"pool-{number}", currency="USD")
            yield ShopRecord(ref=ref, segment="b2c", unknown_listing="as_sku")

    def commands(self, number: int) -> Iterator[c.AnyCommand]:
        yield from super().commands(number)
        shop = Shop(shop=f"web-{number}", tenant="acme", channel="shopify", segment="b2c")
        yield c.SetShop(pool=f"pool-{number}", cause=("import", number, LATER_CAUSE, 0), version=1, shop=shop)


# As the retailer of the demo has it: 9.4 lines an order, ten nodes a pool.
TRADE = Trade(nodes=10, skus=storefront.LISTINGS, stock=1_000_000)


def raw_orders(channel: str, first: int, count: int, pools: int) -> list[RawRecord]:
    """Orders numbered from `first` on, of the first so many pools in turn. `channel`: "canonical" or "shopify"."""
    return [_numbered(_drawn(channel)[number % DRAWN], number, pools) for number in range(first, first + count)]


def _numbered(drawn: RawRecord, number: int, pools: int) -> RawRecord:
    name, kind = str(FIRST + number), "shop" if drawn.channel == "canonical" else "web"
    return msgspec.structs.replace(
        drawn,
        shop=f"{kind}-{number % pools}",
        external_id=name,
        delivery_id=f"{drawn.channel}-{name}",
        body=drawn.body.replace(drawn.external_id.encode(), name.encode()),
    )


@cache
def _drawn(channel: str) -> list[RawRecord]:
    return list(islice(storefront.orders(channel, DRAWN), DRAWN))
