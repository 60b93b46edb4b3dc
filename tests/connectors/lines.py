"""Raw connections to a gateway on a real socket: what a client says byte by byte, and what it is answered."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import NamedTuple

import uvicorn

from connectors.door import Door
from connectors.gateway import configure, create_gateway
from connectors.wire import Limits
from deploy.edge import listen
from tests.conftest import free_port
from tests.connectors.border import sign

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
