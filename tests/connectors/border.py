"""A border without a broker: a producer that keeps what it is given, a channel that signs, and a tea shop."""

import asyncio
import hashlib
import hmac
import json
import queue
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any, cast

import httpx
import msgspec
from confluent_kafka import KafkaError, Producer

from connectors.contract import Channel, Fetch, Ignored, Millis, Parsed, Polled, RawRecord, Received, Refusal, ShopRef, Webhook
from connectors.door import Door
from connectors.gateway import create_gateway
from connectors.publish import Publisher

NOON = Millis(1_760_000_000_000)
SECRET = b"dragon-well"
TEA = ShopRef(tenant="lin", shop="tea", channel="paper", pool="east")


class Sent(msgspec.Struct, frozen=True):
    topic: str
    key: str
    value: bytes
    headers: dict[str, bytes]

    def raw(self) -> RawRecord:
        return RawRecord.from_record(self.headers.items(), self.value)


Acknowledge = Callable[[KafkaError | None, None], object]


class FakeProducer:
    """Acknowledges from `poll`, as the real one does. `answer` says what the broker answers to a record; `silent` ones get none, and a
    `full` producer takes none. What was acknowledged is in `log`."""

    def __init__(self) -> None:
        self.log: list[Sent] = []
        self.answer: Callable[[Sent], KafkaError | None] = lambda _: None
        self.silent = self.full = False
        self._waiting: queue.Queue[tuple[Sent, Acknowledge]] = queue.Queue()

    def produce(self, topic: str, value: bytes, key: str, *, headers: list[tuple[str, bytes]], on_delivery: Acknowledge) -> None:
        if self.full:
            raise BufferError("Local: Queue full")
        if not self.silent:
            self._waiting.put((Sent(topic, key, value, dict(headers)), on_delivery))

    def poll(self, timeout: float) -> int:
        try:
            sent, acknowledge = self._waiting.get(timeout=timeout)
        except queue.Empty:
            return 0
        error = self.answer(sent)
        if error is None:
            self.log.append(sent)
        acknowledge(error, None)
        return 1

    def flush(self, timeout: float) -> int:
        while not self._waiting.empty():
            self.poll(0)
        return 0

    def publisher(self, patience: float = 5.0) -> Publisher:
        return Publisher(cast(Producer, self), patience=patience)


def sign(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    return {"x-yipan-signature": hmac.digest(secret, body, hashlib.sha256).hex()}


class Paper:
    """A channel whose webhooks are `{"id": …}`, signed like our own forms; every record of it is of no interest."""

    name = "paper"
    polls = True

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        if hook.query.get("ping"):
            return Refusal("ping", "Pong.")
        if not hmac.compare_digest(sign(hook.body, secret)["x-yipan-signature"], hook.headers.get("x-yipan-signature", "")):
            return Refusal("bad_signature", "The signature does not fit.")
        try:
            name = json.loads(hook.body)["id"]
        except ValueError:
            return Refusal("malformed", "The body is not JSON.")
        return Received("order", name, hook.headers.get("x-delivery", ""))

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        return Ignored("paper", "Paper is patient.")

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """`/pages?after=<cursor>` answers [[[kind, external id, delivery id, body]…], cursor, more]."""
        answer = fetch("/pages", {"after": cursor})
        if answer.status != 200:
            raise ConnectionError(f"status {answer.status}")
        items, after, more = json.loads(answer.body)
        return Polled(items=tuple([(kind, name, delivery, body.encode()) for kind, name, delivery, body in items]), cursor=after, more=more)


def door(producer: FakeProducer, shops: Mapping[str, ShopRef] | None = None, **changes: Any) -> Door:
    """A gateway of `shops` (the tea shop) over the fake producer, with bodies of 1,000 bytes at most."""
    known = {"tea": TEA} if shops is None else shops
    channels: dict[str, Channel] = {"paper": Paper()}
    plain = Door(
        publisher=producer.publisher(),
        channels=channels,
        shop=known.get,
        secret=dict.fromkeys(known, SECRET).get,
        max_body=1_000,
        now=lambda: NOON,
    )
    return msgspec.structs.replace(plain, **changes)


def ask(
    inside: Door, method: str, path: str, content: bytes | AsyncIterable[bytes] = b"", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """One request to a gateway behind no network."""

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_gateway(inside)), base_url="http://gateway") as client:
            return await client.request(
                method, path, content=content, headers={name.encode(): value.encode() for name, value in (headers or {}).items()}
            )

    return asyncio.run(request())


def post(inside: Door, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Signed, unless `headers` say otherwise."""
    return ask(inside, "POST", path, body, sign(body) if headers is None else headers)
