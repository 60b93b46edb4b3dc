"""Waves of a node's week, by its own clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.business.clocks import clock_of
from tables.calendar import MINUTE_MS, WEEK, ahead, next_wave

NEW_YORK = "America/New_York"


def ms(text: str, zone: str = NEW_YORK) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def minute(day: int, hour: int) -> int:
    return (day * 24 + hour) * 60


WORKDAYS = tuple(minute(day, hour) for day in range(5) for hour in (11, 16))


@pytest.mark.parametrize(
    ("at", "wave"),
    [
        ("2026-03-02T08:00", "2026-03-02T11:00"),
        ("2026-03-02T11:00", "2026-03-02T11:00"),
        ("2026-03-02T11:00:00.001", "2026-03-02T16:00"),
        ("2026-03-02T16:30", "2026-03-03T11:00"),
        ("2026-03-06T17:00", "2026-03-09T11:00"),  # over a weekend in which the clocks go forward
        ("2026-10-30T17:00", "2026-11-02T11:00"),  # … and back
        ("2045-07-07T08:00", "2045-07-07T11:00"),  # as far as anybody knows
    ],
)
def test_the_next_wave_is_of_the_nodes_own_week(at: str, wave: str) -> None:
    assert next_wave(WORKDAYS, clock_of(NEW_YORK), ms(at)) == ms(wave) + (3_600_000 if at.startswith("2045") else 0)


def test_an_hour_that_is_left_out_has_no_wave_and_one_that_is_repeated_has_two() -> None:
    at_half_past_one, at_half_past_two = (30 + minute(6, 1),), (30 + minute(6, 2),)
    clock = clock_of(NEW_YORK)

    assert next_wave(at_half_past_two, clock, ms("2026-03-08T00:00")) == ms("2026-03-15T02:30")
    first = next_wave(at_half_past_one, clock, ms("2026-11-01T00:00"))
    assert next_wave(at_half_past_one, clock, first + 1) == first + 60 * MINUTE_MS


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.lists(st.integers(0, WEEK - 1), min_size=1, max_size=4, unique=True).map(sorted),
    st.integers(ms("2021-01-01T00:00", "UTC"), ms("2039-01-01T00:00", "UTC")),
)
def test_a_wave_is_on_the_wall_when_the_week_says_so_and_none_was_passed_by(zone: str, minutes: list[int], at: int) -> None:
    wave = next_wave(tuple(minutes), clock_of(zone), at)

    assert at <= wave < at + 8 * WEEK * MINUTE_MS
    assert minute_of_week(wave, zone) in minutes
    passed = range(-(-at // MINUTE_MS), min(wave // MINUTE_MS, at // MINUTE_MS + 300))
    assert not any(minute_of_week(m * MINUTE_MS, zone) in minutes for m in passed)


def minute_of_week(at: int, zone: str) -> int:
    there = datetime.fromtimestamp(0, ZoneInfo("UTC")) + timedelta(milliseconds=at)
    local = there.astimezone(ZoneInfo(zone))
    return minute(local.weekday(), local.hour) + local.minute


@settings(derandomize=True, deadline=None, max_examples=100)
@given(zone=st.sampled_from(["Europe/Berlin", "America/Chicago", "Asia/Shanghai"]), at=st.integers(1_577_836_800_000, 2_300_000_000_000))
def test_a_clock_is_ahead_of_utc_by_what_its_zone_says(zone: str, at: int) -> None:
    there = datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).utcoffset()

    assert there == timedelta(minutes=ahead(clock_of(zone), at))
