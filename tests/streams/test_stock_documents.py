"""Receipts, counts and moves; shipments and refusals of nodes; the tiers above the stock."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tables.events import Refused, Shortage, StockMoved
from tables.tiers import available, largest_remainder
from tests.story import Story, key, line, of_type, one_shop, said

DAY = 86_400_000


def refusal(events: tuple[object, ...]) -> str:
    [event] = events
    assert isinstance(event, Refused)
    return event.code


# ---------------------------------------------------------------------------------------------- receipts and tiers
def test_a_receipt_counts_once_per_document() -> None:
    story = one_shop({"hall": {}})

    story.receive("hall", document="wms/4711", TEA=5)
    again = story.receive("hall", document="wms/4711", TEA=5)

    assert said(again) == ["Duplicate"]
    assert story.pool.on_hand("hall", "TEA") == 5


def test_a_document_is_remembered_for_a_week() -> None:
    story = one_shop({"hall": {}})
    story.tick(100 * DAY)
    story.receive("hall", document="wms/4711", at=100 * DAY, TEA=5)

    story.tick(106 * DAY)
    assert said(story.receive("hall", document="wms/4711", TEA=5)) == ["Duplicate"]
    story.tick(108 * DAY)
    assert said(story.receive("hall", document="wms/4711", TEA=5)) == ["StockMoved"]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 1_000), st.lists(st.integers(0, 10_000), min_size=1, max_size=6))
def test_integer_shares_conserve_units(units: int, weights: list[int]) -> None:
    shares = largest_remainder(units, weights)

    assert sum(shares) == (units if sum(weights) else 0)
    assert all(share * sum(weights) < units * weight + max(1, sum(weights)) for share, weight in zip(shares, weights, strict=True))


def test_a_receipt_fills_fixed_quotas_first_and_leaves_the_rest_of_the_ratios_unassigned() -> None:
    story = Story()
    story.segment("b2b", quota=4, protected=True)
    story.segment("b2c", ratio=5_000, rank=1)
    story.node("hall")

    story.receive("hall", TEA=10)

    assert {origin: cells["TEA"] for origin, cells in story.pool.free.items()} == {"b2b": 4, "b2c": 3, "": 3}


def test_an_exclusive_quota_is_only_for_its_shop() -> None:
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hall")
    story.shop("web")
    story.shop("app", quotas=(("TEA", 4),))
    story.receive("hall", TEA=10)

    assert (available(story.pool, "web", "TEA"), available(story.pool, "app", "TEA")) == (6, 10)
    story.place("1", line("TEA", 7), shop="web")
    assert story.at("1") == {}
    story.place("1", line("TEA", 9), shop="app")
    assert available(story.pool, "web", "TEA") == 1


def test_safety_stock_and_share_limit_what_is_offered_not_what_is_promised() -> None:
    story = one_shop({"hall": {"TEA": 10}})
    story.shop("web", buffer=2, share=50)

    assert available(story.pool, "web", "TEA") == 4
    story.place("1", line("TEA", 9))
    assert story.at("1") == {"hall": {"TEA": 9}}


def test_a_shop_offers_no_more_than_its_eligible_nodes_have() -> None:
    story = one_shop({"hall": {"TEA": 3}})
    story.node("closed", sellable=False)
    story.receive("closed", TEA=50)

    assert available(story.pool, "web", "TEA") == 3


def test_a_node_that_ceases_to_sell_takes_its_free_units_along_and_brings_them_back() -> None:
    story = one_shop({"hall": {"TEA": 3}, "attic": {"TEA": 4}})

    story.node("attic", sellable=False)
    assert available(story.pool, "web", "TEA") == 3
    story.node("attic", sellable=True)
    assert available(story.pool, "web", "TEA") == 7


# ---------------------------------------------------------------------------------------------- counts
def test_what_moved_after_a_counts_mark_is_applied_to_it() -> None:
    story = one_shop({"hall": {"TEA": 10}})
    story.receive("hall", at=200, TEA=5)

    story.count("hall", at=150, TEA=9)

    assert story.pool.on_hand("hall", "TEA") == 14


def test_a_shipment_that_a_count_has_left_out_already_is_not_taken_off_twice() -> None:
    story = one_shop({"hall": {"TEA": 10}})
    story.place("1", line("TEA", 4))
    story.count("hall", at=100, TEA=6)  # the four left the house at 90, and the confirmation is late

    story.ship(story.fulfilment("1"), at=90)

    assert story.pool.on_hand("hall", "TEA") == 6


def test_a_count_more_than_a_week_old_is_refused() -> None:
    story = one_shop({"hall": {}})
    story.tick(30 * DAY)

    assert refusal(story.count("hall", at=20 * DAY, TEA=9).events) == "count_too_old"


def test_a_count_below_what_is_promised_is_a_shortage_and_the_youngest_order_is_sourced_anew() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {"TEA": 2}})
    story.place("old", line("TEA", 2), at=1)
    story.place("young", line("TEA", 2), at=2)

    decision = story.count("hall", TEA=3)

    [shortage] = of_type(decision, Shortage)
    assert (shortage.order, shortage.quantity) == (key("young"), 1)
    assert story.at("old") == {"hall": {"TEA": 2}}
    assert story.at("young") == {"hall": {"TEA": 1}, "attic": {"TEA": 1}}


def test_a_loss_hits_the_unassigned_units_first_and_then_the_least_dear_segment() -> None:
    story = Story()
    story.segment("b2b", ratio=4_000, priority=1)
    story.segment("b2c", ratio=4_000, priority=2, rank=1)
    story.node("hall")
    story.receive("hall", TEA=10)

    story.count("hall", TEA=7)

    assert (story.pool.free_units("", "TEA"), story.pool.free_units("b2c", "TEA"), story.pool.free_units("b2b", "TEA")) == (0, 3, 4)


# ---------------------------------------------------------------------------------------------- moves
def test_damaged_units_are_not_sold() -> None:
    story = one_shop({"hall": {"TEA": 5}})

    story.move("hall", "on_hand", "damaged", TEA=4)

    assert available(story.pool, "web", "TEA") == 1


def test_a_transfer_between_nodes_conserves_units_and_grants() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {}})

    story.move("hall", "on_hand", "on_hand", "attic", TEA=3)

    assert (story.pool.on_hand("hall", "TEA"), story.pool.on_hand("attic", "TEA")) == (2, 3)
    assert story.pool.free_units("b2c", "TEA") == 5


def test_more_than_there_is_cannot_move() -> None:
    story = one_shop({"hall": {"TEA": 5}})

    assert refusal(story.move("hall", "on_hand", "damaged", TEA=6).events) == "not_enough"
    assert refusal(story.move("hall", "reserved", "on_hand", TEA=1).events) == "unknown_bucket"
    assert refusal(story.move("moon", "on_hand", "damaged", TEA=1).events) == "unknown_node"


def test_stock_moves_only_from_somewhere_to_somewhere() -> None:
    story = one_shop({"hall": {"TEA": 5}})
    decision = story.move("hall", "on_hand", "quality", TEA=2)

    [moved] = of_type(decision, StockMoved)
    assert [(m.from_place, m.to_place, m.quantity) for m in moved.moves] == [("on_hand", "quality", 2)]
