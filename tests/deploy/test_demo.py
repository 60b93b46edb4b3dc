"""The demo's parts: platforms that a poller can rely on, a place of its own, and a summary that does not flatter."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Fetched, Millis, ShopRef
from connectors.registry import channels
from deploy.demo.delivery import Delivered, deliver
from deploy.demo.place import demo_settings, free, fresh_home
from deploy.demo.standing import Standing
from deploy.demo.storefronts import Storefront, Storefronts
from deploy.demo.summary import Summary, summarize
from deploy.faults import Fault
from deploy.local import lock
from deploy.retailer.deliveries import Delivery, Document, Hook, Shown
from deploy.retailer.history import Expected
from deploy.retailer.orders import Order, OrderedLine
from deploy.retailer.people import customer
from deploy.retailer.shops import SHOPS, Shop
from deploy.settings import Settings
from streams.checks.report import Report

POLLED = [shop for shop in SHOPS if shop.door == "poll"]
MARKET = next(shop for shop in POLLED if shop.channel == "amazon")
NOON = 1_800_000_000_000


def order(number: int, quantity: int = 1) -> Order:
    return Order(number, NOON, NOON, customer(number), (OrderedLine(number * 1_000, "MILK", "Milk", quantity, 199, True),))


class Polling:
    """A shop's platform and its real poller, with a clock that the test moves."""

    def __init__(self, shop: Shop) -> None:
        self.now = NOON
        self.front = Storefront(shop, lambda: self.now)
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self._channel = channels()[shop.channel]
        self._ref = ShopRef(tenant="juniper", shop=shop.name, channel=shop.channel, pool="us", url="http://127.0.0.1:1")
        self.cursor = ""

    def poll(self) -> bool:
        """One page. -> whether there are more."""

        def fetch(path: str, query: Mapping[str, str]) -> Fetched:
            answer = self.front.answer(path.lstrip("/"), query)
            return Fetched(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)

        page = self._channel.poll(fetch, self._ref, self.cursor, Millis(self.now))
        self.cursor = page.cursor
        for _, external_id, _, body in page.items:
            self.seen.setdefault(external_id.replace("-", "").lstrip("0"), []).append(json.loads(body))
        return page.more

    def drain(self) -> None:
        for _ in range(30):
            self.now += 1_000
            while self.poll():
                pass


@pytest.mark.parametrize("shop", POLLED, ids=lambda shop: shop.channel)
@given(steps=st.lists(st.tuples(st.integers(1, 350), st.integers(0, 2_500), st.booleans()), max_size=60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_poller_sees_every_order_as_it_stands_whenever_it_asks(shop: Shop, steps: list[tuple[int, int, bool]]) -> None:
    polling, shown = Polling(shop), {}
    for number in range(1, 260):
        polling.front.show(order(number))
        shown[number] = 1
    for number, pause, asks in steps:
        polling.now += pause
        shown[number] = shown.get(number, 0) + 1
        polling.front.show(order(number, shown[number]))
        if asks:
            polling.poll()

    polling.drain()

    assert polling.front.unread() == 0
    lines = "line_items" if shop.channel == "woocommerce" else "orderItems"
    counted = "quantity" if shop.channel == "woocommerce" else "quantityOrdered"
    assert {int(number): max(told[lines][0][counted] for told in orders) for number, orders in polling.seen.items()} == shown


@pytest.mark.parametrize("shop", POLLED, ids=lambda shop: shop.channel)
def test_an_order_is_seen_before_its_cancel(shop: Shop) -> None:
    polling = Polling(shop)
    polling.front.show(order(7))
    polling.front.show(order(7)._replace(cancelled=True))

    polling.drain()

    assert len(polling.seen["7"]) >= 2
    assert "ancel" not in json.dumps(polling.seen["7"][0]).replace("CANCEL", "ancel")
    assert "ancel" in json.dumps(polling.seen["7"][-1]).replace("CANCEL", "ancel")
    assert polling.front.unread() == 0


@pytest.mark.parametrize("shop", POLLED, ids=lambda shop: shop.channel)
def test_a_page_is_safe_only_once_its_poller_asks_for_what_is_later(shop: Shop) -> None:
    """Asking the same again is another try, or the next page: what was answered may have got lost on its way."""
    polling = Polling(shop)
    polling.front.show(order(7))
    start = polling.cursor
    for _ in range(3):
        polling.cursor = start  # the page was never stored
        polling.poll()

    assert polling.front.unread() == 1
    polling.drain()
    assert polling.front.unread() == 0


def test_a_platform_answers_over_http_and_only_whoever_knows_the_secret() -> None:
    import httpx

    with Storefronts().open() as shops, httpx.Client(base_url=shops.urls[MARKET.name]) as client:
        query = {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "lastUpdatedBefore": "2026-01-02T00:00:00Z"}
        told = client.get("/orders/2026-01-01/orders", params=query, headers={"authorization": f"Bearer demo-secret-of-{MARKET.name}"})
        refused = client.get("/orders/2026-01-01/orders", params=query)

    assert told.json() == {"orders": [], "pagination": {}}
    assert refused.status_code == 401


# ---------------------------------------------------------------------------------------------- delivery
class Gateway(ThreadingHTTPServer):
    """Answers each request with the next of `answers`, then 200."""

    def __init__(self, answers: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), GatewayHandler)
        self.answers = iter(answers)
        self.paths: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class GatewayHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.paths.append(self.path)
        self.send_response(next(self.server.answers, 200))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with Gateway(request.param) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def hook(status: int = 200) -> Hook:
    return Hook("/hooks/shopify/juniper-web", (("X-Shopify-Topic", "orders/create"),), b"{}", status, 1)


@pytest.mark.parametrize("gateway", [[503, 503, 200]], indirect=True)
def test_what_the_gateway_cannot_take_now_is_sent_again(gateway: Gateway) -> None:
    delivered = Delivered()

    with Storefronts().open() as shops:
        asyncio.run(deliver([hook()], gateway.url, shops, delivered, lambda: True, threading.Event()))

    assert (dict(delivered.answers), dict(delivered.surprises)) == ({200: 1}, {})
    assert len(gateway.paths) == 3


@pytest.mark.parametrize("gateway", [[401]], indirect=True)
def test_an_answer_that_was_not_due_is_a_surprise(gateway: Gateway) -> None:
    delivered = Delivered()
    sent: list[Delivery] = [hook(), hook(), Shown(MARKET, order(5)), Document("receipt", "receipt-1", "reno-dc", (("MILK", 3),))]

    with Storefronts().open() as shops:
        asyncio.run(deliver(sent, gateway.url, shops, delivered, lambda: True, threading.Event()))

    assert dict(delivered.surprises) == {(200, 401): 1}
    assert delivered.shown == shops.unread() == 1
    assert sorted(gateway.paths)[-1] == "/hooks/warehouse/juniper-wms"


@pytest.mark.parametrize("gateway", [[]], indirect=True)
def test_what_a_platform_shows_is_never_overtaken_by_what_it_showed_before(gateway: Gateway) -> None:
    shown: list[int] = []
    told: list[Delivery] = [Shown(MARKET, order(5, quantity)) for quantity in range(1, 60)]
    keeps_up = cycle([False, True, True])

    with Storefronts().open() as shops, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shops.shops[MARKET.name], "show", lambda order: shown.append(order.lines[0].quantity))
        asyncio.run(deliver(told, gateway.url, shops, Delivered(), lambda: next(keeps_up), threading.Event()))

    assert shown == list(range(1, 60))


# ---------------------------------------------------------------------------------------------- the place
def test_taken_ports_are_left_to_those_who_have_them(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wished = Settings(_env_file=None, gateway_port=port, kafka="elsewhere:9092", clickhouse="clickhouse://elsewhere")
        settings = demo_settings(wished, tmp_path)

        assert not free(port, 1)
        assert settings.gateway_port != port
        assert free(settings.gateway_port, 1)
    assert (settings.kafka, settings.clickhouse, settings.home) == ("", "", tmp_path)


def test_a_demo_starts_with_an_empty_folder(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    assert not fresh_home(home)
    (home / "kafka" / "data").mkdir(parents=True)
    (home / "out.log").write_text("old")

    assert fresh_home(home)

    assert [path.name for path in home.iterdir()] == ["run"]


def test_the_data_of_a_running_demo_are_not_touched(tmp_path: Path) -> None:
    with lock(tmp_path):
        (tmp_path / "kafka").mkdir()

        with pytest.raises(Fault, match="stop it first"):
            fresh_home(tmp_path)

    assert (tmp_path / "kafka").is_dir()


# ---------------------------------------------------------------------------------------------- the summary
def report(**told: Any) -> Report:
    values: dict[str, Any] = dict.fromkeys(("raw_records", "commands", "decisions", "duplicates", "stale", "refused", "allocated"), 0)
    values |= dict.fromkeys(("backordered", "held", "rejected", "fulfilments", "fulfilments_repeated", "lost", "oversold"), 0)
    values |= {"orders_decided": 2, "cancelled": 1, "dead_letters": {"rejected": {"bad_time": 1}, "ignored": {"no_goods": 4}}}
    values |= {"pending": {}, "p50_ms": 30, "p99_ms": 80, "seconds": 1.0, "decisions_per_s": 9, "violations": (), "invariants": "ok"}
    return Report(**(values | told))


ALL_ENDED = Standing({"cancelled": 1, "delivered": 1}, {"final": 2}, ())


def summary(ends: Standing = ALL_ENDED, **told: Any) -> Summary:
    expected = Expected()
    expected.orders = {("juniper-web", 1), ("juniper-web", 2)}
    expected.cancelled = {("juniper-web", 2)}
    expected.damaged = 1
    return summarize(report(**told), expected, Delivered(), ends, {"job": 2}, 0.5, 20.0)


def test_a_demo_is_right_when_all_that_was_sent_came_out_and_every_promise_held() -> None:
    assert summary().right
    assert summary().orders_per_s == 4
    assert summary().dead_letters == 5


@pytest.mark.parametrize(
    "told",
    [
        {"lost": 1},
        {"oversold": 1},
        {"invariants": "conservation (1x)"},
        {"orders_decided": 3},
        {"cancelled": 0},
        {"dead_letters": {}},
    ],
    ids=lambda told: next(iter(told)),
)
def test_a_demo_is_not_right_when_one_thing_differs(told: dict[str, Any]) -> None:
    assert not summary(**told).right


def test_a_demo_is_not_right_when_an_order_is_left_somewhere_for_no_reason() -> None:
    left = summary(Standing({"reserved": 1}, {}, ("juniper/juniper-web/1 is reserved",)))

    assert not left.right
    assert left.surprises == ("1 orders are left where nothing explains it, such as juniper/juniper-web/1 is reserved",)


def test_a_part_that_a_person_has_to_cancel_by_hand_is_no_damaged_record() -> None:
    assert summary(dead_letters={"rejected": {"bad_time": 1, "part_of_an_order": 3}}).right
