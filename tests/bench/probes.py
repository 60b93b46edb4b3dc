"""New orders at a steady rate, straight into `commands`, and when the decision on each could be read."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import msgspec
from confluent_kafka import TopicPartition

from deploy import clients
from deploy.settings import Settings
from streams import commands as c
from streams.topics import COMMANDS, DECISIONS
from tables.events import OrderLine

Span = tuple[float, float]
TICK_S = 0.002


class Answer(msgspec.Struct):
    src_offset: int


class Probes:
    """Times are the monotonic clock's. Each set of probes has a source of its own, so that none is taken for a repetition."""

    def __init__(self, settings: Settings) -> None:
        self.partitions = settings.partitions
        self._settings = settings
        self._producer = clients.producer(settings)
        self._source = f"probe-{time.time_ns()}"
        self._numbers = count(1)
        self._sent: dict[tuple[int, int], float] = {}
        self._read: dict[tuple[int, int], float] = {}
        self._stopped = threading.Event()

    def one_each(self) -> None:
        for partition in range(self.partitions):
            self._send(partition)
        assert self._producer.flush(30) == 0

    def _send(self, partition: int) -> None:
        number, pool, now = next(self._numbers), f"pool-{partition}", time.monotonic()
        order = c.PlaceOrder(
            pool=pool,
            cause=(self._source, partition, number, 0),
            order=f"juniper/juniper-web/{self._source}-{number}",
            shop="juniper-web",
            channel="shopify",
            number=f"#{number}",
            updated_at=number,
            digest="probe",
            placed_at=time.time_ns() // 1_000_000,
            received_at=number,
            currency="USD",
            lines=tuple(OrderLine(sku, sku, 1, 100, ((sku, 1),)) for sku in ("1082185", "6534178", "1029743")),
        )

        def sent(error: Any, message: Any) -> None:
            assert error is None
            self._sent[partition, message.offset()] = now

        self._producer.produce(COMMANDS.name, c.encode_command(order), pool, partition, sent)

    # ------------------------------------------------------------------------------------------ steadily
    @contextmanager
    def running(self, rate: int) -> Iterator[None]:
        threads = [threading.Thread(target=work, args=(rate,), daemon=True) for work in (self._write, self._follow)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()

    def _write(self, rate: int) -> None:
        began, done = time.monotonic(), 0
        while not self._stopped.is_set():
            due = int((time.monotonic() - began) * rate)
            for number in range(done, due):
                self._send(number % self.partitions)
            done = due
            self._producer.poll(TICK_S)

    def _follow(self, rate: int) -> None:
        decode = msgspec.json.Decoder(Answer).decode
        consumer = clients.consumer(self._settings, "bench", fetch_wait_max_ms=500, fetch_queue_backoff_ms=1)
        places = [TopicPartition(DECISIONS.name, partition) for partition in range(self.partitions)]
        ends = [consumer.get_watermark_offsets(place, timeout=15)[1] for place in places]
        consumer.assign([TopicPartition(DECISIONS.name, place.partition, end) for place, end in zip(places, ends, strict=True)])
        while not self._stopped.is_set():
            first = consumer.poll(0.1)
            messages = [first, *consumer.consume(1_000, 0)] if first else []
            now = time.monotonic()
            for message in messages:
                if message.error() is None:
                    self._read[message.partition() or 0, decode(message.value() or b"").src_offset] = now
        consumer.close()

    # ------------------------------------------------------------------------------------------ what came of them
    def during(self, seconds: float) -> Span:
        began = time.monotonic()
        time.sleep(seconds)
        return began, time.monotonic()

    def answered(self, partition: int, since: float) -> float:
        """When the first probe sent to the partition after `since` was answered; 0 while none is."""
        answers = (self._read.get(place, 0.0) for place, at in list(self._sent.items()) if place[0] == partition and at > since)
        return min((at for at in answers if at), default=0.0)

    def took(self, partitions: Iterable[int], span: Span) -> list[float]:
        """Seconds from sending to reading, of those sent within the span to these partitions."""
        wanted, (first, last) = set(partitions), span
        found = []
        for place, at in self._sent.items():
            if place[0] in wanted and first <= at < last and place in self._read:
                found.append(self._read[place] - at)
        return found
