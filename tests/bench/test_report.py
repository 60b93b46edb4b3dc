"""What the page of figures says, and when a goal is reached."""

from typing import Any

from tests.bench.goals import judge
from tests.bench.report import render


def stage(us: float) -> dict[str, Any]:
    return {"us_per_order": us, "spread": 0.04, "ratio": us * 4, "orders_per_s": round(1e6 / us), "lines_per_s": round(9.4e6 / us)}


def found(**sections: Any) -> dict[str, Any]:
    machine = {"day": "2026-03-01", "cpu": "Teapot 9000", "cores": 2, "memory_gb": 8.0, "kernel": "6.1", "python": "3.11.7", "load": 0.1}
    about = {"command": "make bench", "seconds": 840, "machine": machine | {"versions": {"kafka": "4.4.0"}, "reference_us": 0.21}}
    check = {"invariants": "ok", "lost": 0, "oversold": 0, "decisions": 1_234_567}
    measured = about | sections | {"checks": {"chain": check} if "chain" in sections else {}}
    return measured | {"goals": [goal._asdict() for goal in judge(measured)]}


def skew(hot: int, zipf: float) -> dict[str, Any]:
    return {"one_sku": stage(1e6 / hot) | {"lines_per_s": hot, "of_uniform": 0.2}, "zipf_1.1": stage(30.0) | {"of_uniform": zipf}}


def test_a_goal_is_reached_at_its_limit_and_missed_beyond_it() -> None:
    reached = {goal.what: goal.reached for goal in judge(found(skew=skew(hot=31_000, zipf=0.89)))}

    assert reached["one hot SKU"] is True
    assert reached["zipf 1.1 against uniform"] is False


def test_nothing_is_said_of_a_goal_that_was_not_measured() -> None:
    goals = {goal.what: goal for goal in judge(found())}

    assert goals["ledger"].measured is None
    assert goals["ledger"].reached is None


def test_two_stages_that_share_a_goal_are_added_up() -> None:
    stages = {"stores": {"fulfil": stage(12.5), "announce": stage(17.0)}, "nodes": {}}

    [goal] = [goal for goal in judge(found(stages=stages)) if goal.what == "fulfil + announce"]

    assert (goal.measured, goal.reached) == (29.5, True)


def test_growth_is_judged_by_how_many_times_the_cpu_it_takes() -> None:
    growth = {"skus": {"1000": stage(20.0), "10000": stage(22.0), "100000": stage(31.0)}}

    [goal] = [goal for goal in judge(found(growth=growth)) if goal.what == "growth: 100 times the SKUs"]

    assert (goal.measured, goal.reached) == (1.55, False)


def test_the_page_shows_goal_figure_spread_and_verdict() -> None:
    page = render(found(skew=skew(hot=40_000, zipf=0.5)))

    assert "| one hot SKU | ≥ 31,000 allocations/s | 40,000 | 4% | 100.0 | yes |" in page
    assert "| zipf 1.1 against uniform | ≥ 0.9 of the lines/s | 0.50 | 4% | 120.0 | **no** |" in page
    assert "| ledger | ≤ 25 µs | – | – | – | – |" in page


def test_the_page_names_machine_versions_and_command() -> None:
    page = render(found())

    assert "`make bench`, 2026-03-01, 840 s: 2 cores (Teapot 9000), 8.0 GB, Linux 6.1, Python 3.11.7; kafka 4.4.0." in page


def test_figures_of_a_busy_machine_or_a_quick_run_are_marked_as_such() -> None:
    quiet = found()
    quick = quiet | {"command": 'make bench ARGS="--quick"'}
    busy = quiet | {"machine": quiet["machine"] | {"load": 1.5}}

    assert "not to be quoted" not in render(quiet)
    assert "not to be quoted" in render(quick)
    assert "The machine had other work to do" in render(busy)


def test_a_section_that_was_not_measured_is_left_out() -> None:
    page = render(found(skew=skew(hot=40_000, zipf=1.0)))

    assert "## Skews" in page
    assert "## Latency" not in page


def test_a_process_that_one_run_has_and_another_has_not_leaves_a_gap() -> None:
    run = {
        "orders_per_s": 9_000,
        "lines_per_s": 84_600,
        "spread": 0.02,
        "ratio": 500.0,
        "peak_mb": {"kafka": 300},
        "bytes_per_order": {"raw": 400},
    }
    with_sink, without = {"worker-1": 90.0, "sink": 35.0, "kafka": 40.0}, {"worker-1": 88.0, "kafka": 41.0}
    chain = {
        "workers": 1,
        "partitions": 4,
        "with_sink": {"canonical": run | {"cpu_us_per_order": with_sink}},
        "without_sink": {"canonical": run | {"cpu_us_per_order": without}},
        "hot_pool": {},
    }

    page = render(found(chain=chain))

    assert "| canonical, without sink | 88.0 | – | 41.0 |" in page
    assert "| chain | ok | 0 | 0 | 1,234,567 |" in page
