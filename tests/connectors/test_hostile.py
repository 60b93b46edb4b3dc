"""Payloads made to hurt: each was found by `make fuzz`, or is what somebody would try first."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from connectors.contract import Channel, Fetched, Millis, OrderDraft, Polled, RawRecord, Received, Refusal, Rejected, Webhook
from connectors.poll import Poller, turn
from connectors.registry import channels
from tests.connectors.border import TEA, FakeProducer, Paper
from tests.connectors.cases import NOON, SHOP, every_case, raw_record
from tests.connectors.ways import SHOPIFY, WAREHOUSE, WAYS, WOOCOMMERCE, Way

every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.channel)


@every_way
@pytest.mark.parametrize("depth", [900, 1_100, 100_000])
def test_a_signed_webhook_that_is_nested_without_end_is_malformed_or_a_dead_letter(way: Way, depth: int) -> None:
    body = json.dumps(way.payload)[:-1].encode() + b', "note": ' + b"[" * depth + b"]" * depth + b"}"
    received = channels()[way.channel].receive(Webhook(way.signed(body), body), b"dragon-well")
    kind = "count" if way is WAREHOUSE else "order"
    parsed = channels()[way.channel].parse(raw_record(way.channel, body, kind), SHOP)

    assert isinstance(received, Received) or (isinstance(received, Refusal) and received.code == "malformed")
    assert isinstance(parsed, tuple | Rejected)


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00", "\udc00\ud83d"])
def test_half_of_a_surrogate_pair_in_any_text_is_rejected(text: str) -> None:
    """It is JSON, and no text: a command with it could never be written."""
    for channel, case in every_case():
        if b"line_items" in case.raw.body:
            payload = json.loads(case.raw.body) | {"name": text, "number": text}
            parsed = channel.parse(msgspec.structs.replace(case.raw, body=json.dumps(payload).encode()), SHOP)
            assert isinstance(parsed, Rejected)
            assert parsed.code == "broken_text"


def test_a_whole_surrogate_pair_is_the_character_that_it_stands_for() -> None:
    body = json.dumps(SHOPIFY.payload | {"name": "🍵"}, ensure_ascii=True).encode()
    parsed = channels()["shopify"].parse(raw_record("shopify", body), SHOP)

    assert isinstance(parsed, tuple)
    assert isinstance(parsed[0], OrderDraft)
    assert parsed[0].number == "🍵"


@pytest.mark.parametrize("received_at", ["Zerlina Quaxworthy", "9" * 5_000, "", "1e9", "-1", "\0"])
def test_a_raw_record_with_a_broken_time_says_so_and_quotes_nothing(received_at: str) -> None:
    headers = [(name, value) for name, value in raw_record("shopify", b"{}").headers() if name != "received_at"]

    with pytest.raises(ValueError, match=r"^the raw record's header received_at is not a time in milliseconds$"):
        RawRecord.from_record([*headers, ("received_at", received_at.encode())], b"{}")


# ---------------------------------------------------------------------------------------------- polling
def answers(*found: Fetched) -> Any:
    left = iter(found)
    return lambda path, query: next(left)


@pytest.mark.parametrize("pages", ["9" * 5_000, "99999999999", "²", "-1", "1.5", "x"])
def test_a_shop_that_claims_an_absurd_number_of_pages_is_not_followed(pages: str) -> None:
    page = Fetched(200, {"x-wp-totalpages": pages}, b"[]")
    try:
        polled = channels()["woocommerce"].poll(answers(page), SHOP, "", NOON)
    except ConnectionError:
        return
    assert not polled.more


def test_an_order_with_refunds_that_is_no_text_becomes_a_dead_letter_and_holds_nobody_up() -> None:
    order = (
        json.dumps(WOOCOMMERCE.payload | {"refunds": [{"id": 1}], "caf\u00e9": 1}, ensure_ascii=False)
        .encode()
        .replace(b"\xc3\xa9", b"\xe9")
    )
    polled = channels()["woocommerce"].poll(answers(Fetched(200, {}, b"[" + order + b"]"), Fetched(200, {}, b"[]")), SHOP, "", NOON)
    [(kind, name, _, body)] = polled.items

    assert isinstance(channels()["woocommerce"].parse(raw_record("woocommerce", body, kind, name), SHOP), Rejected)


class Fax(Paper):
    """A platform whose orders are called as nobody may be called."""

    def __init__(self, name: str) -> None:
        self._name = name

    def poll(self, fetch: Any, shop: Any, cursor: str, now: Millis) -> Polled:
        return Polled(items=(("order", self._name, self._name, b"{}"),), cursor="1", more=False)


@pytest.mark.parametrize("name", ["", "x" * 1_000_000, "\ud83d"])
def test_a_polled_order_without_a_usable_name_is_still_passed_on_and_holds_nobody_up(name: str) -> None:
    producer = FakeProducer()
    publisher = producer.publisher()
    with ThreadPoolExecutor(1) as threads:
        channel: dict[str, Channel] = {"paper": Fax(name)}
        poller = Poller(
            publisher=publisher,
            channels=channel,
            shops=list,
            fetch=lambda ref: answers(),
            threads=threads,
            now=lambda: NOON,
            random=lambda: 0.5,
            max_body=1_000,
        )
        outcome = asyncio.run(turn(poller, TEA, {}))
    publisher.close()

    assert outcome == ("taken", False)
    assert [sent.raw().external_id for sent in producer.log if sent.topic == "raw"] == ["unreadable"]


def test_a_count_of_nested_lines_is_rejected() -> None:
    body = WAREHOUSE.changed("quantity", [[[[]]]])

    assert isinstance(channels()["warehouse"].parse(raw_record("warehouse", body, "count"), SHOP), Rejected)
