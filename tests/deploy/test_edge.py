"""Where the gateway listens."""

import asyncio
import socket

import pytest

from deploy.edge import listen
from deploy.faults import Fault
from tests.conftest import free_port


def test_an_answer_is_not_held_back_until_the_one_before_is_acknowledged() -> None:
    """Of a socket that does not say TCP, asyncio leaves Nagle's algorithm on."""

    async def accepted() -> int:
        made: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            made.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = listen("127.0.0.1", free_port())
        async with await asyncio.start_server(connected, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            delayed = await made
            writer.close()
            await writer.wait_closed()
            return delayed

    assert asyncio.run(accepted()) == 1


def test_a_taken_port_says_which_setting_to_change() -> None:
    with listen("127.0.0.1", free_port()) as taken, pytest.raises(Fault, match="YIPAN_GATEWAY_PORT"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_a_host_that_is_not_ours_says_so() -> None:
    with pytest.raises(Fault, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", free_port())
