"""Read this first: the way of one order, from a shop's bytes to what the warehouse and the shop are told."""

from streams.rules.announce import levels, status, touched
from streams.rules.fulfil import fulfil
from tables.events import Considered, OrderPlaced, Reserved
from tests.story import POOL, Story, key, line, of_type, said


def test_one_order_is_promised_shipped_and_told_of() -> None:
    story = Story()
    story.segment("b2c", ratio=7_000)
    story.segment("b2b", ratio=3_000, protected=True)
    story.node("hamburg", region="DE-HH")
    story.node("porto", region="PT-13")
    story.shop("web", segment="b2c")
    story.receive("hamburg", TEAPOT=10, CUP=40)
    story.receive("porto", TEAPOT=10)

    # A customer in Hamburg wants a teapot and six cups: decided at once, over all nodes, by the pool's one writer.
    decision = story.place("1001", line("TEAPOT", 1), line("CUP", 6), region="DE-HH")

    assert said(decision) == ["OrderPlaced", "Considered", "Reserved"]
    [considered] = of_type(decision, Considered)
    assert [(candidate.node, candidate.verdict) for candidate in considered.candidates] == [("hamburg", "chosen"), ("porto", "not_reached")]

    # The decision is the state change too: on hand became reserved, and the segment's free units went with it.
    assert story.at("1001") == {"hamburg": {"TEAPOT": 1, "CUP": 6}}
    assert story.pool.free_units("b2c", "CUP") == 28 - 6
    assert story.pool.free_units("b2b", "CUP") == 12

    # The warehouse is told what to ship, the shop what it may still sell.
    [told] = fulfil(decision, partition=0)
    assert (told.type, told.node, told.order) == ("FulfilmentOrdered", "hamburg", "1001")
    assert {(row.sku, row.quantity) for row in told.lines} == {("TEAPOT", 1), ("CUP", 6)}
    cells = touched(story.pool, decision).cells
    assert {(level.sku, level.units) for level in levels(story.pool, cells, version=7)} == {("TEAPOT", 13), ("CUP", 22)}

    # The same order again, whoever sends it, changes nothing.
    assert said(story.place("1001", line("TEAPOT", 1), line("CUP", 6), region="DE-HH")) == ["Duplicate"]

    # The warehouse ships, and the order is done.
    story.ship(told.id)
    assert status(story.pool, key("1001"), position=9).status == "shipped"
    assert story.pool.stock["hamburg"].on_hand == {"TEAPOT": 9, "CUP": 34}

    # All of it can be told again from the log alone, to the byte.
    assert [record for _, record in type(story.ledger)(0).decide(story.commands)] == story.records
    assert of_type(decision, OrderPlaced)[0].revision == 1
    assert of_type(decision, Reserved)[0].fulfilment == told.id
    assert decision.pool == POOL
