"""An order that no carrier takes is held, where the policy says so: until the table takes it, or a person lets it go without."""

from typing import Any

import msgspec
import pytest

from streams.decisions import Decision
from streams.rules.due import next_due
from streams.rules.fulfil import fulfil
from tables import events as e
from tables.calendar import MINUTE_MS
from tables.carriers import RateTable
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import Policy, Rule
from tests.carriage import set_carriers
from tests.story import Story, key, line, of_type, one_shop, said
from tests.streams.logs import Logs
from tests.streams.test_carriage import AIR, GROUND, NOON

HOLDS = Policy(no_carrier="hold", rule=Rule(max_splits=1, shortage="backorder"))
GERMANY = RateTable(version=7, currency="EUR", services=(GROUND,))  # up to 5 kg
EVERYWHERE = msgspec.structs.replace(GERMANY, version=8, services=(GROUND, AIR))


@pytest.fixture
def story() -> Story:
    """Teas of 100 g in Hamburg, and in Porto behind it; only Germany is gone to."""
    story = one_shop({"hamburg": {"ASSAM": 50, "SENCHA": 60}, "porto": {"SENCHA": 50}})
    story.policy(HOLDS)
    story.tick(NOON)
    set_carriers(story, GERMANY, ASSAM=100, SENCHA=100)
    return story


def order(story: Story, name: str = "1", units: int = 2, region: str = "PT-13", tea: str = "ASSAM", **about: Any) -> Decision:
    usual: dict[str, Any] = {"region": region, "placed_at": NOON, "sealed": f"k1.{name}"}
    return story.place(name, line(tea, units), **(usual | about))


def told(decision: Decision) -> list[str]:
    return [one.type for one in fulfil(decision, 0)]


def sound(story: Story) -> bool:
    assert Logs(story).check().violations == ()
    return True


def holds(story: Story, name: str = "1") -> tuple[str, ...]:
    return story.order(name).holds


# ---------------------------------------------------------------------------------------------- held
def test_no_node_is_told_of_it_and_the_decision_says_why(story: Story) -> None:
    decision = order(story)

    assert said(decision) == ["OrderPlaced", "OrderHeld", "CarrierMissing"]
    [missing] = of_type(decision, e.CarrierMissing)
    assert (missing.node, missing.grams, missing.region, [offer.excluded for offer in missing.offers]) == (
        "hamburg",
        200,
        "PT-13",
        ["no_zone"],
    )
    assert (told(decision), holds(story)) == ([], ("no_carrier",))
    assert story.pool.on_hand("hamburg", "ASSAM") == 50
    assert sound(story)


@pytest.mark.parametrize("about", [{"units": 51}, {"tea": "SENCHA", "units": 55}])
def test_what_is_too_heavy_is_held_as_well(story: Story, about: dict[str, Any]) -> None:
    story.receive("hamburg", ASSAM=50, SENCHA=50)

    order(story, region="DE-HH", **about)

    assert holds(story) == ("no_carrier",)
    assert sound(story)


def test_what_nobody_weighed_is_held_until_it_is(story: Story) -> None:
    story.receive("hamburg", CUP=5)
    order(story, region="DE-HH", tea="CUP")
    assert holds(story) == ("no_carrier",)

    set_carriers(story, msgspec.structs.replace(GERMANY, version=9), CUP=300)

    assert told(story.tick(NOON + 1)) == ["FulfilmentOrdered"]
    assert sound(story)


def test_by_another_policy_its_node_takes_whom_it_likes(story: Story) -> None:
    story.policy(Policy())

    assert told(order(story)) == ["FulfilmentOrdered"]
    assert sound(story)


def test_a_shop_may_leave_the_hold_out(story: Story) -> None:
    story.policy(msgspec.structs.replace(HOLDS, flow=Flow(shops={"web": ShopFlow(holds={"no_carrier": HoldRule(ignore=True)})})))

    assert told(order(story)) == ["FulfilmentOrdered"]
    assert sound(story)


def test_a_backorder_that_is_filled_is_looked_at_then_and_leaves_the_units_to_the_next(story: Story) -> None:
    order(story, "far", tea="OOLONG")
    order(story, "near", tea="OOLONG", region="DE-HH")
    set_carriers(story, msgspec.structs.replace(GERMANY, version=9), OOLONG=100)

    decision = story.receive("hamburg", OOLONG=2)

    assert (told(decision), holds(story, "far"), holds(story, "near")) == (["FulfilmentOrdered"], ("no_carrier",), ())
    assert sound(story)


def test_what_its_nodes_were_told_before_is_called_back(story: Story) -> None:
    """Hamburg has a part of it, and Porto, which nobody goes from by this table, refuses to ship the rest."""
    near = msgspec.structs.replace(GROUND, zones=(msgspec.structs.replace(GROUND.zones[0], origin=("DE", "PT")),))
    set_carriers(story, msgspec.structs.replace(GERMANY, version=9, services=(near,)))
    story.node("hamburg", region="DE-HH")
    story.node("porto", region="PT-13", priority=1)
    story.node("lyon", region="FR-69", priority=2)
    story.receive("lyon", SENCHA=50)
    story.receive("porto", CUP=1)
    story.place("1", line("ASSAM", 2), line("CUP", 1), region="DE-HH", placed_at=NOON)
    assert holds(story) == ("no_carrier",), "nobody has weighed a cup"
    set_carriers(story, msgspec.structs.replace(GERMANY, version=10, services=(near,)), CUP=300)
    assert told(story.tick(NOON + 1)) == ["FulfilmentOrdered"] * 2
    story.receive("lyon", CUP=1)
    [at_porto] = [name for name, found in story.order("1").open_fulfilments.items() if found.node == "porto"]

    decision = story.refuse(at_porto)

    assert told(decision) == ["FulfilmentCancelled"]
    assert (holds(story), story.order("1").open_fulfilments) == (("no_carrier",), {})
    assert story.pool.on_hand("hamburg", "ASSAM") == 50
    assert sound(story)


def test_an_amended_address_that_nobody_goes_to_holds_the_order(story: Story) -> None:
    order(story, region="DE-HH")

    decision = order(story, at=2, sealed="k1.moved")

    assert (told(decision), holds(story)) == (["FulfilmentCancelled"], ("no_carrier",))
    assert told(order(story, at=3, region="DE-HH", sealed="k1.back")) == ["FulfilmentOrdered"]
    assert (holds(story), story.pool.untaken) == ((), {})
    assert sound(story)


def test_what_waits_for_its_wave_is_held_when_it_would_leave(story: Story) -> None:
    story.policy(msgspec.structs.replace(HOLDS, flow=Flow(rule=ShopFlow(merge_minutes=30))))
    for name in ("1", "2"):
        order(story, name, sealed="k1.mei")
    order(story, "3", region="DE-HH")
    story.tick(NOON + 1)

    decision = story.tick(NOON + 40 * MINUTE_MS)

    assert (told(decision), holds(story, "1"), holds(story, "2")) == (["FulfilmentOrdered"], ("no_carrier",), ("no_carrier",))
    assert story.pool.on_hand("hamburg", "ASSAM") == 48
    assert sound(story)


# ---------------------------------------------------------------------------------------------- let go
def test_a_table_that_takes_it_lets_it_go_with_the_next_tick(story: Story) -> None:
    order(story)
    set_carriers(story, EVERYWHERE)
    assert next_due(story.pool) == story.pool.now + 1

    decision = story.tick(NOON + 1)

    assert said(decision) == ["Ticked", "HoldReleased", "Considered", "Reserved", "CarrierChosen"]
    assert [(one.carrier, one.service) for one in fulfil(decision, 0)] == [("heron", "heron-air")]
    assert story.pool.untaken == {}
    assert sound(story)


def test_a_table_that_does_not_take_it_either_leaves_it_held_and_is_looked_at_once(story: Story) -> None:
    order(story)
    set_carriers(story, msgspec.structs.replace(GERMANY, version=8))

    assert said(story.tick(NOON + 1)) == ["Ticked", "CarrierMissing"]
    assert said(story.tick(NOON + 2)) == ["Ticked"]
    assert holds(story) == ("no_carrier",)
    assert sound(story)


def test_a_policy_that_holds_no_more_and_a_table_taken_back_let_it_go(story: Story) -> None:
    order(story, "1")
    set_carriers(story, msgspec.structs.replace(GERMANY, version=8, services=()))
    assert told(story.tick(NOON + 1)) == ["FulfilmentOrdered"]
    set_carriers(story, msgspec.structs.replace(GERMANY, version=9))
    order(story, "2")

    story.policy(Policy())

    assert told(story.tick(NOON + 2)) == ["FulfilmentOrdered"]
    assert sound(story)


def test_one_tick_looks_at_no_more_than_it_may_fill_and_the_next_goes_on(story: Story) -> None:
    story.policy(msgspec.structs.replace(HOLDS, fills_per_decision=2))
    for name in "12345":
        order(story, name)
    set_carriers(story, EVERYWHERE)

    assert [len(told(story.tick(NOON + n))) for n in range(1, 5)] == [2, 2, 1, 0]
    assert sound(story)


def test_a_person_lets_it_go_without_a_carrier_and_it_is_not_held_again(story: Story) -> None:
    order(story)

    decision = story.release("1", "no_carrier")

    assert told(decision) == ["FulfilmentOrdered"]
    [chosen] = of_type(decision, e.CarrierChosen)
    assert chosen.service == ""
    story.receive("porto", ASSAM=9)
    assert told(story.refuse(story.fulfilment("1"))) == ["FulfilmentOrdered"]
    assert sound(story)


def test_one_that_the_table_let_go_is_held_once_more_where_nobody_takes_it_after_all(story: Story) -> None:
    from_hamburg = msgspec.structs.replace(AIR, zones=(msgspec.structs.replace(AIR.zones[0], origin=("DE",)),))
    story.node("hamburg", region="DE-HH")
    story.node("porto", region="PT-13", priority=1)
    story.receive("porto", ASSAM=9)
    story.node("hamburg", region="DE-HH", sellable=False)
    order(story)
    assert holds(story) == ("no_carrier",)
    story.node("hamburg", region="DE-HH")
    set_carriers(story, msgspec.structs.replace(EVERYWHERE, services=(from_hamburg,)))
    story.node("porto", region="PT-13", priority=1, sellable=False)
    assert told(story.tick(NOON + 1)) == ["FulfilmentOrdered"]
    story.node("porto", region="PT-13", priority=1)

    decision = story.refuse(story.fulfilment("1"))

    assert (told(decision), holds(story)) == ([], ("no_carrier",))
    assert sound(story)


@pytest.mark.parametrize(("then", "expected"), [("cancel", []), ("release", ["FulfilmentOrdered"])])
def test_the_flow_may_end_the_hold_when_its_time_is_up(story: Story, then: Any, expected: list[str]) -> None:
    flow = Flow(rule=ShopFlow(holds={"no_carrier": HoldRule(expires_minutes=60, then=then)}))
    story.policy(msgspec.structs.replace(HOLDS, flow=flow))
    order(story)
    story.tick(NOON + 1)

    assert told(story.tick(NOON + 61 * MINUTE_MS)) == expected
    assert (holds(story), story.pool.untaken, story.order("1").cancelled) == ((), {}, then == "cancel")
    assert sound(story)


def test_it_stays_held_for_what_else_holds_it(story: Story) -> None:
    order(story)
    story.hold("1")
    set_carriers(story, EVERYWHERE)

    assert told(story.tick(NOON + 1)) == []
    assert holds(story) == ("manual",)
    assert told(story.release("1", "manual")) == ["FulfilmentOrdered"]
    assert sound(story)


def test_a_cancel_ends_it(story: Story) -> None:
    order(story)

    story.cancel("1", at=9)

    assert (holds(story), story.pool.untaken) == ((), {})
    assert key("1") in story.pool.orders
    assert sound(story)
