"""Orders that all want the same: how the ledger takes zipf 1.1, one hot SKU and one hot pool, beside orders that are spread evenly."""

from typing import Any

from tests.bench.job import Job
from tests.bench.measure import measure
from tests.bench.section import Checks, Size, alone, progress
from tests.bench.stages import ledger

SKEWS = {
    "uniform": Job(),
    "zipf_1.1": Job(skew="zipf"),
    "one_sku": Job(pools=1, skew="one"),
    "one_pool": Job(pools=1),
}


def run(size: Size, checks: Checks) -> dict[str, Any]:
    found = {}
    for name, job in SKEWS.items():
        progress(f"skew: {name}")
        found[name] = measure(ledger(job, size.stage_orders), size.times).told()
    even = found["uniform"]["lines_per_s"]
    return {name: told | {"of_uniform": round(told["lines_per_s"] / even, 3)} for name, told in found.items()}


if __name__ == "__main__":
    alone(run, __doc__)
