"""What is to be reached, and whether it was: each goal beside what was measured. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Found = Mapping[str, Any]


class Goal(NamedTuple):
    """`measure`: what was found -> the figure and its spread (None: not told). Raises KeyError for what was not measured."""

    what: str
    sign: str
    limit: float
    unit: str
    measure: Callable[[Found], tuple[float, float | None]]


class Judged(NamedTuple):
    what: str
    goal: str
    measured: float | None
    unit: str
    spread: float | None
    reached: bool | None


def judge(found: Found) -> list[Judged]:
    """One for each goal; nothing is said of what was not measured."""
    return [_judge(goal, found) for goal in GOALS]


def _judge(goal: Goal, found: Found) -> Judged:
    told = f"{'≤' if goal.sign == 'most' else '≥'} {goal.limit:,g} {goal.unit}".strip()
    try:
        measured, spread = goal.measure(found)
    except KeyError:
        return Judged(goal.what, told, None, goal.unit, None, None)
    reached = measured <= goal.limit if goal.sign == "most" else measured >= goal.limit
    return Judged(goal.what, told, measured, goal.unit, spread, reached)


# ---------------------------------------------------------------------------------------------- where the figures are
def at(*path: str, field: str) -> Callable[[Found], tuple[float, float | None]]:
    def measure(found: Found) -> tuple[float, float | None]:
        place = found
        for name in path:
            place = place[name]
        return place[field], place.get("spread")

    return measure


def grown(what: str, first: str, last: str) -> Callable[[Found], tuple[float, float | None]]:
    """How many times as much CPU an order costs at the last as at the first."""

    def measure(found: Found) -> tuple[float, float | None]:
        steps = found["growth"][what]
        return round(steps[last]["us_per_order"] / steps[first]["us_per_order"], 2), steps[last]["spread"]

    return measure


def latency(rate: int, field: str) -> Callable[[Found], tuple[float, float | None]]:
    def measure(found: Found) -> tuple[float, float | None]:
        by_rate = {one["rate"]: one for one in found["latency"]["rates"]}
        return by_rate[rate][field], None

    return measure


def _idle(found: Found) -> tuple[float, float | None]:
    idle = found["latency"]["idle"]
    return max(share for name, share in idle.items() if name.startswith("worker")), None


def _hot_pool(found: Found) -> tuple[float, float | None]:
    hot, alone = found["chain"]["hot_pool"]["canonical"], found["growth"]["partitions"]["1"]
    return round(hot["orders_per_s"] / alone["orders_per_s"], 2), hot["spread"]


def _read_side(found: Found) -> tuple[float, float | None]:
    fulfil, announce = found["stages"]["stores"]["fulfil"], found["stages"]["stores"]["announce"]
    return round(fulfil["us_per_order"] + announce["us_per_order"], 2), max(fulfil["spread"], announce["spread"])


def _open_orders(found: Found) -> tuple[float, float | None]:
    grown = found["growth"]["open_orders"]
    return round(grown["us_per_order_at_last"] / grown["us_per_order_at_first"], 2), None


def _cell(found: Found) -> tuple[float, float | None]:
    cells = found["growth"]["cells"]
    return max(cells["bytes_per_cell_at_rest"], cells["bytes_per_cell_loaded"]), None


def stage(name: str) -> Callable[[Found], tuple[float, float | None]]:
    return at("stages", "stores", name, field="us_per_order")


GOALS = (
    Goal("whole chain, canonical, sink running", "least", 8_000, "orders/s", at("chain", "with_sink", "canonical", field="orders_per_s")),
    Goal("whole chain, canonical, no sink", "least", 12_000, "orders/s", at("chain", "without_sink", "canonical", field="orders_per_s")),
    Goal("whole chain, Shopify, sink running", "least", 3_500, "orders/s", at("chain", "with_sink", "shopify", field="orders_per_s")),
    Goal("one hot SKU", "least", 31_000, "allocations/s", at("skew", "one_sku", field="lines_per_s")),
    Goal("zipf 1.1 against uniform", "least", 0.9, "of the lines/s", at("skew", "zipf_1.1", field="of_uniform")),
    Goal("one hot pool of four", "least", 1, "of one partition's orders/s", _hot_pool),
    Goal("raw → fulfilment at 1,000 orders/s, p50", "most", 35, "ms", latency(1_000, "p50_ms")),
    Goal("raw → fulfilment at 1,000 orders/s, p99", "most", 90, "ms", latency(1_000, "p99_ms")),
    Goal("raw → fulfilment at 5,000 orders/s, p99", "most", 150, "ms", latency(5_000, "p99_ms")),
    Goal("a worker with nothing to do", "most", 5, "% of a core", _idle),
    Goal("growth: 100 times the SKUs", "most", 1.5, "times the CPU", grown("skus", "1000", "100000")),
    Goal("growth: 50 times the nodes", "most", 1.5, "times the CPU", grown("nodes", "1", "50")),
    Goal("growth: 50 times the nodes, one can serve", "most", 3, "times the CPU", grown("nodes_one_serves", "1", "50")),
    Goal("growth: open orders", "most", 1.5, "times the CPU", _open_orders),
    Goal("normalize, canonical", "most", 30, "µs", stage("normalize_canonical")),
    Goal("normalize, Shopify", "most", 150, "µs", stage("normalize_shopify")),
    Goal("ledger", "most", 25, "µs", stage("ledger")),
    Goal("fulfil + announce", "most", 30, "µs", _read_side),
    Goal("sink", "most", 40, "µs", stage("sink")),
    Goal("replay, one process, byte-identical", "least", 40_000, "orders/s", at("replay", "one_process", field="orders_per_s")),
    Goal("memory of an open order", "most", 1_024, "bytes", at("growth", "open_orders", field="bytes_per_open_order")),
    Goal("memory of a stock cell", "most", 150, "bytes", _cell),
)
