"""The Grafana dashboard, made from the same catalogue as the pages: `python -m analytics.grafana` writes `deploy/grafana/yipan.json`.

Needs the official ClickHouse data source (its macros stand for the time parameters) and Prometheus; `datasources.yaml` names both.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analytics.catalogue import Query, read_catalogue

FILE = Path(__file__).parent.parent / "deploy" / "grafana" / "yipan.json"
UID = "yipan-overview"
CLICKHOUSE = {"type": "grafana-clickhouse-datasource", "uid": "yipan-clickhouse"}
PROMETHEUS = {"type": "prometheus", "uid": "yipan-prometheus"}

MACROS = {"from": "$__fromTime_ms", "to": "$__toTime_ms", "step": "$__interval_s", "sku": "'${sku}'"}
# What Grafana shows and how wide (of 24), in this order; the catalogue says how each is drawn.
SHOWN: Mapping[str, int] = {
    "orders_by_outcome": 16,
    "orders_by_status": 8,
    "time_to_allocate": 12,
    "fill_rate_by_day": 12,
    "fill_rate_by_node": 24,
    "backorders_by_sku": 12,
    "stock_risk": 12,
    "stuck_orders": 24,
    "time_by_part": 12,
    "time_by_party": 12,
    "deliveries_by_day": 12,
    "carriage_by_carrier": 12,
    "unanswered_cancels": 12,
    "returns_to_inspect": 12,
    "disputed_bills": 12,
    "promises_kept": 12,
    "demand_by_day": 12,
    "demand_forecast": 12,
    "backtest": 12,
    "dead_letters_by_code": 12,
    "shortages": 12,
}


class Metric(NamedTuple):
    """A panel over Prometheus: PromQL by legend."""

    title: str
    unit: str
    series: Mapping[str, str]


METRICS = (
    Metric("Decisions a second", "reqps", {"{{outcome}}": "sum by (outcome) (rate(yipan_orders_total[$__rate_interval]))"}),
    Metric(
        "Records that wait",
        "short",
        {"{{topic}}": "sum by (topic) (yipan_lag_records)", "sink {{topic}}": "sum by (topic) (yipan_sink_lag_records)"},
    ),
    Metric(
        "Raw to fulfilment",
        "s",
        {
            f"{name} within": f"histogram_quantile({q}, sum by (le) (rate(yipan_raw_to_fulfilment_seconds_bucket[$__rate_interval])))"
            for name, q in (("half", 0.5), ("99 %", 0.99))
        },
    ),
    Metric("Dead letters a minute", "short", {"{{code}}": "60 * sum by (code) (rate(yipan_dead_letters_total[$__rate_interval]))"}),
    Metric(
        "Partners: answers a second",
        "reqps",
        {"{{partner}} {{outcome}}": "sum by (partner, outcome) (rate(yipan_deliveries_total[$__rate_interval]))"},
    ),
    Metric(
        "Partners: dead letters an hour",
        "short",
        {"{{partner}}": '3600 * sum by (partner) (rate(yipan_deliveries_total{outcome="dead_letter"}[$__rate_interval]))'},
    ),
    Metric("Partners: fulfilments that wait", "short", {"{{partner}}": "max by (partner) (yipan_partner_behind)"}),
    Metric(
        "Partners: 99 % answer within",
        "s",
        {"{{partner}}": "histogram_quantile(0.99, sum by (partner, le) (rate(yipan_delivery_seconds_bucket[$__rate_interval])))"},
    ),
    Metric("Write-back: oldest that a shop must hear", "s", {"{{shop}} {{what}}": "max by (shop, what) (yipan_writeback_lag_seconds)"}),
    Metric(
        "Write-back: not taken, a second",
        "reqps",
        {"{{shop}} {{outcome}}": 'sum by (shop, outcome) (rate(yipan_writeback_told_total{outcome!="done"}[$__rate_interval]))'},
    ),
)
WIDTH, HEIGHT = 24, 8


def dashboard(catalogue: Mapping[str, Query]) -> dict[str, Any]:
    panels = [(_query_panel(catalogue[name]), width) for name, width in SHOWN.items()]
    panels += [(_metric_panel(metric), WIDTH // 2) for metric in METRICS]
    return {
        "uid": UID,
        "title": "Yipan 一盘货",
        "tags": ["yipan"],
        "timezone": "utc",
        "schemaVersion": 39,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_sku_variable(catalogue["demand_skus"])]},
        "panels": _placed(panels),
    }


def rendered(query: Query) -> str:
    """The text as Grafana sends it: parameters become the data source's macros, the dashboard's variable, or their default."""

    def stand_in(match: re.Match[str]) -> str:
        name, kind = match[1], match[2]
        if name in MACROS:
            return MACROS[name]
        default = query.defaults[name]
        return f"'{default}'" if kind == "String" else default

    return re.sub(r"\{(\w+):([^}]+)\}", stand_in, query.sql)


def _query_panel(query: Query) -> dict[str, Any]:
    timely = query.panel == "timeseries"
    target = {
        "refId": "A",
        "datasource": CLICKHOUSE,
        "editorType": "sql",
        "queryType": "timeseries" if timely else "table",
        "format": 0 if timely else 1,
        "rawSql": rendered(query),
    }
    return _panel(query.panel, query.title, query.about, query.unit, CLICKHOUSE, [target])


def _metric_panel(metric: Metric) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + i), "datasource": PROMETHEUS, "expr": expression, "legendFormat": legend, "range": True}
        for i, (legend, expression) in enumerate(metric.series.items())
    ]
    return _panel("timeseries", metric.title, "", metric.unit, PROMETHEUS, targets)


def _panel(kind: str, title: str, about: str, unit: str, source: Mapping[str, str], targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": unit or "short"}, "overrides": []},
        "options": {},
        "targets": targets,
    }


def _sku_variable(query: Query) -> dict[str, Any]:
    """Which SKU demand is shown of; the empty first choice stands for all."""
    sql = f"SELECT '' AS sku UNION ALL SELECT sku FROM ({rendered(query)})"
    nothing = {"selected": True, "text": "", "value": ""}
    return {"name": "sku", "label": "SKU", "type": "query", "datasource": CLICKHOUSE, "query": sql, "refresh": 1, "current": nothing}


def _placed(panels: list[tuple[dict[str, Any], int]]) -> list[dict[str, Any]]:
    """Row by row from the left, with ids that stay while the order does."""
    placed, x, y = [], 0, 0
    for number, (panel, width) in enumerate(panels, 1):
        if x + width > WIDTH:
            x, y = 0, y + HEIGHT
        placed.append({"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": HEIGHT}, **panel})
        x += width
    return placed


def written(catalogue: Mapping[str, Query]) -> str:
    return json.dumps(dashboard(catalogue), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(read_catalogue()), encoding="utf-8")
