"""`docs/benchmarks.md` out of what the bench found. Pure: `python -m tests.bench.report bench.json` writes the page again."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Found = Mapping[str, Any]

INTRODUCTION = """# Benchmarks

How fast Yipan is, as `make bench` measured it on the machine below; `make bench-peers` compares the ledger with other engines on the same
broker, `make bench-recovery` measures how soon work goes on after a death. This page is written by the program: run it to have yours."""

HOW = """## How it is measured

- **The fixed job.** Orders of 9.4 lines on average (exponential, at most 60), of 5,000 SKUs, drawn with a fixed seed. *Stores*: ten pools
  of one node each in one partition. *Nodes*: one pool of ten nodes, each of which could serve. The chain has four partitions, each with
  one pool of ten nodes, a canonical shop and a Shopify shop; Shopify's payloads have about 10 kB.
- **A stage alone** runs in this process: its input is in memory, what it sends is acknowledged at once. It does all its work: sealing,
  policy, explanations, hash chain, snapshots, metrics. Figures are CPU time of the whole process (all threads), the best of several times
  from the same beginning; *spread* is how much more the worst of them took.
- **`announce`** is fed in real time, because what it tells together depends on it: two partitions with 2,000 orders/s each, which is what
  one of two workers has of 8,000 orders/s. **`sink`** writes cuts as large as they are at that rate into chDB, whose own work is
  included.
- **The loop** is a fixed piece of plain Python (a dictionary, integers, a string), run before and after each measurement. A ratio to it
  compares figures of different machines, and of different minutes on a machine that others use as well.
- **The chain** runs as in production: a real Apache Kafka and worker processes with all stages on this very machine. Orders a second:
  `raw` is filled while the workers stand still; the time is that from their start to the last fulfilment. CPU and bytes are taken until
  everything is announced (and sunk); the broker's work of taking `raw` in is left out. Peak memory is that since a process began. Bytes
  of a topic are what the broker keeps, compressed.
- **Latency** is that from the append of a raw record to the append of its fulfilment, both by the broker's clock.
- Nothing is switched off for the figures, and `yipan check` reads all that a chain made before its broker is stopped."""


def render(found: Found) -> str:
    """The whole page; sections that were not measured are left out."""
    parts = [INTRODUCTION, _machine(found), _goals(found["goals"])]
    parts += [section(found[name]) for name, section in SECTIONS.items() if name in found]
    parts += [_checks(found["checks"]), HOW]
    return "\n\n".join(parts) + "\n"


# ---------------------------------------------------------------------------------------------- tables
def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown; numbers are set right."""
    filled = [[_cell(cell) for cell in row] for row in rows]
    align = ["---" if number == 0 else "---:" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, align, *filled))


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "**no**"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
        case _:
            return str(value)


def _per_cent(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


# ---------------------------------------------------------------------------------------------- what stands first
def _machine(found: Found) -> str:
    at = found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in at["versions"].items())
    return (
        f"`{found['command']}`, {at['day']}, {found['seconds']:,} s: {at['cores']} cores ({at['cpu']}), {at['memory_gb']} GB, "
        f"Linux {at['kernel']}, Python {at['python']}; {versions}. Load of the machine before it began: {at['load']}; "
        f"a round of the loop took {at['reference_us']} µs.{_doubts(found)}"
    )


def _doubts(found: Found) -> str:
    """What a reader must know before any figure is quoted."""
    quick = " A quick run shows that all works; its figures are not to be quoted." if "--quick" in found["command"] else ""
    busy = found["machine"]["load"] > found["machine"]["cores"] / 2
    return quick + (" **The machine had other work to do: it is faster than this.**" if busy else "")


def _goals(goals: Iterable[Found]) -> str:
    head = ("what", "goal", "measured", "spread", "rounds of the loop", "reached")
    rows = [(goal["what"], goal["goal"], goal["measured"], _per_cent(goal["spread"]), goal["rounds"], goal["reached"]) for goal in goals]
    return "## Goals\n\n" + table(head, rows)


def _checks(checks: Mapping[str, Found]) -> str:
    head = ("chain", "invariants", "lost", "oversold", "decisions")
    rows = [[name, *(check[field] for field in head[1:])] for name, check in checks.items()]
    return "## What `yipan check` found\n\n" + table(head, rows)


# ---------------------------------------------------------------------------------------------- the sections
MEASURED: dict[str, Callable[[Found], object]] = {
    "µs of CPU an order": lambda told: told["us_per_order"],
    "spread": lambda told: _per_cent(told["spread"]),
    "rounds of the loop": lambda told: told["ratio"],
    "orders/s of a core": lambda told: told["orders_per_s"],
    "lines/s of a core": lambda told: told["lines_per_s"],
}


def measured(first: str, found: Mapping[str, Found], **more: Callable[[Found], object]) -> str:
    columns = MEASURED | {name.replace("_", " "): value for name, value in more.items()}
    rows = [(name, *(column(told) for column in columns.values())) for name, told in found.items()]
    return table((first, *columns), rows)


def _stages(found: Mapping[str, Mapping[str, Found]]) -> str:
    stores, nodes = measured("stage, stores", found["stores"]), measured("stage, nodes", found["nodes"])
    return f"## Each stage alone\n\n{stores}\n\n{nodes}\n\n`rows` is the part of `sink` before ClickHouse; `fold` is what a takeover does."


def _replay(found: Found) -> str:
    one = measured("commands → decisions", {"one process": found["one_process"]})
    return (
        f"## Replay\n\n{one}\n\nWith {found['processes']} processes, as `yipan check` has them: "
        f"{found['orders_per_s_all_processes']:,} orders/s of wall time. Every decision came out the same to the byte."
    )


def _skew(found: Mapping[str, Found]) -> str:
    told = measured("the ledger", found, of_uniform=lambda told: told["of_uniform"])
    return f"## Skews\n\n{told}\n\n`one_sku` has orders of one line; *of uniform* compares lines a second."


def _chain(found: Found) -> str:
    runs = {
        f"{channel}, {name.replace('_', ' ')}": told
        for name in ("with_sink", "without_sink", "hot_pool")
        for channel, told in found[name].items()
    }
    about = f"{found['workers']} workers, {found['partitions']} partitions, broker on the same machine."
    return f"## The whole chain\n\n{about}\n\n{_runs(runs)}"


def _runs(runs: Mapping[str, Found]) -> str:
    speed = table(
        ("", "orders/s", "lines/s", "spread"),
        [(name, told["orders_per_s"], told["lines_per_s"], _per_cent(told["spread"])) for name, told in runs.items()],
    )
    cpu = _by_name("µs of CPU an order", runs, "cpu_us_per_order")
    return "\n\n".join((speed, cpu, _by_name("peak memory, MB", runs, "peak_mb"), _by_name("bytes an order", runs, "bytes_per_order")))


def _by_name(first: str, runs: Mapping[str, Found], field: str) -> str:
    names = list(dict.fromkeys(name for told in runs.values() for name in told[field]))
    return table((first, *names), [(run, *(told[field].get(name) for name in names)) for run, told in runs.items()])


def _latency(found: Found) -> str:
    rates = {f"{told['rate']:,} orders/s": told for told in found["rates"]}
    rates |= {f"{told['rate']:,} orders/s, sink running": told for told in found["with_sink"]}
    fields = ("p50_ms", "p99_ms", "p99_9_ms", "max_ms")
    times = table(("ms", "p50", "p99", "p99.9", "max", "orders"), [(n, *(t[f] for f in fields), t["orders"]) for n, t in rates.items()])
    idle = table(("nothing to do", *found["idle"]), [("% of a core", *found["idle"].values())])
    return f"## Latency, raw → fulfilment\n\n{times}\n\n{_by_name('µs of CPU an order', rates, 'cpu_us_per_order')}\n\n{idle}"


def _growth(found: Found) -> str:
    titles = {"skus": "SKUs", "nodes": "nodes, all with stock", "nodes_one_serves": "nodes, the last with stock", "lines": "lines an order"}
    steps = [measured(title, found[what]) for what, title in titles.items()]
    orders, cells = found["open_orders"], found["cells"]
    open_orders = table(
        ("open orders", "µs of CPU an order", "bytes of an open order"),
        [
            ("at first", orders["us_per_order_at_first"], None),
            (f"with {orders['orders']:,}", orders["us_per_order_at_last"], orders["bytes_per_open_order"]),
        ],
    )
    states = {"received": "with its receipt of this week", "at_rest": "a week later", "loaded": "loaded from a snapshot"}
    of_cells = table(
        (f"{cells['cells']:,} stock cells", "bytes of a cell"),
        [(title, cells[f"bytes_per_cell_{state}"]) for state, title in states.items()],
    )
    runs = {f"{number} partition{'s' if number != '1' else ''}": told for number, told in found["partitions"].items()}
    return "## Growth\n\n" + "\n\n".join((*steps, open_orders, of_cells, "The whole chain, canonical, no sink:", _runs(runs)))


SECTIONS: dict[str, Callable[[Any], str]] = {
    "stages": _stages,
    "replay": _replay,
    "skew": _skew,
    "chain": _chain,
    "latency": _latency,
    "growth": _growth,
}

if __name__ == "__main__":
    sys.stdout.write(render(json.loads(Path(sys.argv[1]).read_text())))
