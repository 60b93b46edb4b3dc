"""The analytics process: sink, forecasts and pages, with their clients."""

import tempfile
import time
from functools import partial

from analytics.forecast.plan import Forecasting
from analytics.process import run_analytics
from analytics.sink import GROUP
from analytics.store import Unfit
from deploy import clients
from deploy.faults import Fault
from deploy.ready import READY, serve_metrics
from deploy.settings import Settings

LEFT_BEHIND_S = 3600


def run(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C."""
    serve_metrics(settings.metrics_port, "analytics")
    _own_temporary_folder(settings)
    try:
        run_analytics(
            partial(clients.consumer, settings, GROUP, enable_partition_eof=True),
            partial(clients.clickhouse, settings),
            port=settings.pages_port,
            forecasting=Forecasting(),
            on_ready=partial(READY.labels("analytics").set, 1),
        )
    except Unfit as wrong:
        raise Fault(str(wrong)) from wrong


def _own_temporary_folder(settings: Settings) -> None:
    """Embedded ClickHouse takes every batch through a temporary file, and a kill leaves it behind: swept here, at the next start."""
    folder = settings.home / "tmp" / "analytics"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.stat().st_mtime < time.time() - LEFT_BEHIND_S:
            file.unlink(missing_ok=True)
    tempfile.tempdir = str(folder.resolve())
