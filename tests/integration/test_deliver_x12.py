"""`yipan deliver` as a process over a real broker, with a partner that takes files and answers by 997."""

from pathlib import Path

import msgspec
import pytest

from connectors.x12.outgoing import control_number
from deploy import clients
from deploy.sealing import create_key
from deploy.settings import Settings
from streams.reference import NodeRecord, encode_reference, record_id
from streams.topics import FULFILMENTS, REFERENCE
from tests.conftest import free_port, until
from tests.connectors.packages import interchange, transaction
from tests.connectors.partners import fulfilment
from tests.integration.test_deliver import committed, delivering, letters

PATIENCE_S = 25
TOLD = [fulfilment(number, "reno") for number in range(20)]


@pytest.fixture
def house(fresh_topics: Settings, tmp_path: Path) -> Settings:
    create_key(tmp_path / "keys")
    return fresh_topics.model_copy(update={"home": tmp_path, "metrics_port": free_port()})


def say_partner(settings: Settings, orders: Path, answers: Path) -> None:
    for folder in (orders, answers, settings.partners_file.parent):
        folder.mkdir(parents=True, exist_ok=True)
    (settings.partners_file.parent / "secret").write_bytes(b"gull-and-anchor")
    settings.partners_file.write_text(f"""
- partner: gull
  form: x12
  nodes: [reno]
  url: {orders.as_uri()}
  secret_file: secret
  concurrency: 32
  timeout_seconds: 60
  options: {{sender: YIPAN, receiver: GULLWHSE, acknowledgements: "{answers}"}}
""")


def tell(settings: Settings) -> None:
    producer, node = clients.producer(settings), NodeRecord(node="reno", pool="us")
    producer.produce(REFERENCE.name, encode_reference(node), record_id(node), 0)
    for told in TOLD:
        producer.produce(FULFILMENTS.name, msgspec.json.encode(told), told.order, 0)
    assert producer.flush(30) == 0


def acknowledgement(verdicts: str) -> bytes:
    """A 997 for each of the first orders."""
    told = zip(TOLD, verdicts, strict=False)
    parts = [
        transaction("997", f"{number:04d}", f"AK1*OW*{control_number(order)}", f"AK9*{verdict}*1*1*1")
        for number, (order, verdict) in enumerate(told, 1)
    ]
    return interchange("FA", *parts)


def test_orders_lie_in_the_folder_and_count_as_delivered_once_a_997_says_so(house: Settings) -> None:
    orders, answers = house.home / "orders", house.home / "answers"
    say_partner(house, orders, answers)
    tell(house)

    with delivering(house):
        until(lambda: len([*orders.glob("940-*.edi")]) == len(TOLD), PATIENCE_S)
        assert committed(house) <= 0
        (answers / "first.edi").write_bytes(acknowledgement("AE" + "A" * 8))
        until(lambda: committed(house) == 10, PATIENCE_S)

    with delivering(house):
        (answers / "rest.edi").write_bytes(acknowledgement("A" * 19 + "R"))
        until(lambda: committed(house) == len(TOLD), PATIENCE_S)
        until(lambda: [letter.code for letter in letters(house)] == ["refused_by_partner"], PATIENCE_S)
