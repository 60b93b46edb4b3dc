"""A chain of stages over a real broker: a business with one pool a partition, its orders, worker processes, and what comes out."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from connectors.contract import Millis, RawRecord, ShopRef
from deploy import clients
from deploy.ready import is_ready
from deploy.sealing import create_key, key_ids
from deploy.settings import Settings, environment
from streams import commands as c
from streams.read import Record, read_topic
from streams.reference import AnyReference, PoolRecord, ShopRecord, encode_reference, record_id
from streams.topics import COMMANDS, RAW, REFERENCE
from tables.events import Node, Segment, Shop
from tests.conftest import free_port, until

ROOT = Path(__file__).parent.parent
START_S = 60.0
PER_DOCUMENT = 500  # stock lines


class Business(NamedTuple):
    """Pool `pool-N`, its shop `shop-N` and nodes `pool-N/1` … live in partition N. Every node has `stock` units of every SKU."""

    partitions: int = 4
    nodes: int = 2
    skus: int = 50
    stock: int = 10_000

    def sku(self, number: int) -> str:
        return f"TEA-{number}"

    def reference(self) -> Iterator[AnyReference]:
        for number in range(self.partitions):
            ref = ShopRef(tenant="acme", shop=f"shop-{number}", channel="canonical", pool=f"pool-{number}", currency="USD")
            yield PoolRecord(pool=ref.pool, partition=number, partitions=self.partitions)
            yield ShopRecord(ref=ref, segment="b2c", unknown_listing="as_sku")

    def commands(self, number: int) -> Iterator[c.AnyCommand]:
        pool = f"pool-{number}"
        causes: Iterator[c.Cause] = (("import", number, rising, 0) for rising in range(1 << 30))
        nodes = [f"{pool}/{node}" for node in range(1, self.nodes + 1)]
        for node in nodes:
            yield c.SetNode(pool=pool, cause=next(causes), version=1, node=Node(node=node, region="US-NY"))
        yield c.SetSegment(pool=pool, cause=next(causes), version=1, segment=Segment(segment="b2c", ratio=10_000))
        shop = Shop(shop=f"shop-{number}", tenant="acme", channel="canonical", segment="b2c")
        yield c.SetShop(pool=pool, cause=next(causes), version=1, shop=shop)
        for node in nodes:
            for start in range(0, self.skus, PER_DOCUMENT):
                lines = tuple((self.sku(sku), self.stock) for sku in range(start, min(start + PER_DOCUMENT, self.skus)))
                yield c.ReceiveStock(pool=pool, cause=next(causes), document=f"{node}/{start}", node=node, at=0, lines=lines)


def furnish(settings: Settings, business: Business) -> None:
    """Import the business, with a key to seal with."""
    if not key_ids(settings.keys_dir):
        create_key(settings.keys_dir)
    producer = clients.producer(settings)
    for number in range(business.partitions):
        for command in business.commands(number):
            producer.produce(COMMANDS.name, c.encode_command(command), command.pool, number)
    for record in business.reference():
        producer.produce(REFERENCE.name, encode_reference(record), record_id(record), 0)
    assert producer.flush(30) == 0


def order(number: int, lines: Iterable[tuple[str, int]], shop: int = 0, received_at: int = 1_700_000_000_000) -> RawRecord:
    """Order `number` of shop `shop-<shop>`: (SKU, quantity) a line."""
    body = {
        "type": "order",
        "order": str(number),
        "updated_at": "2026-03-01T09:00:00Z",
        "currency": "USD",
        "region": "US-NY",
        "lines": [{"line": str(line), "sku": sku, "quantity": units, "price": 450} for line, (sku, units) in enumerate(lines)],
        "recipient": {"name": "Wei Chen", "street": ["1 Harbor Road"], "city": "Newark", "country": "US"},
    }
    return raw(number, json.dumps(body).encode(), shop, received_at)


def raw(number: int, body: bytes, shop: int = 0, received_at: int = 1_700_000_000_000) -> RawRecord:
    return RawRecord(
        tenant="acme",
        shop=f"shop-{shop}",
        channel="canonical",
        kind="order",
        external_id=str(number),
        delivery_id=f"{shop}-{number}",
        received_at=Millis(received_at),
        body=body,
    )


def orders(business: Business, count: int, first: int = 0, mean_lines: float = 3.0, seed: int = 7) -> list[RawRecord]:
    """Orders of all shops in turn, with about so many lines."""
    random = Random(seed + first)

    def lines() -> list[tuple[str, int]]:
        wanted = min(business.skus, 60, 1 + int(random.expovariate(1 / (mean_lines - 0.5))))
        return [(business.sku(sku), random.randint(1, 3)) for sku in random.sample(range(business.skus), wanted)]

    return [order(number, lines(), number % business.partitions) for number in range(first, first + count)]


def deliver(settings: Settings, records: Iterable[RawRecord]) -> None:
    producer = clients.producer(settings)
    for record in records:
        while True:
            try:
                producer.produce(RAW.name, record.body, record.key, headers=[*record.headers()])
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


def read(settings: Settings, topic: str, isolation: str = "read_committed") -> list[Record]:
    return list(read_topic(clients.consumer(settings, "tests-read", enable_partition_eof=True, isolation_level=isolation), topic))


def count(settings: Settings, topic: str) -> int:
    return len(read(settings, topic))


class Worker:
    """`yipan worker` as a process of its own; its log lies beside its home folder."""

    def __init__(self, settings: Settings, *stages: str, program: tuple[str, ...] = ("-m", "deploy.cli", "worker")) -> None:
        self.settings = settings.model_copy(update={"metrics_port": free_port()})
        self.log = settings.home / f"worker-{self.settings.metrics_port}.log"
        self._command = [sys.executable, *program, *(word for stage in stages for word in ("--stage", stage))]
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(self._command, cwd=ROOT, env=environment(self.settings), stdout=log, stderr=subprocess.STDOUT)

    def await_ready(self) -> "Worker":
        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text()[-3_000:]
            return is_ready(self.settings.metrics_port)

        until(ready, START_S)
        return self

    def signal(self, sign: signal.Signals) -> None:
        self.process.send_signal(sign)

    def kill(self) -> None:
        """As the kernel would: no word, no clean-up."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> "Worker":
        self.process = self._start()
        return self

    def end(self) -> int:
        """In order; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextmanager
def working(settings: Settings, *stages: str) -> Iterator[Worker]:
    worker = Worker(settings, *stages)
    try:
        yield worker.await_ready()
    finally:
        worker.end()
