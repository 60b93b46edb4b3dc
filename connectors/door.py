"""What every way in over HTTP shares: who may come in, how much of a body is read, and how an answer looks and is counted."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from connectors.contract import Answering, Channel, Millis, ShopRef
from connectors.publish import Publisher, Unavailable

log = logging.getLogger(__name__)

REQUESTS = Counter("yipan_gateway_requests", "requests answered", ["channel", "answer"])
SECONDS = Histogram(
    "yipan_gateway_seconds", "time to the answer", ["channel"], buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
)
BODY_SECONDS = 30.0
RETRY_SECONDS = 5
MOST_HELD = 256 << 20


class Room:
    """Bytes of bodies that are held at the same time, of all requests together."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self.held = 0

    def take(self, size: int) -> bool:
        """False, and nothing taken, when there is no room for so many."""
        if self.held + size > self._most:
            return False
        self.held += size
        return True


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """`shop` and `secret` look a shop up by name: None where there is no such shop, or it has no secret. `shop` raises Unavailable
    until the reference is known. `max_body` in bytes; `body_seconds`: how long one may take to arrive."""

    publisher: Publisher
    channels: Mapping[str, Channel]
    shop: Callable[[str], ShopRef | None]
    secret: Callable[[str], bytes | None]
    max_body: int
    now: Callable[[], Millis]
    body_seconds: float = BODY_SECONDS
    room: Room = msgspec.field(default_factory=Room)


class Answer(msgspec.Struct, frozen=True):
    """`more` is added to the JSON object of code and sentence."""

    status: int
    code: str
    sentence: str
    more: Mapping[str, Any] = {}

    def response(self, channel: Channel | None = None) -> Response:
        """In the form of the channel, where it has one."""
        headers = {"retry-after": str(RETRY_SECONDS)} if self.status == 503 else {}
        if isinstance(channel, Answering):
            told = channel.answer(self.status, self.code, self.sentence)
            return Response(told.body, told.status, headers, told.media_type)
        body = msgspec.json.encode({"code": self.code, "sentence": self.sentence, **self.more})
        return Response(body, self.status, headers, "application/json")


TOO_LARGE = Answer(413, "too_large", "The body is larger than this gateway takes.")
TOO_SLOW = Answer(408, "too_slow", "The body did not arrive in time.")
ENCODED = Answer(415, "encoded", "The body is compressed: send it as it is, for it is what is signed.")
BUSY = Answer(503, "busy", "More is coming in than this gateway takes at once. Send it again a little later.")
CUT_OFF = Answer(400, "cut_off", "The body ended too early.")
NOT_SIGNED = Answer(401, "bad_signature", "The signature is not that of this shop's secret over the body.")
FAILED = Answer(500, "failed", "This gateway failed; it was logged. Send it again later.")


def counted(door: Door, name: str, take: Callable[[Request, Door], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers what `take` says. `name` is the channel it is counted under, "" the one in the path."""

    async def endpoint(request: Request) -> Response:
        started = time.perf_counter()
        asked = name or request.path_params["channel"]
        # anybody may ask for any name; only ours may become a label
        label = asked if asked in door.channels else "unknown"
        answer = await settle(request, door, take)
        REQUESTS.labels(label, answer.code).inc()
        SECONDS.labels(label).observe(time.perf_counter() - started)
        return answer.response(door.channels.get(asked))

    return endpoint


async def settle(request: Request, door: Door, take: Callable[[Request, Door], Awaitable[Answer]]) -> Answer:
    """What `take` answers, or what its failure is answered with."""
    request.state.held = 0
    try:
        return await take(request, door)
    except Unavailable as away:
        return Answer(503, "unavailable", f"{away} Send it again.")
    except ClientDisconnect:
        return CUT_OFF
    except Exception as fault:
        # neither its text nor its traceback: they may quote the body, and with it a person
        log.error("%s %r failed with %s at %s", request.method, request.scope["path"][:200], type(fault).__name__, _where(fault))
        return FAILED
    finally:
        door.room.held -= request.state.held


async def read_body(request: Request, door: Door) -> bytes | Answer:
    """The body untouched; or why not, as soon as that is known, without reading the rest."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return ENCODED
    if _declared(request) > door.max_body:
        return TOO_LARGE
    chunks: list[bytes] = []
    try:
        async with asyncio.timeout(door.body_seconds):
            async for chunk in request.stream():
                if request.state.held + len(chunk) > door.max_body:
                    return TOO_LARGE
                if not door.room.take(len(chunk)):
                    return BUSY
                request.state.held += len(chunk)
                chunks.append(chunk)
    except TimeoutError:
        return TOO_SLOW
    return b"".join(chunks)


def secret_of(door: Door, shop: str) -> bytes | None:
    secret = door.secret(shop)
    if not secret:
        log.error("Shop %s has no secret, so nothing it sends can be taken: put its secret file in place", shop)
    return secret


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


def _where(fault: BaseException) -> str:
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
