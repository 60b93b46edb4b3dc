"""`yipan demo`, small: a real retailer's orders through real processes, and nothing lost."""

from tests.integration.conftest import ORDERS, Demo


def test_the_demo_decides_every_order_and_proves_it(demo: Demo) -> None:
    summary = demo.summary

    assert demo.code == 0, demo.said
    assert (summary["lost"], summary["oversold"], summary["invariants"], summary["surprises"]) == (0, 0, "ok", [])
    assert summary["orders_sent"] == summary["orders_decided"] == ORDERS
    assert summary["raw_records"] > ORDERS
    assert summary["fulfilments"] > ORDERS // 2
    assert summary["p99_ms"] >= summary["p50_ms"] > 0


def test_in_the_end_each_order_arrived_came_back_was_cancelled_or_says_why_not(demo: Demo) -> None:
    summary = demo.summary

    assert summary["unexplained"] == 0
    assert sum(summary["states"].values()) == sum(summary["explained"].values()) == ORDERS
    assert summary["states"]["delivered"] > ORDERS // 2
    assert summary["warehouses"]["open"] == 0
    assert 0 < summary["fulfilments"] - summary["warehouses"]["job"] == summary["warehouses"]["ask"]
