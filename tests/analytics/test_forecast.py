"""Forecasts: what they are made of, when they are made, and how wrong they may be."""

import threading
from typing import Any

import numpy as np
import pytest

from analytics.forecast.lead import ladders
from analytics.forecast.panel import make_panel
from analytics.forecast.plan import Forecasting, Trial
from analytics.forecast.schedule import Pace, Seen, make_forecast
from analytics.forecast.scores import Score, score
from analytics.forecast.work import choose, forecast
from analytics.forecast.worker import WorkerFailed, in_worker
from tests.analytics.conftest import Trade

TODAY = 20_500
SMALL = Forecasting(most_origins=2)
WEEK = np.array([4, 4, 4, 4, 4, 12, 12], dtype=float)


def weekly_tea(days: int, seed: int = 3) -> list[tuple[str, int, float]]:
    """Longjing sells thrice as much on weekends; white peony sells now and then."""
    chance = np.random.default_rng(seed)
    first = TODAY - days
    rows: list[tuple[str, int, float]] = []
    for day in range(first, TODAY):
        rows.append(("LONGJING-100", day, float(chance.poisson(WEEK[day % 7]))))
        rows.append(("WHITE-PEONY", day, float(chance.poisson(0.3))))
    return rows


def panel(days: int) -> Any:
    found = make_panel(weekly_tea(days), TODAY, 100, 730)
    assert found is not None
    return found


# ---------------------------------------------------------------------------------------------- the panel
def test_no_orders_make_no_panel() -> None:
    assert make_panel([], TODAY, 100, 730) is None
    assert make_panel([("LONGJING-100", TODAY - 1, 0)], TODAY, 100, 730) is None


def test_days_without_orders_are_zeros_and_today_does_not_count() -> None:
    rows = [("A", TODAY - 4, 2.0), ("A", TODAY - 2, 5), ("A", TODAY - 1, 1), ("A", TODAY, 9)]
    made = make_panel(rows, TODAY, 100, 730)
    assert made is not None
    assert made.values.tolist() == [[2, 0, 5]]
    assert (made.first_day, made.last_day) == (TODAY - 4, TODAY - 2)


def test_the_only_day_there_is_counts_all_the_same() -> None:
    made = make_panel([("A", TODAY - 1, 5)], TODAY, 100, 730)
    assert made is not None
    assert made.values.tolist() == [[5]]


def test_skus_nobody_wants_any_more_are_left_out_and_the_most_wanted_come_first() -> None:
    rows = [("OLD", TODAY - 200, 50.0), ("LITTLE", TODAY - 3, 1), ("MUCH", TODAY - 2, 9), ("MUCH", TODAY - 1, 1)]
    made = make_panel(rows, TODAY, 100, 730)
    assert made is not None
    assert made.skus == ("MUCH", "LITTLE")
    assert made.whole.values.sum() == 60  # all of it is demand
    assert make_panel(rows, TODAY, 1, 730).skus == ("MUCH",)  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------------------- the forecast
def test_a_week_with_a_shape_is_forecast_with_that_shape() -> None:
    made = forecast(panel(120), SMALL)
    expected = [WEEK[(made.last_day + 1 + ahead) % 7] for ahead in range(28)]
    assert np.abs(made.means[0] - expected).mean() < 1.5
    assert made.models[0] == "ETS"


def test_the_backtest_beats_the_seasonal_naive() -> None:
    tests = forecast(panel(120), SMALL).backtests
    by_model = {name: np.mean([t.score.wrmsse for t in tests if t.model == name]) for name in {t.model for t in tests}}
    assert by_model["ETS"] < 0.9 * by_model["seasonal naive"]
    assert len({t.origin for t in tests}) == 2


def test_a_few_days_of_history_give_the_average_and_no_backtest() -> None:
    made = forecast(panel(9), SMALL)
    assert set(made.models) == {"average"}
    assert made.means[0] == pytest.approx([panel(9).values[0].mean()] * 28)
    assert made.backtests == ()
    assert (made.high >= made.means).all()


def test_a_sku_sold_once_yesterday_is_not_expected_to_sell_every_day() -> None:
    rows = [*weekly_tea(120), ("NEW-CAKE", TODAY - 2, 5.0)]
    made = forecast(make_panel(rows, TODAY, 100, 730), SMALL)  # type: ignore[arg-type]
    assert made.lead_means[made.skus.index("NEW-CAKE")] < 5


def test_one_day_of_history_is_enough() -> None:
    made = forecast(panel(1), SMALL)
    assert np.isfinite(made.means).all()
    assert np.isfinite(made.ladders).all()


def test_forecasts_are_never_below_zero_nor_absurd() -> None:
    values = panel(90)
    made = forecast(values, SMALL)
    assert (made.means >= 0).all()
    assert (made.low >= 0).all()
    assert (made.means <= 3 * values.values.max(axis=1)[:, None]).all()


# ---------------------------------------------------------------------------------------------- scores and choice
def test_a_perfect_forecast_scores_zero() -> None:
    train, actual = np.array([[1.0, 4, 2, 6]]), np.array([[3.0, 3]])
    assert score(train, actual, actual) == Score(0, 0, 0, 0)


def test_the_forecast_that_says_zero_always_is_not_the_best() -> None:
    """By daily WAPE it would be: most days of most SKUs are zero."""
    chance = np.random.default_rng(1)
    series = chance.poisson(0.4, (50, 128)).astype(float)
    train, actual = series[:, :100], series[:, 100:]
    mean = np.repeat(train.mean(axis=1, keepdims=True), 28, axis=1)
    assert score(train, actual, mean).wrmsse < score(train, actual, np.zeros_like(mean)).wrmsse
    assert score(train, actual, np.zeros_like(mean)).bias == -1


def trials(model: str, *errors: float) -> list[Trial]:
    return [Trial(model, origin, 10, Score(error, 1, 1, 0)) for origin, error in enumerate(errors)]


def test_the_challenger_must_win_clearly_and_nearly_everywhere() -> None:
    champion = trials("ETS", *[1.0] * 6)
    assert choose(champion + trials("intermittent mean", *[0.9] * 5, 1.2)) == "intermittent mean"
    assert choose(champion + trials("intermittent mean", *[0.9] * 4, 1.0, 1.2)) == "ETS"
    assert choose(champion + trials("intermittent mean", *[0.995] * 6)) == "ETS"
    assert choose([]) == "ETS"


# ---------------------------------------------------------------------------------------------- quantiles
def test_quantiles_of_lead_time_demand_deliver_what_they_say() -> None:
    chance = np.random.default_rng(5)
    rates = chance.uniform(1, 60, 400)
    said, came = np.repeat(rates[None], 6, axis=0), chance.poisson(rates, (6, 400)).astype(float)
    found = ladders(rates, said, came)
    covered = (chance.poisson(rates) <= found[:, 94]).mean()
    assert 0.92 <= covered <= 0.98
    assert (np.diff(found, axis=1) >= 0).all()


def test_without_a_past_the_quantiles_are_wide() -> None:
    [ladder] = ladders(np.array([16.0]), np.empty((0, 1)), np.empty((0, 1)))
    assert ladder[49] == pytest.approx(16)
    assert ladder[94] > 16 + 1.6 * 4


# ---------------------------------------------------------------------------------------------- when
def test_a_forecast_is_made_once_orders_rest() -> None:
    pace = Pace(Forecasting(quiet=10, every=900))
    assert not pace.due(Seen(5, 1), now=0)
    assert not pace.due(Seen(6, 1), now=9)
    assert not pace.due(Seen(6, 1), now=18)
    assert pace.due(Seen(6, 1), now=19)


def test_nothing_new_makes_no_new_forecast() -> None:
    pace = Pace(Forecasting(quiet=10, every=900))
    pace.due(Seen(6, 1), now=0)
    pace.made(Seen(6, 1), now=20)
    assert not pace.due(Seen(6, 1), now=5_000)


def test_orders_that_never_rest_are_forecast_from_time_to_time() -> None:
    pace = Pace(Forecasting(quiet=10, every=900))
    pace.due(Seen(6, 1), now=0)
    pace.made(Seen(6, 1), now=20)
    assert not any(pace.due(Seen(6 + second, 1), now=20 + second) for second in range(1, 900))
    assert pace.due(Seen(1_000, 1), now=920)


def test_a_shop_that_has_never_rested_is_forecast_all_the_same() -> None:
    pace = Pace(Forecasting(quiet=10, every=900))
    assert not any(pace.due(Seen(1 + second, 1), now=second) for second in range(0, 900, 5))
    assert pace.due(Seen(1_000, 1), now=900)


def test_no_demand_is_never_forecast() -> None:
    assert not Pace(Forecasting(quiet=0)).due(Seen(0, 0), now=99)


# ---------------------------------------------------------------------------------------------- the worker and the tables
def failing(_: object) -> None:
    raise ValueError("no tea")


def test_what_fails_in_the_worker_is_told_here() -> None:
    with pytest.raises(WorkerFailed, match="no tea"):
        in_worker(failing, 1, stop=threading.Event())


def endless(_: object) -> None:
    threading.Event().wait()


def test_a_stop_ends_the_worker() -> None:
    stop = threading.Event()
    stop.set()
    assert in_worker(endless, 1, stop=stop) is None


def test_an_empty_database_gets_no_forecast(client: Any) -> None:
    assert not make_forecast(client, SMALL, threading.Event())
    assert client.query("SELECT count() FROM forecast_runs").result_rows == [(0,)]


def test_a_stored_forecast_is_whole(trade: Trade) -> None:
    [run] = trade.reader.ask("forecast_run").dicts()
    client = trade.open_client()
    series = run["series"] + 1  # and all demand as one
    assert client.query("SELECT count(), uniqExact(sku) FROM forecasts").result_rows == [(series * run["horizon"], series)]
    assert client.query("SELECT count(), min(length(ladder)) FROM lead_demand").result_rows == [(run["series"], 99)]
    assert {row["model"] for row in trade.reader.ask("backtest").dicts()} == {"ETS", "intermittent mean", "seasonal naive"}
