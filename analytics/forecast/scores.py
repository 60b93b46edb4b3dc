"""How good forecasts were. Pure.

Daily WAPE and MASE are best for the forecast that says zero always (most days of most SKUs are zero), so neither is here.
"""

from typing import NamedTuple

import numpy as np

from analytics.forecast.panel import RECENT_DAYS, Matrix


class Score(NamedTuple):
    """`wrmsse`: RMSSE of each SKU weighted by its recent units (scale: one-step naive errors, as in the M5 competition).
    `wape` and `bias`: of each SKU's sum over the horizon, as a share of all demand; a bias above zero is too much stock."""

    wrmsse: float
    rmsse_total: float
    wape: float
    bias: float


def score(train: Matrix, actual: Matrix, forecast: Matrix) -> Score:
    recent = train[:, -RECENT_DAYS:].sum(axis=1)
    weights = recent / max(recent.sum(), 1e-9)
    wanted, promised = actual.sum(axis=1), forecast.sum(axis=1)
    everything = max(wanted.sum(), 1e-9)
    totals = (matrix.sum(axis=0, keepdims=True) for matrix in (train, actual, forecast))
    return Score(
        wrmsse=float(weights @ _rmsse(train, actual, forecast)),
        rmsse_total=float(_rmsse(*totals)[0]),
        wape=float(np.abs(promised - wanted).sum() / everything),
        bias=float((promised.sum() - wanted.sum()) / everything),
    )


def _rmsse(train: Matrix, actual: Matrix, forecast: Matrix) -> Matrix:
    """Errors by SKU in units of its own day-to-day change since its first sale; SKUs that never changed count in units."""
    # zeros before the first sale would make every error look large
    alive = np.maximum.accumulate(train, axis=1)[:, :-1] > 0
    steps = np.where(alive, np.diff(train, axis=1) ** 2, 0).sum(axis=1) / np.maximum(alive.sum(axis=1), 1)
    errors = ((actual - forecast) ** 2).mean(axis=1)
    result: Matrix = np.sqrt(errors / np.where(steps > 0, steps, 1.0))
    return result
