"""Whoever has seen a signed delivery can send it again. That is harmless, whenever and however often, and it opens no other door."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from streams.commands import AnyCommand, SetShop, encode_command
from streams.decisions import decode_decision
from streams.ledger import Ledger
from tables.events import Duplicate, OrderPlaced, Shop, Stale
from tests.connectors.border import SECRET, post
from tests.connectors.ways import CANONICAL, SHOPIFY, WAYS, WOOCOMMERCE, Border, Way

SET_UP: list[AnyCommand] = [
    SetShop(
        pool="east",
        cause=("import", 0, number, 0),
        version=1,
        shop=Shop(shop=f"{way.channel}-shop", tenant="lin", channel=way.channel, segment="b2c"),
    )
    for number, way in enumerate(WAYS)
]
ORDER_WAYS = (SHOPIFY, WOOCOMMERCE, CANONICAL)


@pytest.fixture
def border() -> Iterator[Border]:
    made = Border()
    yield made
    made.door.publisher.close()


def decided(border: Border) -> list[object]:
    """What the pool makes of everything in `raw`: the first event of each decision."""
    ledger = Ledger(0)
    commands: list[AnyCommand] = [*SET_UP]
    commands += [command for outcome in border.outcomes() if isinstance(outcome, tuple) for command in outcome]
    records = ledger.decide([(offset, b"east", encode_command(command)) for offset, command in enumerate(commands)])
    return [type(decode_decision(record).events[0]) for _, record in records[len(SET_UP) :]]


@pytest.mark.parametrize("way", ORDER_WAYS, ids=lambda way: way.channel)
def test_a_delivery_that_is_sent_again_changes_nothing(border: Border, way: Way) -> None:
    body = json.dumps(way.payload).encode()
    headers = way.signed(body)
    answers = [border.send(way, body, headers).status_code for _ in range(4)]

    assert answers == [200] * 4
    assert decided(border) == [OrderPlaced, Duplicate, Duplicate, Duplicate]


@pytest.mark.parametrize("way", ORDER_WAYS, ids=lambda way: way.channel)
def test_a_delivery_from_before_a_change_does_not_undo_it(border: Border, way: Way) -> None:
    before = json.dumps(way.payload).encode()
    after = way.changed(way.time, way.payload[way.time].replace("2026-03-01", "2026-03-02"))
    for body in (before, after, before):
        border.send(way, body)

    assert decided(border) == [OrderPlaced, OrderPlaced, Stale]


@pytest.mark.parametrize("way", ORDER_WAYS, ids=lambda way: way.channel)
def test_a_signature_is_good_for_its_body_alone(border: Border, way: Way) -> None:
    body = json.dumps(way.payload).encode()
    other = way.changed(way.quantity, 200)

    assert border.send(way, other, way.signed(body)).status_code == 401
    assert border.send(way, body[:-1] + b" }", way.signed(body)).status_code == 401
    assert border.broker.log == []


def test_a_delivery_of_one_shop_is_none_of_another(border: Border) -> None:
    """Each shop has a secret of its own."""
    secrets = {"shopify-shop": SECRET, "canonical-shop": b"another one"}
    inside = msgspec.structs.replace(border.door, secret=secrets.get)
    body = json.dumps(CANONICAL.payload).encode()

    assert post(inside, CANONICAL.hooks, body, CANONICAL.signed(body)).status_code == 401
    assert border.broker.log == []


CALLED = [(SHOPIFY, "x-shopify-topic", "orders/cancelled"), (SHOPIFY, "x-shopify-topic", "orders/delete")]
CALLED += [(SHOPIFY, "x-shopify-topic", "refunds/create"), (WOOCOMMERCE, "x-wc-webhook-topic", "order.deleted")]


@pytest.mark.parametrize(("way", "header", "topic"), CALLED, ids=[topic for _, _, topic in CALLED])
def test_an_order_that_is_replayed_under_another_topic_is_not_cancelled(border: Border, way: Way, header: str, topic: str) -> None:
    """Platforms sign the body alone: whoever has seen one may call it what he likes."""
    body = json.dumps(way.payload).encode()
    border.send(way, body)
    border.send(way, body, way.signed(body) | {header: topic})

    assert set(decided(border)) <= {OrderPlaced, Duplicate}
