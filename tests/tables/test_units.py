"""Where each unit of an order is, after any history: every ordered unit is somewhere, and once."""

from typing import Any

from hypothesis import given

from streams.rules.announce import status
from tables.units import UnitState, units
from tests.story import Story, line
from tests.streams.histories import fast, histories, played

AT_A_NODE: tuple[UnitState, ...] = ("reserved", "taken", "picking", "picked", "packed", "cancel_requested", "cancel_refused")
GONE: tuple[UnitState, ...] = ("shipped", "delivered", "returned")


@fast
@given(histories)
def test_every_unit_is_in_one_state(history: list[tuple[Any, ...]]) -> None:
    pool = played(history).pool
    for key, order in pool.orders.items():
        told, found = status(pool, key, 0), units(order)
        counted = {state: sum(by.get(state, 0) for by in found.values()) for state in (*AT_A_NODE, *GONE, "backordered", "accepted")}

        assert all(count > 0 for by in found.values() for count in by.values())
        assert sum(sum(by.values()) for by in found.values()) >= told.ordered
        assert sum(counted[state] for state in AT_A_NODE) == told.reserved
        assert sum(counted[state] for state in GONE) == told.shipped
        assert (counted["backordered"], counted["returned"]) == (told.backordered, told.returned)
        assert counted["accepted"] == 0, "it is promised, waited for, held or off"


def test_one_line_may_be_in_many_states() -> None:
    """Nine ordered: three shipped, of which one is back; the rest packed, and two of it asked back by a refund."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hamburg", cancel="confirm")
    story.shop("web")
    story.receive("hamburg", TEA=9)
    story.place("1", line("TEA", 9))
    story.ship(story.fulfilment("1"), ("TEA", 3))
    story.take_back("1", ("TEA", "TEA", 1), node="hamburg")
    story.progress(story.fulfilment("1"), "packed")
    story.reduce("1", "refund", ("TEA", 2))

    assert units(story.order("1")) == {("TEA", "TEA"): {"packed": 4, "cancel_requested": 2, "shipped": 2, "returned": 1}}
