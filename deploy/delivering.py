"""The process that delivers fulfilments to partners, with its clients. It begins anew when partners or nodes change."""

import asyncio
import contextlib
import logging
import random
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from confluent_kafka import Consumer

from connectors.contract import Person
from connectors.courier import Consumed, Courier, Outside
from connectors.deliver import Deliveries
from connectors.forms import FORMS
from connectors.partner import Partner
from connectors.publish import Publisher, Unavailable
from connectors.routes import Routes
from deploy import clients
from deploy.business.partners import read_partners
from deploy.edge import close, follower_of, now, patiently, until_signalled
from deploy.faults import Fault
from deploy.partner_topic import PartnerTopic
from deploy.post import Post
from deploy.ready import READY, serve_metrics
from deploy.sealing import KeyMissing, Sealer, Unsealable
from deploy.selling import ANSWER_BYTES, desk_of
from deploy.settings import Settings
from streams.deadletter import DeadLetter, encode_dead_letter, pack
from streams.metrics import DEAD_LETTERS as LETTERS
from streams.reference import Reference
from streams.topics import DEAD_LETTERS, FULFILMENTS

log = logging.getLogger(__name__)

GROUP = "yipan-deliver"
STAGE = "deliver"
LOOK_S = 1.0
RETRY_S = 1.0


def run_deliver(settings: Settings, file: Path) -> None:
    """Until SIGTERM or Ctrl-C; waits for a broker that is away. Raises Fault when `file` is wrong, or a client can never go on."""
    read_partners(file)
    serve_metrics(settings.metrics_port, STAGE)
    follower, publisher = follower_of(settings), Publisher(clients.border_producer(settings))
    patiently(follower.load)
    follower.start()
    try:
        asyncio.run(until_signalled(lambda stop: _again_and_again(settings, file, follower.reference, publisher, stop)))
    finally:
        close(follower, publisher)


async def _again_and_again(settings: Settings, file: Path, reference: Reference, publisher: Publisher, stop: asyncio.Event) -> None:
    trusted = httpx.create_ssl_context()
    while not stop.is_set():
        partners = read_partners(file)
        routes = Routes(partners, _kinds(reference))
        done = asyncio.Event()
        watch = asyncio.create_task(_watch(file, reference, partners, routes.digest, stop, done))
        log.info("Delivering to %s", ", ".join(partner.name for partner in partners))
        await _deliver(settings, partners, routes, reference, publisher, trusted, done)
        await watch


async def _watch(
    file: Path, reference: Reference, partners: tuple[Partner, ...], digest: str, stop: asyncio.Event, done: asyncio.Event
) -> None:
    """Sets `done` at `stop`, and where partners or nodes are no longer those of before."""
    while not stop.is_set() and not _changed(file, reference, partners, digest):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await stop.wait()
    done.set()


def _changed(file: Path, reference: Reference, partners: tuple[Partner, ...], digest: str) -> bool:
    """A file that is wrong changes nothing until it is right."""
    try:
        fresh = read_partners(file)
    except (Fault, OSError):
        return False
    return fresh != partners or Routes(fresh, _kinds(reference)).digest != digest


async def _deliver(
    settings: Settings,
    partners: tuple[Partner, ...],
    routes: Routes,
    reference: Reference,
    publisher: Publisher,
    trusted: ssl.SSLContext,
    stop: asyncio.Event,
) -> None:
    topic = PartnerTopic(clients.consumer(settings, GROUP), _second(settings), routes.digest)
    opened = Opener(settings.keys_dir)
    letters = Letters(publisher)
    async with AsyncExitStack() as stack:
        stack.callback(topic.close)
        couriers: dict[str, Courier] = {}
        for partner in partners:
            post = Post(trusted)
            stack.push_async_callback(post.close)
            outside = Outside(send=post.send, open=opened.open, bury=letters.bury, now=now, random=random.random)
            shop = Post(trusted, ANSWER_BYTES)
            stack.push_async_callback(shop.close)
            desk = desk_of(partner, shop, opened.open, publisher, reference)
            couriers[partner.name] = Courier(partner, FORMS[partner.form], outside, desk)
        READY.labels(STAGE).set(1)
        await Deliveries(topic, couriers, routes.partner, routes.digest, letters.bury).run(stop)


def _second(settings: Settings) -> Consumer:
    return clients.consumer(
        settings,
        f"{GROUP}-behind",
        enable_partition_eof=True,
        # it is assigned anew for every chunk: what is fetched ahead of it is thrown away
        queued_min_messages=500,
        fetch_message_max_bytes=256 << 10,
    )


def _kinds(reference: Reference) -> dict[str, str]:
    return {node: record.kind for node, record in list(reference.nodes.items())}


class Opener:
    """Opens recipients with the keys of a folder, which may be put there later."""

    def __init__(self, keys_dir: Path) -> None:
        self._dir = keys_dir
        self._sealer: Sealer | None = None

    def open(self, sealed: str) -> Person:
        try:
            self._sealer = self._sealer or Sealer(self._dir)
            return self._sealer.open(sealed)
        except KeyMissing as missing:
            raise ConnectionError(str(missing)) from None
        except Unsealable as wrong:
            raise ValueError(str(wrong)) from None


class Letters:
    """Dead letters of fulfilments. The recipient in them stays sealed."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def bury(self, record: Consumed, code: str, sentence: str) -> None:
        """Raises Fault when it can never be written; waits for a broker that is away."""
        while True:
            try:
                await self._publisher.send(DEAD_LETTERS.name, [(record.key.decode(errors="replace"), letter(record, code, sentence), [])])
                LETTERS.labels(STAGE, "rejected", code).inc()
                return
            except Unavailable as away:
                if self._publisher.fatal:
                    raise Fault(f"A dead letter cannot be written ({self._publisher.fatal}): start it anew.") from away
                await asyncio.sleep(RETRY_S)


def letter(record: Consumed, code: str, sentence: str) -> bytes:
    headers, original = pack(list(record.headers), record.value)
    key = record.key.decode(errors="replace")
    return encode_dead_letter(
        DeadLetter(
            verdict="rejected",
            stage=STAGE,
            code=code,
            sentence=sentence,
            topic=FULFILMENTS.name,
            partition=record.partition,
            offset=record.offset,
            shop=key.split("/")[1] if "/" in key else "",
            key=key,
            headers=headers,
            original=original,
        )
    )
