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
