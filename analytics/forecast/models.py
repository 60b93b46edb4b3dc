"""The forecasting models, on statsforecast. Imported in the forecast worker only: the import alone takes two seconds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import ADIDA, IMAPA, TSB, AutoETS, HistoricAverage, SeasonalNaive, SeasonalWindowAverage

from analytics.forecast.panel import RECENT_DAYS, Matrix

WEEK = 7
ETS, INTERMITTENT, NAIVE, AVERAGE = "ETS", "intermittent mean", "seasonal naive", "average"
# A forecast above this many times the largest day ever seen is an accident of the fit.
MOST = 3.0


def build(name: str) -> list[Any]:
    """Keyword arguments only: the first positional one of AutoARIMA, say, is not the season but the differencing."""
    match name:
        case "ETS":
            return [AutoETS(season_length=WEEK, model="ZNA")]
        case "intermittent mean":
            return [ADIDA(), IMAPA(), TSB(alpha_d=0.2, alpha_p=0.2), SeasonalWindowAverage(season_length=WEEK, window_size=4)]
        case "seasonal naive":
            return [SeasonalNaive(season_length=WEEK)]
        case "average":
            return [HistoricAverage()]
    raise ValueError(f"no model is called {name}")


def predict(values: Matrix, horizon: int, names: Sequence[str]) -> Mapping[str, Matrix]:
    """Series (rows; leading zeros are before the SKU's life) -> expected units for the next `horizon` days by model, never below
    zero nor absurd. A model that cannot fit a series gives its average."""
    models = {name: build(name) for name in names}
    flat = [model for built in models.values() for model in built]
    # one job: the worker is one process of low priority, and the pipeline wants the other cores
    engine = StatsForecast(models=flat, freq=1, n_jobs=1, fallback_model=HistoricAverage())
    table = engine.forecast(df=_frame(values), h=horizon)
    return {name: _clip(values, _mean(table, [str(model) for model in built], horizon)) for name, built in models.items()}


def _frame(values: Matrix) -> pd.DataFrame:
    """A SKU's life begins with its first sale, but at least RECENT_DAYS ago: one sale yesterday does not make it sell every day."""
    born = np.where(values.any(axis=1), (values > 0).argmax(axis=1), 0)
    kept = np.arange(values.shape[1]) >= np.minimum(born, max(values.shape[1] - RECENT_DAYS, 0))[:, None]
    series, days = np.nonzero(kept)
    return pd.DataFrame({"unique_id": series, "ds": days, "y": values[kept]})


def _mean(table: pd.DataFrame, columns: Sequence[str], horizon: int) -> Matrix:
    """Rows come sorted by series and day; a member that does not know leaves it to the others."""
    members = table[list(columns)].to_numpy(dtype=float)
    # a seasonal mean of less than a season is nan, not an error
    known = np.isfinite(members)
    mean = np.where(known, members, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    rows: Matrix = mean.reshape(-1, horizon)
    return rows


def _clip(values: Matrix, forecast: Matrix) -> Matrix:
    clipped: Matrix = np.clip(forecast, 0, MOST * values.max(axis=1, initial=0)[:, None])
    return clipped
