"""The two processes at the border: the gateway and the poller, with their clients."""

import asyncio
import logging
import random
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
from confluent_kafka import KafkaException

from connectors.contract import Millis, ShopRef
from connectors.door import Door
from connectors.gateway import create_gateway, serve
from connectors.poll import PolledShop, Poller, decode_cursor, run_poller
from connectors.publish import Publisher, Unavailable
from connectors.registry import channels
from deploy import clients
from deploy.faults import Fault
from deploy.fetch import Fetcher
from deploy.ready import READY, serve_metrics
from deploy.secrets import ShopSecrets
from deploy.settings import Settings
from streams.follow import Follower
from streams.read import read_topic
from streams.reference import Reference
from streams.topics import CURSORS

log = logging.getLogger(__name__)

POLL_THREADS = 16
RETRY_SECONDS = 2.0

Answer = TypeVar("Answer")


def run_gateway(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C. It listens at once and answers 503 until it knows the shops. Raises Fault when its port is taken, or
    when its producer can never go on: a supervisor starts it anew."""
    serve_metrics(settings.metrics_port, "gateway")
    follower, publisher = follower_of(settings), Publisher(clients.border_producer(settings))
    follower.start()
    door = Door(
        publisher=publisher,
        channels=channels(),
        shop=_open_shop(follower),
        secret=ShopSecrets(settings.secrets_dir).signing,
        max_body=settings.max_body,
        now=now,
    )

    def go_on() -> bool:
        READY.labels("gateway").set(follower.loaded.is_set())
        return not publisher.fatal

    serve(create_gateway(door), listen(settings.gateway_host, settings.gateway_port), go_on)
    close(follower, publisher)


def run_poll(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C; waits for a broker that is away. Raises Fault when its producer can never go on."""
    serve_metrics(settings.metrics_port, "poll")
    follower, publisher = follower_of(settings), Publisher(clients.border_producer(settings))
    patiently(follower.load)
    follower.start()
    cursors = patiently(lambda: _cursors(settings))
    with httpx.Client() as client, ThreadPoolExecutor(POLL_THREADS, "poll") as threads:
        poller = Poller(
            publisher=publisher,
            channels=channels(),
            shops=lambda: _polled_shops(follower.reference),
            fetch=Fetcher(client, ShopSecrets(settings.secrets_dir).opening),
            threads=threads,
            now=now,
            random=random.random,
            max_body=settings.max_body,
        )
        READY.labels("poll").set(1)
        asyncio.run(until_signalled(lambda stop: run_poller(poller, cursors, stop)))
    close(follower, publisher)


async def until_signalled(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """SIGTERM and Ctrl-C set the event that `run` is given."""
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    await run(stop)


def now() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


def listen(host: str, port: int) -> socket.socket:
    """Not `create_server`: it leaves the protocol open, so that asyncio leaves Nagle's delay on and every answer is 40 ms late."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(2048)
    except OSError as taken:
        listening.close()
        raise Fault(f"The gateway cannot listen on {host}:{port} ({taken.strerror}): set YIPAN_GATEWAY_PORT to a free one.") from taken
    return listening


def follower_of(settings: Settings) -> Follower:
    # the library's INFO lines name every address that is polled, query and all
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return Follower(clients.consumer(settings, "yipan-reference"))


def _open_shop(follower: Follower) -> Callable[[str], ShopRef | None]:
    def shop(name: str) -> ShopRef | None:
        if not follower.loaded.is_set():
            raise Unavailable("The gateway does not know its shops yet.")
        record = follower.reference.shops.get(name)
        return record.ref if record and record.active else None

    return shop


def _polled_shops(reference: Reference) -> list[PolledShop]:
    return [PolledShop(ref=shop.ref, seconds=shop.poll_seconds) for shop in list(reference.shops.values()) if shop.active]


def _cursors(settings: Settings) -> dict[str, str]:
    consumer = clients.consumer(settings, "yipan-cursors", enable_partition_eof=True)
    records = read_topic(consumer, CURSORS.name, [0])
    return {record.key.decode(): decode_cursor(record.value).cursor for record in records if record.value}


def patiently(ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers, as soon as the broker is there to be asked: one that is away must not become a crash loop."""
    while True:
        try:
            return ask()
        except (KafkaException, TimeoutError, KeyError) as away:
            log.warning("Kafka cannot be asked at the moment (%s); trying again", type(away).__name__)
            time.sleep(RETRY_SECONDS)


def close(follower: Follower, publisher: Publisher) -> None:
    follower.stop()
    publisher.close()
    if publisher.fatal:
        raise Fault(f"The producer cannot go on ({publisher.fatal}): start it anew.")
