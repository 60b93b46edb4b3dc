"""The retailer's history as it is delivered: in order, as far as the real world keeps order."""

import heapq
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from random import Random

from deploy.retailer.assortment import Assortment
from deploy.retailer.damage import damaged
from deploy.retailer.deliveries import Delivery, Document, tell, tell_refund
from deploy.retailer.orders import Order, Refund
from deploy.retailer.shops import Shop
from deploy.retailer.stocking import Receipt, Stocking

HOUR = 3_600_000
# Of a thousand orders, how many …
REPEATED = 50  # … are delivered again as they were
AMENDED, AMENDED_BACKWARDS = 40, 20  # … change; and the change overtakes what it changes
CANCELLED, CANCELLED_FIRST = 30, 6  # … are cancelled; and the cancel comes before the order
REFUNDED = 20  # … lose units before they ship
DAMAGED = 10  # … have a twin that nothing can be made of
# … and the share of the history after which receipts come in, and after which counts do.
RECEIPTS_FROM, COUNTS_AT = 0.45, (0.3, 0.6, 0.85)
COUNTED_LINES = 60

Tell = Callable[[], Delivery]
Due = tuple[float, int, Tell]  # after how many orders, a running number, what


class Expected:
    """What must come of the history. `orders`: (shop, number) of those with goods that were told; `cancelled`: of them."""

    def __init__(self) -> None:
        self.orders: set[tuple[str, int]] = set()
        self.cancelled: set[tuple[str, int]] = set()
        self.damaged = 0
        self.repeated = 0


class History:
    """Iterates once. `told`: orders begun so far; `expected` is complete when it has ended."""

    def __init__(self, assortment: Assortment, stocking: Stocking, seed: int) -> None:
        self.expected = Expected()
        self.told = 0
        self._assortment = assortment
        self._stocking = stocking
        self._random = Random(seed)
        self._numbers, self._ways = count(), count()
        self._due: list[Due] = []

    def __iter__(self) -> Iterator[Delivery]:
        self._plan_warehouses()
        for index, (shop, order) in enumerate(self._assortment.orders()):
            self._live(index, shop, order)
            self.told = index + 1
            while self._due and self._due[0][0] <= index:
                yield heapq.heappop(self._due)[2]()
        while self._due:
            yield heapq.heappop(self._due)[2]()

    def _at(self, after: float, what: Tell) -> None:
        heapq.heappush(self._due, (after, next(self._numbers), what))

    # ------------------------------------------------------------------------------------------ orders
    def _live(self, index: int, shop: Shop, order: Order) -> None:
        random, roll = self._random, self._random.randrange(1_000)
        name = (shop.name, order.number)
        if any(self._assortment.skus(shop, line) for line in order.lines):
            self.expected.orders.add(name)
        if roll < CANCELLED:
            first, then = order, _later(order)._replace(cancelled=True)
            self.expected.cancelled.add(name)
            backwards = roll < CANCELLED_FIRST
        elif roll < CANCELLED + AMENDED:
            first, then = order, _amended(order)
            backwards = roll < CANCELLED + AMENDED_BACKWARDS
        elif roll < CANCELLED + AMENDED + REFUNDED:
            return self._refund(index, shop, order)
        else:
            return self._tell(index, shop, order)
        # a platform that is polled always shows its latest, so there nothing overtakes
        if backwards and shop.door == "hook":
            first, then = then, first
        self._tell(index, shop, first)
        self._at(index + random.randint(2, 250), lambda: tell(shop, then))
        return None

    def _tell(self, index: int, shop: Shop, order: Order) -> None:
        self._at(index, lambda: tell(shop, order))
        roll = self._random.randrange(1_000)
        if roll < REPEATED and shop.door == "hook":
            self.expected.repeated += 1
            self._at(index + self._random.randint(1, 400), lambda: tell(shop, order))
        elif roll < REPEATED + DAMAGED and shop.door == "hook":
            spoilt = damaged(shop, order, next(self._ways))
            self.expected.damaged += spoilt.status == 200
            self._at(index, lambda: spoilt)

    def _refund(self, index: int, shop: Shop, order: Order) -> None:
        """Shopify and the dealers' portal tell a refund on its own; the polled WooCommerce shows it in the order; others amend."""
        self._tell(index, shop, order)
        refund = Refund(order.number + 7, order.placed_at + HOUR, ((order.lines[0].line, 1),))
        after = index + self._random.randint(2, 250)
        if shop.channel in ("shopify", "canonical"):
            self._at(after, lambda: tell_refund(shop, order, refund))
        elif shop.door == "poll" and shop.channel == "woocommerce":
            self._at(after, lambda: tell(shop, _later(order)._replace(refunds=(refund,))))
        else:
            self._at(after, lambda: tell(shop, _amended(order)))

    # ------------------------------------------------------------------------------------------ warehouses
    def _plan_warehouses(self) -> None:
        orders, receipts = len(self._assortment), self._stocking.receipts
        for number, receipt in enumerate(receipts):
            after = orders * (RECEIPTS_FROM + (0.97 - RECEIPTS_FROM) * number / len(receipts))
            self._at(after, partial(self._receive, number, receipt))
        for number, after_part in enumerate(COUNTS_AT):
            self._at(orders * after_part, partial(self._count, number))

    def _receive(self, number: int, receipt: Receipt) -> Document:
        return Document("receipt", f"receipt-{number + 1}", receipt.node, receipt.lines)

    def _count(self, number: int) -> Document:
        """Somebody counted a shelf the night before: here and there a unit is missing, or one is found."""
        node, cells = list(self._stocking.initial.items())[number]
        shelf = self._random.sample(sorted(cells.items()), min(COUNTED_LINES, len(cells)))
        found = {sku: max(0, units + self._random.choice((-1, 0, 0, 0, 1))) for sku, units in shelf}
        return Document("count", f"count-{number + 1}", node, tuple(found.items()))


def _later(order: Order) -> Order:
    return order._replace(updated_at=order.placed_at + HOUR)


def _amended(order: Order) -> Order:
    """The last line goes, or one more of the first is wanted where that would leave no goods."""
    first, *others = order.lines
    if any(line.goods for line in order.lines[:-1]):
        return _later(order)._replace(lines=order.lines[:-1])
    return _later(order)._replace(lines=(first._replace(quantity=first.quantity + 1), *others))
