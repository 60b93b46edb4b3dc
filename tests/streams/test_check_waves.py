"""The checker's calendar, which looks backwards, says of every moment what the decider's says, which looks forwards."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.checks.waves import NEVER, Calendar, last_wave
from tables.calendar import MINUTE_MS, WEEK, Clock, Waves, next_wave
from tables.flow import Flow, ShopFlow
from tables.policy import Policy, encode_policy

HOUR_MS = 60 * MINUTE_MS
weeks = st.lists(st.integers(0, WEEK - 1), min_size=1, max_size=6, unique=True).map(lambda found: tuple(sorted(found)))
moments = st.integers(0, 30 * 24 * HOUR_MS)
often = settings(max_examples=200, deadline=None, derandomize=True)


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    """Set by up to an hour and a half now and then, on the minute."""
    changes = sorted(draw(st.sets(st.integers(1, 30 * 24 * 60), max_size=4)))
    ahead = [draw(st.sampled_from([-300, 0, 60, 120, 345])) for _ in range(len(changes) + 1)]
    return tuple(zip((0, *(minute * MINUTE_MS for minute in changes)), ahead, strict=True))


@often
@given(weeks, clocks(), moments, moments)
def test_what_is_due_by_the_next_wave_is_due_by_the_last_one(minutes: tuple[int, ...], clock: Clock, since: int, now: int) -> None:
    assert (next_wave(minutes, clock, since) <= now) == (last_wave(minutes, clock, now) >= since)


@often
@given(weeks, st.integers(0, 90), moments, moments, st.sampled_from(["hall", "shed"]), st.sampled_from(["web", "app"]))
def test_what_is_due_is_what_the_decider_tells(minutes: tuple[int, ...], merge: int, since: int, now: int, node: str, shop: str) -> None:
    flow = Flow(shops={"web": ShopFlow(merge_minutes=merge)}, waves={"hall": Waves(minutes, "UTC")}, clocks={"UTC": ((0, 0),)})
    calendar = Calendar()
    calendar.use(encode_policy(Policy(flow=flow)))

    assert calendar.due(node, shop, since, now) == (flow.told_at(node, shop, since) <= now)
    assert calendar.later(node, shop) == flow.tells_later(node, shop)


def test_before_the_first_wave_of_all_there_was_none() -> None:
    assert last_wave((WEEK - 1,), ((0, 0),), 60 * HOUR_MS) == NEVER
