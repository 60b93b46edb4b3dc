"""Dead letters are found by reason and shop, and go back the way they came: once, and to the byte."""

from base64 import b64encode

import pytest

from streams.deadletter import DeadLetter, Verdict, encode_dead_letter, pack
from streams.letters import Choice, Letter, counts, letters, replay
from streams.read import MemoryLog
from tests.streams.logs import records

BROKEN = b'{"id": 17, "line_items": [\xff'
HEADERS: list[tuple[str, bytes]] = [("shop", b"web"), ("kind", b"orders/create"), ("odd", b"\xfe")]


def letter(
    code: str, offset: int = 0, shop: str = "web", verdict: Verdict = "rejected", topic: str = "raw", body: bytes = BROKEN
) -> DeadLetter:
    headers, original = pack(HEADERS, body)
    return DeadLetter(
        verdict=verdict,
        stage="normalize",
        code=code,
        sentence="The payload ends in the middle: ask the shop to send it again.",
        topic=topic,
        partition=0,
        offset=offset,
        shop=shop,
        key=f"acme/{shop}/17",
        headers=headers,
        original=original,
    )


@pytest.fixture
def log() -> MemoryLog:
    written = [letter("truncated", 1), letter("truncated", 2, shop="dealer"), letter("ping", 3, verdict="ignored"), letter("truncated", 1)]
    return MemoryLog(
        {"dead-letters": {0: records((one.key, encode_dead_letter(one)) for one in written), 1: records([("", b"no letter")])}}
    )


@pytest.mark.parametrize(
    ("choice", "offsets"),
    [
        (Choice(), [0, 1, 2, 3]),
        (Choice(code="truncated"), [0, 1, 3]),
        (Choice(code="truncated", shop="dealer"), [1]),
        (Choice(verdict="ignored"), [2]),
        (Choice(place=(0, 2)), [2]),
        (Choice(place=(0, 4)), []),
        (Choice(place=(7, 0)), []),
    ],
)
def test_letters_are_chosen_by_reason_shop_class_or_place(choice: Choice, offsets: list[int], log: MemoryLog) -> None:
    assert [one.offset for one in letters(log, choice)] == offsets


def test_letters_are_counted_by_reason(log: MemoryLog) -> None:
    assert [(count.verdict, count.code, count.shop, count.letters) for count in counts(letters(log, Choice()))] == [
        ("rejected", "truncated", "web", 2),
        ("ignored", "ping", "web", 1),
        ("rejected", "truncated", "dealer", 1),
    ]


def test_an_original_goes_back_to_the_byte_with_its_headers(log: MemoryLog) -> None:
    assert replay(letters(log, Choice(place=(0, 0)))).entries == (("acme/web/17", BROKEN, HEADERS),)


def test_a_record_that_was_dead_lettered_twice_goes_back_once(log: MemoryLog) -> None:
    planned = replay(letters(log, Choice(code="truncated")))

    assert [key for key, _, _ in planned.entries] == ["acme/web/17", "acme/dealer/17"]
    assert planned.kept_back == {"the same record again": 1}


def test_what_did_not_come_from_outside_or_is_not_whole_stays() -> None:
    found = [Letter(0, 0, 0, letter("undecodable", topic="decisions")), Letter(0, 1, 0, letter("too_large", body=b""))]

    planned = replay(found)

    assert planned.entries == ()
    assert sum(planned.kept_back.values()) == 2


def test_the_body_is_kept_apart_from_what_a_list_shows() -> None:
    assert b64encode(BROKEN).decode() == letter("truncated").original
