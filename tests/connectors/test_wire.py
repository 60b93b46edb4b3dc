"""Clients that are slow, endless or too many, over a real socket. Each is answered or let go, and nobody else notices."""

import asyncio

import msgspec
import pytest

from connectors.door import Door, Room
from tests.connectors.border import FakeProducer
from tests.connectors.lines import HEAD, PATIENT, SHORT, TAKE, Answered, gateway, spoken


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
