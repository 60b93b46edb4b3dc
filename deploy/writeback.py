"""The process of write-back, with its clients: the topics it reads, and the platforms it talks to."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import httpx
import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from connectors.contract import Availability, ShopRef
from connectors.publish import Publisher
from connectors.writeback.board import FACTS, LEVELS, Board, Heard, Source, ToldShop
from connectors.writeback.engine import Read, Writeback, positions_of, run_writeback
from connectors.writeback.levels import Listed
from connectors.writeback.outward import Fact, Reply, Request, Tell
from connectors.writeback.tail import Place
from deploy import clients
from deploy.channel_facts import FactReader
from deploy.edge import close, follower_of, now, patiently, until_signalled
from deploy.fetch import credentials
from deploy.ready import READY, serve_metrics
from deploy.secrets import ShopSecrets
from deploy.settings import Settings
from streams.read import Positions, Unreadable, read_topic, watermarks
from streams.reference import Reference
from streams.topics import AVAILABILITY, CURSORS, DECISIONS

SOURCES: dict[str, Source] = {AVAILABILITY.name: LEVELS, DECISIONS.name: FACTS}
BATCH = 5_000
WAIT = 0.05
CONNECTIONS = 64
SECONDS = 20.0
MOST_BYTES = 8 << 20

_availability = msgspec.json.Decoder(Availability).decode


def run(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C; waits for a broker that is away. Raises Fault when its producer can never go on."""
    serve_metrics(settings.metrics_port, "writeback")
    follower, publisher = follower_of(settings), Publisher(clients.border_producer(settings))
    patiently(follower.load)
    follower.start()
    kept = patiently(lambda: _kept(settings))
    topics = patiently(lambda: KafkaTopics(clients.consumer(settings, "yipan-writeback", enable_partition_eof=True)))
    board = Board(positions_of(kept), topics.ends[DECISIONS.name])
    READY.labels("writeback").set(1)
    asyncio.run(_run(settings, board, topics, follower.reference, publisher))
    topics.close()
    close(follower, publisher)


async def _run(settings: Settings, board: Board, topics: "KafkaTopics", reference: Reference, publisher: Publisher) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(timeout=SECONDS, limits=limits) as client:
        inside = Writeback(
            board=board,
            topics=topics,
            shops=lambda: told_shops(reference),
            send=Sender(client, ShopSecrets(settings.secrets_dir).opening).send,
            publisher=publisher,
            clock=time.monotonic,
            now=now,
            random=random.random,
        )
        await until_signalled(lambda stop: run_writeback(inside, stop))


def told_shops(reference: Reference) -> list[ToldShop]:
    """Shops that are told of anything, with the listings that have a name at their platform."""
    wanted: dict[str, list[Listed]] = {name: [] for name, shop in list(reference.shops.items()) if shop.active and shop.tell}
    for listing in list(reference.listings.values()) if wanted else []:
        if listing.item and listing.shop in wanted:
            wanted[listing.shop].append(Listed(listing.item, listing.parts))
    shops = [(reference.shops[name], listed) for name, listed in wanted.items()]
    return [ToldShop(ref=shop.ref, tell=_tell(shop.tell), listed=tuple(listed)) for shop, listed in shops]


def _tell(words: tuple[str, ...]) -> tuple[Tell, ...]:
    """Those that this version knows."""
    return tuple(word for word in get_args(Tell) if word in words)


def _kept(settings: Settings) -> Mapping[str, bytes]:
    consumer = clients.consumer(settings, "yipan-cursors", enable_partition_eof=True)
    return {record.key.decode(): record.value for record in read_topic(consumer, CURSORS.name, [0]) if record.value}


class KafkaTopics:
    """`availability` and `decisions`, each from its beginning. `ends`: where they ended when this was built. The consumer reads committed
    and tells of partition ends. Raises KafkaException when the broker cannot be asked."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.ends: dict[str, Positions] = {}
        self._facts: dict[int, FactReader] = {}
        self._begun = False
        places = []
        for topic in SOURCES:
            marks = watermarks(consumer, topic)
            self.ends[topic] = {partition: end for partition, (_, end) in marks.items()}
            places += [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in marks]
        self._open = {(place.topic, place.partition) for place in places}  # whose end has not been seen yet
        self._facts = {partition: FactReader() for partition in self.ends[DECISIONS.name]}
        consumer.assign(places)

    def read(self) -> Read:
        """Raises KafkaException on what retries cannot cure, Unreadable on what was damaged."""
        levels: list[tuple[str, str, int, int, Place]] = []
        facts: list[tuple[str, Fact, Place]] = []
        passed: dict[tuple[str, int], int] = {}
        waited, self._begun = bool(self._open), True
        messages: Sequence[Any] = self._consumer.consume(BATCH, WAIT)
        for message in messages:
            if self._sound(message, passed):
                place = Place(message.partition(), message.offset(), message.timestamp()[1])
                passed[message.topic(), place.partition] = place.offset + 1
                if message.topic() == DECISIONS.name:
                    facts += [(shop, fact, place) for shop, fact in self._facts[place.partition].read(message.value())]
                elif message.value():
                    said = _availability(message.value())
                    levels.append((said.shop, said.sku, said.units, said.version, place))
        moved = [(SOURCES[topic], partition, position) for (topic, partition), position in passed.items()]
        return Read(Heard(levels=levels, facts=facts, passed=moved), waited and not self._open)

    def begin_levels_anew(self) -> None:
        if not self._begun:
            return  # they stand at their beginnings, where a consumer cannot seek yet
        for partition in self.ends[AVAILABILITY.name]:
            self._open.add((AVAILABILITY.name, partition))
            self._consumer.seek(TopicPartition(AVAILABILITY.name, partition, OFFSET_BEGINNING))

    def close(self) -> None:
        self._consumer.close()

    def _sound(self, message: Any, passed: dict[tuple[str, int], int]) -> bool:
        """Whether it is a record. The end of a partition is told as its position: the last offsets may be a transaction's marker."""
        error = message.error()
        if error is None:
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self._open.discard((message.topic(), message.partition()))
            passed[message.topic(), message.partition()] = message.offset()
        elif error.code() == KafkaError._BAD_MSG:
            raise Unreadable(f"{message.topic()}[{message.partition()}]: {error.str()}")
        elif not error.retriable():
            raise KafkaException(error)
        return False


class Sender:
    """Requests to the platforms, with each shop's credentials. Redirects are not followed: they would take the credentials elsewhere."""

    def __init__(self, client: httpx.AsyncClient, opening: Callable[[str], bytes | None]) -> None:
        self._client = client
        self._opening = opening

    async def send(self, shop: ShopRef, request: Request) -> Reply:
        """Raises ConnectionError when there are no credentials, or no answer."""
        secret = self._opening(shop.shop)
        if not shop.url or not secret:
            raise ConnectionError("it has no url in shops.yaml, or no secret file")
        headers = credentials(secret) | ({"content-type": "application/json"} if request.body else {})
        url = shop.url.partition("?")[0].rstrip("/") + request.path
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._client.stream(request.method, url, params=dict(request.query), content=request.body, headers=headers) as answer,
            ):
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ConnectionError(f"its answer is larger than {MOST_BYTES >> 20} MB")
                return Reply(answer.status_code, dict(answer.headers), bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            # its text may hold the query, and in it what opens the API
            raise ConnectionError(type(failure).__name__) from None
