"""After traffic stops every platform holds what `availability` says, and every shipped unit was reported exactly once in effect."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.writeback.outward import Level
from tests.connectors.writeback.double import replayed
from tests.connectors.writeback.world import KINDS, World

SEEDS = st.integers(0, 1 << 32)


def storm(world: World, steps: int, crashes: float) -> None:
    """Traffic, reading in small pieces, positions kept now and then, outages, crashes."""
    for _ in range(steps):
        for _ in range(world.chance.randrange(4)):
            world.traffic()
        world.hear(world.chance.randint(1, 5))
        world.move(world.chance.choice((0.0, 0.02, 0.3, 2.0, 20.0)))
        luck = world.chance.random()
        if luck < crashes:
            world.crash()
        elif luck < 0.4:
            world.keep()
        elif luck < 0.45:
            world.down[world.chance.choice(list(world.platforms))] = world.now + world.chance.choice((5.0, 200.0))


def proven(world: World) -> None:
    world.settle()
    assert world.holds() == world.owed()
    assert world.refused() == []
    assert all(not lane.levels.tail and not lane.facts.tail for lane in world.board.lanes.values())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS)
def test_whatever_fails_or_crashes_platforms_end_with_what_the_log_says(seed: int) -> None:
    world = World(seed)

    storm(world, 60, crashes=0.08)

    proven(world)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS)
def test_a_restart_with_positions_kept_says_nothing_again(seed: int) -> None:
    world = World(seed, trouble=0.0)
    storm(world, 20, crashes=0.0)
    proven(world)
    asked = sum(len(platform.recording) for platform in world.platforms.values())

    world.start()
    world.hear(1_000_000)
    world.move(1_000.0)

    assert sum(len(platform.recording) for platform in world.platforms.values()) == asked


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_recording_of_a_platform_can_be_replayed(seed: int) -> None:
    world = World(seed)
    storm(world, 30, crashes=0.05)
    fresh = World(seed)

    assert all(replayed(platform.recording, fresh.platforms[shop]) for shop, platform in world.platforms.items())


@pytest.mark.parametrize("channel", KINDS)
def test_a_storm_of_levels_never_runs_over_the_platforms_bucket(channel: str) -> None:
    world = World(7, (channel,), trouble=0.0)
    for _ in range(400):
        world.traffic()
        world.hear(10)
        world.move(0.05)
    proven(world)

    assert world.platforms["shop-0"].too_fast == 0


def test_a_shop_that_is_down_delays_nobody_else() -> None:
    world = World(3, ("shopify", "shopify"), trouble=0.0)
    world.hear(1)
    world.down["shop-0"] = 500.0
    late: list[float] = []
    for number in range(200):
        world.change("shop-0", "OOLONG", number)
        world.change("shop-1", "OOLONG", number)
        world.hear(10)
        before = world.now
        world.move(1.0)
        late += [at - before for at, shop, level in world.told_levels() if shop == "shop-1" and level.units == number and at > before]

    assert len(late) >= 200
    assert max(late) < 1.0
    assert world.platforms["shop-0"].held["71@9"] == -1
    assert world.board.lanes["shop-0"].breaker.open
    proven(world)
    assert not world.board.lanes["shop-0"].breaker.open


def test_a_shop_that_is_down_is_asked_seldom() -> None:
    world = World(5, ("woocommerce",), trouble=0.0)
    world.hear(1)
    world.down["shop-0"] = 3_600.0
    for _ in range(600):
        world.traffic()
        world.hear(10)
        world.move(1.0)

    tried = [outcome for _, _, outcome in world.outcomes]
    assert 5 <= len({at for at, _, _ in world.outcomes}) <= 20, len(tried)


def test_only_the_latest_level_of_an_item_is_sent() -> None:
    world = World(1, ("amazon",), trouble=0.0)
    for units in range(1_000):
        world.change("shop-0", "OOLONG", units)
    world.hear(1_000_000)
    world.move(10.0)

    levels = [level for _, _, level in world.told_levels() if level.item == "OOL 1"]
    assert levels == [Level("OOL 1", 999, 1_000)]


def test_of_a_bundle_as_many_are_offered_as_its_scarcest_part_allows() -> None:
    world = World(1, ("woocommerce",), trouble=0.0)
    world.change("shop-0", "OOLONG", 30)
    world.change("shop-0", "CUP", 7)
    world.change("shop-0", "SENCHA", 100)
    world.settle()

    assert world.platforms["shop-0"].held == {"71": 30, "72": 4, "73:4": 3}
