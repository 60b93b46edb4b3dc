"""Every Prometheus metric of the analytics process."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("yipan_sink_records", "Records taken over into ClickHouse", ["topic"])
ROWS = Counter("yipan_sink_rows", "Rows written to ClickHouse", ["table"])
DROPPED = Counter("yipan_sink_dropped_decisions", "Decisions dropped because their command was decided before")
UNREADABLE = Counter("yipan_sink_unreadable_records", "Records that this version cannot read", ["topic"])
BATCH_RECORDS = Histogram("yipan_sink_batch_records", "Records in one batch", buckets=(1, 10, 100, 200, 500, 1_000, 2_000, 5_000, 10_000))
INSERT_SECONDS = Histogram("yipan_sink_insert_seconds", "Time to write one batch", buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10))
RETRIES = Counter("yipan_sink_retries", "Batches that ClickHouse did not take at once")
GONE = Counter("yipan_sink_gone_records", "Records that Kafka deleted before they were taken over", ["topic"])
LAG = Gauge("yipan_sink_lag_records", "Records that wait to be taken over", ["topic", "partition"])
QUERY_SECONDS = Histogram(
    "yipan_query_seconds", "Time of a named query", ["query"], buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
)
FORECAST_SECONDS = Gauge("yipan_forecast_seconds", "How long the last forecast took")
FORECAST_SERIES = Gauge("yipan_forecast_series", "SKUs in the last forecast")


def lags() -> dict[str, int]:
    """Records that wait to be taken over, by `topic/partition`, as last seen by the sink."""
    samples = (sample for metric in LAG.collect() for sample in metric.samples)
    return {f"{sample.labels['topic']}/{sample.labels['partition']}": int(sample.value) for sample in samples}
