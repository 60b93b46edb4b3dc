"""A pool's state is bounded: orders that are over leave it, and one that comes again after that is not allocated unasked."""

from streams.ledger import Ledger
from streams.rules.due import next_due
from tables.events import OrderHeld, Refused
from tables.policy import DAY_MS, Policy
from tests.story import Story, key, line, of_type, one_shop, said

SPRING = 1_700_000_000_000
LATER = SPRING + 31 * DAY_MS


def teahouse() -> Story:
    """Remembers orders that are over for thirty days. Fifty pots of tea lie at `hamburg`."""
    story = one_shop({"hamburg": {"TEA": 50}})
    story.policy(Policy(remember_days=30))
    story.tick(SPRING)
    return story


def wait(story: Story, until: int) -> None:
    """State time goes on day by day."""
    while story.pool.now < until:
        story.tick(min(story.pool.now + DAY_MS, until))


def shipped(story: Story, order: str, at: int = SPRING) -> None:
    story.place(order, line("TEA"), at=at)
    story.ship(story.fulfilment(order), at=at)


def test_an_order_that_was_shipped_leaves_the_state_after_its_window() -> None:
    story = teahouse()
    shipped(story, "1")

    wait(story, LATER - 2 * DAY_MS)
    assert key("1") in story.pool.orders
    wait(story, LATER)
    assert key("1") not in story.pool.orders
    assert story.pool.over == []


def test_an_order_whose_parcels_are_under_way_stays_until_they_end_or_are_given_up() -> None:
    story = teahouse()
    for order, at in (("arrives", SPRING), ("never-arrives", SPRING), ("arrives-late", SPRING)):
        story.place(order, line("TEA"), at=at)
        story.ship(story.fulfilment(order), at=at, tracking=order)
    story.track("arrives", "delivered", at=SPRING + DAY_MS)

    wait(story, LATER)
    assert set(story.pool.orders) == {key("never-arrives"), key("arrives-late")}
    wait(story, SPRING + 300 * DAY_MS)
    story.track("arrives-late", "delivered", at=SPRING + 300 * DAY_MS)
    assert sum(row.quantity for row in story.order("arrives-late").delivered) == 1
    wait(story, SPRING + 365 * DAY_MS)
    assert len(story.pool.orders) == len(story.pool.parcels) == len(story.pool.over) == 0


def test_a_policy_that_gives_up_parcels_first_forgets_them_with_all_others() -> None:
    story = teahouse()
    story.policy(Policy(remember_days=30, remember_parcels_days=7))
    story.place("1", line("TEA"), at=SPRING)
    story.ship(story.fulfilment("1"), at=SPRING, tracking="GL-1")

    wait(story, LATER)
    assert len(story.pool.orders) == 0


def test_cancelled_and_rejected_orders_and_marks_leave_as_well() -> None:
    story = teahouse()
    story.place("cancelled", line("TEA"), at=SPRING)
    story.cancel("cancelled", at=SPRING + 1)
    story.cancel("only-a-mark", at=SPRING)
    story.reduce("never-came", "refund-1", ("TEA", 1))

    wait(story, LATER)
    assert len(story.pool.orders) == 0


def test_what_is_still_promised_held_or_waited_for_stays() -> None:
    story = teahouse()
    story.place("promised", line("TEA"), at=SPRING)
    story.place("waiting", line("CUP"), at=SPRING)
    story.place("held", line("TEA"), at=SPRING, holds=("payment",))

    wait(story, LATER + 300 * DAY_MS)
    assert len(story.pool.orders) == 3


def test_a_forgotten_order_that_comes_again_is_held_and_gets_nothing() -> None:
    story = teahouse()
    shipped(story, "1")
    wait(story, LATER)
    left = story.pool.on_hand("hamburg", "TEA")

    again = story.place("1", line("TEA"), at=LATER, placed_at=SPRING)

    assert [held.reasons for held in of_type(again, OrderHeld)] == [("suspected_duplicate",)]
    assert story.pool.on_hand("hamburg", "TEA") == left


def test_a_cancel_that_came_before_its_order_still_counts_when_it_is_forgotten() -> None:
    story = teahouse()
    story.cancel("1", at=SPRING)
    wait(story, LATER)

    assert "OrderHeld" in said(story.place("1", line("TEA"), at=SPRING - 1))


def test_an_amendment_leaves_a_suspicion_in_place_and_a_person_ends_it() -> None:
    story = teahouse()
    shipped(story, "1")
    wait(story, LATER)
    story.place("1", line("TEA"), at=LATER, placed_at=SPRING)

    story.place("1", line("TEA", 2), at=LATER + 1, placed_at=SPRING)
    assert story.order("1").holds == ("suspected_duplicate",)
    story.release("1")
    assert story.at("1") == {"hamburg": {"TEA": 2}}
    story.place("1", line("TEA", 3), at=LATER + 2, placed_at=SPRING)
    assert story.at("1") == {"hamburg": {"TEA": 3}}


def test_orders_placed_after_those_that_are_forgotten_are_not_suspected() -> None:
    story = teahouse()
    shipped(story, "1")
    wait(story, LATER)

    story.place("2", line("TEA"), at=LATER, placed_at=SPRING + 1)
    assert story.at("2") == {"hamburg": {"TEA": 1}}


def test_another_shops_old_orders_are_not_suspected() -> None:
    story = teahouse()
    story.shop("app")
    shipped(story, "1")
    wait(story, LATER)

    story.place("1", line("TEA"), at=LATER, placed_at=SPRING, shop="app")
    assert story.at("1", shop="app") == {"hamburg": {"TEA": 1}}


def test_an_order_that_is_taken_up_again_is_over_anew_from_then_on() -> None:
    story = teahouse()
    shipped(story, "1")
    wait(story, SPRING + 20 * DAY_MS)
    story.place("1", line("TEA", 2), at=SPRING + 20 * DAY_MS, placed_at=SPRING)
    wait(story, LATER)
    assert key("1") in story.pool.orders

    story.ship(story.fulfilment("1"), at=LATER)
    wait(story, SPRING + 55 * DAY_MS)
    assert key("1") in story.pool.orders
    wait(story, LATER + 30 * DAY_MS)
    assert key("1") not in story.pool.orders


def test_an_order_is_over_since_it_was_shipped_however_long_no_tick_has_come() -> None:
    story = teahouse()
    shipped(story, "1", at=LATER)  # state time is still SPRING

    story.tick(LATER - 2 * DAY_MS)
    wait(story, LATER + DAY_MS)
    assert key("1") in story.pool.orders


def test_an_old_order_is_not_forgotten_because_the_clock_has_only_begun() -> None:
    story = one_shop({"hamburg": {"TEA": 50}})
    shipped(story, "of-last-year", at=SPRING - 365 * DAY_MS)

    story.tick(SPRING)
    story.tick(SPRING + 1)
    assert key("of-last-year") in story.pool.orders

    wait(story, SPRING + 61 * DAY_MS)
    assert key("of-last-year") not in story.pool.orders


def test_ticks_go_on_at_once_until_all_that_is_old_is_forgotten() -> None:
    story = teahouse()
    story.pool.over = [(SPRING, f"acme/web/{number}") for number in range(12_000)]  # as if so many had been over
    for place in story.pool.over:
        story.pool.orders.known(place[1]).over_since = SPRING

    wait(story, LATER)
    assert next_due(story.pool) == LATER + 1
    wait(story, LATER + 1)
    wait(story, LATER + 2)
    assert (len(story.pool.orders), len(story.pool.over)) == (0, 0)
    assert next_due(story.pool) is None or next_due(story.pool) == LATER + 2 + DAY_MS


def test_what_is_forgotten_live_is_forgotten_by_whoever_folds_the_log() -> None:
    story = teahouse()
    for order in ("1", "2", "3"):
        shipped(story, order)
    wait(story, LATER - DAY_MS)
    snapshot = story.ledger.dump()
    story.tick(LATER)

    folded, loaded = Ledger(0), Ledger.load(0, snapshot)
    for offset, record in enumerate(story.records):
        folded.fold(offset, record)
    assert loaded is not None
    loaded.fold(len(story.records) - 1, story.records[-1])
    assert story.ledger.dump() == folded.dump() == loaded.dump()


def test_a_shipment_of_a_forgotten_order_is_refused_and_not_a_fault() -> None:
    story = teahouse()
    story.place("1", line("TEA"), at=SPRING)
    fulfilment = story.fulfilment("1")
    story.ship(fulfilment, at=SPRING)
    wait(story, LATER)

    [refused] = of_type(story.ship(fulfilment, at=LATER), Refused)
    assert refused.code != "decider_failed"
