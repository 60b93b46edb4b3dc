"""Nodes that asked for it are told what is to come to them; all others are not."""

from streams.decisions import Decision
from streams.rules.fulfil import fulfil
from tables import events as e
from tests.story import Story, key, line, of_type, one_shop, said

Units = dict[str, int]


def two_nodes() -> Story:
    """Order 1 has left in three parcels: P1 and P3 from east, which wants to know, P2 from west, which does not."""
    story = one_shop({"east": {"CUP": 5}, "west": {"POT": 5}})
    story.node("east", arrivals=True)
    story.place("1", line("CUP", 4), line("POT", 2))
    east, west = (
        next(name for name, found in story.order("1").open_fulfilments.items() if found.node == node) for node in ("east", "west")
    )
    story.ship(east, ("CUP", 1), tracking="P1")
    story.ship(west, ("POT", 2), tracking="P2")
    story.ship(east, ("CUP", 3), tracking="P3")
    return story


def told(decision: Decision) -> list[tuple[str, str, str, Units]]:
    return [(x.kind, x.name, x.node, {row.sku: row.quantity for row in x.rows}) for x in of_type(decision, e.ArrivalExpected)]


# ---------------------------------------------------------------------------------------------- returns
def test_a_node_is_told_of_the_units_it_shipped_that_come_back() -> None:
    story = two_nodes()

    asked = story.request("1", ("CUP", "CUP", 2), ("POT", "POT", 1), rma="RMA-1")

    assert told(asked) == [("return", "RMA-1", "east", {"CUP": 2})]


def test_nodes_that_did_not_ask_are_told_nothing() -> None:
    assert said(two_nodes().request("1", ("POT", "POT", 1), rma="RMA-1")) == ["ReturnRequested"]


def test_a_second_return_is_of_the_units_that_no_other_asked_for() -> None:
    story = two_nodes()
    story.request("1", ("CUP", "CUP", 3), rma="RMA-1")

    assert told(story.request("1", ("CUP", "CUP", 1), rma="RMA-2")) == [("return", "RMA-2", "east", {"CUP": 1})]


def test_the_parcel_of_a_return_is_told_once_it_is_known() -> None:
    story = two_nodes()
    story.request("1", ("CUP", "CUP", 1), rma="RMA-1")

    [again] = of_type(story.request("1", ("CUP", "CUP", 1), rma="RMA-1", tracking="BACK-1"), e.ArrivalExpected)

    assert (again.tracking, [(row.sku, row.quantity) for row in again.rows]) == ("BACK-1", [("CUP", 1)])


# ---------------------------------------------------------------------------------------------- supply
def test_a_node_is_told_of_supply_that_is_announced_to_it_and_called_off() -> None:
    story = two_nodes()

    assert told(story.announce("PO-1", "east", at=1, expected_at=99, CUP=50, POT=5)) == [("supply", "PO-1", "east", {"CUP": 50, "POT": 5})]
    assert told(story.announce("PO-1", "east", at=2)) == [("supply", "PO-1", "east", {})]
    assert told(story.announce("PO-2", "west", at=1, expected_at=99, CUP=50)) == []


# ---------------------------------------------------------------------------------------------- as it goes out
def test_it_goes_out_beside_what_is_to_be_shipped() -> None:
    story = two_nodes()

    [back] = fulfil(story.request("1", ("CUP", "CUP", 2), rma="RMA-1", tracking="BACK-1"), partition=3)
    [supply] = fulfil(story.announce("PO-1", "east", at=1, expected_at=99, CUP=50), partition=3)

    assert (back.type, back.id, f"{back.tenant}/{back.shop}/{back.order}", back.node) == ("ReturnExpected", "RMA-1", key("1"), "east")
    assert (back.tracking, back.partition, [(x.line, x.sku, x.quantity) for x in back.lines]) == ("BACK-1", 3, [("CUP", "CUP", 2)])
    assert (supply.type, supply.id, supply.order, supply.expected_at) == ("SupplyExpected", "PO-1", "", 99)
