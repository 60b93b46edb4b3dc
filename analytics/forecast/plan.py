"""How forecasts are made (frozen), and what a forecast is."""

from typing import NamedTuple

from analytics.forecast.panel import Matrix
from analytics.forecast.scores import Score


class Forecasting(NamedTuple):
    """Days, except `every` and `quiet` (seconds): a forecast is made once demand has not changed for `quiet`, or `every` after the
    last one when it never rests. The `ets_skus` most wanted SKUs get the better, slower model."""

    horizon: int = 28
    lead_days: int = 14
    history_days: int = 730
    least_days: int = 21
    most_skus: int = 2_000
    ets_skus: int = 200
    most_origins: int = 6
    every: float = 900.0
    quiet: float = 10.0

    def test_horizon(self, days: int) -> int:
        """Of the backtest: the whole horizon where history is long enough."""
        return min(self.horizon, max(7, days // 5))

    def origins(self, days: int) -> list[int]:
        """Lengths of history at which the backtest looks ahead, oldest first; each leaves room for its horizon."""
        step = 14 if days >= 120 else 7
        newest = days - self.test_horizon(days)
        return [at for at in range(newest, 0, -step) if at >= 14][: self.most_origins][::-1]


class Trial(NamedTuple):
    """`origin`: the last day (since the epoch) the model knew; `series`: SKUs it was measured on."""

    model: str
    origin: int
    series: int
    score: Score


class Result(NamedTuple):
    """By SKU: the model used, expected units a day with an 80 % interval [n, horizon], expected units over the lead time [n] and
    their 99 quantiles [n, 99]."""

    first_day: int
    last_day: int
    champion: str
    skus: tuple[str, ...]
    models: tuple[str, ...]
    means: Matrix
    low: Matrix
    high: Matrix
    lead_means: Matrix
    ladders: Matrix
    backtests: tuple[Trial, ...]
