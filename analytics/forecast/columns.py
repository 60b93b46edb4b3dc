"""A forecast as columns of the tables in `schema/0007_forecasts.sql`."""

from collections.abc import Sequence

import pyarrow as pa

from analytics.forecast.plan import Forecasting, Result, Trial

Columns = dict[str, pa.Array]


def daily_columns(result: Result) -> Columns:
    n, horizon = result.means.shape
    days = [result.last_day + 1 + ahead for ahead in range(horizon)]
    return {
        "sku": pa.array([sku for sku in result.skus for _ in days]),
        "day": pa.array(days * n, pa.date32()),
        "model": pa.array([model for model in result.models for _ in days]),
        "mean": pa.array(result.means.ravel()),
        "low": pa.array(result.low.ravel()),
        "high": pa.array(result.high.ravel()),
    }


def lead_columns(result: Result) -> Columns:
    return {
        "sku": pa.array(result.skus),
        "model": pa.array(result.models),
        "mean": pa.array(result.lead_means),
        "ladder": pa.array(list(result.ladders)),
    }


def trial_columns(trials: Sequence[Trial]) -> Columns:
    scores = ("wrmsse", "rmsse_total", "wape", "bias")
    return {
        "model": pa.array([trial.model for trial in trials]),
        "origin": pa.array([trial.origin for trial in trials], pa.date32()),
        "series": pa.array([trial.series for trial in trials], pa.uint32()),
        **{name: pa.array([getattr(trial.score, name) for trial in trials], pa.float64()) for name in scores},
    }


def run_columns(result: Result, plan: Forecasting, seconds: float) -> Columns:
    n, horizon = result.means.shape
    return {
        "first_day": pa.array([result.first_day], pa.date32()),
        "last_day": pa.array([result.last_day], pa.date32()),
        "horizon": pa.array([horizon], pa.uint32()),
        "lead_days": pa.array([plan.lead_days], pa.uint32()),
        "champion": pa.array([result.champion]),
        "series": pa.array([n], pa.uint32()),
        "seconds": pa.array([seconds]),
    }
