"""Each stage alone, in this process and without a broker: CPU µs an order.

`python -m tests.bench.bench_stages --stage ledger` measures one; `--profile` shows what it spends its time on.
"""

import argparse
import json
import sys
from typing import Any

from tests.bench.job import Job
from tests.bench.measure import measure, profile
from tests.bench.stages import STAGES

ORDERS = 10_000
# A pool a store, and one pool in which ten nodes could serve.
JOBS = {"stores": Job(pools=10, nodes=1), "nodes": Job(pools=1, nodes=10)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_stages", description=__doc__)
    parser.add_argument("--stage", choices=list(STAGES), action="append", help="only these")
    parser.add_argument("--job", choices=list(JOBS), default="stores", help="ten pools of one node, or one pool of ten nodes")
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="profile instead of measuring")
    asked = parser.parse_args()
    found: dict[str, Any] = {}
    for name in asked.stage or STAGES:
        prepare = STAGES[name](JOBS[asked.job], asked.orders)
        if asked.profile:
            profile(prepare())
        else:
            found[name] = measure(prepare, asked.times).told()
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
