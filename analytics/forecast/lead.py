"""Demand over the lead time as quantiles, from how wrong past forecasts of it were. Pure.

The textbook formula (mean + z·σ·√L) delivers 84 % where 95 % was asked; pooled, scaled errors of the backtest deliver what they say.
"""

from statistics import NormalDist

import numpy as np

from analytics.forecast.panel import Matrix

LEVELS = np.arange(1, 100) / 100
GROUPS = 5
ENOUGH = 60


def ladders(means: Matrix, forecasts: Matrix, actuals: Matrix) -> Matrix:
    """[n, 99] quantiles for expected sums `means` [n]. `forecasts` and `actuals`: sums of the same SKUs over past lead times
    [origins, n]; SKUs of like volume learn from each other's errors."""
    result = _without_past(means)
    if not forecasts.size:
        return result
    for group in _groups(means):
        # below one unit a relative error says nothing, and would blow the quantiles up
        scale = np.maximum(forecasts[:, group], 1.0)
        errors = ((actuals[:, group] - forecasts[:, group]) / scale).ravel()
        if errors.size >= ENOUGH:
            steps = np.quantile(errors, LEVELS)
            result[group] = means[group, None] + np.maximum(means[group, None], 1.0) * steps
    return np.maximum.accumulate(np.maximum(result, 0), axis=1)


def _groups(means: Matrix) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Indexes by volume, about equally many in each group."""
    return [group for group in np.array_split(np.argsort(means, kind="stable"), GROUPS) if group.size]


def _without_past(means: Matrix) -> Matrix:
    """No backtest yet: as if demand were a Poisson count, made twice as wide because it is not."""
    spread = 2.0 * np.sqrt(np.maximum(means, 0.0))
    return np.maximum(means[:, None] + spread[:, None] * _NORMAL, 0)


def _normal_quantiles() -> Matrix:
    """Of the standard normal distribution at LEVELS."""
    return np.array([NormalDist().inv_cdf(level) for level in LEVELS])


_NORMAL = _normal_quantiles()
