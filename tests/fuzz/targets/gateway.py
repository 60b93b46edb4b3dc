"""The gateway from the first byte of a connection on: HTTP itself, paths, headers, bodies, signatures, order files."""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qsl

from uvicorn.server import ServerState

from connectors.contract import RawRecord, ShopRef
from connectors.door import Door
from connectors.gateway import configure, create_gateway
from connectors.publish import Publisher
from connectors.qimen import signature
from connectors.registry import channels
from connectors.wire import Limits, Wire
from connectors.xml_tree import read_xml
from tests.connectors.cases import NOON
from tests.fuzz.planted import SECRET, discreet
from tests.fuzz.seeds import payloads
from tests.fuzz.target import Target, must
from tests.fuzz.targets.channels import SIGN, SIGNATURES, WORDS, right
from tests.fuzz.targets.files import CSV

HTTP = (
    *(
        b"POST ",
        b"GET ",
        b"HEAD ",
        b"CONNECT ",
        b"PRI * HTTP/2.0",
        b" HTTP/1.0",
        b" HTTP/1.1\r\n",
        b"\r\n\r\n",
        b"/hooks/",
        b"/files/",
        b"/health",
    ),
    *(
        b"..%2f",
        b"%2e%2e/",
        b"%00",
        b"%0d%0a",
        b"//",
        b"/./",
        b"?name=orders.xlsx",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\n",
    ),
    *(
        b"Content-Encoding: gzip\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: close\r\n",
        b"Host: [\r\n",
    ),
    *(
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"0\r\nTrailer: x\r\n\r\n",
        b"\r\n folded",
        b"Cookie: a\rb\r\n",
        b"Content-Length: -1\r\n",
    ),
)
LIMITS = Limits(head_seconds=3_600, message_seconds=3_600, head=8_192)
ANSWERED = frozenset({"content-type", "content-length", "retry-after", "connection"})


def targets() -> Iterator[Target]:
    yield Target(name="gateway", seeds=_seeds, take=_take, words=(*HTTP, *WORDS))


def _seeds() -> list[bytes]:
    hooks = [
        _request(f"/hooks/{channel}/{channel}-shop?method={payload.kind}&sign={SIGN}", payload.body)
        for channel in channels()
        for payload in payloads(channel)[:4]
    ]
    chunked = (
        b'POST /hooks/canonical/canonical-shop HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n3\r\n:1}\r\n0\r\n\r\n'
    )
    return [*hooks, chunked, _request("/files/file-shop?name=a.csv", CSV.encode()), b"GET /health HTTP/1.1\r\nHost: g\r\n\r\n"]


def _request(path: str, body: bytes) -> bytes:
    signed = "".join(f"{name}: {SIGN}\r\n" for name in SIGNATURES)
    head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{signed}x-shopify-topic: orders/create\r\nx-wc-webhook-topic: order.created\r\n"
    return head.encode() + b"Content-Length: SIZE\r\n\r\n" + body


# ---------------------------------------------------------------------------------------------- behind no network
class Published:
    """Takes all that is published, and remembers it."""

    fatal = ""

    def __init__(self) -> None:
        self.records: list[RawRecord] = []
        self.times = 0

    async def publish(self, records: Sequence[RawRecord]) -> None:
        self.times += 1
        self.records += records


class Cable(asyncio.Transport):
    """What the gateway writes to a client that is always ready."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self._closing = False

    def write(self, data: Any) -> None:
        if not self._closing:
            self.written += data

    def close(self) -> None:
        self._closing = True

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Heard(logging.Handler):
    """What is logged meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Gateway:
    """Built once; every input is a connection of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.published = Published()
        self.heard = Heard()
        shops = {f"{channel}-shop": ShopRef(tenant="acme", shop=f"{channel}-shop", channel=channel, pool="north") for channel in channels()}
        self.door = Door(
            publisher=cast(Publisher, self.published),
            channels=channels(),
            shop=shops.get,
            secret=lambda shop: SECRET,
            max_body=32 << 10,
            now=lambda: NOON,
            body_seconds=3_600,
        )
        self._config = configure(create_gateway(self.door), LIMITS)
        self._config.load()
        logging.getLogger().addHandler(self.heard)

    def connection(self, data: bytes) -> bytes:
        return self.loop.run_until_complete(self._connection(data))

    async def _connection(self, data: bytes) -> bytes:
        cable, state = Cable(), ServerState()
        wire = Wire(config=self._config, server_state=state, app_state={}, limits=LIMITS, _loop=self.loop)
        wire.connection_made(cable)
        # in two parts: what is cut off must not be taken for the end
        for part in (data[: len(data) // 2], data[len(data) // 2 :]):
            wire.data_received(part)
            await asyncio.sleep(0)
        for _ in range(50):
            if not state.tasks:
                break
            await asyncio.sleep(0)
        wire.connection_lost(None)
        await asyncio.gather(*state.tasks)
        return bytes(cable.written)


gateway = cache(Gateway)


def _take(data: bytes) -> str:
    there = gateway()
    there.published.records.clear()
    there.published.times = 0
    there.heard.lines.clear()
    head, _, body = data.partition(b"\r\n\r\n")
    head = _with_signed_url(head, body)
    for name, digest in right(body).items():
        head = head.replace(f"{name}: {SIGN}".encode(), f"{name}: {digest}".encode())
    answered = there.connection(head.replace(b"Content-Length: SIZE", b"Content-Length: %d" % len(body)) + b"\r\n\r\n" + body)
    statuses = list(_answers(answered, data))
    for record in there.published.records:
        must(record.nameable, "a record cannot be written to Kafka")
    must(statuses.count("200 taken") <= there.published.times, "it says that it took what it did not")
    discreet("\n".join(there.heard.lines), data)
    must(there.door.room.held == 0, "room is taken that nobody holds")
    return " ".join(statuses[:3])


def _answers(written: bytes, data: bytes) -> Iterator[str]:
    """(status, code) of every answer; each is whole, of ours, and repeats nothing."""
    rest = written
    while rest := rest.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n"):
        head, _, behind = rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        must(headers.keys() <= ANSWERED, f"it answers with a header that is not ours: {sorted(headers)}")
        size = int(headers["content-length"])
        # the answer to HEAD says how long it would have been
        body, rest = (behind[:size], behind[size:]) if behind[:1] in (b"{", b"<") else (b'{"code":"","sentence":"."}', behind)
        said = _said(body)
        must(said["sentence"].endswith(".") and said["code"] != "failed", f"it answers {said}")
        discreet(head.decode("latin-1") + said["sentence"], data)
        yield f"{first.split()[1]} {said['code']}"


def _said(body: bytes) -> dict[str, str]:
    """Code and sentence of an answer, in whatever form its channel gives it."""
    if body.startswith(b"<"):
        told = read_xml(body, "response")
        code, sentence, taken = told["code"], told.get("message", "."), told["flag"] == "success"
    else:
        told = json.loads(body)
        code, sentence, taken = told.get("code") or told["returnCode"], told.get("sentence") or told["message"], told.get("result") is True
    return {"code": "taken", "sentence": "."} if taken else {"code": code, "sentence": sentence}


def _with_signed_url(head: bytes, body: bytes) -> bytes:
    """The signature of the URL and the body where it is asked for."""
    first, end, rest = head.partition(b"\r\n")
    _, _, asked = first.rpartition(b" ")[0].partition(b"?")
    sign = signature(dict(parse_qsl(asked.decode("latin-1"), keep_blank_values=True)), body, SECRET)
    return first.replace(f"sign={SIGN}".encode(), f"sign={sign}".encode()) + end + rest
