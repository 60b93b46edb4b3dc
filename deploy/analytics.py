"""The analytics process: sink, forecasts and pages, with their clients."""

from functools import partial

from analytics.forecast.plan import Forecasting
from analytics.process import run_analytics
from analytics.sink import GROUP
from deploy import clients
from deploy.ready import READY, serve_metrics
from deploy.settings import Settings


def run(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C."""
    serve_metrics(settings.metrics_port, "analytics")
    run_analytics(
        partial(clients.consumer, settings, GROUP, enable_partition_eof=True),
        partial(clients.clickhouse, settings),
        port=settings.pages_port,
        forecasting=Forecasting(),
        on_ready=partial(READY.labels("analytics").set, 1),
    )
