"""When forecasts are made, and how they get into ClickHouse: demand is read here, the work is done in a worker."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa

from analytics import metrics
from analytics.forecast.columns import daily_columns, lead_columns, run_columns, trial_columns
from analytics.forecast.panel import Panel, make_panel
from analytics.forecast.plan import Forecasting, Result
from analytics.forecast.worker import WorkerFailed, in_worker

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400
LOOK_EVERY = 5.0
_TIME = pa.timestamp("ms", tz="UTC")


class Seen(NamedTuple):
    """Demand as it stood: total units and newest day."""

    units: int
    day: int


class Pace:
    """Whether a forecast is due, given what demand looks like from time to time. `now` in seconds of any steady clock."""

    def __init__(self, plan: Forecasting) -> None:
        self._plan = plan
        self._made_of: Seen | None = None
        self._made_at: float | None = None
        self._seen: Seen | None = None
        self._since = 0.0

    def due(self, seen: Seen, now: float) -> bool:
        if seen != self._seen:
            self._seen, self._since = seen, now
        if not seen.units or seen == self._made_of:
            return False
        if self._made_at is None:
            self._made_at = now  # a shop that never rests gets its first forecast `every` after its first order
        return now - self._since >= self._plan.quiet or now - self._made_at >= self._plan.every

    def made(self, seen: Seen, now: float) -> None:
        self._made_of, self._made_at = seen, now


class Schedule:
    """`run()` until `stop`: looks at demand, has forecasts made, stores them. Trouble is told and tried again later."""

    def __init__(self, plan: Forecasting, open_client: Callable[[], Any], stop: threading.Event) -> None:
        self._plan, self._open_client, self._stop = plan, open_client, stop
        self._pace = Pace(plan)

    def run(self) -> None:
        client = self._open_client()
        while not self._stop.wait(min(LOOK_EVERY, self._plan.quiet / 2)):
            try:
                seen = demand_seen(client)
                if self._pace.due(seen, time.monotonic()):
                    make_forecast(client, self._plan, self._stop)
                    self._pace.made(seen, time.monotonic())
            except WorkerFailed as wrong:
                log.error("no forecast: %s", wrong)
                # the same demand would fail again: only new orders make another try worth its while
                self._pace.made(seen, time.monotonic())
            except Exception as wrong:
                log.warning("no forecast now, because ClickHouse does not answer: %s", str(wrong)[:200])


def demand_seen(client: Any) -> Seen:
    return Seen(*client.query("SELECT sum(units), toInt32(max(day)) FROM demand_daily WHERE units > 0").result_rows[0])


def make_forecast(client: Any, plan: Forecasting, stop: threading.Event) -> bool:
    """Read, compute, store; False when there is no demand yet or `stop` came first. Raises WorkerFailed."""
    began = time.time()
    panel = read_panel(client, plan, int(began // DAY_SECONDS))
    result = in_worker(_forecasts, panel, plan, stop=stop) if panel else None
    if result is None:
        return False
    by_sku, whole = result
    store_forecast(client, by_sku, whole, plan, int(began * 1000), time.time() - began)
    metrics.FORECAST_SECONDS.set(time.time() - began)
    metrics.FORECAST_SERIES.set(len(by_sku.skus))
    return True


def _forecasts(panel: Panel, plan: Forecasting) -> tuple[Result, Result]:
    """By SKU, and of all demand as one: its own forecast is better than the sum of theirs, and some SKUs have none."""
    from analytics.forecast.work import forecast  # two seconds and 245 MB that only the worker pays

    return forecast(panel, plan), forecast(panel.whole, plan)


def read_panel(client: Any, plan: Forecasting, today: int) -> Panel | None:
    sql = "SELECT sku, toInt32(day) AS day, sum(demand_daily.units) FROM demand_daily WHERE demand_daily.units > 0 GROUP BY sku, day"
    return make_panel(client.query(sql).result_rows, today, plan.most_skus, plan.history_days)


def store_forecast(client: Any, by_sku: Result, whole: Result, plan: Forecasting, run_id: int, seconds: float) -> None:
    """The run's own row is written last: readers look for it first, so they never see half a forecast. `run_id` is the time, in ms."""
    tables = [("forecasts", daily_columns(whole)), ("forecasts", daily_columns(by_sku)), ("lead_demand", lead_columns(by_sku))]
    if by_sku.backtests:
        tables.append(("backtests", trial_columns(by_sku.backtests)))
    tables.append(("forecast_runs", run_columns(by_sku, plan, seconds)))
    for name, columns in tables:
        rows = len(next(iter(columns.values())))
        run = {"run_id": pa.array([run_id] * rows, pa.uint64()), "made_at": pa.array([run_id] * rows, _TIME)}
        client.insert_arrow(name, pa.table(run | columns), settings={"async_insert": 0})
