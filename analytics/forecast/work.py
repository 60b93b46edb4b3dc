"""A whole forecast: backtest, choice of the model, daily forecasts, quantiles of lead-time demand. Runs in the forecast worker."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from analytics.forecast.lead import ladders
from analytics.forecast.models import AVERAGE, ETS, INTERMITTENT, NAIVE, predict
from analytics.forecast.panel import Matrix, Panel
from analytics.forecast.plan import Forecasting, Result, Trial
from analytics.forecast.scores import score

# The challenger must be better by this share, at this share of the origins.
MARGIN, MOST_ORIGINS = 0.01, 5 / 6


class Past(NamedTuple):
    """What the models said at one origin, and what came: [n, h] each. ETS is there for the first rows only."""

    days: int
    forecasts: Mapping[str, Matrix]
    actual: Matrix


def forecast(panel: Panel, plan: Forecasting) -> Result:
    """With less than `plan.least_days` of history every SKU gets its average; without room for a backtest, none is reported."""
    if panel.days < plan.least_days:
        return _result(panel, plan, AVERAGE, [AVERAGE] * len(panel.skus), predict(panel.values, plan.horizon, [AVERAGE])[AVERAGE], [])
    past = [_look_back(panel, days, plan) for days in plan.origins(panel.days)]
    tested = [one for origin in past for one in _scores(panel, origin, plan)]
    champion = choose(tested)
    # the slow model only where volume makes its few per cent worth a second
    top = plan.ets_skus if champion == ETS else 0
    means = _joined(panel.values, plan.horizon, top)
    models = [ETS if i < top else INTERMITTENT for i in range(len(panel.skus))]
    return _result(panel, plan, champion, models, means, past)._replace(backtests=tuple(tested))


def choose(tested: Sequence[Trial]) -> str:
    """ETS, unless the cheap challenger was clearly better nearly everywhere."""
    ets, cheap = ([one.score.wrmsse for one in tested if one.model == name] for name in (ETS, INTERMITTENT))
    better = sum(challenger < champion * (1 - MARGIN) for champion, challenger in zip(ets, cheap, strict=True))
    return INTERMITTENT if ets and better >= MOST_ORIGINS * len(ets) else ETS


def _joined(values: Matrix, horizon: int, top: int) -> Matrix:
    """ETS for the `top` most wanted series, the cheap mean for the rest."""
    parts = []
    if len(values[:top]):
        parts.append(predict(values[:top], horizon, [ETS])[ETS])
    if len(values[top:]):
        parts.append(predict(values[top:], horizon, [INTERMITTENT])[INTERMITTENT])
    return np.vstack(parts)


def _look_back(panel: Panel, days: int, plan: Forecasting) -> Past:
    train, horizon = panel.values[:, :days], plan.test_horizon(panel.days)
    cheap = predict(train, horizon, [INTERMITTENT, NAIVE])
    ets = predict(train[: plan.ets_skus], horizon, [ETS])
    return Past(days, {**cheap, **ets}, panel.values[:, days : days + horizon])


def _scores(panel: Panel, past: Past, plan: Forecasting) -> list[Trial]:
    """All models on the SKUs that all of them forecast."""
    top = slice(0, plan.ets_skus)
    train = panel.values[top, : past.days]
    origin = panel.first_day + past.days - 1
    return [Trial(name, origin, len(train), score(train, past.actual[top], said[top])) for name, said in past.forecasts.items()]


def _result(panel: Panel, plan: Forecasting, champion: str, models: Sequence[str], means: Matrix, past: Sequence[Past]) -> Result:
    said = [_as_used(one, models) for one in past]
    lead = plan.lead_days if not past else min(plan.lead_days, past[0].actual.shape[1])
    sums = np.array([matrix[:, :lead].sum(axis=1) for matrix in said])
    came = np.array([one.actual[:, :lead].sum(axis=1) for one in past])
    lead_means = means[:, : plan.lead_days].sum(axis=1)
    low, high = _interval(means, said, past)
    return Result(
        panel.first_day,
        panel.last_day,
        champion,
        panel.skus,
        tuple(models),
        means,
        low,
        high,
        lead_means,
        ladders(lead_means, sums, came),
        (),
    )


def _as_used(past: Past, models: Sequence[str]) -> Matrix:
    """What the model now used for each SKU said then."""
    said = past.forecasts[INTERMITTENT].copy()
    top = sum(model == ETS for model in models)
    said[:top] = past.forecasts[ETS][:top]
    return said


def _interval(means: Matrix, said: Sequence[Matrix], past: Sequence[Past]) -> tuple[Matrix, Matrix]:
    """An 80 % interval of each day: the SKU's own daily errors of the backtest, or Poisson's without one."""
    if not past:
        spread = 1.28 * np.sqrt(means)
        return np.maximum(means - spread, 0), means + spread
    errors = np.hstack([one.actual - matrix for one, matrix in zip(past, said, strict=True)])
    low, high = np.quantile(errors, (0.1, 0.9), axis=1)
    return np.maximum(means + np.minimum(low, 0)[:, None], 0), means + np.maximum(high, 0)[:, None]
