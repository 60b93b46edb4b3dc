"""Write-back and deliveries run where a business says whom they shall tell."""

from pathlib import Path

import pytest
import yaml

from connectors.contract import ShopRef
from deploy.business.book import Business, PoolBook
from deploy.business.written_back import keep_told, told_shops
from deploy.local import Stack
from streams.reference import Reference, ShopRecord
from tables.policy import Policy
from tests.conftest import make_settings
from tests.source import ROOT


def shop(name: str, *tell: str, active: bool = True) -> ShopRecord:
    return ShopRecord(ref=ShopRef(tenant="halyard", shop=name, channel="shopify", pool="us"), tell=tell, active=active)


def business(*shops: ShopRecord) -> Business:
    book = PoolBook(pool="us", segments=(), nodes=(), shops=shops, sellers=(), policy=Policy(), listings={}, stock={}, items={})
    return Business((book,), {}, (), {})


def test_shops_of_earlier_imports_are_still_told_and_the_latest_word_on_a_shop_counts() -> None:
    before = Reference()
    before.shops |= {name: shop(name, "levels") for name in ("web", "outlet")} | {"gone": shop("gone", "levels", active=False)}

    assert told_shops(business(shop("web"), shop("trade", "shipments")), before) == ("outlet", "trade")


def test_write_back_is_part_of_the_stack_as_long_as_a_shop_is_told(tmp_path: Path) -> None:
    settings = make_settings(home=tmp_path)
    stack = Stack(settings, 1, print)
    assert "writeback" not in stack.addresses().metrics

    keep_told(("web",), settings.told_file)
    assert "writeback" in stack.addresses().metrics

    keep_told((), settings.told_file)
    assert "writeback" not in stack.addresses().metrics


@pytest.mark.parametrize("workers", [1, 4])
def test_prometheus_scrapes_every_process_of_the_stack_under_its_name(workers: int, tmp_path: Path) -> None:
    settings = make_settings(home=tmp_path, metrics_port=8490)
    for file in (settings.partners_file, settings.told_file):
        file.parent.mkdir()
        file.write_text("[]")
    said = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"]
    scraped = {target: entry["labels"]["process"] for entry in said for target in entry["targets"]}

    for name, page in Stack(settings, workers, print).addresses().metrics.items():
        assert scraped[page.removeprefix("http://").removesuffix("/metrics")] == name.partition("-")[0]
