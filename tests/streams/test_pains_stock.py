"""What users of order systems complain of most, one named test each: stock (P2, P5, P15). The others: test_pains_orders.py,
test_pains_promises.py."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.decisions import Decision, decode_decision
from streams.rules.announce import status
from tables import events as e
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.histories import fast, histories, played


# ---------------------------------------------------------------------------------------------- P2
@fast
@given(histories)
def test_p2_the_reserved_counter_is_the_sum_of_the_live_reservations_at_every_offset(history: list[tuple[Any, ...]]) -> None:
    """Elsewhere the counter drifts, or goes below zero, and repair scripts put it right. Here it is added up from the log, decision
    by decision; the story compares counter and reservations after each of its commands."""
    story = played(history)

    live: Counter[tuple[str, str]] = Counter()
    for record in story.records:
        for event in decode_decision(record).events:
            match event:
                case e.Reserved(node=node, rows=rows) | e.ReservationMade(node=node, rows=rows):
                    live.update({(node, row.sku): 0 for row in rows})
                    for row in rows:
                        live[node, row.sku] += row.quantity
                case e.Unreserved(node=node, rows=rows) | e.Shipped(node=node, rows=rows) | e.ReservationReleased(node=node, rows=rows):
                    for row in rows:
                        live[node, row.sku] -= row.quantity
                case _:
                    pass
        assert min(live.values(), default=0) >= 0
    assert +live == Counter({(node, sku): n for node, shelf in story.pool.stock.items() for sku, n in shelf.reserved.items()})


# ---------------------------------------------------------------------------------------------- P5
def returned_kettle() -> Story:
    """The last of three kettles came back; somebody waits for one."""
    story = one_shop({"hall": {"KETTLE": 3}})
    story.place("1", line("KETTLE", 3))
    story.ship(story.fulfilment("1"))
    story.place("2", line("KETTLE", 1))
    story.take_back("1", ("", "KETTLE", 1), node="hall", document="RMA-1")
    return story


def test_p5_what_is_refunded_or_cancelled_after_it_left_is_not_restocked() -> None:
    """Elsewhere a refund puts goods back on the shelf that are still at the customer's."""
    story = one_shop({"hall": {"KETTLE": 3}})
    story.place("1", line("KETTLE", 3))
    story.ship(story.fulfilment("1"))

    story.reduce("1", "refund-1", ("KETTLE", 3))
    story.cancel("1", at=9)

    assert story.pool.on_hand("hall", "KETTLE") == 0
    assert story.pool.free_units("b2c", "KETTLE") == 0


def test_p5_goods_that_come_back_are_restocked_by_the_inspection_alone() -> None:
    """Elsewhere they are sold again against the merchant's choice."""
    story = returned_kettle()
    assert story.at("2") == {}

    story.move("hall", "quality", "damaged", KETTLE=1)
    assert story.at("2") == {}
    story.move("hall", "damaged", "on_hand", KETTLE=1)
    assert story.at("2") == {"hall": {"KETTLE": 1}}


@pytest.mark.parametrize("document", ["RMA-1", "RMA-2"])
def test_p5_a_unit_is_restocked_once_however_often_its_return_is_told(document: str) -> None:
    """Under its own number it is a repetition; under another, no more than was shipped can come back."""
    story = returned_kettle()

    again = story.take_back("1", ("", "KETTLE", 3), node="hall", document=document)

    assert said(again) in (["Duplicate"], ["Refused"])
    assert story.pool.stock["hall"].units("quality", "KETTLE") == 1
    assert of_type(story.move("hall", "quality", "on_hand", KETTLE=2), e.Refused)


# ---------------------------------------------------------------------------------------------- P15
class Happening(NamedTuple):
    """Something at the warehouse at a time, told of `late` moments after."""

    what: str
    units: int
    late: int


happenings = st.builds(
    Happening, st.sampled_from(["ship", "receive", "damage", "repair", "transfer", "count"]), st.integers(1, 3), st.integers(0, 6)
)


@fast
@given(st.lists(happenings, max_size=14))
def test_p15_books_and_shelf_agree_whatever_order_counts_and_movements_are_told_in(happened: list[Happening]) -> None:
    """A snapshot carries the mark it was taken at. Elsewhere it is set against open orders or movements twice, or zeroes the stock;
    here each movement is booked once, whether its document or a count that includes it comes first."""
    story = one_shop({"hall": {"TEA": 99}, "annex": {}})
    story.move("hall", "on_hand", "damaged", TEA=42)
    shelf, other = 57, 0
    documents: list[tuple[int, Callable[..., Decision], tuple[str, ...], dict[str, int]]] = []
    for at, event in enumerate(happened, start=10):
        match event.what:
            case "ship":
                decision = story.place(str(at), line("TEA", event.units), at=at)
                [reserved] = of_type(decision, e.Reserved)
                shelf -= event.units
                documents.append((at + event.late, story.ship, (reserved.fulfilment,), {"at": at}))
            case "receive":
                shelf += event.units
                documents.append((at + event.late, story.receive, ("hall",), {"at": at, "TEA": event.units}))
            case "damage":
                shelf -= event.units
                documents.append((at + event.late, story.move, ("hall", "on_hand", "damaged"), {"at": at, "TEA": event.units}))
            case "transfer":
                shelf, other = shelf - event.units, other + event.units
                documents.append((at + event.late, story.move, ("hall", "on_hand", "on_hand", "annex"), {"at": at, "TEA": event.units}))
            case "repair":
                shelf += event.units
                documents.append((at + event.late, story.move, ("hall", "damaged", "on_hand"), {"at": at, "TEA": event.units}))
            case "count":
                documents.append((at + event.late, story.count, ("hall",), {"at": at, "TEA": shelf}))
    for _, tell, names, about in sorted(documents, key=lambda told: told[0]):
        assert of_type(tell(*names, **about), e.Refused) == []

    assert story.pool.stock["hall"].good("TEA") == shelf
    assert sum(shelf.good("TEA") for node, shelf in story.pool.stock.items() if node == "annex") == other


def test_p15_a_count_while_orders_flow_takes_nothing_from_them() -> None:
    """Good units on the shelf are the free and the promised together: an open order is not counted against them a second time."""
    story = one_shop({"hall": {"TEA": 10}})
    story.place("1", line("TEA", 4))

    story.count("hall", at=100, TEA=10)

    assert (story.pool.on_hand("hall", "TEA"), story.at("1")) == (6, {"hall": {"TEA": 4}})


def test_p15_a_count_of_some_goods_does_not_zero_the_others() -> None:
    story = one_shop({"hall": {"TEA": 10, "CUP": 3}})

    story.count("hall", at=100, TEA=9)

    assert (story.pool.on_hand("hall", "TEA"), story.pool.on_hand("hall", "CUP")) == (9, 3)


def test_p15_a_count_from_before_the_last_one_is_passed_by() -> None:
    story = one_shop({"hall": {"TEA": 10}})
    story.count("hall", at=200, TEA=7)

    assert said(story.count("hall", at=100, TEA=10)) == ["Stale"]
    assert story.pool.on_hand("hall", "TEA") == 7


def test_p15_units_missing_from_promises_leave_the_books_as_of_their_count() -> None:
    """A count that comes late finds them missing as well, and does not book their loss again."""
    story = one_shop({"hall": {"TEA": 4}, "annex": {"TEA": 9}})
    story.place("1", line("TEA", 4))
    story.tick(500)
    story.count("hall", at=100, TEA=1)

    story.count("hall", at=200, TEA=1)

    assert story.pool.stock["hall"].good("TEA") == 1
    assert story.at("1") == {"hall": {"TEA": 1}, "annex": {"TEA": 3}}


def counted_before_it_is_told() -> tuple[Story, str]:
    """The last four teas of the hall leave at 90; the count of 100, which misses them, is heard of before the shipment."""
    story = one_shop({"hall": {"TEA": 4}, "annex": {"TEA": 1}})
    story.place("1", line("TEA", 4))
    fulfilment = story.fulfilment("1")
    story.count("hall", at=100, TEA=0)
    return story, fulfilment


def test_p15_what_left_before_a_count_is_not_sent_again_because_the_count_was_heard_of_first() -> None:
    story, fulfilment = counted_before_it_is_told()
    assert story.order("1").waiting != ()

    decision = story.ship(fulfilment, at=90)
    story.receive("hall", at=120, TEA=4)

    assert said(decision) == ["StockMoved", "FoundShipped", "Backordered"]
    assert (status(story.pool, key("1"), 0).status, story.at("1")) == ("shipped", {})
    assert story.pool.on_hand("hall", "TEA") == 4


def test_p15_what_was_sourced_anew_for_it_meanwhile_is_given_back() -> None:
    story, fulfilment = counted_before_it_is_told()
    story.receive("annex", at=110, TEA=3)
    assert story.at("1") == {"annex": {"TEA": 4}}

    story.ship(fulfilment, ("TEA", 3), at=90)

    assert story.at("1") == {"annex": {"TEA": 1}}
    assert sum(row.quantity for row in story.order("1").shipped) == 3


def test_p15_of_two_parcels_the_one_that_had_not_left_may_have_been_missed_for_the_other() -> None:
    """The older order's two teas leave at 90, the younger's at 110; the count of 100 is heard of first and takes the younger's."""
    story = one_shop({"hall": {"TEA": 4}})
    story.place("older", line("TEA", 2), at=1)
    story.place("younger", line("TEA", 2), at=2)
    first, second = story.fulfilment("older"), story.fulfilment("younger")
    story.count("hall", at=100, TEA=2)
    assert story.at("younger") == {}

    story.ship(first, at=90)
    assert story.at("younger") == {"hall": {"TEA": 2}}
    story.ship(second, at=110)

    assert [status(story.pool, key(order), 0).status for order in ("older", "younger")] == ["shipped", "shipped"]
    assert story.pool.stock["hall"].good("TEA") == 0


@fast
@given(st.lists(st.builds(Happening, st.sampled_from(["ship", "receive", "count"]), st.integers(1, 3), st.integers(0, 6)), max_size=12))
def test_p15_books_and_shelf_agree_though_the_last_units_are_promised(happened: list[Happening]) -> None:
    """The same with no more on the shelf than is promised, so that a count heard of too early takes promises back."""
    story = one_shop({"hall": {"TEA": sum(event.units for event in happened if event.what == "ship")}})
    parcels = {at: one_parcel(story, at, event.units) for at, event in enumerate(happened, start=10) if event.what == "ship"}
    shelf = story.pool.stock["hall"].good("TEA") if parcels else 0
    documents: list[tuple[int, Callable[[], Decision]]] = []
    for at, event in enumerate(happened, start=10):
        shelf += {"ship": -event.units, "receive": event.units, "count": 0}[event.what]
        tell: dict[str, Callable[[], Decision]] = {
            "ship": partial(story.ship, parcels.get(at, ""), at=at),
            "receive": partial(story.receive, "hall", at=at, TEA=event.units),
            "count": partial(story.count, "hall", at=at, TEA=shelf),
        }
        documents.append((at + event.late, tell[event.what]))
    for _, told in sorted(documents, key=lambda document: document[0]):
        assert of_type(told(), e.Refused) == []

    assert sum(found.good("TEA") for found in story.pool.stock.values()) == shelf
    assert all(order.waiting == () and not order.open_fulfilments for order in story.pool.orders.values())


def one_parcel(story: Story, at: int, units: int) -> str:
    [reserved] = of_type(story.place(str(at), line("TEA", units), at=at), e.Reserved)
    return reserved.fulfilment


def test_p15_it_is_found_once() -> None:
    story, fulfilment = counted_before_it_is_told()
    story.ship(fulfilment, at=90, document="S-1")

    again, other = story.ship(fulfilment, at=90, document="S-1"), story.ship(fulfilment, at=90, document="S-2")

    assert (said(again), said(other)) == (["Duplicate"], ["Refused"])
    assert story.pool.missing == {}


def test_p15_part_of_a_parcel_was_counted_and_part_was_not() -> None:
    """Of four promised the count of 100 finds one: all four had left at 90, and the one is something else."""
    story = one_shop({"hall": {"TEA": 4}})
    story.place("1", line("TEA", 4))
    fulfilment = story.fulfilment("1")
    story.count("hall", at=100, TEA=1)

    story.ship(fulfilment, at=90)

    assert status(story.pool, key("1"), 0).shipped == 4
    assert story.pool.on_hand("hall", "TEA") == 1
