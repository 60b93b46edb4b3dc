"""The gateway's end of a connection: how long it waits for a request, how much of a head it reads, how many connections it has.

uvicorn bounds none of these over httptools: a head may grow for ever, and a client that says a byte a minute is waited for. The body
is bounded where it is read (connectors/door.py); what is here only ends a connection whose body nobody reads any more.
"""

import asyncio
import http
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.door import BODY_SECONDS, BUSY, Answer

_AROUND = len(": \r\n")
MALFORMED = Answer(400, "malformed", "This is not an HTTP/1.1 request.")
HEAD_TOO_LARGE = Answer(431, "head_too_large", "The address and the headers together are larger than this gateway takes.")
HEAD_TOO_SLOW = Answer(408, "too_slow", "The head of the request did not arrive in time.")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one connection, but `connections`. `head`: bytes of the request line and the headers. `drained`: bytes of a body that are
    read after its request was answered, so that the client gets to read the answer. `message_seconds`: for head and body together."""

    connections: int = 1_000
    head: int = 32 << 10
    head_seconds: float = 10.0
    message_seconds: float = BODY_SECONDS + 15.0
    drained: int = 8 << 20


class Wire(HttpToolsProtocol):
    """uvicorn's protocol, with limits."""

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None
        self._in_head, self._in_message = True, False
        self._head = self._drained = 0
        self._fault = MALFORMED

    # ------------------------------------------------------------------------------------------ the connection
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._refuse(BUSY)
        else:
            self._wait(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._timer is None and not self._in_message:
            # not begun anew by every byte: line ends between two requests are no request
            self._wait(self._limits.head_seconds)
        self._head += len(data) if self._in_head else 0
        if self._in_message and not self._in_head and self.cycle.response_complete:
            self._drained += len(data)
        super().data_received(data)
        if self._in_head and self._head > self._limits.head:
            self._refuse(HEAD_TOO_LARGE)
        elif self._drained > self._limits.drained:
            self.transport.close()

    # ------------------------------------------------------------------------------------------ the parser
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._in_message = True
        self._drained = 0
        self._wait(self._limits.head_seconds)

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) + _AROUND for name, value in self.headers) > self._limits.head:
            self._fault = HEAD_TOO_LARGE
            raise ValueError("the head is too large")
        self._in_head, self._head = False, 0
        super().on_headers_complete()
        self._wait(self._limits.message_seconds)

    def on_message_complete(self) -> None:
        self._in_message, self._in_head, self._head = False, True, 0
        self._rest()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._fault)

    def _unsupported_upgrade_warning(self) -> None:
        """To another protocol: the request is answered as it stands, and what would follow is not read."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    # ------------------------------------------------------------------------------------------ time
    def _wait(self, seconds: float) -> None:
        self._rest()
        self._timer = self.loop.call_later(seconds, self._late)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._in_message and self._in_head:
            self._refuse(HEAD_TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, answer: Answer) -> None:
        self._rest()
        if not self.transport.is_closing():
            self.transport.write(_plain(answer))
            self.transport.close()


def _plain(answer: Answer) -> bytes:
    """The answer where no request is there that an application could answer."""
    response = answer.response()
    lines = [f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)])
