"""What every process of ours shows: its metrics over HTTP, and whether it is ready for work."""

import http.client

from prometheus_client import Gauge, start_http_server

from deploy.faults import Fault

READY = Gauge("yipan_ready", "1 once the process does its work, 0 before", ["process"])
ANSWER_S = 2.0


def serve_metrics(port: int, process: str) -> None:
    """Serve /metrics on localhost from a thread; port 0 serves nothing. The process calls `READY.labels(process).set(1)` when ready.
    Raises Fault when the port is taken."""
    READY.labels(process).set(0)
    try:
        if port:
            start_http_server(port, addr="127.0.0.1")
    except OSError as taken:
        raise Fault(f"Port {port} for metrics is taken: set YIPAN_METRICS_PORT to a free port, or to 0 to show none.") from taken


def is_ready(port: int) -> bool:
    """Whether the process that serves its metrics on `port` says that it does its work."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/metrics?name[]=yipan_ready")
        lines = connection.getresponse().read().decode().splitlines()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    values = [float(line.rpartition(" ")[2]) for line in lines if line.startswith("yipan_ready{")]
    return bool(values) and min(values) == 1
