"""The pages in a real browser: every chart is drawn, nothing is complained about, and the numbers are those of the queries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from analytics.reader import Reader
from analytics.web.pages import PAGES
from streams.purchases import PurchaseOfOrder, purchases_of
from tests.analytics.conftest import Trade, open_database
from tests.analytics.served import pages, served
from tests.analytics.teahouse import POOL

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := Path("/usr/bin") / name).exists()), None)
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync")
ARGUMENTS = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine: apt-get install chromium"),
]

SERIES = """id => echarts.getInstanceByDom(document.getElementById(id)).getOption().series
    .map(one => ({name: one.name, data: one.data.map(point => point?.value ?? point)}))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(trade: Trade) -> Iterator[str]:
    with served(pages(trade.reader, {0: 10_023, 1: 0})) as address:
        yield address


class Visit:
    """A page that is looked at until it is ready; what the browser complains of is kept."""

    def __init__(self, browser: Browser, width: int = 1440) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900})
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, address: str) -> "Visit":
        self.page.goto(f"{address}{'&' if '?' in address else '?'}test=1")
        self.page.wait_for_selector("body[data-ready=true]")
        return self

    def series(self, chart: str) -> dict[str, list[float]]:
        return {one["name"]: one["data"] for one in self.page.evaluate(SERIES, chart)}


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.page.close()


def rows(site: str, name: str, **given: Any) -> list[dict[str, Any]]:
    answer = httpx.get(f"{site}/api/q/{name}", params=given).json()
    return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


@pytest.mark.parametrize("name", PAGES)
def test_every_chart_is_drawn_and_nothing_is_complained_about(site: str, visit: Visit, name: str, tmp_path: Path) -> None:
    visit.open(f"{site}/{name}")
    charts = visit.page.locator(".chart")
    assert [charts.nth(i).get_attribute("data-ready") for i in range(charts.count())] == ["true"] * charts.count()
    assert visit.page.locator(".chart canvas").count() == charts.count()
    assert visit.page.locator("#trouble").is_hidden()
    visit.page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert visit.complaints == []


def test_the_tiles_show_the_totals(site: str, visit: Visit) -> None:
    [totals] = rows(site, "totals")
    text = visit.open(site).page.locator("#tiles").inner_text()
    for number in (totals["orders"], totals["units"], totals["waiting_orders"], totals["rejected_records"]):
        assert f"{number:,}" in text


def test_the_bars_of_outcomes_are_those_of_the_query(site: str, visit: Visit) -> None:
    found = rows(site, "orders_by_outcome", **{"from": 0, "to": 4_000_000_000_000, "step": 86_400})
    drawn = visit.open(site).series("orders_by_outcome")
    assert {name: sum(data) for name, data in drawn.items()} == {
        name: sum(row["orders"] for row in found if row["outcome"] == name) for name in {row["outcome"] for row in found}
    }


def test_orders_as_they_stand_are_those_of_the_query(site: str, visit: Visit) -> None:
    drawn = visit.open(site).series("orders_by_status")["orders"]
    assert drawn[::-1] == [row["orders"] for row in rows(site, "orders_by_status")]


def test_fill_rates_are_those_of_the_query(site: str, visit: Visit) -> None:
    found = rows(site, "fill_rate_by_node")
    drawn = visit.open(f"{site}/nodes").series("fill_rate_by_node")
    assert drawn == {"had": [row["fill_rate"] for row in found], "kept": [row["kept_rate"] for row in found]}


def test_demand_and_forecast_of_a_sku_are_those_of_the_queries(site: str, visit: Visit) -> None:
    sku = "LONGJING-100"
    history, forecast = rows(site, "demand_by_day", sku=sku), rows(site, "demand_forecast", sku=sku)
    drawn = visit.open(f"{site}/demand?sku={sku}").series("demand")
    channels = {row["channel"] for row in history}
    assert sum(sum(drawn[channel]) for channel in channels) == sum(row["demand"] for row in history)
    assert [value for value in drawn["expected"] if value is not None] == pytest.approx([row["expected"] for row in forecast])


def test_the_sku_is_picked_on_the_page(site: str, visit: Visit) -> None:
    visit.open(f"{site}/demand")
    visit.page.fill("#sku", "PUER-CAKE")
    visit.page.press("#sku", "Enter")
    visit.page.locator("#heading", has_text="PUER-CAKE").wait_for()
    assert visit.page.url.endswith("sku=PUER-CAKE")
    assert visit.complaints == []


def test_an_order_found_by_its_number_tells_its_story(site: str, visit: Visit) -> None:
    order = next(row for row in rows(site, "latest_orders", limit=400) if row["outcome"] == "allocated")["order_id"]
    [fulfilment] = {row["fulfilment"] for row in rows(site, "order_fulfilments", order=order)}
    visit.open(site)
    visit.page.fill("header input", order.rpartition("/")[2])
    visit.page.press("header input", "Enter")
    visit.page.wait_for_selector("#order[data-ready=true]")
    text = visit.page.locator("#order").inner_text()
    chosen = next(row["node"] for row in rows(site, "order_fulfilments", order=order))
    assert all(said in text for said in (order, fulfilment, f"{chosen} shall ship", "Node considered", "raw / 0 @"))
    assert chosen in visit.page.locator("tr.chosen").inner_text()


def delivered(site: str) -> str:
    found = (row["order_id"] for row in rows(site, "latest_orders", limit=400) if row["outcome"] == "allocated")
    order: str = next(order for order in found if rows(site, "order_head", order=order)[0]["status"] == "delivered")
    return order


def test_where_an_orders_time_went_is_seen_at_a_glance_and_read_in_words(site: str, visit: Visit) -> None:
    order = delivered(site)
    journey = [row for row in rows(site, "order_journey", order=order) if row["part"] != "channel"]
    whole = sum(row["until"] - row["since"] for row in journey)
    page = visit.open(f"{site}/order?id={order}").page

    widths = page.eval_on_selector_all(".journey i", "all => all.map(one => one.getBoundingClientRect().width)")
    bar = page.eval_on_selector(".journey", "bar => bar.getBoundingClientRect().width")
    assert [round(width / bar, 1) for width in widths] == [round((row["until"] - row["since"]) / whole, 1) for row in journey]
    said = page.locator(".journey").get_attribute("aria-label") or ""
    assert "Node" in said
    assert all(part in said for part in page.locator(".legend b").all_inner_texts())
    assert not page.get_by_text("packed, to be handed over").is_visible()
    page.locator("#journey summary").click()
    assert page.get_by_text("packed, to be handed over").is_visible()
    assert visit.complaints == []


def test_parcels_and_what_was_seen_of_them_are_on_the_page(site: str, visit: Visit) -> None:
    order = delivered(site)
    [parcel, *_] = rows(site, "order_parcels", order=order)

    text = visit.open(f"{site}/order?id={order}").page.locator("#order").inner_text()

    assert all(said in text for said in (parcel["tracking"], parcel["node"], "picked, at", "in transit, at", "says of parcel"))


def bought(trade: Trade, bill: str) -> PurchaseOfOrder:
    """The purchase that came with this bill."""
    found = (one for order in trade.house.ledger.pools[POOL].orders.values() for one in purchases_of(order))
    return next(one for one in found if bill in one.bills)


@pytest.mark.parametrize("number", ["pot-1", "pot-2"])
def test_what_was_bought_for_an_order_and_billed_for_it_is_on_the_page(site: str, trade: Trade, visit: Visit, number: str) -> None:
    """One bill is what was agreed, the other one is too high; how the purchase stands is what the ledger says."""
    purchase = bought(trade, f"INV-{number}")
    price, total = {"pot-1": ("8,800", "18,800"), "pot-2": ("9,900", "21,000")}[number]
    page = visit.open(f"{site}/order?id=leaf/leaf-web/{number}").page

    [card] = [text for text in page.locator(".card").all_inner_texts() if text.startswith("Bought")]
    assert all(said in card for said in (purchase.fulfilment, "Yixing", "CNY", f"INV-{number}: {total}, {purchase.bills[f'INV-{number}']}"))
    assert purchase.state == {"pot-1": "approved", "pot-2": "disputed"}[number]
    assert purchase.state in [badge.lower() for badge in page.locator(".card .badge").all_inner_texts()]
    text = page.locator("#order").inner_text()
    assert f"Bought of Yixing as {purchase.fulfilment}: 2 × TEAPOT at 8,800" in text
    assert f"Yixing bills {total} in minor units of CNY (INV-{number})" in text
    assert (f"TEAPOT costs 8,800, billed at {price}" in text) == (number == "pot-2")
    assert visit.complaints == []


def test_an_order_nobody_knows_is_said_so(site: str, visit: Visit) -> None:
    visit.open(f"{site}/order?find=<b>nobody</b>")
    assert "No order is called <b>nobody</b>" in visit.page.locator("#found").inner_text()


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_house_says_what_to_do_next(client: Any, chdb_dsn: str, visit: Visit, name: str) -> None:
    reader = Reader(lambda: open_database(chdb_dsn, client.database))
    with served(pages(reader, {0: 0})) as address:
        visit.open(f"{address}/{name}")
        assert visit.page.locator(".empty:visible, #welcome:visible").count() > 0
        assert visit.complaints == []


def test_on_a_telephone_nothing_is_wider_than_the_screen(site: str, browser: Browser) -> None:
    visit = Visit(browser, width=400)
    for name in PAGES:
        visit.open(f"{site}/{name}")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 400, name
    visit.page.close()
