"""What users of order systems complain of most, one named test each: promises (P1, P3, P13). The others: test_pains_stock.py,
test_pains_orders.py; P10 is measured by the benchmarks, P11 held against an oracle in test_allocate.py and, where partners are who
refuses, in tests/test_pains_choice.py."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.due import next_due
from tables import events as e
from tables.policy import DAY_MS, Policy, Rule
from tests.story import Story, line, of_type, one_shop, said
from tests.streams.histories import fast


# ---------------------------------------------------------------------------------------------- P1
def test_p1_a_thousand_racers_for_the_last_unit_have_one_winner() -> None:
    story = one_shop({"hall": {"LAMP": 1}}, "reject")

    decisions = [story.place(str(racer), line("LAMP")) for racer in range(1_000)]

    assert sum(bool(of_type(decision, e.Reserved)) for decision in decisions) == 1
    assert sum("OrderRejected" in said(decision) for decision in decisions) == 999


def test_p1_racers_of_several_shops_and_segments_share_what_there_is() -> None:
    """Elsewhere each channel sells out of a copy of the stock. Here 300 racers want up to four of 60 lamps, a third of them as part
    of a set, and one segment may borrow from another."""
    story = Story()
    story.segment("b2c", ratio=4_000, may_borrow=True)
    story.segment("outlet", ratio=2_000, rank=1)
    story.segment("b2b", ratio=3_000, rank=2, protected=True)
    for node in ("hall", "attic", "barn"):
        story.node(node)
    for shop, segment in (("web", "b2c"), ("app", "b2c"), ("outlet", "outlet"), ("dealers", "b2b")):
        story.shop(shop, segment)
        story.policy(Policy(rule=Rule(shortage="reject")))
    for node in ("hall", "attic", "barn"):
        story.receive(node, LAMP=20, SHADE=99)

    promised: Counter[str] = Counter()
    for racer in range(300):
        parts = [("LAMP", 1), ("SHADE", 1)] if racer % 3 == 0 else [("LAMP", 1)]
        shop = ("web", "app", "outlet", "dealers")[racer % 4]
        decision = story.place(str(racer), line("SET", racer % 4 + 1, "a", parts), shop=shop)
        promised.update({row.sku: row.quantity for event in of_type(decision, e.Reserved) for row in event.rows if row.sku == "LAMP"})

    assert 0 < promised["LAMP"] <= 60
    left = sum(story.pool.on_hand(node, "LAMP") for node in ("hall", "attic", "barn"))
    assert left == sum(cells.get("LAMP", 0) for cells in story.pool.free.values())


# ---------------------------------------------------------------------------------------------- P3
def test_p3_two_lines_that_share_a_component_are_checked_together() -> None:
    """Elsewhere each line finds five cups on the shelf, and six are sold."""
    story = one_shop({"hall": {"CUP": 5}})

    decision = story.place("7", line("SET", 1, "a", [("CUP", 4)]), line("CUP", 2, "b"))

    assert not of_type(decision, e.Reserved)
    assert of_type(decision, e.Backordered)[0].rows != ()
    assert story.pool.on_hand("hall", "CUP") == 5


def test_p3_a_bundle_that_names_a_component_twice_takes_it_twice() -> None:
    story = one_shop({"hall": {"CUP": 5, "POT": 9}})

    story.place("7", line("SET", 2, "a", [("CUP", 1), ("POT", 1), ("CUP", 1)]))
    story.place("8", line("SET", 1, "a", [("CUP", 1), ("POT", 1), ("CUP", 1)]))

    assert story.at("7") == {"hall": {"CUP": 4, "POT": 2}}
    assert story.at("8") == {}


shared_lines = st.lists(
    st.sampled_from([(("CUP", 1),), (("CUP", 2), ("POT", 1)), (("POT", 1),), (("CUP", 1), ("TRAY", 1))]), min_size=1, max_size=5
)


@fast
@given(shared_lines, st.sampled_from(["backorder", "partial", "reject"]), st.integers(0, 9))
def test_p3_however_lines_share_components_no_more_is_promised_than_there_is(
    bundles: list[tuple[tuple[str, int], ...]], shortage: str, cups: int
) -> None:
    story = one_shop({"hall": {"CUP": cups, "POT": 3, "TRAY": 2}, "attic": {"CUP": 1}}, shortage)  # type: ignore[arg-type]

    story.place("7", *(line("SET", 2, str(number), parts) for number, parts in enumerate(bundles)))

    promised = Counter({sku: units for cells in story.at("7").values() for sku, units in cells.items() if sku != "CUP"})
    assert promised <= Counter(POT=3, TRAY=2)
    assert sum(cells.get("CUP", 0) for cells in story.at("7").values()) <= cups + 1


# ---------------------------------------------------------------------------------------------- P13
class Wish(NamedTuple):
    priority: int
    placed_at: int
    units: int


wishes = st.lists(st.builds(Wish, st.integers(0, 2), st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=8)


@fast
@given(wishes, st.integers(0, 12), st.integers(1, 3))
def test_p13_a_receipt_fills_backorders_by_priority_and_then_by_age(orders: list[Wish], received: int, fills: int) -> None:
    """Elsewhere they are not filled at all, or whoever is looked at first gets the goods. However few one decision fills, ticks go on
    until nobody is left who can be served."""
    story = one_shop({"hall": {}})
    story.policy(Policy(fills_per_decision=fills))
    for number, wish in enumerate(orders):
        story.place(str(number), line("TEA", wish.units), at=20, placed_at=wish.placed_at, priority=wish.priority)

    story.receive("hall", TEA=received)
    settled(story)

    left, served = received, set()
    for number, wish in sorted(enumerate(orders), key=lambda entry: (-entry[1].priority, entry[1].placed_at, str(entry[0]))):
        if wish.units <= left:
            left -= wish.units
            served.add(str(number))
    assert {name for name in map(str, range(len(orders))) if story.at(name)} == served


def settled(story: Story) -> None:
    """Ticks for as long as one is due at once."""
    while story.pool.deferred:
        assert next_due(story.pool) == story.pool.now + 1
        story.tick(story.pool.now + 1)


@pytest.mark.parametrize("shortage", ["backorder", "partial"])
def test_p13_who_comes_while_a_receipt_is_still_being_given_out_stands_in_line(shortage: str) -> None:
    """The receipt of three serves one order a decision; a newcomer does not take what the next in line is about to get."""
    story = one_shop({"hall": {}}, shortage)  # type: ignore[arg-type]
    story.policy(Policy(rule=Rule(shortage=shortage), fills_per_decision=1))  # type: ignore[arg-type]
    for number in ("1", "2", "3"):
        story.place(number, line("TEA"), at=int(number))
    story.receive("hall", TEA=3)

    newcomer = story.place("4", line("TEA"), at=4)
    settled(story)

    assert said(newcomer) == ["OrderPlaced", "Backordered"]
    assert [bool(story.at(number)) for number in ("1", "2", "3", "4")] == [True, True, True, False]


def test_p13_a_large_order_is_not_passed_by_for_ever() -> None:
    """Small orders that fit pass one that does not fit yet, until its patience is over: then it is given what comes, before them."""
    story = one_shop({"hall": {}})
    story.policy(Policy(rule=Rule(patience_days=14)))
    story.tick(DAY_MS)
    story.place("large", line("TEA", 10), at=DAY_MS)

    served = []
    for day in range(2, 40):
        story.tick(day * DAY_MS)
        story.place(f"small {day}", line("TEA", 2), at=day * DAY_MS)
        story.receive("hall", TEA=2, document=f"daily {day}")
        served.append(sum(story.at("large").get("hall", {}).values()))

    assert served[:12] == [0] * 12
    assert served[-1] == 10
    assert served.index(10) - 13 <= 10 / 2


def test_p13_what_is_on_the_shelf_goes_to_who_has_waited_too_long() -> None:
    """No receipt is needed for it: the tick that ends the patience gives it out."""
    story = one_shop({"hall": {"TEA": 4}})
    story.policy(Policy(rule=Rule(patience_days=14)))
    story.tick(DAY_MS)
    story.place("large", line("TEA", 10), at=DAY_MS)

    story.tick(14 * DAY_MS)
    early = story.at("large")
    story.tick(15 * DAY_MS)

    assert (early, story.at("large")) == ({}, {"hall": {"TEA": 4}})
