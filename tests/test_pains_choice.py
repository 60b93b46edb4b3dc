"""Pains of order systems where nodes that refuse are partners: the warehouse that is told is the one the policy wants (P11), and whatever
warehouses do, an order's state is what its units say (P4, P12). Simulated warehouses hear what is sent to them, and answer as they do."""

from collections import Counter
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Fulfilment
from deploy.warehouse.habits import Habits
from streams.decisions import decode_decision
from streams.rules.announce import status
from tables import events as e
from tables.policy import Policy, Rule
from tests.edge import Edge, Houses
from tests.story import key, of_type
from tests.streams.logs import Logs
from tests.test_journeys import woo_line, woo_order

some = settings(max_examples=60, deadline=None, derandomize=True)
NODES = ("attic", "barn", "cellar", "hall")
FORMS = dict(zip(NODES, ("webhook", "qimen", "webhook", "qimen"), strict=True))


class About(NamedTuple):
    """A node: how far from the buyer, its priority, how many lamps it has."""

    km: int
    priority: int
    lamps: int


nodes = st.fixed_dictionaries(
    {node: st.builds(About, st.sampled_from([10, 20, 20]), st.integers(0, 2), st.sampled_from([0, 4, 5, 9])) for node in NODES}
)
criteria = st.sampled_from([("distance", "priority"), ("priority", "distance"), ("most_stock",), ("priority", "most_stock"), ()])


def at_nodes(about: dict[str, About], **rule: Any) -> Edge:
    edge = Edge("woocommerce", {node: {"LAMP": found.lamps} for node, found in about.items()})
    for node, found in about.items():
        edge.story.node(node, priority=found.priority)
    edge.story.policy(Policy(rule=Rule(**rule), distances={"DE": {node: found.km for node, found in about.items()}}))
    return edge


def best(about: dict[str, About], wanted: int, by: tuple[str, ...], but: tuple[str, ...]) -> str:
    """The oracle: of the nodes that have it all, the one that no other beats."""
    scores = {
        node: (*({"distance": found.km, "priority": found.priority, "most_stock": -found.lamps}[word] for word in by), node)
        for node, found in about.items()
        if found.lamps >= wanted and node not in but
    }
    return min(scores, key=lambda node: scores[node], default="")


# ---------------------------------------------------------------------------------------------- P11
@some
@given(nodes, criteria, st.sets(st.sampled_from(NODES), max_size=2))
def test_p11_each_warehouse_that_is_told_is_the_one_a_brute_force_search_would_tell(
    about: dict[str, About], by: tuple[str, ...], excluded: set[str]
) -> None:
    """All of them refuse, in their own words, one after the other. Elsewhere the choice is arbitrary, nobody can steer it, or who has
    refused is told again."""
    edge = at_nodes(about, criteria=by, max_splits=1, exclude=tuple(sorted(excluded)))
    houses = Houses(edge, FORMS, Habits(refuse=1.0))
    edge.says(woo_order(line_items=[woo_line(1, "LAMP", 4)]), "order.created")

    told = [fulfilment.node for fulfilment in houses.live() if fulfilment.type == "FulfilmentOrdered"]

    wanted: list[str] = []
    while node := best(about, 4, by, (*excluded, *wanted)):
        wanted.append(node)
    assert told == wanted
    assert [row.quantity for row in edge.story.order("727").waiting] == [4]


@some
@given(nodes, criteria)
def test_p11_why_a_warehouse_was_told_and_the_others_were_not_is_on_record(about: dict[str, About], by: tuple[str, ...]) -> None:
    """After a refusal too: who refused is named as one who did."""
    edge = at_nodes(about, criteria=by, max_splits=1)
    houses = Houses(edge, FORMS, Habits(refuse=1.0))
    edge.says(woo_order(line_items=[woo_line(1, "LAMP", 4)]), "order.created")
    houses.live()

    refused: tuple[str, ...] = ()
    for considered in [found for record in edge.story.records for found in of_type(decode_decision(record), e.Considered)]:
        verdicts = {found.node: found.verdict for found in considered.candidates}
        chosen = [node for node, verdict in verdicts.items() if verdict == "chosen"]
        assert "".join(chosen) == best(about, 4, by, refused)
        assert {node for node, verdict in verdicts.items() if verdict == "refused_before"} == set(refused)
        refused += tuple(chosen)


# ---------------------------------------------------------------------------------------------- P4, P12
@pytest.mark.parametrize("seed", range(12))
def test_p12_whatever_warehouses_do_an_orders_state_is_what_its_units_say(seed: int) -> None:
    """They refuse, find too little, send two parcels, say everything twice, take things back; another order is cancelled meanwhile. Then
    no unit is lost or had twice (P4), and each word of an order's state is what its units say."""
    edge = at_nodes({node: About(10, 0, 6) for node in NODES}, max_splits=3)
    edge.story.node("barn", cancel="confirm")
    houses = Houses(edge, FORMS, Habits(seed=seed, refuse=0.2, short=0.3, parcels=0.5, returns=0.3, duplicate=0.5, late_cancel=0.5))
    for number in range(727, 732):
        edge.says(woo_order(id=number, number=str(number), line_items=[woo_line(1, "LAMP", 3)]), "order.created")
    edge.says(woo_order("11:00:00", status="cancelled", line_items=[woo_line(1, "LAMP", 3)]), "order.updated")

    told = houses.live()

    stands = {number: status(edge.story.pool, key(str(number)), 0) for number in range(727, 732)}
    for number, found in stands.items():
        assert found.reserved == 0, number
        assert found.shipped + found.backordered == (3 if found.status != "cancelled" else found.shipped)
        assert (found.status in ("shipped", "delivered", "returned")) == (found.shipped == 3 and found.cancelled == 0)
    left = sum(found.shipped - found.returned for found in stands.values())
    assert held(edge) == 4 * 6 - left - gone(edge)
    assert ordered(told) >= sum(found.shipped for found in stands.values())
    assert Logs(edge.story).check().violations == ()


def held(edge: Edge) -> int:
    """Units that lie at nodes, whatever their state."""
    return sum(
        sum(cells.get("LAMP", 0) for cells in (shelf.on_hand, shelf.reserved, *shelf.other.values()))
        for shelf in edge.story.pool.stock.values()
    )


def gone(edge: Edge) -> int:
    """Units that pickers did not find, or that inspections took off the books."""
    decisions = [decode_decision(record) for record in edge.story.records]
    off = sum(row.quantity for one in decisions for event in of_type(one, e.Unreserved) if event.to == "adjustment" for row in event.rows)
    scrapped = ("scrap", "return_to_vendor")
    return off + sum(units for one in decisions for event in of_type(one, e.Inspected) for _, how, units in event.lines if how in scrapped)


def ordered(told: list[Fulfilment]) -> int:
    """Units that warehouses were told to ship, and not told otherwise."""
    units: Counter[str] = Counter()
    for fulfilment in told:
        units[fulfilment.type] += sum(line.quantity for line in fulfilment.lines) if fulfilment.final else 0
    return units["FulfilmentOrdered"] - units["FulfilmentCancelled"]
