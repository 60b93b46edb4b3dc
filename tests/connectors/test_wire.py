"""Clients that are slow, endless, crooked or too many, over a real socket. Each is answered or let go, and nobody else notices."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import NamedTuple

import msgspec
import pytest
import uvicorn

from connectors.door import Door, Room
from connectors.gateway import configure, create_gateway
from connectors.wire import Limits
from deploy.edge import listen
from tests.conftest import free_port
from tests.connectors.border import FakeProducer, door, sign

ORDER = b'{"id": "1001"}'
SIGNED = f"x-yipan-signature: {sign(ORDER)['x-yipan-signature']}\r\n".encode()
HEAD = b"POST /hooks/paper/tea HTTP/1.1\r\nHost: gateway\r\n"
TAKE = HEAD + SIGNED + b"Content-Length: 14\r\n\r\n" + ORDER
# what a patient client would wait for, cut short; the others are so long that they play no part
SHORT, LONG = 0.15, 60.0
PATIENT = Limits(head_seconds=LONG, message_seconds=LONG, head=4_096, drained=100_000)


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Answered(NamedTuple):
    status: int
    code: str
    headers: dict[str, str]


class Line:
    """One connection to the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def answer(self) -> Answered:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        body = json.loads(await self._reader.readexactly(int(headers["content-length"])))
        assert body["sentence"].endswith(".")
        return Answered(int(status.split()[1]), body["code"], headers)

    async def closed(self) -> bool:
        """Returns once the gateway has hung up, True when it said nothing more before."""
        with contextlib.suppress(ConnectionError):
            return await self._reader.read() == b""
        return True

    def drip(self, data: bytes) -> asyncio.Task[None]:
        """Says it again and again until somebody hangs up."""

        async def dripping() -> None:
            with contextlib.suppress(ConnectionError):
                while not self._writer.is_closing():
                    await self.say(data)
                    await asyncio.sleep(SHORT / 20)

        return asyncio.create_task(dripping())

    async def hang_up(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


Dial = Callable[[], Awaitable[Line]]


@pytest.fixture
def broker() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def inside(broker: FakeProducer) -> Iterator[Door]:
    made = msgspec.structs.replace(door(broker), body_seconds=LONG)
    yield made
    made.publisher.close()


@contextlib.asynccontextmanager
async def gateway(inside: Door, limits: Limits = PATIENT) -> AsyncIterator[Dial]:
    listening = listen("127.0.0.1", free_port())
    server = Server(configure(create_gateway(inside), limits))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    lines: list[Line] = []

    async def dial() -> Line:
        lines.append(Line(*await asyncio.open_connection(*listening.getsockname())))
        return lines[-1]

    try:
        yield dial
    finally:
        for line in lines:
            await line.hang_up()
        server.should_exit = True
        await serving


def spoken(inside: Door, *said: bytes, limits: Limits = PATIENT) -> Answered:
    """The answer to what is said on one connection."""

    async def story() -> Answered:
        async with gateway(inside, limits) as dial:
            line = await dial()
            for data in said:
                await line.say(data)
            return await line.answer()

    return asyncio.run(asyncio.wait_for(story(), 30))


def test_an_honest_client_is_answered_and_may_ask_again_on_the_same_connection(inside: Door, broker: FakeProducer) -> None:
    async def story() -> list[Answered]:
        async with gateway(inside) as dial:
            line = await dial()
            await line.say(TAKE)
            first = await line.answer()
            await line.say(TAKE + TAKE)
            return [first, await line.answer(), await line.answer()]

    answers = asyncio.run(story())
    assert [(answer.status, answer.code) for answer in answers] == [(200, "taken")] * 3
    assert len(broker.log) == 3


# ---------------------------------------------------------------------------------------------- slow
def test_a_head_that_trickles_in_is_cut_off(inside: Door) -> None:
    async def story() -> Answered:
        async with gateway(inside, msgspec.structs.replace(PATIENT, head_seconds=SHORT)) as dial:
            line = await dial()
            await line.say(b"POST /hooks/paper/tea HTTP/1.1\r\n")
            line.drip(b"a: b\r\n")
            return await line.answer()

    answer = asyncio.run(story())
    assert (answer.status, answer.code, answer.headers["connection"]) == (408, "too_slow", "close")


@pytest.mark.parametrize("dripped", [b"", b"\r\n"])
def test_a_connection_without_a_request_is_let_go(inside: Door, dripped: bytes) -> None:
    async def story() -> bool:
        async with gateway(inside, msgspec.structs.replace(PATIENT, head_seconds=SHORT)) as dial:
            line = await dial()
            if dripped:
                line.drip(dripped)
            return await line.closed()

    assert asyncio.run(story())


def test_line_ends_between_two_requests_keep_no_connection_open(inside: Door) -> None:
    async def story() -> bool:
        async with gateway(inside, msgspec.structs.replace(PATIENT, head_seconds=SHORT)) as dial:
            line = await dial()
            await line.say(TAKE)
            await line.answer()
            line.drip(b"\r\n")
            return await line.closed()

    assert asyncio.run(story())


def test_a_body_that_trickles_in_is_cut_off(inside: Door, broker: FakeProducer) -> None:
    async def story() -> Answered:
        async with gateway(msgspec.structs.replace(inside, body_seconds=SHORT)) as dial:
            line = await dial()
            await line.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            line.drip(b"1\r\nx\r\n")
            return await line.answer()

    answer = asyncio.run(story())
    assert (answer.status, answer.code) == (408, "too_slow")
    assert broker.log == []


def test_who_goes_on_talking_after_the_answer_is_let_go_in_the_end(inside: Door) -> None:
    async def story() -> tuple[Answered, bool]:
        async with gateway(inside, msgspec.structs.replace(PATIENT, message_seconds=SHORT)) as dial:
            line = await dial()
            await line.say(HEAD + b"Content-Length: 1000000\r\n\r\n")
            line.drip(b"x")
            return await line.answer(), await line.closed()

    answer, closed = asyncio.run(story())
    assert (answer.status, answer.code, closed) == (413, "too_large", True)


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing_behind(inside: Door, broker: FakeProducer) -> None:
    async def story() -> Answered:
        async with gateway(inside) as dial:
            gone = await dial()
            await gone.say(HEAD + b"Content-Length: 900\r\n\r\n" + b"x" * 500)
            await gone.hang_up()
            line = await dial()
            await line.say(TAKE)
            return await line.answer()

    assert asyncio.run(story()).code == "taken"
    assert inside.room.held == 0
    assert len(broker.log) == 1


def test_others_are_answered_while_slow_ones_are_waited_for(inside: Door) -> None:
    async def story() -> Answered:
        async with gateway(inside) as dial:
            for _ in range(20):
                slow = await dial()
                await slow.say(HEAD + b"Content-Length: 900\r\n\r\nx")
            line = await dial()
            await line.say(TAKE)
            return await line.answer()

    assert asyncio.run(story()).code == "taken"


# ---------------------------------------------------------------------------------------------- too much
@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"x: " + b"y" * 10_000,
        HEAD + b"x: " + b"y" * 10_000 + b"\r\n\r\n",
        HEAD + b"a: b\r\n" * 2_000,
        HEAD + b"a: b\r\n" * 2_000 + b"\r\n",
        HEAD + b"x" * 10_000,
        b"POST /" + b"x" * 10_000,
        b"POST /hooks/paper/tea?" + b"q" * 10_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_a_head_that_is_too_large_is_refused(inside: Door, head: bytes) -> None:
    answer = spoken(inside, head)
    assert (answer.status, answer.code) == (431, "head_too_large")


@pytest.mark.parametrize("length", [b"1001", b"9" * 18])
def test_a_body_that_says_it_is_too_large_is_refused(inside: Door, length: bytes) -> None:
    answer = spoken(inside, HEAD + b"Content-Length: " + length + b"\r\n\r\n")
    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.parametrize("chunks", [(b"3e9\r\n" + b"x" * 1_001 + b"\r\n",), (b"3e8\r\n" + b"x" * 1_000 + b"\r\n", b"1\r\nx\r\n")])
def test_a_body_in_chunks_is_too_large_when_it_has_become_so(inside: Door, chunks: tuple[bytes, ...]) -> None:
    answer = spoken(inside, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunks)
    assert (answer.status, answer.code) == (413, "too_large")


def test_who_sends_without_end_is_let_go(inside: Door) -> None:
    async def story() -> tuple[Answered, bool]:
        async with gateway(inside) as dial:
            line = await dial()
            await line.say(HEAD + b"Content-Length: 999999999\r\n\r\n")
            answer = await line.answer()
            sending = line.drip(b"x" * 50_000)
            closed = await line.closed()
            await sending
            return answer, closed

    assert asyncio.run(story())[1]


def test_bodies_of_all_together_are_too_much_when_there_is_no_room(inside: Door) -> None:
    async def story() -> tuple[Answered, Answered]:
        async with gateway(msgspec.structs.replace(inside, room=Room(1_000))) as dial:
            large, line = await dial(), await dial()
            await large.say(HEAD + b"Content-Length: 999\r\n\r\n" + b"x" * 990)
            await line.say(TAKE)
            refused = await line.answer()
            await large.say(b"x" * 9)
            await large.answer()
            await line.say(TAKE)
            return refused, await line.answer()

    refused, taken = asyncio.run(story())
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "busy", "5")
    assert (taken.status, taken.code) == (200, "taken")


def test_connections_beyond_the_limit_are_told_to_come_again(inside: Door) -> None:
    async def story() -> tuple[Answered, Answered]:
        async with gateway(inside, msgspec.structs.replace(PATIENT, connections=2)) as dial:
            lines = [await dial() for _ in range(2)]
            await lines[0].say(TAKE)
            taken = await lines[0].answer()
            return taken, await (await dial()).answer()

    taken, refused = asyncio.run(story())
    assert (taken.status, refused.status, refused.code) == (200, 503, "busy")


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"x" * 100])
def test_a_compressed_body_is_not_unpacked(inside: Door, broker: FakeProducer, encoding: bytes) -> None:
    answer = spoken(inside, TAKE.replace(b"\r\n\r\n", b"\r\nContent-Encoding: " + encoding + b"\r\n\r\n"))
    assert (answer.status, answer.code) == (415, "encoded")
    assert broker.log == []


# ---------------------------------------------------------------------------------------------- crooked
@pytest.mark.parametrize(
    "head",
    [
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /hooks/paper/tea HTTP/9.9\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1e3\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
        HEAD + b"Content-Length: 14\r\nContent-Length: 15\r\n\r\n",
        HEAD + b"Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"x-delivery: d-7\rSet-Cookie: a\r\n\r\n",
        HEAD + b"x-delivery: d\x007\r\n\r\n",
        HEAD + b"x y: z\r\n\r\n",
        HEAD + b" folded: line\r\n\r\n",
        b"POST /hooks/\xff\xfe/tea HTTP/1.1\r\n\r\n",
        b"POST /hooks/paper/\ntea HTTP/1.1\r\n\r\n",
        b"CONNECT gateway:443 HTTP/1.1\r\nHost: gateway\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n",
    ],
)
def test_what_is_no_request_is_malformed(inside: Door, broker: FakeProducer, head: bytes, caplog: pytest.LogCaptureFixture) -> None:
    answer = spoken(inside, head)
    assert (answer.status, answer.headers["content-type"]) in {(400, "application/json"), (404, "application/json")}
    assert broker.log == []
    assert "set-cookie" not in answer.headers
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        b"/hooks/paper/..%2f..%2fsecrets%2ftea",
        b"/hooks/paper/%2e%2e/tea",
        b"/hooks/paper/../../../etc/passwd",
        b"/hooks/paper/tea%00",
        b"/hooks/paper/tea%0d%0aSet-Cookie:%20a",
        b"/hooks/paper//tea",
        b"//hooks/paper/tea",
        b"/hooks/paper/tea/",
        b"/hooks/paper/tea;x",
        b"/hooks/paper/%ff%fe",
        b"/hooks/paper/.",
        b"/hooks//tea",
        b"/HOOKS/paper/tea",
        b"/files/..%2f..%2fetc",
        b"http://elsewhere.example/hooks/paper/ghost",
    ],
)
def test_a_path_that_leads_elsewhere_leads_nowhere(inside: Door, broker: FakeProducer, path: bytes) -> None:
    answer = spoken(inside, TAKE.replace(b"/hooks/paper/tea", path))
    assert answer.status == 404
    assert answer.headers.keys() <= {"content-type", "content-length", "date", "connection"}
    assert broker.log == []


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"OPTIONS", b"PROPFIND"])
def test_no_other_method_takes_anything(inside: Door, broker: FakeProducer, method: bytes) -> None:
    answer = spoken(inside, TAKE.replace(b"POST", method, 1))
    assert (answer.status, answer.code) == (405, "no_such_page")
    assert broker.log == []


@pytest.mark.parametrize("host", [b"elsewhere.example", b"[", b"a b", b"", b"gateway\x80", b"x" * 1_000])
def test_the_host_that_a_client_makes_up_is_never_repeated(inside: Door, host: bytes) -> None:
    answer = spoken(inside, b"GET /health/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert (answer.status, answer.code) == (404, "no_such_page")
    assert "location" not in answer.headers


def test_a_wish_for_another_protocol_is_not_followed(inside: Door, caplog: pytest.LogCaptureFixture) -> None:
    answer = spoken(inside, b"GET /health HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert (answer.status, answer.code, answer.headers["connection"]) == (200, "ok", "close")
    assert caplog.text == ""


def test_who_asks_before_sending_is_told_to_go_on(inside: Door) -> None:
    async def story() -> Answered:
        async with gateway(inside) as dial:
            line = await dial()
            await line.say(HEAD + SIGNED + b"Content-Length: 14\r\nExpect: 100-continue\r\n\r\n")
            assert await line._reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await line.say(ORDER)
            return await line.answer()

    assert asyncio.run(story()).code == "taken"
