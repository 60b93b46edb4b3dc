"""Each stage alone, in this process and without a broker: CPU µs an order.

`python -m tests.bench.bench_stages --stage ledger` measures one; `--profile` shows what it spends its time on; `--job nodes` lets ten
nodes of one pool serve, instead of ten stores of one node.
"""

import json
import sys
from typing import Any

from tests.bench.job import Job
from tests.bench.measure import measure, profile
from tests.bench.section import Checks, Size, arguments, progress, size
from tests.bench.stages import STAGES

# A pool a store, and one pool in which ten nodes could serve.
JOBS = {"stores": Job(pools=10, nodes=1), "nodes": Job(pools=1, nodes=10)}
WITHOUT_A_JOB = ("normalize_canonical", "normalize_shopify")


def run(size: Size, checks: Checks) -> dict[str, Any]:
    found: dict[str, Any] = {"stores": {}, "nodes": {}}
    for name in STAGES:
        found["stores"][name] = one(name, JOBS["stores"], size)
        if name not in WITHOUT_A_JOB:
            found["nodes"][name] = one(name, JOBS["nodes"], size)
    return found


def one(stage: str, job: Job, size: Size) -> dict[str, Any]:
    progress(f"stage: {stage}, {job.pools} x {job.nodes} nodes")
    return measure(STAGES[stage](job, size.stage_orders), size.times).told()


def main() -> int:
    parser = arguments(__doc__, "python -m tests.bench.bench_stages")
    parser.add_argument("--stage", choices=list(STAGES), action="append", help="only these")
    parser.add_argument("--job", choices=list(JOBS), default="stores")
    parser.add_argument("--profile", action="store_true", help="profile instead of measuring")
    asked = parser.parse_args()
    much, job, found = size(asked), JOBS[asked.job], dict[str, Any]()
    for name in asked.stage or STAGES:
        if asked.profile:
            profile(STAGES[name](job, much.stage_orders)())
        else:
            found[name] = one(name, job, much)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
