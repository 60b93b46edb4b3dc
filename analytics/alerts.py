"""The alert rules of Grafana on what only the orders tell: `python -m analytics.alerts` writes `deploy/grafana/alerts.json`, to be
provisioned as it is. What processes tell of themselves is alerted by Prometheus: `deploy/prometheus/alerts.yml`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analytics.catalogue import Query, read_catalogue
from analytics.grafana import CLICKHOUSE, rendered

FILE = Path(__file__).parent.parent / "deploy" / "grafana" / "alerts.json"


class Alert(NamedTuple):
    """`sql` over `{query}`, one of the catalogue as a subquery `q`: labels and one number. It fires where that is above `most`."""

    uid: str
    title: str
    query: str
    sql: str
    most: float
    sentence: str


ALERTS = (
    Alert(
        "yipan-stuck",
        "Orders are stuck",
        "stuck_orders",
        "SELECT q.part AS part, q.reason AS reason, toFloat64(sum(q.over_a_day)) AS orders FROM ({query}) AS q"
        " WHERE NOT (q.part = 'carrier') GROUP BY part, reason",
        0,
        "{{ $values.B }} orders have been with {{ $labels.part }} {{ $labels.reason }} for more than a day: see the panel.",
    ),
    Alert(
        "yipan-stuck-parcels",
        "Parcels are not heard of",
        "stuck_orders",
        "SELECT q.who AS carrier, toFloat64(sum(q.over_three_days)) AS orders FROM ({query}) AS q"
        " WHERE q.part = 'carrier' GROUP BY carrier",
        0,
        "{{ $values.B }} orders have had no news from carrier {{ $labels.carrier }} for more than three days.",
    ),
    Alert(
        "yipan-cancels",
        "Cancel requests are not answered",
        "unanswered_cancels",
        "SELECT q.node AS node, toFloat64(countIf(q.minutes > 60)) AS requests FROM ({query}) AS q GROUP BY node",
        0,
        "Node {{ $labels.node }} has not answered {{ $values.B }} cancel requests for more than an hour: ask it before it ships.",
    ),
    Alert(
        "yipan-returns",
        "Returns wait for inspection",
        "returns_to_inspect",
        "SELECT q.node AS node, toFloat64(sumIf(q.units, q.latest < now64(3) - toIntervalDay(2))) AS units FROM ({query}) AS q"
        " GROUP BY node",
        0,
        "{{ $values.B }} units that came back to {{ $labels.node }} have waited for more than two days.",
    ),
)


def rules(catalogue: Mapping[str, Query]) -> dict[str, Any]:
    group = {"orgId": 1, "name": "orders", "folder": "Yipan", "interval": "1m", "rules": [_rule(alert, catalogue) for alert in ALERTS]}
    return {"apiVersion": 1, "groups": [group]}


def sql(alert: Alert, catalogue: Mapping[str, Query]) -> str:
    # all of it counts, not only what a panel has room for
    query = catalogue[alert.query]
    return alert.sql.replace("{query}", rendered(query._replace(defaults={**query.defaults, "limit": "100000"})))


def _rule(alert: Alert, catalogue: Mapping[str, Query]) -> dict[str, Any]:
    asked = {"refId": "A", "editorType": "sql", "queryType": "table", "format": 1, "rawSql": sql(alert, catalogue)}
    reduced = {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"}
    above = {"type": "gt", "params": [alert.most]}
    fired = {"refId": "C", "type": "threshold", "expression": "B", "conditions": [{"evaluator": above}]}
    return {
        "uid": alert.uid,
        "title": alert.title,
        "condition": "C",
        "for": "5m",
        "data": [_step(asked, CLICKHOUSE["uid"]), _step(reduced, "__expr__"), _step(fired, "__expr__")],
        "noDataState": "OK",
        "execErrState": "Error",
        "annotations": {"summary": alert.sentence},
        "labels": {"team": "orders"},
    }


def _step(model: dict[str, Any], source: str) -> dict[str, Any]:
    return {"refId": model["refId"], "relativeTimeRange": {"from": 3600, "to": 0}, "datasourceUid": source, "model": model}


def written(catalogue: Mapping[str, Query]) -> str:
    return json.dumps(rules(catalogue), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(read_catalogue()), encoding="utf-8")
