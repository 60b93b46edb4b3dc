"""Requests to partners over HTTP: connections of its own for each partner, so that one that hangs takes nobody else's."""

import asyncio
import ssl

import httpx

from connectors.partner import Reply, Request
from connectors.x12.folder import Folders

MOST_BYTES = 64 << 10  # of an answer that are read: most say yes or no


class Post:
    """One partner's. Redirects are not followed: they would take recipient and signature elsewhere."""

    def __init__(self, trusted: ssl.SSLContext, most_bytes: int = MOST_BYTES) -> None:
        self._trusted = trusted
        self._most_bytes = most_bytes
        # of one connection each: a pool looks at all of its connections for every request
        self._clients: list[httpx.AsyncClient] = []
        self._idle: list[httpx.AsyncClient] = []
        self._folders = Folders()

    async def send(self, request: Request, seconds: float) -> Reply:
        """Raises ConnectionError where no answer came in time, ValueError where the address is none. `file:` addresses are of folders."""
        if request.url.startswith("file:"):
            return await self._folders.send(request, seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self._send(request, seconds)
        except httpx.InvalidURL as wrong:
            raise ValueError("the address is none") from wrong
        except (httpx.HTTPError, TimeoutError) as failure:
            # its text may hold the address, and in it what opens the door
            raise ConnectionError(type(failure).__name__) from None

    async def _send(self, request: Request, seconds: float) -> Reply:
        client = self._idle.pop() if self._idle else self._new()
        try:
            asked = client.stream(request.method, request.url, headers=dict(request.headers), content=request.body, timeout=seconds)
            async with asked as answer:
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > self._most_bytes:
                        break
                reply = Reply(answer.status_code, dict(answer.headers), bytes(body[: self._most_bytes]))
        except BaseException:
            # called off in the middle it keeps its one connection for itself, and whoever took it next would wait in vain
            self._clients.remove(client)
            await client.aclose()
            raise
        self._idle.append(client)
        return reply

    def _new(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(limits=httpx.Limits(max_connections=1), verify=self._trusted)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients))
