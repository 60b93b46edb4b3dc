"""The Grafana dashboard is made from the catalogue, and every panel of it works."""

import json
import re
from typing import Any

import pytest
import yaml

from analytics.catalogue import read_catalogue
from analytics.grafana import FILE, SHOWN, written
from tests.analytics.conftest import Trade
from tests.analytics.teahouse import DECIDED_FROM
from tests.source import declared_metrics

DASHBOARD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
# As the data source expands them.
EXPANDED = {
    "$__fromTime_ms": f"fromUnixTimestamp64Milli({DECIDED_FROM})",
    "$__toTime_ms": f"fromUnixTimestamp64Milli({DECIDED_FROM + 60 * 3_600_000})",
    "$__interval_s": "20",
    "${sku}": "LONGJING-100",
}


def expand(sql: str) -> str:
    for macro, text in EXPANDED.items():
        sql = sql.replace(macro, text)
    assert "$" not in sql
    return sql


def targets(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (panel["title"], target) for panel in DASHBOARD["panels"] for target in panel["targets"] if target["datasource"]["type"] == kind
    ]


def test_the_file_is_what_the_catalogue_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == written(read_catalogue()), "run: python -m analytics.grafana"


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, panel["gridPos"]["y"]) for panel in panels for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
    ]
    assert len(set(cells)) == len(cells)
    assert all(0 <= x < 24 for x, _ in cells)


def test_every_data_source_a_panel_names_is_provisioned() -> None:
    provisioned = yaml.safe_load((FILE.parent / "datasources.yaml").read_text())["datasources"]
    known = {(source["type"], source["uid"]) for source in provisioned}
    named = {(t["datasource"]["type"], t["datasource"]["uid"]) for panel in DASHBOARD["panels"] for t in [panel, *panel["targets"]]}
    assert named == known
    assert re.fullmatch(r"[a-z0-9-]{1,40}", DASHBOARD["uid"])


@pytest.mark.parametrize(("title", "target"), targets("grafana-clickhouse-datasource"))
def test_every_panel_query_answers(trade: Trade, title: str, target: dict[str, Any]) -> None:
    result = trade.open_client().query(expand(target["rawSql"]))
    assert result.result_rows, title
    if target["queryType"] == "timeseries":
        assert result.column_names[0] == "time"
        assert "Date" in result.column_types[0].name


def test_the_variable_offers_all_and_each_sku(trade: Trade) -> None:
    [variable] = DASHBOARD["templating"]["list"]
    skus = [row[0] for row in trade.open_client().query(variable["query"]).result_rows]
    assert "" in skus
    assert "LONGJING-100" in skus


def test_every_metric_a_panel_asks_for_is_one_of_ours() -> None:
    for title, target in targets("prometheus"):
        named = {re.sub("_(total|bucket)$", "", name) for name in re.findall(r"yipan_\w+", target["expr"])}
        assert named, title
        assert named <= declared_metrics(), title


def test_what_is_shown_says_how_it_is_drawn() -> None:
    assert {read_catalogue()[name].panel for name in SHOWN} <= {"timeseries", "barchart", "table", "stat"}
