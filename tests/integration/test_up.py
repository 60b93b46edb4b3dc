"""`yipan up` on a fresh machine: everything comes up, a signed webhook becomes a fulfilment, and nothing is left behind."""

import base64
import hashlib
import hmac
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from connectors.contract import Fulfilment
from deploy import clients, process
from deploy.broker import check_port
from deploy.ready import is_ready
from deploy.settings import Settings, environment
from streams.topics import FULFILMENTS
from tests.conftest import free_port, make_settings, until

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "halyard-tea"
PATIENCE_S = 90.0

ORDER = {
    "id": 5310,
    "name": "#1001",
    "created_at": "2026-03-01T09:00:00-05:00",
    "updated_at": "2026-03-01T09:00:00-05:00",
    "currency": "USD",
    "financial_status": "paid",
    "shipping_address": {"name": "Wei Chen", "address1": "1 Harbor Road", "city": "Newark", "country_code": "US", "province_code": "NJ"},
    "line_items": [{"id": 1, "sku": "SENCHA-100", "quantity": 3, "price": "12.50", "title": "Sencha 100 g"}],
}


class Up(NamedTuple):
    settings: Settings
    process: subprocess.Popen[str]
    addresses: dict[str, Any]

    def children(self) -> list[int]:
        return [pid for file in (self.settings.home / "run").glob("*.pid") if (pid := process.orphan(file))]

    def end(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        with self.process as ended:
            return ended.wait(PATIENCE_S)


def yipan(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def start(settings: Settings) -> Up:
    settings.home.mkdir(exist_ok=True)
    log = settings.home / "up.log"
    with log.open("ab") as said:
        command = [sys.executable, "-m", "deploy.cli", "up", "--json"]
        child = subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=subprocess.PIPE, stderr=said, text=True)
    assert child.stdout
    line = child.stdout.readline()
    assert line, log.read_text()
    return Up(settings, child, json.loads(line))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A stack with the example business in it."""
    ports = {name: free_port() for name in ("kafka_port", "gateway_port", "pages_port")}
    stack = start(make_settings(home=tmp_path_factory.mktemp("up"), metrics_port=free_run(6), partitions=2, **ports))
    imported = yipan(stack.settings, "import", str(EXAMPLE))
    assert imported.returncode == 0, imported.stdout + imported.stderr
    yield stack
    if stack.process.poll() is None:
        stack.end(signal.SIGTERM)


def free_run(ports: int) -> int:
    """The first of several free ports in a row."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + ports):
                check_port(port, "")
        except Exception:
            continue
        return first


def send(up: Up, order: dict[str, Any]) -> httpx.Response:
    body = json.dumps(order).encode()
    secret = (EXAMPLE / "secrets" / "halyard-web").read_bytes().strip()
    signature = base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()
    headers = {"x-shopify-topic": "orders/create", "x-shopify-webhook-id": f"hook-{order['id']}", "x-shopify-hmac-sha256": signature}
    return httpx.post(f"{up.addresses['gateway']}/hooks/shopify/halyard-web", content=body, headers=headers)


def fulfilments(up: Up, count: int) -> list[Fulfilment]:
    """The first so many of the topic, waited for."""
    consumer = clients.consumer(up.settings, "test-fulfilments")
    consumer.assign([TopicPartition(FULFILMENTS.name, partition, OFFSET_BEGINNING) for partition in range(up.settings.partitions)])
    messages = consumer.consume(count, PATIENCE_S)
    consumer.close()
    return [msgspec.json.decode(message.value() or b"", type=Fulfilment) for message in messages]


def test_a_signed_webhook_becomes_a_fulfilment_of_the_nearest_node(up: Up) -> None:
    until(lambda: send(up, ORDER).status_code == 200, PATIENCE_S)

    [told] = fulfilments(up, 1)

    assert (told.shop, told.order, told.node) == ("halyard-web", "5310", "newark-dc")
    assert "Wei Chen" not in repr(told)
    checked = json.loads(yipan(up.settings, "check", "--wait", "30", "--json").stdout)
    assert (checked["lost"], checked["oversold"], checked["invariants"]) == (0, 0, "ok")


def test_the_pages_are_served(up: Up) -> None:
    assert httpx.get(up.addresses["pages"]).status_code == 200


def test_a_second_stack_over_the_same_home_is_refused_in_a_sentence(up: Up) -> None:
    second = yipan(up.settings, "up")

    assert second.returncode == 1
    assert "stop it first, or set YIPAN_HOME" in second.stderr


def test_deliveries_and_write_back_start_once_the_business_says_whom_they_tell(up: Up, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "halyard"))
    (folder / "partners.yaml").write_text(
        "- {partner: wms, nodes: [newark-dc], url: 'http://127.0.0.1:1/', secret_file: secrets/halyard-wms}"
    )
    shops = (folder / "shops.yaml").read_text()
    told = "channel: shopify\n  tell: [shipments]\n  url: http://127.0.0.1:1?location=1"
    (folder / "shops.yaml").write_text(shops.replace("channel: shopify", told, 1))

    imported = yipan(up.settings, "import", str(folder), "--json")

    assert imported.returncode == 0, imported.stdout
    assert (json.loads(imported.stdout)["partners"], json.loads(imported.stdout)["told_shops"]) == (1, 1)
    for place in (3, 4):
        until(partial(is_ready, up.settings.metrics_port + place), PATIENCE_S)


# the last one: it ends the stack that the others share
def test_a_kill_leaves_no_orphan_and_the_next_start_finds_the_data(up: Up) -> None:
    children = up.children()
    up.end(signal.SIGKILL)

    again = start(up.settings)

    assert len(children) == 7
    assert [pid for pid in children if process.birth(pid) and pid not in again.children()] == []
    assert len(fulfilments(again, 1)) == 1
    assert again.end(signal.SIGTERM) == 0
    assert again.children() == []
    for port in (up.settings.kafka_port, up.settings.gateway_port, up.settings.pages_port, up.settings.metrics_port):
        check_port(port, "")
