"""Alerts ask what is there: every query answers with labels and one number, every metric is one of ours."""

import json
import re
from typing import Any

import pytest
import yaml

from analytics.alerts import ALERTS, FILE, Alert, sql, written
from analytics.catalogue import read_catalogue
from tests.analytics.conftest import Trade
from tests.source import ROOT, declared_metrics

CATALOGUE = read_catalogue()
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())


def test_the_file_is_what_the_catalogue_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == written(CATALOGUE), "run: python -m analytics.alerts"
    assert len({rule["uid"] for group in json.loads(FILE.read_text())["groups"] for rule in group["rules"]}) == len(ALERTS)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.uid)
def test_an_alert_asks_for_labels_and_one_number(alert: Alert, trade: Trade) -> None:
    """The teahouse stood still half a year ago, so that all of it is overdue."""
    found = trade.open_client().query(sql(alert, CATALOGUE))
    kinds = [kind.name for kind in found.column_types]

    assert kinds[-1] == "Float64"
    assert all("String" in kind for kind in kinds[:-1])
    assert any(row[-1] > alert.most for row in found.result_rows)


@pytest.mark.parametrize("rule", [rule for group in RULES["groups"] for rule in group["rules"]], ids=lambda rule: rule["alert"])
def test_a_rule_of_prometheus_asks_for_metrics_of_ours_and_says_what_to_do(rule: dict[str, Any]) -> None:
    named = {re.sub("_(total|bucket)$", "", name) for name in re.findall(r"yipan_\w+", rule["expr"])}

    assert named
    assert named <= declared_metrics()
    labels = re.search(r"by \(([^)]*)\)", rule["expr"])
    said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert said <= set(re.split(r",\s*", labels[1]) if labels else ())
