"""P14: refunds that do not add up. What a platform tells of discounts, what warehouses tell of returns and what the platform is asked to
give back: all parts together are what was paid, to the cent, in whatever order and pieces they come."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connectors.contract import ShopRef
from connectors.writeback.halves import HALVES
from connectors.writeback.outward import Done, Refund, Request
from deploy.channel_facts import FactReader
from tables.events import RefundDue
from tables.policy import Policy, Rule
from tables.refunds import accounts
from tests.connectors.cases import NOON
from tests.connectors.writeback.double import PAID, Order, Platform
from tests.connectors.writeback.platforms import ShopifyDouble, WooDouble
from tests.connectors.writeback.world import ALLOWED
from tests.edge import Edge
from tests.histories.messages import written
from tests.test_journeys import shopify_line, shopify_order, woo_line, woo_order

EARLY, LATE = written(NOON - 3_600_000), written(NOON - 60_000)
LINES = {"1": ("KETTLE", 3), "2": ("MUG", 7)}
URL = "https://tea.example?api_refund=true"


def bought(channel: str) -> Edge:
    """Three kettles and seven mugs, none of whose prices divides: 59.97 less 6.01, 34.93 less 3.33, and 14.44 of postage."""
    edge = Edge(channel, {"hamburg": {"KETTLE": 3, "MUG": 7}, "reno": {}})
    edge.story.policy(Policy(rule=Rule(refund_on="received")))
    if channel == "shopify":
        kettles = shopify_line(1, "KETTLE", 3, price="19.99", discount_allocations=[{"amount": "6.01"}])
        mugs = shopify_line(2, "MUG", 7, price="4.99", discount_allocations=[{"amount": "3.33"}])
        edge.says(shopify_order(id=500, line_items=[kettles, mugs], shipping_lines=[{"price": "14.44"}]), "orders/create")
    else:
        kettles = woo_line(1, "KETTLE", 3) | {"subtotal": "59.97", "total": "53.96", "price": 17.986667}
        mugs = woo_line(2, "MUG", 7) | {"subtotal": "34.93", "total": "31.60", "price": 4.514286}
        edge.says(woo_order(id=500, number="500", line_items=[kettles, mugs], shipping_total="14.44"), "order.created")
    assert sum(account.paid for account in accounts(edge.story.order("500")).values()) == PAID
    edge.document("qimen", type="shipment", fulfilment=edge.story.fulfilment("500"), shipped_at=EARLY, tracking="GL-1")
    return edge


def comes_back(edge: Edge, chance: random.Random) -> None:
    """Every unit, in pieces, to one warehouse or the other, in words of the feed or of Qimen, and told twice now and then; between them
    a person gives money back for nothing, and at last all that is left."""
    pieces = []
    for line, (sku, units) in LINES.items():
        while units:
            some = chance.randint(1, units)
            pieces.append((line, sku, some))
            units -= some
    chance.shuffle(pieces)
    for number, (line, sku, some) in enumerate(pieces):
        about: dict[str, Any] = {"document": f"RT-{number}", "shop": "web", "order": "500", "node": chance.choice(("hamburg", "reno"))}
        for _ in range(chance.randint(1, 2)):
            told = about | {"returned_at": LATE, "lines": [{"line": line, "sku": sku, "quantity": some}]}
            edge.document(chance.choice(("warehouse", "qimen")), type="return", **told)
        if chance.random() < 0.4 and (left := owed(edge)):
            edge.story.refund("500", chance.randint(1, min(left, 700)))
    if left := owed(edge):
        edge.story.refund("500", left)


def owed(edge: Edge) -> int:
    return sum(account.left for account in accounts(edge.story.order("500")).values())


def facts(edge: Edge) -> list[Refund]:
    reader = FactReader()
    return [fact for record in edge.story.records for _, fact in reader.read(record) if isinstance(fact, Refund)]


def given_back(channel: str, told: list[Refund], chance: random.Random) -> Platform:
    """The platform, after it was told each of these at least once: an answer may be lost, and all is told anew after a crash."""
    double = {"shopify": ShopifyDouble, "woocommerce": WooDouble}[channel]
    platform = double((), (Order("500", {line: units for line, (_, units) in LINES.items()}),), ALLOWED[channel])
    half, shop = HALVES[channel], ShopRef(tenant="acme", shop="web", channel=channel, pool="north", url=URL)
    again = chance.sample(told, len(told) // 2)
    for moment, fact in enumerate([*told, *again]):
        looked = half.look(shop, fact)
        assert looked is not None
        asked = half.choose(shop, fact, platform.answer(looked, moment * 100.0))
        if isinstance(asked, Request):
            asked = half.answered(fact, platform.answer(asked, moment * 100.0 + 50.0))
        assert asked == Done()
    return platform


@pytest.mark.parametrize("channel", ["shopify", "woocommerce"])
@pytest.mark.parametrize("seed", range(20))
def test_p14_all_parts_of_what_is_given_back_are_what_was_paid_to_the_cent(channel: str, seed: int) -> None:
    """Elsewhere a cent is kept, or one too many is asked for and the last refund fails."""
    chance = random.Random(seed)
    edge = bought(channel)
    comes_back(edge, chance)

    told = facts(edge)
    platform = given_back(channel, told, chance)

    assert sum(fact.amount for fact in told) == PAID
    assert sum(amount for _, amount in platform.back("500")) == PAID
    assert len(platform.back("500")) == len(told)
    assert all(fact.amount > 0 for fact in told)


@pytest.mark.parametrize("channel", ["shopify", "woocommerce"])
def test_p14_a_line_is_given_back_what_it_cost_however_its_units_come(channel: str) -> None:
    """One by one or together, first or last: the seven mugs are 31.60, and no other line pays for them."""
    ends = []
    for pieces in ((7,), (1, 1, 1, 1, 1, 1, 1), (2, 5), (5, 2)):
        edge = bought(channel)
        for number, some in enumerate(pieces):
            about: dict[str, Any] = {"document": f"RT-{number}", "shop": "web", "order": "500", "node": "reno", "returned_at": LATE}
            edge.document("warehouse", type="return", **about, lines=[{"line": "2", "sku": "MUG", "quantity": some}])
        ends.append(by_line(edge))

    assert ends == [{"2": 3_160}] * 4


def by_line(edge: Edge) -> Counter[str]:
    given: Counter[str] = Counter()
    for refund in (edge.story.order("500").refunds or {}).values():
        given.update({line.line: line.amount for line in refund.lines})
    return given


@pytest.mark.parametrize("when", ["before", "after"])
def test_p14_what_the_shop_gives_back_itself_is_not_given_back_by_us(when: str) -> None:
    """Shopify refunds a kettle that has not left, before or after a person gives 5.00 back for nothing: what is left to give back is
    what was paid less both."""
    edge = Edge("shopify", {"hamburg": {"KETTLE": 3}})
    kettles = shopify_line(1, "KETTLE", 3, price="19.99", discount_allocations=[{"amount": "6.01"}])
    edge.says(shopify_order(id=500, line_items=[kettles]), "orders/create")
    part = {"line_item_id": 1, "quantity": 1, "restock_type": "cancel"}
    tells: list[Callable[[], object]] = [
        lambda: edge.says({"id": 7, "order_id": 500, "refund_line_items": [part]}, "refunds/create"),
        lambda: edge.story.refund("500", 500),
    ]
    for tell in tells if when == "before" else reversed(tells):
        tell()

    assert owed(edge) == 5_396 - 1_799 - 500
    assert "Refused" in [type(event).__name__ for event in edge.story.refund("500", owed(edge) + 1).events]
    assert [event.lines[0].amount for event in edge.story.refund("500", owed(edge)).events if isinstance(event, RefundDue)] == [3_097]
