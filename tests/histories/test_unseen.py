"""Histories that no data set of ours holds, and any may: each by itself, and all of them side by side."""

from collections.abc import Iterator

import pytest

from tables.policy import DAY_MS
from tests.histories.play import play
from tests.histories.record import Did, History, Item

SPRING = 1_772_366_400_000
HOUR = 3_600_000
TWO_SELLERS = (Item("1", "kettle", "ana", 2, 4_950), Item("2", "cup", "bento", 3, 700))


def day(number: float) -> int:
    return SPRING + round(number * DAY_MS)


def told(order: str, *did: Did, items: tuple[Item, ...] = TWO_SELLERS, status: str, **units: int) -> History:
    return History(order, items, (Did(day(0), "placed"), *did), status, **units)


def left(at: float, seller: str, tracking: str, *lines: tuple[str, int]) -> Did:
    return Did(day(at), "left", seller, tracking, lines)


def scan(at: float, tracking: str, word: str = "delivered") -> Did:
    return Did(day(at), "scan", tracking=tracking, word=word)


def both_left(order: str) -> tuple[Did, Did]:
    return left(1, "ana", f"A-{order}"), left(2, "bento", f"B-{order}")


def both_arrived(order: str, at: float = 5) -> tuple[Did, Did]:
    return scan(at, f"A-{order}"), scan(at + 1, f"B-{order}")


def histories() -> Iterator[History]:
    yield told(
        "one-sellers-items-refunded",
        Did(day(0.5), "refunded", lines=(("2", 3),), word="r-1"),
        left(1, "ana", "A-1"),
        scan(3, "A-1"),
        status="delivered",
        shipped=2,
        delivered=2,
    )
    yield told(
        "part-of-one-sellers-items-refunded",
        Did(day(0.5), "refunded", lines=(("2", 1),), word="r-1"),
        *both_left("part"),
        *both_arrived("part"),
        status="delivered",
        shipped=4,
        delivered=4,
    )
    yield told(
        "delivery-told-twice-at-different-times",
        *both_left("twice"),
        *both_arrived("twice"),
        *both_arrived("twice", at=9),
        scan(4, "A-twice"),
        status="delivered",
        shipped=5,
        delivered=5,
    )
    yield told(
        "two-parcels-of-one-fulfilment",
        left(1, "ana", "P-1", ("kettle", 1)),
        left(1, "ana", "P-2", ("kettle", 1)),
        left(2, "bento", "P-3"),
        scan(3, "P-2"),
        scan(4, "P-3"),
        status="shipped",
        shipped=5,
        delivered=4,
    )
    yield told(
        "refund-after-delivery",
        *both_left("late-refund"),
        *both_arrived("late-refund"),
        Did(day(20), "refunded", lines=(("1", 2),), word="r-9"),
        status="delivered",
        shipped=5,
        delivered=5,
    )
    yield told(
        "sent-back-after-delivery",
        *both_left("back"),
        *both_arrived("back"),
        Did(day(20), "back", lines=(("1", 2), ("2", 3)), word="rma"),
        status="returned",
        shipped=5,
        delivered=5,
        returned=5,
    )
    yield told(
        "cancel-after-delivery",
        *both_left("late-cancel"),
        *both_arrived("late-cancel"),
        Did(day(20), "cancelled"),
        status="cancelled",
        shipped=5,
        delivered=5,
    )
    yield told(
        "cancelled-between-two-sellers",
        left(1, "ana", "A-between"),
        Did(day(1), "cancelled"),
        status="cancelled",
        shipped=2,
    )
    yield told(
        "everything-in-one-second",
        Did(day(0), "approved"),
        *[Did(day(0), "left", seller, f"S-{seller}") for seller in ("ana", "bento")],
        *[Did(day(0), "scan", tracking=f"S-{seller}", word="delivered") for seller in ("ana", "bento")],
        status="delivered",
        shipped=5,
        delivered=5,
    )
    yield told(
        "paid-and-cancelled-in-one-second",
        Did(day(1), "amended", word="payment"),
        Did(day(1), "cancelled"),
        Did(day(1), "approved"),
        status="cancelled",
    )
    yield told("never-approved", Did(day(1), "amended", word="payment"), status="held")
    yield told("a-seller-refuses-and-the-other-ships", Did(day(1), "refused", "ana", word="short"), left(2, "bento", "R-2"), scan(3, "R-2"),
               status="partially_reserved", shipped=3, delivered=3)  # fmt: skip
    yield told("years-apart", left(1, "ana", "A-years"), left(800, "bento", "B-years"), scan(2, "A-years"), scan(803, "B-years"),
               status="delivered", shipped=5, delivered=5)  # fmt: skip
    yield told("half-a-year-under-way", *both_left("half"), *both_arrived("half", 190), status="delivered", shipped=5, delivered=5)
    yield told("lost-and-found", *both_left("lost"), scan(9, "A-lost", "lost"), *both_arrived("lost", 70), status="delivered", shipped=5,
               delivered=5)  # fmt: skip
    yield told(
        "a-hold-after-the-hand-over",
        *both_left("held"),
        Did(day(3), "amended", word="fraud"),
        Did(day(4), "approved"),
        *both_arrived("held"),
        status="delivered",
        shipped=5,
        delivered=5,
    )

    yield told(
        "fewer-before-they-leave",
        Did(day(0.5), "amended", lines=(("1", 1),)),
        *both_left("fewer"),
        *both_arrived("fewer"),
        status="delivered",
        shipped=4,
        delivered=4,
    )
    yield told(
        "more-after-some-have-left",
        left(1, "ana", "A-more"),
        Did(day(1.5), "amended", lines=(("1", 3),)),
        left(2, "ana", "A-late"),
        left(2, "bento", "B-more"),
        *both_arrived("more"),
        scan(8, "A-late"),
        status="delivered",
        shipped=6,
        delivered=6,
    )
    yield told(
        "a-line-taken-out-when-it-has-left",
        left(1, "ana", "A-out"),
        Did(day(1.5), "amended", lines=(("1", 0),)),
        left(2, "bento", "B-out"),
        *both_arrived("out"),
        status="delivered",
        shipped=5,
        delivered=5,
    )
    yield told(
        "one-seller-taken-out-and-put-back-in-before-the-approval",
        Did(day(0.1), "amended", lines=(("2", 0),), word="payment"),
        Did(day(0.2), "amended", lines=(("2", 3),), word="payment"),
        Did(day(0.3), "approved"),
        *both_left("again"),
        *both_arrived("again"),
        status="delivered",
        shipped=5,
        delivered=5,
    )


ALL = list(histories())


@pytest.mark.parametrize("history", ALL, ids=lambda history: history.order)
def test_it_ends_as_its_owner_says(history: History) -> None:
    _, played = play([history])

    assert (played.wrong, played.report.violations, played.report.lost) == ((), (), 0)


def test_side_by_side_they_end_as_by_themselves() -> None:
    _, played = play(ALL)

    assert (played.wrong, played.report.violations, played.report.lost) == ((), (), 0)


def test_a_tracking_number_that_two_orders_use_tells_of_both() -> None:
    """Sellers reuse numbers, and put two orders into one parcel: nobody can tell these apart, and both were handed over under it."""
    first = told(
        "1", left(1, "ana", "X"), left(1, "bento", "Y-1"), scan(3, "X"), scan(3, "Y-1"), status="delivered", shipped=5, delivered=5
    )
    second = told("2", left(2, "ana", "X"), left(2, "bento", "Y-2"), scan(4, "Y-2"), status="delivered", shipped=5, delivered=5)

    assert play([first, second])[1].wrong == ()


def test_what_is_told_of_an_order_that_was_forgotten_changes_nothing_and_says_why() -> None:
    parcels = told("1", *both_left("1"), *both_arrived("1"), status="delivered", shipped=5, delivered=5)
    late = parcels._replace(did=(*parcels.did, scan(90, "A-1", "returned"), Did(day(91), "back", lines=(("1", 2),), word="rma")))
    market, played = play([late, told("2", Did(day(100), "cancelled"), status="cancelled")])

    assert (played.wrong, played.report.violations) == ((), ())
    assert played.refused == {"unknown_order": 1}
    assert "acme/market/1" not in market.pool.orders
