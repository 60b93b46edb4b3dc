"""What users of order systems complain of most, one named test each: orders (P4, P6, P7, P8, P9, P12). The others:
test_pains_stock.py, test_pains_promises.py."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.woocommerce import CHANNEL
from connectors.contract import Millis, OrderStatus
from streams.decisions import Decision, decode_decision
from streams.rules.announce import status
from tables import events as e
from tests.connectors.cases import NOON
from tests.connectors.cases import SHOP as LIGHTHOUSE
from tests.connectors.test_woo_poll import Shop
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.histories import fast, histories, played
from tests.test_journeys import Platform, woo_line, woo_order

Tell = Callable[[Story], Any]


# ---------------------------------------------------------------------------------------------- P4
def part_shipped(story: Story) -> None:
    for fulfilment in list(story.pool.index)[:1]:
        story.ship(fulfilment, ("LAMP", 1))


def refused(story: Story) -> None:
    for fulfilment in list(story.pool.index)[:1]:
        story.refuse(fulfilment)


COMPENSATIONS: dict[str, Tell] = {
    "amended": lambda story: story.place("7", line("LAMP", 2), at=2),
    "refunded": lambda story: story.reduce("7", "refund-1", ("LAMP", 1)),
    "part shipped": part_shipped,
    "refused": refused,
    "cancelled": lambda story: story.cancel("7", at=3),
}


@pytest.mark.parametrize("cancels", ["immediate", "confirm"])
@pytest.mark.parametrize("sequence", list(permutations(COMPENSATIONS)), ids="-".join)
def test_p4_cancels_shipments_and_edits_in_any_order_compensate_once(sequence: tuple[str, ...], cancels: str) -> None:
    """Elsewhere an order that is cancelled, refunded and shipped gives its units back twice, or not at all."""
    story = one_shop({"hall": {"LAMP": 9}, "attic": {"LAMP": 9}})
    for node in ("hall", "attic"):
        story.node(node, cancel=cancels)
    story.place("7", line("LAMP", 4), at=1)

    for name in sequence:
        COMPENSATIONS[name](story)
    story.cancel("7", at=99)
    for fulfilment in list(story.pool.index):
        story.refuse(fulfilment, "cancelled")

    gone = sum(row.quantity for row in story.order("7").shipped)
    assert gone in (0, 1)
    assert story.at("7") == {}
    assert sum(shelf.on_hand.get("LAMP", 0) for shelf in story.pool.stock.values()) == 18 - gone
    assert story.pool.free_units("b2c", "LAMP") == 18 - gone


# ---------------------------------------------------------------------------------------------- P6
@fast
@given(
    st.lists(st.integers(1, 5), min_size=6, max_size=6).flatmap(
        lambda times: st.permutations([n for n in range(6) for _ in range(times[n])])
    )
)
def test_p6_every_order_delivered_one_to_five_times_at_once_is_promised_once(deliveries: list[int]) -> None:
    """Webhooks and payment callbacks are sent again and again, and cross each other: six orders race for four lamps."""
    story = one_shop({"hall": {"LAMP": 4}})

    decisions = [(number, story.place(str(number), line("LAMP"), at=10)) for number in deliveries]

    promised = Counter(number for number, decision in decisions for _ in of_type(decision, e.Reserved))
    assert promised == Counter(list(dict.fromkeys(deliveries))[:4])
    assert Counter(number for number, decision in decisions if said(decision) != ["Duplicate"]) == Counter(range(6))


def test_p6_a_payment_that_is_retried_orders_nothing_twice() -> None:
    """Each attempt touches the order, so each is a revision of its own."""
    story = one_shop({"hall": {"LAMP": 4}})
    story.place("7", line("LAMP", 2), at=10, holds=("payment",))

    attempts = [story.place("7", line("LAMP", 2), at=at, digest=f"attempt-{at}") for at in (11, 12, 13)]

    assert [len(of_type(attempt, e.Reserved)) for attempt in attempts] == [1, 0, 0]
    assert story.at("7") == {"hall": {"LAMP": 2}}


# ---------------------------------------------------------------------------------------------- P7
TELLINGS: dict[str, Tell] = {
    "placed": lambda story: story.place("7", line("LAMP", 1), at=1),
    "amended": lambda story: story.place("7", line("LAMP", 5), at=2),
    "cancelled": lambda story: story.cancel("7", at=3),
    "reopened": lambda story: story.place("7", line("LAMP", 4), line("SHADE", 2), at=4),
    "refunded": lambda story: story.reduce("7", "refund-1", ("LAMP", 1)),
}


@pytest.mark.parametrize("last", ["cancelled", "reopened"])
def test_p7_whatever_order_its_revisions_come_in_an_order_ends_alike(last: str) -> None:
    """Elsewhere what comes late overwrites what is newer."""
    known = [name for name in TELLINGS if last == "reopened" or name != "reopened"]
    ends = []
    for sequence in permutations(known):
        story = one_shop({"hall": {"LAMP": 9, "SHADE": 9}})
        for name in sequence:
            TELLINGS[name](story)
        ends.append((unnumbered(status(story.pool, key("7"), 0)), story.at("7"), story.pool.free, story.pool.stock))

    assert all(end == ends[0] for end in ends)
    assert ends[0][1] == ({"hall": {"LAMP": 3, "SHADE": 2}} if last == "reopened" else {})


def unnumbered(told: OrderStatus) -> OrderStatus:
    """How many revisions were taken depends on how many came too late; so does what is known of the money of one that is cancelled."""
    return (
        msgspec.structs.replace(told, revision=0, ordered=0, cancelled=0, refunded=0, currency="")
        if told.status == "cancelled"
        else msgspec.structs.replace(told, revision=0)
    )


# ---------------------------------------------------------------------------------------------- P8
def test_p8_no_order_falls_between_two_polls_and_the_count_of_the_day_proves_it() -> None:
    """Elsewhere an order of the second between two windows is never seen. Ours overlap, and what they show twice counts once: the
    orders of the day are as many as the platform has."""
    shop, woo, cursor = Shop(), Platform("woocommerce"), ""
    for second in range(90):
        shop.modify(1_000 + second, NOON + second * 1_000, **an_order(1_000 + second))
        if second % 7 == 0:
            cursor = polled(woo, shop, cursor, NOON + second * 1_000)
    for late in (200_000, 400_000, 600_000):
        cursor = polled(woo, shop, cursor, NOON + late)

    placed = Counter(event.order for record in woo.story.records for event in of_type(decode_decision(record), e.OrderPlaced))
    assert placed == Counter({key(str(number)): 1 for number in shop.orders})


def an_order(number: int) -> dict[str, Any]:
    payload = woo_order(id=number, number=str(number), line_items=[woo_line(1, "KETTLE", 1)])
    return {name: value for name, value in payload.items() if name not in ("id", "date_modified_gmt")}


def polled(woo: Platform, shop: Shop, cursor: str, now: int) -> str:
    more = True
    while more:
        page = CHANNEL.poll(shop.fetch, LIGHTHOUSE, cursor, Millis(now))
        for item in page.items:
            woo.brings(*item)
        cursor, more = page.cursor, page.more
    return cursor


# ---------------------------------------------------------------------------------------------- P9
def test_p9_an_abandoned_order_holds_no_stock_however_long_it_is_left() -> None:
    """Elsewhere an unpaid order keeps its units until a timer that may never run. Here a held order is promised nothing, so there
    is nothing to run out."""
    story = one_shop({"hall": {"LAMP": 1}})
    story.place("7", line("LAMP"), at=1, holds=("payment",))

    story.place("8", line("LAMP"), at=2)
    story.tick(90 * 86_400_000)

    assert (story.at("7"), story.at("8")) == ({}, {"hall": {"LAMP": 1}})


def test_p9_an_order_whose_payment_fails_lets_go_at_once() -> None:
    story = one_shop({"hall": {"LAMP": 1}})
    story.place("7", line("LAMP"), at=1)
    story.place("8", line("LAMP"), at=2)

    decision = story.place("7", line("LAMP"), at=3, holds=("payment",))

    assert [event.order for event in of_type(decision, e.Reserved)] == [key("8")]


@pytest.mark.parametrize(
    "wish",
    [
        (line("LAMP", 3, "a"),),
        (line("LAMP", 1, "a"), line("LAMP", 2, "b")),
        (line("LAMP", 3, "b"),),
        (line("PAIR", 1, "c", [("LAMP", 3)]),),
    ],
)
def test_p9_nobody_is_kept_out_by_what_they_hold_themselves(wish: tuple[e.OrderLine, ...]) -> None:
    """The last three lamps are this order's own: it may be amended to any other form of three lamps."""
    story = one_shop({"hall": {"LAMP": 3}})
    story.place("7", line("LAMP", 3, "a"), at=1)

    story.place("7", *wish, at=2, region="DE-HH")

    assert story.at("7") == {"hall": {"LAMP": 3}}


# ---------------------------------------------------------------------------------------------- P12
def test_p12_a_split_order_is_shipped_when_its_last_unit_is() -> None:
    """Elsewhere the first parcel makes the whole order shipped, or the last one leaves it open."""
    story = one_shop({"hall": {"LAMP": 2}, "attic": {"SHADE": 2}})
    story.place("7", line("LAMP", 2), line("SHADE", 2))
    lamps, shades = story.order("7").open_fulfilments

    words = [status(story.pool, key("7"), 0).status]
    for fulfilment, units in ((lamps, ("LAMP", 1)), (shades, ("SHADE", 2)), (lamps, ("LAMP", 1))):
        story.ship(fulfilment, units)
        words.append(status(story.pool, key("7"), 0).status)

    assert words == ["reserved", "partially_shipped", "partially_shipped", "shipped"]


def test_p12_the_rest_of_a_part_shipped_order_may_be_cancelled() -> None:
    story = one_shop({"hall": {"LAMP": 3}})
    story.place("7", line("LAMP", 3))
    story.ship(story.fulfilment("7"), ("LAMP", 1))
    story.cancel("7", at=9)

    told = status(story.pool, key("7"), 0)

    assert (told.status, told.shipped, told.cancelled, told.reserved) == ("cancelled", 1, 2, 0)


@fast
@given(histories)
def test_p12_an_orders_state_is_the_fold_of_its_line_units(history: list[tuple[Any, ...]]) -> None:
    story = played(history)
    units = folded([decode_decision(record) for record in story.records])

    for name in story.pool.orders:
        told = status(story.pool, name, 0)
        counted = {"reserved": told.reserved, "shipped": told.shipped, "returned": told.returned, "backordered": told.backordered}
        assert counted == {what: units[name, what] for what in counted}
        assert told.status in fitting(told)


def folded(decisions: list[Decision]) -> Counter[tuple[str, str]]:
    """Units by order and what became of them, added up from the log."""
    units: Counter[tuple[str, str]] = Counter()
    for event in (event for decision in decisions for event in decision.events):
        match event:
            case e.Reserved(order=order, rows=rows):
                units[order, "reserved"] += sum(row.quantity for row in rows)
            case e.Unreserved(order=order, rows=rows):
                units[order, "reserved"] -= sum(row.quantity for row in rows)
            case e.Shipped(order=order, rows=rows):
                units[order, "reserved"] -= sum(row.quantity for row in rows)
                units[order, "shipped"] += sum(row.quantity for row in rows)
            case e.FoundShipped(order=order, rows=rows):
                units[order, "shipped"] += sum(row.quantity for row in rows)
            case e.Returned(order=order, rows=rows):
                units[order, "returned"] += sum(row.quantity for row in rows)
            case e.Backordered(order=order, rows=waiting):
                units[order, "backordered"] = sum(row.quantity for row in waiting)
            case _:
                pass
    return units


def fitting(told: OrderStatus) -> set[str]:
    """The words that these units allow."""
    if told.holds:
        return {"held"}
    has = (told.reserved > 0, told.backordered > 0, told.shipped > 0)
    return {
        (False, False, False): {"cancelled", "rejected", "accepted"},
        (False, False, True): {"returned"} if told.returned == told.shipped else {"shipped", "cancelled", "rejected"},
        (False, True, False): {"backordered"},
        (False, True, True): {"partially_reserved"},
        (True, False, False): {"reserved", "cancel_requested", "rejected"},
        (True, False, True): {"partially_shipped", "cancel_requested", "rejected"},
        (True, True, False): {"partially_reserved"},
        (True, True, True): {"partially_reserved"},
    }[has]
