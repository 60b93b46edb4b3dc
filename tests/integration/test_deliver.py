"""`yipan deliver` as a process, over a real broker and real HTTP servers: an outage, a kill, and nobody waits for somebody else."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest
from confluent_kafka import TopicPartition

from connectors.contract import Person
from connectors.partner_webhook import signature
from deploy import clients, process
from deploy.program import Program
from deploy.ready import is_ready
from deploy.sealing import Sealer, create_key
from deploy.settings import Settings, environment
from streams.deadletter import DeadLetter, decode_dead_letter
from streams.read import read_topic
from streams.reference import NodeRecord, encode_reference, record_id
from streams.topics import DEAD_LETTERS, FULFILMENTS, REFERENCE
from tests.conftest import free_port, until
from tests.connectors.partners import fulfilment

SECRET = b"lapsang"
PATIENCE_S = 120


class Wms(ThreadingHTTPServer):
    """A warehouse's system that checks what comes. `status` is what it answers; what it took is in `taken`, by event."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", free_port()), _Handler)
        self.status = 200
        self.refuses = ""
        self.taken: dict[str, list[dict[str, object]]] = {}
        self.forged = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        wms = self.server
        assert isinstance(wms, Wms)
        body = self.rfile.read(int(self.headers["content-length"]))
        event, at = self.headers["idempotency-key"], self.headers["x-yipan-timestamp"]
        told = json.loads(body)
        status = 422 if told["id"] == wms.refuses else wms.status
        wms.forged += self.headers["x-yipan-signature"] != signature(SECRET, at, body)
        if status == 200:
            wms.taken.setdefault(event, []).append(told)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def listening() -> Iterator[Wms]:
    with Wms() as wms:
        thread = Thread(target=wms.serve_forever)
        thread.start()
        yield wms
        wms.shutdown()
        thread.join()


@contextmanager
def delivering(settings: Settings, name: str = "deliver") -> Iterator[Program]:
    program = Program(name, ["deliver"], settings.home, environment(settings), partial(is_ready, settings.metrics_port))
    program.start()
    try:
        yield program
    finally:
        program.stop()


@pytest.fixture
def house(fresh_topics: Settings, tmp_path: Path) -> Settings:
    create_key(tmp_path / "keys")
    return fresh_topics.model_copy(update={"home": tmp_path, "metrics_port": free_port()})


def say_partners(settings: Settings, reno: Wms, stores: Wms) -> None:
    folder = settings.partners_file.parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_bytes(SECRET)
    settings.partners_file.write_text(f"""
- {{partner: reno-wms, nodes: [reno], url: "http://127.0.0.1:{reno.server_port}/hook", secret_file: secret, opens_recipient: true}}
- {{partner: tills, kinds: [store], url: "http://127.0.0.1:{stores.server_port}/hook", secret_file: secret}}
""")


def tell(settings: Settings, numbers: range) -> None:
    """Every second one is reno's, the others a store's."""
    producer, sealed = clients.producer(settings), Sealer(settings.keys_dir).seal(Person(name="Wei Chen", city="Newark"))
    for node, kind in (("reno", "warehouse"), ("main-street", "store")):
        record = NodeRecord(node=node, pool="us", kind=kind)
        producer.produce(REFERENCE.name, encode_reference(record), record_id(record), 0)
    for number in numbers:
        told = fulfilment(number, ("reno", "main-street")[number % 2], recipient=sealed)
        producer.produce(FULFILMENTS.name, msgspec.json.encode(told), f"halyard/web/{number}", number % 4)
    assert producer.flush(30) == 0


def letters(settings: Settings) -> list[DeadLetter]:
    consumer = clients.consumer(settings, "tests", enable_partition_eof=True)
    return [decode_dead_letter(record.value) for record in read_topic(consumer, DEAD_LETTERS.name)]


def events(numbers: range) -> set[str]:
    return {f"0-{number}-0" for number in numbers}


def test_through_an_outage_and_a_kill_every_fulfilment_arrives_and_nobody_waits_for_somebody_else(house: Settings) -> None:
    with listening() as reno, listening() as stores:
        say_partners(house, reno, stores)
        reno.status, stores.refuses = 503, "F7"
        tell(house, range(2_000))
        with delivering(house) as program:
            # far more of reno's than its lanes have room for
            until(lambda: stores.taken.keys() >= events(range(1, 2_000, 2)) - events(range(7, 8)), PATIENCE_S)
            assert program.ready()
            until(lambda: [letter.code for letter in letters(house)] == ["http_422"], PATIENCE_S)
            until(lambda: only_reno_is_behind(house), PATIENCE_S)
            os.kill(process.orphan(house.home / "run" / "deliver.pid") or 0, signal.SIGKILL)
            until(lambda: program.exit_code() is not None, PATIENCE_S)

        before = sum(map(len, stores.taken.values()))
        reno.status = 200
        with delivering(house):
            until(lambda: reno.taken.keys() == events(range(0, 2_000, 2)), PATIENCE_S)
            tell(house, range(2_000, 2_010))
            until(lambda: stores.taken.keys() >= events(range(2_001, 2_010, 2)), PATIENCE_S)
            until(lambda: committed(house) == 2_010, PATIENCE_S)

        assert (reno.forged, stores.forged) == (0, 0)
        assert reno.taken["0-0-0"][0]["recipient"] == {"name": "Wei Chen", "city": "Newark"}
        assert "recipient" not in stores.taken["0-1-0"][0]
        # those that had kept up hear of nothing again
        assert sum(map(len, stores.taken.values())) - before == 5
        [letter] = letters(house)
        assert (letter.stage, letter.topic, letter.shop) == ("deliver", FULFILMENTS.name, "web")
        assert b"Wei Chen" not in letter.body()


def test_processes_that_come_and_go_share_the_partitions_and_leave_nothing_out(house: Settings) -> None:
    second = house.model_copy(update={"metrics_port": free_port()})
    with listening() as reno, listening() as stores:
        say_partners(house, reno, stores)
        with delivering(house):
            tell(house, range(1_500))
            until(lambda: bool(stores.taken), PATIENCE_S)
            with delivering(second, "deliver-2") as joined:
                until(joined.ready, PATIENCE_S)
                tell(house, range(1_500, 3_000))
                until(lambda: len(reno.taken) >= 1_000, PATIENCE_S)
            until(lambda: committed(house) == 3_000, PATIENCE_S)

    assert reno.taken.keys() == events(range(0, 3_000, 2))
    assert stores.taken.keys() == events(range(1, 3_000, 2))


def positions(settings: Settings) -> list[TopicPartition]:
    consumer = clients.consumer(settings, "yipan-deliver")
    try:
        return consumer.committed([TopicPartition(FULFILMENTS.name, partition) for partition in range(settings.partitions)], timeout=10)
    finally:
        consumer.close()


def committed(settings: Settings) -> int:
    """Records that are committed as a prefix, over all partitions."""
    return sum(max(place.offset, 0) for place in positions(settings))


def only_reno_is_behind(settings: Settings) -> bool:
    """Whether it is committed that the stores have all that was read, in every partition that has something of theirs."""
    said = [place.metadata or "" for place in positions(settings)]
    return all("tills" not in one for one in said) and sum("reno-wms" in one for one in said) == 2
