"""The whole chain over a real broker: orders a second from a full `raw`, and what that takes of the machine.

`python -m tests.bench.bench_chain --quick` measures it alone.
"""

import signal
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from connectors.contract import RawRecord
from tests.bench.measure import reference_us
from tests.bench.section import Checks, Size, alone, progress
from tests.bench.stack import Stack, stack
from tests.bench.trade import TRADE
from tests.chain import deliver


class Run(NamedTuple):
    """One time through: seconds from the first order taken to the last fulfilment, and what was used until all was settled."""

    orders: int
    lines: int
    took: float
    cpu: dict[str, float]
    bytes: dict[str, int]


def throughput(stack: Stack, channel: str, count: int, times: int, pools: int = 0) -> dict[str, Any]:
    """Several times; the best is told, and how far the worst was from it."""
    progress(f"chain: {channel}, {'one pool' if pools == 1 else 'all pools'}, {'sink' if stack.sink else 'no sink'}")
    runs = [once(stack, stack.orders(channel, count, pools)) for _ in range(times)]
    loop = reference_us()
    best, worst = min(runs, key=lambda run: run.took), max(runs, key=lambda run: run.took)
    cheapest = min(runs, key=lambda run: sum(run.cpu.values()))
    us = {name: round(seconds / count * 1e6, 1) for name, seconds in cheapest.cpu.items()}
    return {
        "orders": count,
        "times": times,
        "lines_per_order": round(best.lines / count, 1),
        "orders_per_s": round(count / best.took),
        "lines_per_s": round(best.lines / best.took),
        "spread": round(worst.took / best.took - 1, 3) if times > 1 else None,
        "cpu_us_per_order": us | {"all": round(sum(us.values()), 1)},
        "peak_mb": stack.peak_mb(),
        "reference_us": round(loop, 4),
        "ratio": round(best.took / count * 1e6 / loop, 1),
        "bytes_per_order": {topic: round(size / count) for topic, size in best.bytes.items()},
    }


def once(stack: Stack, records: Sequence[RawRecord]) -> Run:
    """The workers stand still while `raw` is filled, and no longer than their session allows."""
    before, told, cpu, size = stack.fulfilled(), stack.told(), stack.cpu_seconds(), stack.topic_bytes()
    for worker in stack.workers:
        worker.signal(signal.SIGSTOP)
    filled = fill(stack, records)
    for worker in stack.workers:
        worker.signal(signal.SIGCONT)
    began = time.monotonic()
    stack.await_fulfilled(before + len(records))
    took = time.monotonic() - began
    stack.settle(told + len(records))
    used = {name: seconds - cpu[name] for name, seconds in stack.cpu_seconds().items()}
    # what the broker took to be filled is not the chain's
    used["kafka"] -= filled
    grown = {topic: after - size[topic] for topic, after in stack.topic_bytes().items()}
    return Run(len(records), sum(record.body.count(b'"sku"') for record in records), took, used, grown)


def fill(stack: Stack, records: Sequence[RawRecord]) -> float:
    """CPU seconds that it took the broker."""
    before = stack.cpu_seconds()["kafka"]
    deliver(stack.settings, records)
    return stack.cpu_seconds()["kafka"] - before


# ---------------------------------------------------------------------------------------------- the section
def run(size: Size, checks: Checks) -> dict[str, Any]:
    with stack("chain", TRADE, size.workers, checks) as made:
        made.start_sink()
        found = {"with_sink": both(made, size)}
        made.end_sink()
        found["without_sink"] = both(made, size)
        found["hot_pool"] = {"canonical": throughput(made, "canonical", size.chain_orders // 2, size.chain_times, pools=1)}
    return {"workers": size.workers, "partitions": TRADE.partitions} | found


def both(made: Stack, size: Size) -> dict[str, Any]:
    return {
        "canonical": throughput(made, "canonical", size.chain_orders, size.chain_times),
        "shopify": throughput(made, "shopify", size.chain_orders // 3, size.chain_times),
    }


if __name__ == "__main__":
    alone(run, __doc__)
