"""Requests to partners over HTTP: connections of its own for each partner, so that one that hangs takes nobody else's."""

import asyncio
import ssl

import httpx

from connectors.partner import Partner, Reply, Request
from connectors.x12.folder import Folders

MOST_BYTES = 64 << 10  # of an answer that are read: it says yes or no


class Post:
    """One partner's. Redirects are not followed: they would take recipient and signature elsewhere."""

    def __init__(self, partner: Partner, trusted: ssl.SSLContext) -> None:
        limits = httpx.Limits(max_connections=partner.concurrency, max_keepalive_connections=partner.concurrency)
        self._client = httpx.AsyncClient(limits=limits, verify=trusted)
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
        asked = self._client.stream(request.method, request.url, headers=dict(request.headers), content=request.body, timeout=seconds)
        async with asked as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
            return Reply(answer.status_code, dict(answer.headers), bytes(body[:MOST_BYTES]))

    async def close(self) -> None:
        await self._client.aclose()
