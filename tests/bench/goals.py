"""What is to be reached, and whether it was: each goal beside what was measured. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Found = Mapping[str, Any]


class Figure(NamedTuple):
    """`spread`: how much worse the worst of several times was; `rounds` of the fixed loop that the machine does in the time of an order,
    measured in the same minute. None where there is none."""

    value: float
    spread: float | None = None
    rounds: float | None = None


Measure = Callable[[Found], Figure]


class Goal(NamedTuple):
    """`measure`: what was found -> the figure. Raises KeyError for what was not measured."""

    what: str
    sign: str
    limit: float
    unit: str
    measure: Measure


class Judged(NamedTuple):
    what: str
    goal: str
    measured: float | None
    unit: str
    spread: float | None
    rounds: float | None
    reached: bool | None


def judge(found: Found) -> list[Judged]:
    """One for each goal; nothing is said of what was not measured."""
    return [_judge(goal, found) for goal in GOALS]


def _judge(goal: Goal, found: Found) -> Judged:
    told = f"{'≤' if goal.sign == 'most' else '≥'} {goal.limit:,g} {goal.unit}"
    try:
        value, spread, rounds = goal.measure(found)
    except KeyError:
        return Judged(goal.what, told, None, goal.unit, None, None, None)
    reached = value <= goal.limit if goal.sign == "most" else value >= goal.limit
    return Judged(goal.what, told, value, goal.unit, spread, rounds, reached)


# ---------------------------------------------------------------------------------------------- where the figures are
def at(*path: str, field: str) -> Measure:
    def measure(found: Found) -> Figure:
        place = found
        for name in path:
            place = place[name]
        return Figure(place[field], place.get("spread"), place.get("ratio"))

    return measure


def grown(what: str, first: str, last: str) -> Measure:
    """How many times as much CPU an order costs at the last as at the first."""

    def measure(found: Found) -> Figure:
        steps = found["growth"][what]
        return Figure(round(steps[last]["us_per_order"] / steps[first]["us_per_order"], 2), steps[last]["spread"])

    return measure


def latency(rate: int, field: str) -> Measure:
    def measure(found: Found) -> Figure:
        by_rate = {one["rate"]: one for one in found["latency"]["rates"]}
        return Figure(by_rate[rate][field])

    return measure


def _idle(found: Found) -> Figure:
    idle = found["latency"]["idle"]
    return Figure(max(share for name, share in idle.items() if name.startswith("worker")))


def _hot_pool(found: Found) -> Figure:
    hot, alone = found["chain"]["hot_pool"]["canonical"], found["growth"]["partitions"]["1"]
    return Figure(round(hot["orders_per_s"] / alone["orders_per_s"], 2), hot["spread"])


def _read_side(found: Found) -> Figure:
    fulfil, announce = found["stages"]["stores"]["fulfil"], found["stages"]["stores"]["announce"]
    us, rounds = (round(fulfil[field] + announce[field], 2) for field in ("us_per_order", "ratio"))
    return Figure(us, max(fulfil["spread"], announce["spread"]), rounds)


def _open_orders(found: Found) -> Figure:
    grown = found["growth"]["open_orders"]
    return Figure(round(grown["us_per_order_at_last"] / grown["us_per_order_at_first"], 2))


def _cell(found: Found) -> Figure:
    cells = found["growth"]["cells"]
    return Figure(max(cells["bytes_per_cell_at_rest"], cells["bytes_per_cell_loaded"]))


def stage(name: str) -> Measure:
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
