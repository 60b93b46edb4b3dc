"""Requests that are none, or that mean to lead elsewhere, over a real socket: each has a clear answer, and nothing is taken."""

import asyncio

import pytest

from connectors.door import Door
from tests.connectors.border import FakeProducer
from tests.connectors.lines import HEAD, ORDER, SIGNED, TAKE, Answered, gateway, spoken


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
