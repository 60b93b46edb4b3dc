"""What the drawn baskets ask for: the orders as first placed, the bundles made of what sells most, the demand by SKU and depot."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from deploy.retailer.baskets import NAMELESS, Baskets, Product, read_products
from deploy.retailer.orders import Order, OrderedLine, placed
from deploy.retailer.people import customer
from deploy.retailer.shops import Shop, nearest, scatter, shop_of

BUNDLES = 12
BUNDLED_PER_CENT = 4
UNKNOWN_LISTINGS = 8
Parts = tuple[tuple[str, int], ...]
Demand = dict[str, Counter[str]]


class Assortment:
    """`bundles`: code -> (SKU, units). `demand`: SKU -> depot nearest to the buyer -> units ordered. `listings`: the codes of the shops
    that do not write our SKUs, shop -> code -> SKU. `unlisted`: those of them that nobody has listed yet."""

    def __init__(self, orders: int) -> None:
        self.products: dict[int, Product] = read_products()
        self.baskets = Baskets(orders)
        self.bundles: dict[str, Parts] = {}
        self.bundles = self._bundles()
        self.demand: Demand = {}
        self.listings: dict[str, dict[str, str]] = {}
        for shop, order in self.orders():
            self._count(shop, order)
        self.unlisted = {shop: tuple(islice(codes, 3, 3 + UNKNOWN_LISTINGS)) for shop, codes in self.listings.items()}

    def __len__(self) -> int:
        return len(self.baskets)

    def orders(self) -> Iterator[tuple[Shop, Order]]:
        """In order of time."""
        codes = tuple(self.bundles)
        for basket in self.baskets:
            shop = shop_of(basket.basket)
            order = placed(basket, customer(basket.household), self.products, shop.prefix)
            if codes and not shop.prefix and scatter(basket.basket + 1, 100) < BUNDLED_PER_CENT:
                order = _with_bundle(order, codes[scatter(basket.basket + 2, len(codes))])
            yield shop, order

    def non_goods(self, shop: Shop) -> list[str]:
        return [f"{shop.prefix}{number}" for number, product in self.products.items() if not product.goods]

    def skus(self, shop: Shop, line: OrderedLine) -> Parts:
        """What a line is made of; nothing, if it is no goods."""
        if not line.goods:
            return ()
        return self.bundles.get(line.code) or ((line.code.removeprefix(shop.prefix), 1),)

    def _bundles(self) -> dict[str, Parts]:
        sold: Counter[int] = Counter()
        for basket in self.baskets:
            sold.update(line.product for line in basket.lines if self.products.get(line.product, NAMELESS).goods)
        best = [str(product) for product, _ in sold.most_common(2 * BUNDLES)]
        return {f"BUNDLE-{index + 1:02}": ((one, 1), (two, 2)) for index, (one, two) in enumerate(zip(best[::2], best[1::2], strict=False))}

    def _count(self, shop: Shop, order: Order) -> None:
        depot = nearest(order.customer.place.state)
        for line in order.lines:
            for sku, units in self.skus(shop, line):
                self.demand.setdefault(sku, Counter())[depot] += units * line.quantity
                if shop.prefix:
                    self.listings.setdefault(shop.name, {})[line.code] = sku


def _with_bundle(order: Order, code: str) -> Order:
    line = OrderedLine(order.number * 1_000 + 999, code, f"Bundle {code[-2:]}", 1, 999, True)
    return order._replace(lines=(*order.lines, line))
