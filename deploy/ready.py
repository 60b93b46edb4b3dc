"""What every process of ours shows: its metrics over HTTP, and whether it is ready for work."""

from prometheus_client import Gauge, start_http_server

READY = Gauge("yipan_ready", "1 once the process does its work, 0 before", ["process"])


def serve_metrics(port: int, process: str) -> None:
    """Serve /metrics on localhost from a thread; port 0 serves nothing. The process calls `READY.labels(process).set(1)` when ready."""
    READY.labels(process).set(0)
    if port:
        start_http_server(port, addr="127.0.0.1")
