"""Who waits for goods that are announced is promised the date on which they come, in the order in which orders are served."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.announce import status
from streams.rules.dating import DATED_AT_ONCE
from streams.rules.due import next_due
from tables import events as e
from tables.policy import HOUR_MS, Policy, Rule
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.histories import fast
from tests.streams.logs import Logs

MAY, JUNE, JULY = 5_000_000_000, 6_000_000_000, 7_000_000_000
SECOND = 1_000


def settled(story: Story) -> dict[str, int]:
    """Let time go on until nothing is left to be told; by order, when its lamps are promised."""
    while (due := next_due(story.pool)) is not None and due < story.pool.now + HOUR_MS:
        story.tick(due)
    return {order.split("/")[2]: dated.at for order, dated in story.pool.dates.get("LAMP", {}).items()}


def waiting(*lamps: int) -> Story:
    """Orders 1, 2, 3, … wait for so many lamps each."""
    story = one_shop({"hall": {"LAMP": 0, "CUP": 9}})
    for number, units in enumerate(lamps, 1):
        story.place(str(number), line("LAMP", units), at=number)
    return story


# ---------------------------------------------------------------------------------------------- who gets which date
def test_each_is_promised_the_first_receipt_that_covers_all_before_him_and_himself() -> None:
    story = waiting(2, 3, 4)
    story.announce("PO-1", expected_at=MAY, LAMP=4)
    story.announce("PO-2", expected_at=JUNE, LAMP=4)

    assert settled(story) == {"1": MAY, "2": JUNE}


def test_whoever_has_priority_stands_before_the_older_ones() -> None:
    story = waiting(2, 2)
    story.place("vip", line("LAMP", 2), at=9, priority=5)
    story.announce("PO-1", expected_at=MAY, LAMP=4)

    assert settled(story) == {"vip": MAY, "1": MAY}


def test_who_waits_longer_than_the_policy_lets_anybody_wait_stands_before_all_priority() -> None:
    story = waiting(2)
    story.policy(Policy(aging_hours=2))
    story.place("vip", line("LAMP", 2), at=HOUR_MS, priority=5)
    story.announce("PO-1", expected_at=MAY, LAMP=2)
    story.tick(HOUR_MS + SECOND)
    assert settled(story) == {"vip": MAY}

    story.tick(2 * HOUR_MS + 1)

    assert settled(story) == {"1": MAY}
    assert said(story.arrives("PO-1", LAMP=2))[-1] == "Backordered"
    assert story.at("1") == {"hall": {"LAMP": 2}}


def test_a_date_is_said_once_and_again_only_when_it_changes() -> None:
    story = waiting(2, 2)
    story.announce("PO-1", expected_at=MAY, LAMP=2)
    settled(story)
    story.place("3", line("LAMP", 5), at=3)

    assert not of_type(story.tick(story.pool.now + SECOND), e.DatePromised)
    assert next_due(story.pool) == story.pool.now + 24 * HOUR_MS

    story.cancel("1", at=10)

    assert of_type(story.tick(story.pool.now + SECOND), e.DatePromised) == [
        e.DatePromised(order=key("2"), dates=(e.Dated("LAMP", 2, "hall", "PO-1", MAY),))
    ]


def test_what_a_protected_segment_will_be_granted_is_promised_to_nobody_else() -> None:
    story = Story()
    story.segment("b2c", ratio=7_000)
    story.segment("b2b", ratio=3_000, protected=True)
    story.node("hall")
    story.shop("web")
    story.shop("dealers", "b2b")
    story.place("1", line("LAMP", 7))
    story.place("2", line("LAMP", 1), at=2)
    story.place("3", line("LAMP", 3), at=3, shop="dealers")
    story.announce("PO-1", expected_at=MAY, LAMP=10)

    assert settled(story) == {"1": MAY, "3": MAY}


def test_what_comes_to_a_node_that_may_not_serve_him_is_promised_to_nobody() -> None:
    story = waiting(2)
    story.policy(Policy(rule=Rule(exclude=("outlet",))))
    story.node("outlet")
    story.node("dump", sellable=False)
    story.announce("PO-1", "outlet", expected_at=MAY, LAMP=9)
    story.announce("PO-2", "dump", expected_at=MAY, LAMP=9)

    assert settled(story) == {}


def test_more_than_one_decision_holds_are_told_by_the_next_one() -> None:
    story = waiting(*[1] * (DATED_AT_ONCE + 7))
    story.announce("PO-1", expected_at=MAY, LAMP=DATED_AT_ONCE + 5)

    first = story.tick(SECOND)
    assert (len(of_type(first, e.DatePromised)), said(first)[-1]) == (DATED_AT_ONCE, "DatingDeferred")
    assert len(settled(story)) == DATED_AT_ONCE + 5


def test_an_order_for_what_nobody_has_announced_costs_nothing() -> None:
    story = waiting(1)
    story.announce("PO-1", expected_at=MAY, CUP=5)

    assert not story.pool.undated


# ---------------------------------------------------------------------------------------------- what becomes of a supply
def test_a_delay_is_told_and_so_is_what_never_comes() -> None:
    story = waiting(2, 2)
    story.announce("PO-1", expected_at=MAY, at=1, LAMP=4)
    settled(story)

    story.announce("PO-1", expected_at=JULY, at=2, LAMP=4)
    assert settled(story) == {"1": JULY, "2": JULY}
    story.announce("PO-1", expected_at=JULY, at=3, LAMP=2)
    assert settled(story) == {"1": JULY}
    story.announce("PO-1", at=4)
    assert settled(story) == {}


def test_parts_that_come_fill_who_stands_first_and_leave_the_rest_their_date() -> None:
    story = waiting(2, 3)
    story.announce("PO-1", expected_at=MAY, LAMP=5)
    settled(story)

    story.arrives("PO-1", LAMP=2)

    assert story.at("1") == {"hall": {"LAMP": 2}}
    assert settled(story) == {"2": MAY}
    assert story.pool.supplies["hall#PO-1"].lines["LAMP"].open == 3


def test_a_receipt_that_is_heard_of_before_its_announcement_counts_all_the_same() -> None:
    story = waiting(9)
    story.arrives("PO-1", at=5, LAMP=4)
    story.announce("PO-1", expected_at=MAY, at=1, LAMP=8)

    assert story.pool.supplies["hall#PO-1"].lines["LAMP"].open == 4
    assert settled(story) == {}


def test_words_of_a_supply_end_the_same_in_whatever_order_they_come() -> None:
    words: tuple[tuple[int, int, dict[str, int]], ...] = (
        (1, MAY, {"LAMP": 4, "CUP": 2}),
        (2, JUNE, {"LAMP": 6}),
        (3, 0, {}),
        (4, JULY, {"CUP": 5}),
    )
    ended = []
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)):
        story = waiting()
        for at, expected_at, units in [words[n] for n in order]:
            story.announce("PO-1", "hall", f"A-{at}", at, expected_at, **units)
        lines = story.pool.supplies["hall#PO-1"].lines
        ended.append({sku: (line.open, line.expected_at) for sku, line in lines.items() if line.open})
    assert ended == [{"CUP": (5, JULY)}] * 4


def test_the_same_document_and_an_older_word_change_nothing() -> None:
    story = waiting(1)
    story.announce("PO-1", document="A-1", at=5, expected_at=MAY, LAMP=4)

    assert said(story.announce("PO-1", document="A-1", at=5, expected_at=MAY, LAMP=4)) == ["Duplicate"]
    assert said(story.announce("PO-1", document="A-0", at=4, expected_at=JUNE, LAMP=9)) == ["Stale"]


def test_a_supply_that_is_over_is_forgotten_after_a_week_and_one_that_is_late_is_not() -> None:
    story = waiting(1)
    story.tick(MAY)
    story.announce("PO-1", expected_at=MAY, LAMP=1)
    story.announce("PO-2", expected_at=MAY, LAMP=1)
    story.arrives("PO-1", LAMP=1)
    story.tick(MAY + 9 * 24 * HOUR_MS)

    assert list(story.pool.supplies) == ["hall#PO-2"]


# ---------------------------------------------------------------------------------------------- told
def test_an_order_says_what_it_expects_and_when() -> None:
    story = waiting(2)
    story.announce("PO-1", expected_at=MAY, LAMP=4)
    settled(story)

    told = status(story.pool, key("1"), 0)

    assert [(found.sku, found.quantity, found.at) for found in told.expected] == [("LAMP", 2, MAY)]
    story.arrives("PO-1", LAMP=4)
    assert status(story.pool, key("1"), 0).expected == ()


# ---------------------------------------------------------------------------------------------- properties
STEPS = st.one_of(
    st.tuples(st.just("place"), st.integers(1, 5), st.integers(0, 2)),
    st.tuples(st.just("announce"), st.integers(1, 3), st.integers(0, 9)),
    st.tuples(st.just("receive"), st.integers(1, 3), st.integers(1, 6)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("tick"), st.integers(1, 4), st.just(0)),
)


@fast
@given(st.lists(STEPS, max_size=25), st.sampled_from((0, 1)))
def test_no_unit_is_promised_twice_and_the_checker_agrees_with_every_date(steps: list[tuple[str, int, int]], aging: int) -> None:
    story = waiting()
    story.policy(Policy(aging_hours=aging, fills_per_decision=1))
    for n, (what, one, two) in enumerate(steps, 2):
        match what:
            case "place":
                story.place(str(n), line("LAMP", one), at=n * HOUR_MS // 8, priority=two)
            case "announce":
                story.announce(f"PO-{one}", at=n, expected_at=one * MAY, LAMP=two)
            case "receive":
                story.arrives(f"PO-{one}", LAMP=two)
            case "cancel" if key(str(one)) in story.pool.orders:
                story.cancel(str(one), at=n * HOUR_MS)
            case _:
                story.tick(story.pool.now + one * HOUR_MS // 4)
        promised: Counter[str] = Counter()
        settled(story)
        for dated in story.pool.dates.get("LAMP", {}).values():
            promised["LAMP"] += dated.quantity
        assert promised["LAMP"] <= sum(found.lines["LAMP"].open for found in story.pool.supplies.values() if "LAMP" in found.lines)
    report = Logs(story).check()
    assert report.violations == ()


@fast
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=2, max_size=12), st.lists(st.integers(1, 6), max_size=6))
def test_nobody_waits_while_a_later_one_of_no_higher_rank_is_given_what_would_do_for_him(
    orders: list[tuple[int, int]], receipts: list[int]
) -> None:
    """And nobody is passed by younger ones of higher rank once he has waited for the policy's hours."""
    story = waiting()
    story.policy(Policy(aging_hours=1, fills_per_decision=2))
    placed = {}
    for n, (units, priority) in enumerate(orders):
        placed[key(str(n))] = (units, priority, n * HOUR_MS // 4)
        story.place(str(n), line("LAMP", units), at=n * HOUR_MS // 4, priority=priority)
    for units in receipts:
        story.tick(story.pool.now + HOUR_MS // 2)
        for decision in (story.receive("hall", LAMP=units), story.tick(story.pool.now + 1)):
            filled = [event.order for event in of_type(decision, e.Reserved)]
            waits = [name for name, _ in story.pool.orders.items() if story.pool.orders[name].waiting]
            for other in waits:
                behind = [order for order in filled if stands_before(placed[other], placed[order], story.pool.now)]
                assert not any(placed[order][0] >= placed[other][0] for order in behind)


def stands_before(one: tuple[int, int, int], other: tuple[int, int, int], now: int) -> bool:
    aged = [placed_at <= now - HOUR_MS for _, _, placed_at in (one, other)]
    if aged[0] != aged[1]:
        return aged[0]
    return (0 if aged[0] else -one[1], one[2]) < (0 if aged[1] else -other[1], other[2])
