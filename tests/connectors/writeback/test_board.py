"""Shops and listings that change while others are told, and across restarts."""

import msgspec

from connectors.writeback.board import ToldShop
from connectors.writeback.levels import Listed
from connectors.writeback.outward import Refused, Tell
from tests.connectors.writeback.world import World


def quiet(tell: tuple[Tell, ...] = ("levels", "shipments", "cancels"), listed: int = 3) -> World:
    """A WooCommerce shop with so many of its listings, all of which have levels."""
    world = World(2, ("woocommerce",), trouble=0.0)
    become(world, tell, listed)
    for sku, units in (("OOLONG", 30), ("CUP", 8), ("SENCHA", 48)):
        world.change("shop-0", sku, units)
    return world


def become(world: World, tell: tuple[Tell, ...] = ("levels", "shipments", "cancels"), listed: int = 3) -> None:
    whole = World(2, ("woocommerce",)).shops[0]
    world.shops = [msgspec.structs.replace(whole, tell=tell, listed=whole.listed[:listed])]
    world.board.sync(world.shops)


def held(world: World) -> dict[str, int]:
    return {item: units for item, units in world.platforms["shop-0"].held.items() if units >= 0}


def test_a_listing_that_gets_its_name_later_is_told_then_and_the_others_are_not_told_again() -> None:
    world = quiet(listed=1)
    world.settle(60.0)
    assert held(world) == {"71": 30}
    before = len(world.told_levels())

    become(world, listed=3)
    world.move(60.0)

    assert held(world) == {"71": 30, "72": 2, "73:4": 4}
    assert len(world.told_levels()) == before + 2


def test_a_new_listing_is_told_even_if_a_crash_comes_first() -> None:
    world = quiet(listed=1)
    world.settle(60.0)
    become(world, listed=3)
    world.keep()
    world.crash()
    world.settle(60.0)

    assert held(world) == {"71": 30, "72": 2, "73:4": 4}


def test_a_listing_that_was_renamed_while_nothing_ran_is_told_under_its_new_name() -> None:
    world = quiet()
    world.settle(60.0)
    [shop] = world.shops
    world.platforms["shop-0"].held["74"] = -1
    world.shops = [msgspec.structs.replace(shop, listed=(Listed("74", (("OOLONG", 1),)), *shop.listed[1:]))]
    world.start()
    world.settle(60.0)

    assert held(world)["74"] == 30


def test_who_is_told_of_shipments_for_the_first_time_hears_of_those_from_then_on() -> None:
    world = quiet(tell=("levels",))
    for order in range(500, 512):
        world.ship("shop-0", str(order))
    world.settle(60.0)
    assert not world.platforms["shop-0"].shipped
    become(world)
    already = world.shipped["shop-0"].copy()
    for order in range(500, 512):
        world.ship("shop-0", str(order))
    world.settle(600.0)

    assert +world.platforms["shop-0"].shipped == world.shipped["shop-0"] - already


def test_a_shop_that_is_told_of_nothing_any_more_is_left_alone() -> None:
    world = quiet()
    world.settle(60.0)
    world.board.sync(list[ToldShop]())
    world.change("shop-0", "OOLONG", 1)
    world.settle(60.0)

    assert held(world)["71"] == 30


def test_an_item_that_the_platform_does_not_know_holds_up_no_other() -> None:
    world = quiet()
    del world.platforms["shop-0"].held["72"]
    world.settle(60.0)

    assert held(world) == {"71": 30, "73:4": 4}
    assert [isinstance(outcome.answer, Refused) for outcome in world.refused()] == [True]
