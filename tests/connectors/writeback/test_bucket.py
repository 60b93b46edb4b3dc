"""Buckets keep to a platform's rate; the breaker leaves one that is down in peace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.writeback.bucket import FAILURES, Breaker, Bucket, back_off
from connectors.writeback.outward import Rate

RATES = st.builds(Rate, st.floats(0.1, 100.0), st.floats(1.0, 1_000.0))


@given(RATES, st.lists(st.tuples(st.floats(0.1, 20.0), st.floats(0.0, 5.0)), max_size=60))
def test_no_more_is_taken_than_the_burst_and_what_flows_in(rate: Rate, asked: list[tuple[float, float]]) -> None:
    bucket, now, taken = Bucket(rate), 0.0, 0.0
    for cost, later in asked:
        now += later + bucket.wait(min(cost, rate.burst), now + later)
        bucket.take(min(cost, rate.burst), now)
        taken += min(cost, rate.burst)
        assert taken <= rate.burst + now * rate.per_second + 1e-3


def test_a_request_waits_until_its_cost_has_flowed_in() -> None:
    bucket = Bucket(Rate(2.0, 4.0))
    bucket.take(4.0, 10.0)

    assert bucket.wait(1.0, 10.0) == pytest.approx(0.5)
    assert bucket.wait(1.0, 10.5) == 0.0


def test_a_request_dearer_than_the_bucket_is_sent_when_it_is_full() -> None:
    assert Bucket(Rate(1.0, 4.0)).wait(9.0, 0.0) == 0.0


def test_what_others_drew_from_the_bucket_counts_and_what_was_not_spent_comes_back() -> None:
    bucket = Bucket(Rate(1.0, 100.0))
    bucket.take(50.0, 0.0)
    bucket.heard(40.0, 95.0, 0.0)
    assert bucket.wait(90.0, 0.0) == 0.0
    bucket.heard(0.0, 20.0, 0.0)
    assert bucket.wait(30.0, 0.0) == pytest.approx(10.0)


def test_told_to_wait_it_waits() -> None:
    bucket = Bucket(Rate(5.0, 10.0))
    bucket.rest(3.0, 0.0)

    assert bucket.wait(1.0, 0.0) == pytest.approx(3.0)


def test_a_platform_that_fails_again_and_again_is_asked_ever_later() -> None:
    breaker = Breaker()
    waits = []
    for _ in range(FAILURES + 3):
        breaker.failed(100.0, 0.0)
        waits.append(breaker.closed_at - 100.0)

    assert waits == [-100.0] * (FAILURES - 1) + [5.0, 10.0, 20.0, 40.0]
    breaker.worked()
    assert not breaker.open


@given(st.integers(1, 1_000), st.floats(0.0, 1.0))
def test_what_failed_together_does_not_come_back_together_nor_never(failures: int, chance: float) -> None:
    assert 0.25 <= back_off(failures, chance) <= 120.0
