"""Which nodes ship: the policy's choice, and what happens when stock is short."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.cover import fewest
from tables.events import Considered, OrderRejected, Reserved
from tables.policy import Policy, Rule
from tests.story import Story, key, line, of_type, one_shop, said


def shop_with(policy: Policy, **stock: dict[str, int]) -> Story:
    story = one_shop(stock)
    story.policy(policy)
    return story


def verdicts(story: Story, order: str, *lines: object, **about: object) -> dict[str, str]:
    decision = story.place(order, *lines, **about)  # type: ignore[arg-type]
    return {candidate.node: candidate.verdict for candidate in of_type(decision, Considered)[0].candidates}


def test_one_node_that_has_everything_is_preferred_to_a_nearer_split() -> None:
    story = one_shop({"near": {"TEA": 1}, "far": {"TEA": 5, "CUP": 5}})

    story.place("1", line("TEA"), line("CUP"))

    assert story.at("1") == {"far": {"TEA": 1, "CUP": 1}}


def test_the_nearest_node_ships() -> None:
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("lyon", region="FR-ARA")
    story.node("milan", region="IT-25")
    story.shop("web")
    story.policy(Policy(rule=Rule(criteria=("distance",)), distances={"FR-PAC": {"lyon": 310, "milan": 380}}))
    for node in ("lyon", "milan"):
        story.receive(node, TEA=5)

    assert verdicts(story, "1", line("TEA"), region="FR-PAC") == {"lyon": "chosen", "milan": "not_reached"}
    assert verdicts(story, "2", line("TEA"), region="IT-21") == {"milan": "chosen", "lyon": "not_reached"}


def test_an_order_to_a_part_of_a_country_is_as_far_as_the_country_when_only_that_is_told() -> None:
    """WooCommerce names the Land (`DE-BE`), and a policy is happy with `DE`."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hamburg", region="DE-HH")
    story.node("lyon", region="FR-ARA")
    story.node("vienna", region="AT-9")
    story.shop("web")
    distances = {"DE": {"hamburg": 300, "lyon": 700, "vienna": 600}, "DE-BY": {"lyon": 520, "vienna": 350}}
    story.policy(Policy(rule=Rule(criteria=("distance",)), distances=distances))
    for node in ("lyon", "vienna"):
        story.receive(node, TEA=5)

    assert verdicts(story, "1", line("TEA"), region="DE-BE")["vienna"] == "chosen"
    story.receive("hamburg", TEA=5)
    assert verdicts(story, "2", line("TEA"), region="DE-BE")["hamburg"] == "chosen"
    assert verdicts(story, "3", line("TEA"), region="DE-HH")["hamburg"] == "chosen"
    assert story.pool.policy.distance("DE-BY", "vienna", "AT-9") == 350, "what is told of the part itself wins"
    assert story.pool.policy.distance("DE-HH", "hamburg", "DE-HH") == 0, "its own region is nearer than its country"


def test_every_candidate_is_recorded_with_its_scores_or_the_reason_it_was_passed_over() -> None:
    story = one_shop({"attic": {"CUP": 1}, "hall": {"TEA": 5}, "cellar": {"TEA": 9}, "kiosk": {"TEA": 9}})
    story.node("kiosk", kind="store")
    story.node("cellar", sellable=False)
    story.policy(Policy(rule=Rule(kinds=("warehouse",), criteria=("priority",))))

    found = verdicts(story, "1", line("TEA"))

    assert found == {"hall": "chosen", "attic": "no_stock", "cellar": "not_sellable", "kiosk": "kind"}


def test_of_the_nodes_behind_one_that_has_everything_the_next_best_are_named_and_the_others_counted() -> None:
    story = one_shop({f"shop-{number:02}": {"TEA": 5} for number in range(20)})

    [considered] = of_type(story.place("1", line("TEA")), Considered)

    assert [(found.node, found.verdict) for found in considered.candidates] == [("shop-00", "chosen")] + [
        (f"shop-{number:02}", "not_reached") for number in range(1, 6)
    ]
    assert considered.more == 14


def test_every_node_is_looked_at_where_the_most_stock_wins_or_none_has_everything() -> None:
    story = one_shop({f"shop-{number:02}": {"TEA": 5 + number} for number in range(20)})
    [short] = of_type(story.place("1", line("TEA", 900)), Considered)
    story.policy(Policy(rule=Rule(criteria=("most_stock",))))
    story.tick(1)
    [most] = of_type(story.place("2", line("TEA")), Considered)

    for considered in (short, most):
        assert {found.verdict for found in considered.candidates} <= {"chosen", "not_needed"}
        assert (len(considered.candidates), considered.more) == (20, 0)
    assert story.at("2") == {"shop-19": {"TEA": 1}}


def test_a_nodes_rank_follows_its_settings_and_the_policy_from_then_on() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {"TEA": 5}})
    story.place("1", line("TEA"))
    story.node("hall", priority=9)
    story.place("2", line("TEA"))
    story.policy(Policy(rule=Rule(exclude=("attic",))))
    story.place("3", line("TEA"))

    assert [next(iter(story.at(order))) for order in ("1", "2", "3")] == ["hall", "attic", "hall"]


@pytest.mark.parametrize(
    ("rule", "served_by"),
    [
        (Rule(nodes=("attic",)), {"attic"}),
        (Rule(exclude=("hall",)), {"attic"}),
        (Rule(criteria=("priority",)), {"hall"}),
        (Rule(criteria=("most_stock",)), {"hall"}),
    ],
)
def test_a_rule_says_who_may_serve_and_who_comes_first(rule: Rule, served_by: set[str]) -> None:
    story = shop_with(Policy(rule=rule), hall={"TEA": 9}, attic={"TEA": 5})

    story.place("1", line("TEA", 2))

    assert story.at("1").keys() == served_by


def test_a_segment_may_have_a_rule_of_its_own() -> None:
    story = shop_with(Policy(segments={"b2c": Rule(nodes=("attic",))}), hall={"TEA": 5}, attic={"TEA": 5})

    story.place("1", line("TEA"))

    assert story.at("1").keys() == {"attic"}


def test_an_order_is_split_over_as_few_nodes_as_will_do() -> None:
    story = one_shop({"a": {"TEA": 1}, "b": {"CUP": 1}, "c": {"POT": 1}, "d": {"TEA": 1, "CUP": 1}})

    story.place("1", line("TEA"), line("CUP"), line("POT"))

    assert story.at("1") == {"c": {"POT": 1}, "d": {"TEA": 1, "CUP": 1}}


def test_an_order_of_many_sellers_is_promised_by_all_of_them_unless_the_policy_says_less() -> None:
    sellers = {f"seller-{number}": {f"SKU-{number}": 1} for number in range(6)}
    story = shop_with(Policy(), **sellers)

    decision = story.place("1", *(line(f"SKU-{number}", 1) for number in range(6)))

    assert [reserved.node for reserved in of_type(decision, Reserved)] == list(sellers)


def test_beyond_its_limit_of_splits_an_order_waits() -> None:
    story = shop_with(Policy(rule=Rule(max_splits=1)), a={"TEA": 1}, b={"CUP": 1}, c={"POT": 1})

    decision = story.place("1", line("TEA"), line("CUP"), line("POT"))

    assert said(decision) == ["OrderPlaced", "Considered", "Backordered"]


units = st.integers(0, 3)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.integers(1, 5).flatmap(lambda n: st.lists(st.tuples(units, units, units), min_size=n, max_size=n)),
    st.tuples(units, units, units),
    st.integers(1, 4),
)
def test_the_chosen_nodes_are_those_a_brute_force_search_would_choose(
    shelves: list[tuple[int, ...]], wanted: tuple[int, ...], limit: int
) -> None:
    """The fewest nodes, best ranked first. Elsewhere the choice is arbitrary, or nobody can steer it (P11)."""
    sets = (list(chosen) for size in range(1, limit + 1) for chosen in combinations(range(len(shelves)), size))
    enough = (chosen for chosen in sets if all(sum(shelves[n][i] for n in chosen) >= want for i, want in enumerate(wanted)))

    assert fewest(shelves, wanted, limit) == next(enough, [])


def test_backorder_promises_all_of_an_order_or_nothing() -> None:
    story = one_shop({"hall": {"TEA": 1, "CUP": 5}})

    story.place("1", line("TEA", 2), line("CUP", 1))

    assert story.at("1") == {}
    assert {(w.sku, w.quantity) for w in story.order("1").waiting} == {("TEA", 2), ("CUP", 1)}


def test_partial_promises_what_there_is_and_waits_for_the_rest() -> None:
    story = one_shop({"hall": {"TEA": 1, "CUP": 5}}, "partial")

    story.place("1", line("TEA", 2), line("CUP", 1))

    assert story.at("1") == {"hall": {"TEA": 1, "CUP": 1}}
    assert [(w.sku, w.quantity) for w in story.order("1").waiting] == [("TEA", 1)]


def test_a_bundle_is_promised_in_whole_units() -> None:
    story = one_shop({"hall": {"TEA": 5, "CUP": 3}}, "partial")

    story.place("1", line("SET", 2, "set", [("TEA", 1), ("CUP", 2)]))

    assert story.at("1") == {"hall": {"TEA": 1, "CUP": 2}}
    assert {(w.sku, w.quantity) for w in story.order("1").waiting} == {("TEA", 1), ("CUP", 2)}


def test_reject_refuses_the_order_and_keeps_nothing_of_it() -> None:
    story = one_shop({"hall": {"TEA": 3}}, "reject")
    story.place("1", line("TEA", 2), at=1)

    decision = story.place("1", line("TEA", 9), at=2)

    assert of_type(decision, OrderRejected)[0].reason == "short"
    assert story.at("1") == {}
    assert story.pool.on_hand("hall", "TEA") == 3


def test_a_protected_segment_is_never_borrowed_from() -> None:
    story = Story()
    story.segment("b2c", ratio=5_000, may_borrow=True)
    story.segment("b2b", ratio=3_000, protected=True, rank=1)
    story.segment("outlet", ratio=2_000, rank=2)
    story.node("hall")
    story.shop("web")
    story.receive("hall", TEA=10)

    story.place("1", line("TEA", 7))
    waiting = story.place("2", line("TEA", 1))

    assert said(waiting)[-1] == "Backordered"
    assert story.pool.free_units("b2b", "TEA") == 3


def test_borrowed_units_go_back_to_whom_they_came_from() -> None:
    story = Story()
    story.segment("b2c", ratio=5_000, may_borrow=True)
    story.segment("outlet", ratio=3_000, rank=1)
    story.node("hall")
    story.shop("web")
    story.receive("hall", TEA=10)
    before = {origin: dict(cells) for origin, cells in story.pool.free.items()}

    decision = story.place("1", line("TEA", 9))
    [row] = of_type(decision, Reserved)[0].rows
    assert row.origins == (("b2c", 5), ("", 2), ("outlet", 2))

    story.cancel("1")
    assert {origin: cells for origin, cells in story.pool.free.items() if cells} == before


def test_a_policy_holds_from_its_offset_and_is_named_in_decisions() -> None:
    story = one_shop({"hall": {"TEA": 5}, "attic": {"TEA": 5}})
    before = story.place("1", line("TEA"))

    story.policy(Policy(name="attic first", rule=Rule(nodes=("attic",))))
    after = story.place("2", line("TEA"))

    assert (set(story.at("1")), set(story.at("2"))) == ({"hall"}, {"attic"})
    assert before.policy_version < after.policy_version


@pytest.mark.parametrize(("first", "second"), list(product(["1", "2"], repeat=2))[1:3])
def test_backorders_are_filled_by_priority_then_age(first: str, second: str) -> None:
    story = one_shop({"hall": {}})
    story.place(first, line("TEA"), at=5)
    story.place(second, line("TEA"), at=4)
    story.place("vip", line("TEA"), at=9, priority=10)

    decision = story.receive("hall", TEA=2)

    assert [event.order for event in of_type(decision, Reserved)] == [key("vip"), key(second)]


def test_an_order_that_cannot_be_filled_keeps_nobody_behind_it_waiting() -> None:
    story = one_shop({"hall": {}})
    story.place("1", line("TEA"), line("UNICORN"), at=1)
    story.place("2", line("TEA"), at=2)

    assert [event.order for event in of_type(story.receive("hall", TEA=1), Reserved)] == [key("2")]


def test_one_decision_fills_a_limited_number_and_the_next_tick_goes_on() -> None:
    story = one_shop({"hall": {}})
    story.policy(Policy(fills_per_decision=2))
    for order in range(5):
        story.place(str(order), line("TEA"), at=order + 1)

    receipt = story.receive("hall", TEA=5)
    ticks = [story.tick(at) for at in (10, 20)]

    assert [len(of_type(decision, Reserved)) for decision in (receipt, *ticks)] == [2, 2, 1]
    assert story.pool.deferred == ()
