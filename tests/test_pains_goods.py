"""Pains of order systems where partners are the ones who say it: goods that come back (P5), units that are kept for somebody who never
comes (P9), and receipts that somebody waits for (P13). Pure, and through every connector on the way; tests/streams/test_pains_*.py has
the rest."""

from itertools import permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.announce import status
from tables.policy import Policy, Rule
from tests.connectors.cases import NOON
from tests.connectors.writeback.test_convergence import proven, storm
from tests.connectors.writeback.world import World
from tests.edge import Edge
from tests.histories.messages import written
from tests.story import key
from tests.test_journeys import shopify_line, shopify_order, woo_line, woo_order

MINUTE = 60_000
EARLY, LATE = written(NOON - 60 * MINUTE), written(NOON - MINUTE)


def goods(**units: int) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]


# ---------------------------------------------------------------------------------------------- P5
REFUND = {"id": 7, "order_id": 42, "refund_line_items": [{"line_item_id": 1, "quantity": 2, "restock_type": "return"}]}
BACK: dict[str, Any] = {"type": "return", "document": "RT-1", "shop": "web", "order": "42", "node": "hamburg", "returned_at": LATE}


def kettles_out(form: str = "warehouse", **parcel: str) -> Edge:
    """Three of ten kettles left for a buyer at Shopify."""
    edge = Edge("shopify", {"hamburg": {"KETTLE": 10}})
    edge.says(shopify_order(line_items=[shopify_line(1, "KETTLE", 3)]), "orders/create")
    shipment = {"fulfilment": edge.story.fulfilment("42"), "shipped_at": EARLY, "lines": goods(KETTLE=3), "tracking": "GL-1"}
    assert "Shipped" in edge.document(form, type="shipment", **shipment | parcel)
    return edge


def on_sale(edge: Edge) -> tuple[int, int]:
    """Kettles on the shelf, and those that may be promised."""
    return edge.story.pool.on_hand("hamburg", "KETTLE"), edge.story.pool.free_units("b2c", "KETTLE")


@pytest.mark.parametrize("form", ["warehouse", "qimen"])
def test_p5_whatever_a_refund_says_of_restocking_the_warehouse_alone_puts_goods_back(form: str) -> None:
    """Shopify tells of a refund twice over, and says that two kettles are back on sale; the warehouse has two come in, and finds one
    of them good. Elsewhere that is up to six kettles."""
    refunded = shopify_order("11:00:00", line_items=[shopify_line(1, "KETTLE", 3)], financial_status="partially_refunded", refunds=[REFUND])
    for way in permutations(("refund", "order", "back", "back again")):
        edge = kettles_out(form)
        for what in way:
            match what:
                case "refund":
                    edge.says(REFUND, "refunds/create")
                case "order":
                    edge.says(refunded, "orders/updated")
                case _:
                    edge.document(form, **BACK, lines=goods(KETTLE=2))
            assert on_sale(edge) == (7, 7)
        edge.document(
            "warehouse", type="move", node="hamburg", from_bucket="quality", to_bucket="on_hand", moved_at=LATE, lines=goods(KETTLE=1)
        )
        assert on_sale(edge) == (8, 8)
        assert edge.story.pool.stock["hamburg"].units("quality", "KETTLE") == 1


@pytest.mark.parametrize("form", ["warehouse", "qimen"])
@pytest.mark.parametrize("order", list(permutations(("carrier", "warehouse"))), ids="-".join)
def test_p5_a_parcel_that_carrier_and_warehouse_both_say_is_back_comes_back_once(order: tuple[str, ...], form: str) -> None:
    edge = kettles_out(form)
    edge.story.policy(Policy(returned_to_sender="restock"))
    for who in order:
        if who == "carrier":
            edge.document("kuaidi100", type="tracking", tracking="GL-1", status="returned", at=LATE)
        else:
            edge.document(form, **BACK, lines=goods(KETTLE=3))

    assert edge.story.pool.stock["hamburg"].units("quality", "KETTLE") == 3
    assert on_sale(edge) == (7, 7)


def test_p5_a_refund_that_overtakes_the_shipment_takes_nothing_off_a_parcel_that_left() -> None:
    """Shopify's `cancel` takes units off what is still to leave; the warehouse had handed them over already."""
    edge = Edge("shopify", {"hamburg": {"KETTLE": 10}})
    edge.story.node("hamburg", cancel="confirm")
    edge.says(shopify_order(line_items=[shopify_line(1, "KETTLE", 3)]), "orders/create")
    fulfilment = edge.story.fulfilment("42")
    part = REFUND["refund_line_items"][0] | {"restock_type": "cancel"}  # type: ignore[index]
    edge.says(REFUND | {"refund_line_items": [part]}, "refunds/create")

    edge.document("qimen", type="shipment", fulfilment=fulfilment, shipped_at=LATE, lines=goods(KETTLE=3), tracking="GL-1")

    assert status(edge.story.pool, key("42"), 0).shipped == 3
    assert on_sale(edge) == (7, 7)


@pytest.mark.parametrize("seed", range(4))
def test_p5_what_we_refund_or_cancel_at_a_platform_puts_nothing_on_its_shelf(seed: int) -> None:
    """Platforms restock what is refunded or cancelled unless they are told not to; they are, whatever fails on the way."""
    world = World(seed, ("shopify", "woocommerce"))
    storm(world, 60, crashes=0.05)
    proven(world)

    assert sum(len(platform.refunded) + len(platform.cancelled) for platform in world.platforms.values()) > 0
    assert [platform.restocked for platform in world.platforms.values()] == [0, 0]


# ---------------------------------------------------------------------------------------------- P9
@pytest.mark.parametrize("begun", ["pending", "checkout-draft", "failed"])
def test_p9_an_order_that_was_begun_at_woocommerce_and_left_there_keeps_nobody_waiting(begun: str) -> None:
    """Elsewhere it holds the last lamp for an hour or for ever; and when WooCommerce gives it up, a lamp too many is given back."""
    edge = Edge("woocommerce", {"hamburg": {"LAMP": 1}})
    edge.says(woo_order(status=begun, line_items=[woo_line(1, "LAMP", 1)]), "order.created")

    assert "Reserved" in edge.says(woo_order(id=728, number="728", line_items=[woo_line(1, "LAMP", 1)]), "order.created")
    edge.says(woo_order("11:00:00", status="cancelled", line_items=[woo_line(1, "LAMP", 1)]), "order.updated")

    assert edge.ships() == {"LAMP": 1}
    assert edge.story.pool.on_hand("hamburg", "LAMP") == 0


def kept_cart() -> Edge:
    """The last two lamps are kept for a cart for a quarter of an hour; a buyer at WooCommerce waits for one."""
    edge = Edge("woocommerce", {"hamburg": {"LAMP": 2}})
    edge.story.tick(NOON)
    kept = edge.kiosk(type="reservation", reservation="cart-77", expires_at=written(NOON + 15 * MINUTE), lines=goods(LAMP=2))
    assert kept == ["ReservationMade"]
    edge.says(woo_order(line_items=[woo_line(1, "LAMP", 1)]), "order.created")
    assert edge.ships() == {}
    return edge


BOUGHT: dict[str, Any] = {"type": "order", "order": "9", "updated_at": LATE, "currency": "EUR", "reservation": "cart-77"}
TWO_LAMPS = [{"line": "1", "sku": "LAMP", "quantity": 2}]


def test_p9_what_a_cart_kept_goes_to_who_waits_once_its_time_is_over() -> None:
    edge = kept_cart()
    edge.story.tick(NOON + 14 * MINUTE)
    assert edge.ships() == {}

    edge.story.tick(NOON + 15 * MINUTE)
    edge.kiosk(**BOUGHT, lines=TWO_LAMPS)

    assert edge.story.at("727") == {"hamburg": {"LAMP": 1}}
    assert edge.story.at("9", "kiosk") == {}, "an order that comes after its cart is over is an order like any other"


def test_p9_nobody_is_kept_out_by_the_cart_that_keeps_it_for_them() -> None:
    edge = kept_cart()

    edge.kiosk(**BOUGHT, lines=TWO_LAMPS)
    edge.story.tick(NOON + 15 * MINUTE)

    assert edge.story.at("9", "kiosk") == {"hamburg": {"LAMP": 2}}


@pytest.mark.parametrize("form", ["warehouse", "qimen"])
@pytest.mark.parametrize("late", ["progress", "shipment"])
def test_p9_a_dealer_who_never_answers_keeps_the_goods_from_nobody(form: str, late: str) -> None:
    """Its time is over, the next one is told; what it says after that is not taken: the released units are not had twice."""
    edge = Edge("woocommerce", {"dealer": {"LAMP": 1}, "hamburg": {"LAMP": 1}})
    edge.story.node("dealer", kind="dealer", accept_minutes=10)
    edge.story.tick(NOON)
    edge.says(woo_order(line_items=[woo_line(1, "LAMP", 1)]), "order.created")
    offered = edge.story.fulfilment("727")
    edge.story.tick(NOON + MINUTE)
    edge.story.tick(NOON + 11 * MINUTE)
    assert edge.story.at("727") == {"hamburg": {"LAMP": 1}}

    about = {"stage": "accepted", "at": LATE} if late == "progress" else {"shipped_at": LATE, "lines": goods(LAMP=1), "tracking": "GL-1"}
    assert edge.document(form, type=late, fulfilment=offered, **about) == (["Stale"] if late == "progress" else ["Refused"])
    assert edge.story.at("727") == {"hamburg": {"LAMP": 1}}


# ---------------------------------------------------------------------------------------------- P13
class Wish(NamedTuple):
    priority: int
    minute: int
    units: int


wishes = st.lists(st.builds(Wish, st.integers(0, 2), st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=7)
TELLS = {
    "receipt": lambda units: {"type": "receipt", "received_at": LATE, "lines": goods(TEA=units)},
    "count": lambda units: {"type": "count", "counted_at": LATE, "lines": goods(TEA=units)},
    "found": lambda units: {"type": "change", "changed_at": LATE, "reason": "found", "lines": goods(TEA=units)},
}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(wishes, st.integers(1, 12), st.sampled_from(["warehouse", "qimen", "x12"]), st.sampled_from(sorted(TELLS)))
def test_p13_whoever_tells_of_goods_that_came_who_waits_gets_them_by_priority_and_age(
    orders: list[Wish], units: int, form: str, what: str
) -> None:
    """A receipt, a count above the books, units that were found; in the words of a WMS, Qimen or X12, and told twice."""
    edge = Edge("woocommerce", {"hamburg": {}})
    for number, wish in enumerate(orders):
        placed, bought = written(NOON - (60 - wish.minute) * MINUTE), [{"line": "1", "sku": "TEA", "quantity": wish.units}]
        about = {"updated_at": LATE, "placed_at": placed, "currency": "EUR", "priority": wish.priority, "lines": bought}
        edge.kiosk(type="order", order=str(number), **about)

    came = edge.message(form, node="hamburg", **TELLS[what](units))
    for _ in range(2):
        edge.heard(came)

    assert served(edge, orders) == expected(orders, units)
    assert sum(shelf.good("TEA") for shelf in edge.story.pool.stock.values()) == units


def served(edge: Edge, orders: list[Wish]) -> set[int]:
    return {number for number in range(len(orders)) if edge.story.at(str(number), "kiosk")}


def expected(orders: list[Wish], left: int) -> set[int]:
    found = set()
    for number, wish in sorted(enumerate(orders), key=lambda one: (-one[1].priority, one[1].minute, str(one[0]))):
        if wish.units <= left:
            left -= wish.units
            found.add(number)
    return found


def test_p13_a_large_order_is_not_passed_by_for_ever_by_what_a_944_brings_each_day() -> None:
    """Two teas come a day and small orders take them; once its patience is over the large one is given all that comes."""
    edge, day = Edge("woocommerce", {"hamburg": {}}), 24 * 60 * MINUTE
    edge.story.policy(Policy(rule=Rule(patience_days=14)))
    edge.story.tick(NOON - day)
    edge.says(woo_order(line_items=[woo_line(1, "TEA", 10)]), "order.created")
    ordered = {"updated_at": LATE, "currency": "EUR", "lines": [{"line": "1", "sku": "TEA", "quantity": 2}]}
    served = []
    for number in range(24):
        edge.story.tick(NOON + number * day)
        edge.kiosk(type="order", order=str(number), **ordered, placed_at=written(NOON + number * day))
        edge.document("x12", type="receipt", node="hamburg", received_at=written(NOON + number * day), lines=goods(TEA=2))
        served.append(sum(edge.story.at("727").get("hamburg", {}).values()))

    assert (served[0], served[-1]) == (0, 10)
    assert served.index(10) - max(number for number, units in enumerate(served) if not units) <= 5
