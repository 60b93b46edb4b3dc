"""Shops are told what they may sell ahead whenever it changes, and whoever is sold it gets it, whatever else happens."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Availability
from streams.decisions import decode_decision
from streams.rules.announce import levels, touched
from tables.policy import DAY_MS, Policy
from tables.presale import coming
from tables.snapshot import dump, load
from tests.story import Story, key, line
from tests.streams.histories import fast
from tests.streams.logs import Logs
from tests.streams.selling_ahead import NEXT_WEEK, SET, TODAY, ahead, presale, sold_out, stands, told_last


# ---------------------------------------------------------------------------------------------- told
def test_shops_are_told_whenever_supply_or_the_line_changes() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)
    assert told_last(story) == {"LAMP": 5}
    story.place("1", line("LAMP", 2))
    assert told_last(story)["LAMP"] == 3
    story.cancel("1")
    assert told_last(story) == {"LAMP": 5}
    story.arrives("PO-1", LAMP=4)
    assert told_last(story) == {"LAMP": 1}
    story.announce("PO-1", at=9)
    assert told_last(story) == {"LAMP": 0}
    story.place("2", line("CUP", 1))
    assert told_last(story) == {"CUP": 0}


def test_a_policy_that_no_longer_sells_ahead_is_told_too() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)

    story.policy(Policy())

    assert told_last(story)["LAMP"] == 0


def test_of_what_is_not_sold_ahead_nothing_more_is_said_than_before() -> None:
    plain = Availability(shop="web", sku="LAMP", units=2, version=7)

    assert msgspec.json.encode(plain) == b'{"shop":"web","sku":"LAMP","units":2,"version":7}'


def test_a_snapshot_keeps_what_is_to_be_told() -> None:
    story = sold_out()
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=5)

    loaded = load(dump(0, "", {}, {"north": story.pool}))

    assert loaded is not None
    assert loaded.pools["north"] == msgspec.structs.replace(story.pool, rankings={})


# ---------------------------------------------------------------------------------------------- properties
STEPS = st.one_of(
    st.tuples(st.just("place"), st.integers(1, 5), st.integers(0, 2)),
    st.tuples(st.just("place"), st.integers(1, 5), st.integers(0, 2)),
    st.tuples(st.just("announce"), st.integers(1, 4), st.integers(0, 9)),
    st.tuples(st.just("arrives"), st.integers(1, 4), st.integers(1, 6)),
    st.tuples(st.just("amend"), st.integers(0, 9), st.integers(1, 5)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("refuse"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("policy"), st.integers(0, 3), st.sampled_from((50, 100))),
    st.tuples(st.just("tick"), st.integers(1, 4), st.just(0)),
)


@fast
@given(st.lists(STEPS, max_size=30), st.booleans())
def test_no_more_is_sold_ahead_than_is_to_come_and_the_shops_know_it(steps: list[tuple[str, int, int]], shared: bool) -> None:
    story = sold_out()
    if shared:
        story.segment("b2b", ratio=4_000, protected=True)
        story.segment("b2c", ratio=6_000, may_borrow=True)
    story.shop("dealers", "b2b" if shared else "b2c")
    shown: dict[tuple[str, str], int] = {}
    for n, step in enumerate(steps, 2):
        before = {
            shop: coming(story.pool, story.pool.shops[shop].segment, shop, "LAMP", story.pool.now).units for shop in ("web", "dealers")
        }
        placed = _step(story, n, *step)
        if placed is not None and stands(story, placed) == "waits":
            fresh = sum(row.quantity for row in story.order(placed).waiting)
            assert fresh <= before["web"]
        cells = touched(story.pool, decode_decision(story.records[-1])).cells
        shown |= {(level.shop, level.sku): level.coming for level in levels(story.pool, cells, 1)}
        for shop in ("web", "dealers"):
            assert shown.get((shop, "LAMP"), 0) == ahead(story, shop)[0]
    assert Logs(story).check().violations == ()


GOODS = st.lists(st.tuples(st.sampled_from(("LAMP", "CUP", "SET")), st.integers(1, 4)), min_size=1, max_size=3)
DEALS = st.one_of(
    st.tuples(st.just("place"), GOODS, st.integers(0, 2)),
    st.tuples(st.just("place"), GOODS, st.integers(0, 2)),
    st.tuples(st.just("arrives"), st.sampled_from(("LAMP", "CUP")), st.integers(1, 6)),
    st.tuples(st.just("cancel"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("tick"), st.integers(1, 4), st.just(0)),
)


@fast
@given(st.lists(DEALS, max_size=30), st.integers(0, 20), st.integers(0, 20))
def test_everybody_who_was_sold_what_is_announced_gets_it_when_it_comes(deals: list[tuple[str, Any, int]], lamps: int, cups: int) -> None:
    """Whoever else buys meanwhile, and in whatever parts it comes."""
    story = sold_out(LAMP=2)
    story.announce("PO-1", expected_at=NEXT_WEEK, LAMP=lamps)
    story.announce("PO-2", expected_at=NEXT_WEEK + DAY_MS, CUP=cups)
    for n, (what, one, two) in enumerate(deals, 2):
        match what:
            case "place":
                lines = [line(sku, units, f"{sku}{at}", SET if sku == "SET" else None) for at, (sku, units) in enumerate(one)]
                story.place(f"n{n}", *lines, at=n, priority=two)
            case "arrives":
                _come(story, one, two)
            case "cancel" if key(f"n{one}") in story.pool.orders:
                story.cancel(f"n{one}", at=n)
            case _:
                story.tick(story.pool.now + 1)
    for sku in ("LAMP", "CUP"):
        _come(story, sku, 20)
    for _ in deals:
        story.tick(story.pool.now + 1)
    assert story.pool.queues == {}
    assert Logs(story).check().violations == ()


def _come(story: Story, sku: str, units: int) -> None:
    """As many as are still to come."""
    for supply in [found for found in story.pool.supplies.values() if sku in found.lines]:
        if there := min(units, supply.lines[sku].open):
            story.arrives(supply.reference, LAMP=there) if sku == "LAMP" else story.arrives(supply.reference, CUP=there)


def _step(story: Story, n: int, what: str, one: int, two: int) -> str | None:
    """The order that was placed, if one was."""
    match what:
        case "place":
            story.place(f"n{n}", line("LAMP", one), at=n, priority=two)
            return f"n{n}"
        case "announce":
            story.announce(f"PO-{one}", at=n, expected_at=TODAY + one * DAY_MS, LAMP=two)
        case "arrives":
            story.arrives(f"PO-{one}", LAMP=two)
        case "amend" if key(f"n{one}") in story.pool.orders:
            story.place(f"n{one}", line("LAMP", two), at=n)
        case "cancel" if key(f"n{one}") in story.pool.orders:
            story.cancel(f"n{one}", at=n)
        case "refuse" if story.pool.index:
            story.refuse(sorted(story.pool.index)[one % len(story.pool.index)])
        case "policy":
            story.policy(presale(one, two))
        case _:
            story.tick(story.pool.now + one * DAY_MS // 3)
    return None
