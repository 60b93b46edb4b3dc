"""`make bench`: how fast this machine takes raw orders to fulfilments, its broker included, as JSON. Ends with a check of what it made."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from deploy import clients
from deploy.broker import Broker
from deploy.checking import run_check
from deploy.provision import ensure_topics
from tests.bench.bench_chain import Chain, latency, throughput
from tests.chain import Business
from tests.conftest import free_port, make_settings

# As the retailer of the demo has it: 9.4 lines an order, ten nodes.
BUSINESS = Business(nodes=10, skus=5_000, stock=1_000_000)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--orders", type=int, default=30_000, help="orders that lie in `raw` when the clock starts")
    parser.add_argument("--workers", type=int, default=2, help="worker processes, each with all stages")
    parser.add_argument("--rate", type=int, default=500, help="orders a second for the latency")
    parser.add_argument("--seconds", type=int, default=15, help="how long at that rate")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yipan-bench-") as folder:
        home = Path(folder)
        broker = Broker(home, free_port(), make_settings().cache)
        broker.start()
        try:
            settings = make_settings(home=home, kafka=f"127.0.0.1:{broker.port}")
            ensure_topics(clients.admin(settings), settings)
            with Chain(settings, BUSINESS, asked.workers) as chain:
                found = throughput(chain, asked.orders) | {"latency": latency(chain, asked.rate, asked.seconds)}
                report = run_check(settings, 60.0, lambda topic, done, total: None)
        finally:
            broker.stop()
    found["check"] = {"invariants": report.invariants, "lost": report.lost, "oversold": report.oversold, "decisions": report.decisions}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if (report.invariants, report.lost, report.oversold) == ("ok", 0, 0) else 1


if __name__ == "__main__":
    sys.exit(main())
