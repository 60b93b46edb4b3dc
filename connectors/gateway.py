"""Webhooks and order files over HTTP. A 2xx says that Kafka acknowledged the raw record (or that it was a ping, which is none); where a
channel answers in a form of its own, its form says so."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.contract import RawRecord, Received, Refusal, ShopRef, Webhook
from connectors.door import NOT_SIGNED, Answer, Door, counted, read_body, secret_of, settle
from connectors.order_files import take_file
from connectors.wire import Limits, Wire

REFUSALS = {"bad_signature": 401, "malformed": 400, "ping": 200, "no_webhooks": 404}
TAKEN = Answer(200, "taken", "Taken.")
NAMELESS = Answer(400, "malformed", "What this speaks of has no usable name.")


def create_gateway(door: Door) -> Starlette:
    """`POST /hooks/{channel}/{shop}`, `POST /files/{shop}`, `GET /health`. Answers are JSON objects of a code and a sentence, or
    what the channel makes of these."""

    async def health(request: Request) -> Response:
        return (await settle(request, door, _health)).response()

    routes = [
        Route("/hooks/{channel}/{shop}", counted(door, "", take_hook), methods=["POST"]),
        Route("/files/{shop}", counted(door, "file", take_file), methods=["POST"]),
        Route("/health", health),
    ]
    gateway = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_page})
    # a redirect would repeat the Host that the client made up
    gateway.router.redirect_slashes = False
    return gateway


async def take_hook(request: Request, door: Door) -> Answer:
    channel, shop = request.path_params["channel"], door.shop(request.path_params["shop"])
    if shop is None or shop.channel != channel or channel not in door.channels:
        return Answer(404, "unknown_shop", "No shop of this channel has this name.")
    body = await read_body(request, door)
    if isinstance(body, Answer):
        return body
    secret = secret_of(door, shop.shop)
    if secret is None:
        return NOT_SIGNED
    hook = Webhook(dict(request.headers), body, dict(request.query_params))
    match door.channels[channel].receive(hook, secret):
        case Refusal(code=code, sentence=sentence):
            return Answer(REFUSALS[code], code, sentence)
        case Received() as received:
            return await _publish(door, shop, received, body)


async def _publish(door: Door, shop: ShopRef, received: Received, body: bytes) -> Answer:
    record = RawRecord(
        tenant=shop.tenant,
        shop=shop.shop,
        channel=shop.channel,
        kind=received.kind,
        external_id=received.external_id,
        delivery_id=received.delivery_id,
        received_at=door.now(),
        body=body,
    )
    if not record.nameable:
        return NAMELESS
    await door.publisher.publish([record])
    return TAKEN


async def _health(_: Request, door: Door) -> Answer:
    if door.publisher.fatal:
        return Answer(503, "broken", "The producer cannot go on; this process has to start anew.")
    door.shop("")  # raises Unavailable until the reference is known
    return Answer(200, "ok", "Ready.")


async def _no_such_page(_: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    return Answer(status, "no_such_page", "POST to /hooks/{channel}/{shop} or /files/{shop}, GET /health.").response()


class _Server(uvicorn.Server):
    """Ends without raising the signal again, so that what comes after it still runs."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self.handle_exit, sign, None)
        yield


def configure(gateway: Starlette, limits: Limits) -> uvicorn.Config:
    wire: Any = partial(Wire, limits=limits)
    return uvicorn.Config(
        gateway, http=wire, ws="none", access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=5
    )


def serve(gateway: Starlette, listening: socket.socket, go_on: Callable[[], bool]) -> None:
    """Until SIGTERM, Ctrl-C or `go_on` says no, which is asked a few times a second; requests under way are answered first."""
    server = _Server(configure(gateway, Limits()))

    async def run() -> None:
        # one workbook at a time: they are what takes memory and the processor
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1, "files"))
        watch = asyncio.create_task(_watch(server, go_on))
        await server.serve(sockets=[listening])
        await watch

    asyncio.run(run())


async def _watch(server: uvicorn.Server, go_on: Callable[[], bool]) -> None:
    while not server.should_exit:
        await asyncio.sleep(0.1)
        if server.started and not go_on():
            server.should_exit = True
