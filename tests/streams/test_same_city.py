"""Dealers of the city where an order goes come first, if the policy says so; who declines or is silent makes room for the next."""

import pytest

from connectors.contract import LineDraft, Millis, OrderDraft, Person, ShopRef
from streams.commands import PlaceOrder
from streams.reference import NodeRecord, PoolRecord, Reference, ShopRecord
from streams.rules.normalize_orders import place
from tables.cities import folded
from tables.policy import Policy, Rule
from tests.story import POOL, Story, line

SHOP = ShopRecord(ref=ShopRef(tenant="acme", shop="web", channel="canonical", pool=POOL), unknown_listing="as_sku")


# ---------------------------------------------------------------------------------------------- which city
def reference(*nodes: tuple[str, str, str]) -> Reference:
    found = Reference()
    found.apply(PoolRecord(pool=POOL, partition=0, partitions=1))
    for node, kind, city in nodes:
        found.apply(NodeRecord(node=node, pool=POOL, kind=kind, city=city))
    return found


def city_of(city: str, known: Reference) -> str:
    draft = OrderDraft(
        order="1",
        number="1",
        updated_at=Millis(1),
        placed_at=Millis(1),
        currency="CNY",
        lines=(LineDraft("1", ("TEA",), 1, 100),),
        recipient=Person(name="Wu", city=city),
    )
    [command] = place(draft, SHOP, known, ("raw", 0, 0, 0), 0, "")  # type: ignore[misc]
    assert isinstance(command, PlaceOrder)
    return command.city


@pytest.mark.parametrize("written", ["深圳", "深圳市", " 深圳市 "])
def test_a_city_is_known_however_it_is_written(written: str) -> None:
    assert city_of(written, reference(("wu", "dealer", "深圳市"))) == "深圳"


def test_a_city_without_a_dealer_or_store_of_ours_is_not_kept() -> None:
    assert city_of("Porto", reference(("wu", "dealer", "Lisboa"), ("hall", "warehouse", "Porto"))) == ""


def test_a_city_is_forgotten_with_its_last_dealer() -> None:
    known = reference(("wu", "dealer", "Lisboa"))
    known.forget("node/wu")

    assert city_of("LISBOA", known) == ""


# ---------------------------------------------------------------------------------------------- who is asked
def dealers(**more: int) -> Story:
    """Two dealers in Shenzhen, one elsewhere that is nearer by its priority, and a warehouse."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    for name, city, priority in (("chen", "深圳市", 2), ("dai", "深圳", 3), ("fang", "广州市", 1)):
        story.node(name, kind="dealer", city=city, priority=priority, **more)
    story.node("hall", priority=0)
    for name in ("chen", "dai", "fang", "hall"):
        story.receive(name, TEA=9)
    story.shop("web")
    story.policy(Policy(rule=Rule(criteria=("same_city", "priority"))))
    return story


def asked(story: Story) -> list[str]:
    return [found.node for found in story.order("1").open_fulfilments.values()]


def test_dealers_of_the_city_come_first() -> None:
    story = dealers()
    story.place("1", line("TEA"), city=folded("深圳市"))

    assert asked(story) == ["chen"]


def test_elsewhere_the_next_criterion_decides() -> None:
    story = dealers()
    story.place("1", line("TEA"))

    assert asked(story) == ["hall"]


def test_where_one_declines_the_next_of_the_city_is_asked_and_then_the_others() -> None:
    story = dealers()
    story.place("1", line("TEA"), city="深圳")

    story.refuse(story.fulfilment("1"))
    assert asked(story) == ["dai"]

    story.refuse(story.fulfilment("1"))
    assert asked(story) == ["hall"]


def test_who_is_silent_for_too_long_has_declined() -> None:
    story = dealers(accept_minutes=10)
    story.place("1", line("TEA"), city="深圳")
    story.tick(1_000)

    story.tick(1_000 + 11 * 60_000)

    assert asked(story) == ["dai"]
