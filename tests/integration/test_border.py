"""The gateway and the poller as processes of their own, over a real broker that comes and goes."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.contract import RawRecord, ShopRef
from deploy import clients
from deploy.broker import Broker
from deploy.program import Program
from deploy.provision import ensure_topics
from deploy.ready import is_ready
from deploy.settings import Settings, environment
from streams.read import read_topic
from streams.reference import AnyReference, ShopRecord, encode_reference, record_id
from streams.topics import CURSORS, RAW, REFERENCE
from tests.conftest import free_port, make_settings, until
from tests.connectors.border import sign

TEA = ShopRef(tenant="lin", shop="tea", channel="canonical", pool="east")
HOLT = ShopRef(tenant="lin", shop="holt", channel="woocommerce", pool="east")


def own(settings: Settings, home: Path) -> Settings:
    """The same broker, but a home and ports of our own."""
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "tea").write_text("dragon-well")
    (home / "secrets" / "holt").write_text("ck_1:cs_2")
    return settings.model_copy(update={"home": home, "gateway_port": free_port(), "metrics_port": free_port()})


def tell(settings: Settings, *records: AnyReference) -> None:
    producer = clients.producer(settings)
    for record in records:
        producer.produce(REFERENCE.name, encode_reference(record), record_id(record), 0)
    assert producer.flush(30) == 0


@contextmanager
def running(name: str, settings: Settings) -> Iterator[Program]:
    program = Program(name, [name], settings.home, environment(settings), partial(is_ready, settings.metrics_port))
    program.start()
    try:
        yield program
    finally:
        program.stop()


def signal_to(settings: Settings, name: str, sign: signal.Signals) -> None:
    os.kill(int((settings.home / "run" / f"{name}.pid").read_text().split()[0]), sign)


def raw(settings: Settings, shop: str) -> list[RawRecord]:
    consumer = clients.consumer(settings, "tests", enable_partition_eof=True)
    records = [RawRecord.from_record(record.headers, record.value) for record in read_topic(consumer, RAW.name)]
    return [record for record in records if record.shop == shop]


def send(settings: Settings, order: str) -> httpx.Response:
    body = json.dumps({"type": "order", "order": order}).encode()
    return httpx.post(f"http://127.0.0.1:{settings.gateway_port}/hooks/canonical/tea", content=body, headers=sign(body), timeout=10)


def test_a_webhook_is_answered_2xx_only_while_the_broker_takes_it(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "kafka", free_port(), make_settings().cache)
    settings = own(make_settings(kafka=f"127.0.0.1:{broker.port}"), tmp_path / "home")
    with running("gateway", settings) as gateway:
        until(lambda: answers(settings), 60)
        early = send(settings, "too early")
        assert (early.status_code, early.json()["code"]) == (503, "unavailable")
        broker.start()
        try:
            ensure_topics(clients.admin(settings), settings)
            tell(settings, ShopRecord(ref=TEA))
            until(gateway.ready, 60)
            until(lambda: send(settings, "1001").status_code == 200, 30)
            assert {record.key for record in raw(settings, "tea")} == {"lin/tea/1001"}

            broker.stop()
            away = send(settings, "1002")
            assert (away.status_code, away.json()["code"]) == (503, "unavailable")
            assert int(away.headers["retry-after"]) > 0

            broker.start()
            until(lambda: send(settings, "1003").status_code == 200, 60)
            assert {"lin/tea/1001", "lin/tea/1003"} <= {record.key for record in raw(settings, "tea")}
        finally:
            broker.stop()


def answers(settings: Settings) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{settings.gateway_port}/health")
    except httpx.TransportError:
        return False
    return True


def test_a_new_shop_and_a_new_secret_count_without_a_restart(kafka: Settings, tmp_path: Path) -> None:
    settings = own(kafka, tmp_path / "home")
    with running("gateway", settings) as gateway:
        until(gateway.ready, 60)
        tell(settings, ShopRecord(ref=TEA))
        until(lambda: send(settings, "1001").status_code == 200, 30)
        (settings.secrets_dir / "tea").write_text("silver-needle")
        assert send(settings, "1001").status_code == 401
        tell(settings, ShopRecord(ref=TEA, active=False))
        until(lambda: send(settings, "1001").status_code == 404, 30)


def test_asked_to_end_it_answers_what_is_under_way_and_ends_well(kafka: Settings, tmp_path: Path) -> None:
    settings = own(kafka, tmp_path / "home")
    with running("gateway", settings) as gateway:
        until(gateway.ready, 60)
        signal_to(settings, "gateway", signal.SIGTERM)
        until(lambda: gateway.exit_code() is not None, 30)
        assert gateway.exit_code() == 0


class Holt:
    """A WooCommerce shop: its orders by id, and when they were last modified."""

    def __init__(self) -> None:
        self.orders: dict[int, str] = {}

    def order(self, *numbers: int) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")[:19]
        self.orders |= dict.fromkeys(numbers, now)

    def listed(self, query: dict[str, list[str]]) -> list[dict[str, object]]:
        after, before = query["modified_after"][0], query["modified_before"][0]
        return [
            {"id": number, "status": "processing", "date_modified_gmt": at} for number, at in self.orders.items() if after < at < before
        ]


@pytest.fixture
def holt() -> Iterator[tuple[Holt, str]]:
    shop = Holt()
    shop.order(500, 501, 502)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers["authorization"] == "Basic Y2tfMTpjc18y"
            listed = shop.listed(parse_qs(urlsplit(self.path).query)) if "/orders" in self.path else []
            body = json.dumps(listed if allowed else {"code": "woocommerce_rest_cannot_view"}).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield shop, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_killed_poller_goes_on_from_its_cursor_and_loses_no_order(kafka: Settings, tmp_path: Path, holt: tuple[Holt, str]) -> None:
    shop, url = holt
    settings = own(kafka, tmp_path / "home")
    where = ShopRef(tenant=HOLT.tenant, shop=HOLT.shop, channel=HOLT.channel, pool=HOLT.pool, url=url)
    tell(settings, ShopRecord(ref=where, poll_seconds=1))

    def seen() -> set[str]:
        return {record.external_id for record in raw(settings, "holt")}

    with running("poll", settings):
        until(lambda: seen() == {"500", "501", "502"}, 60)
        signal_to(settings, "poll", signal.SIGKILL)
    shop.order(503, 504, 505)
    with running("poll", settings):
        until(lambda: seen() == {"500", "501", "502", "503", "504", "505"}, 60)
    deliveries = {record.delivery_id for record in raw(settings, "holt")}
    assert len(deliveries) == 6, "an order that is polled again has the id it had"
    consumer = clients.consumer(settings, "tests", enable_partition_eof=True)
    assert [record.key for record in read_topic(consumer, CURSORS.name, [0]) if record.key == b"holt"]
