"""What Shopify tells of returns, and what of it cannot be used."""

import json
from typing import Any

import pytest

from connectors.channels.shopify import CHANNEL
from connectors.contract import Ignored, Parsed, Received, Refusal, Rejected, ReturnEndDraft, ReturnLine, ReturnRequestDraft
from tests.connectors.cases import FIXTURES, NOON, SHOP, raw_record
from tests.connectors.test_shopify import SECRET, hook

ASKED = json.loads((FIXTURES / "shopify" / "return-requested.json").read_text())


def parse(**changes: Any) -> Parsed:
    return CHANNEL.parse(raw_record("shopify", ASKED | changes, "return"), SHOP)


def line(**changes: Any) -> list[dict[str, Any]]:
    return [ASKED["return_line_items"][0] | changes]


@pytest.mark.parametrize("status", ["requested", "open", "OPEN"])
def test_a_return_asks_for_units_of_lines_as_they_were_ordered(status: str) -> None:
    assert parse(status=status) == (
        ReturnRequestDraft(
            order="5550001112224",
            rma="945001",
            requested_at=NOON,
            lines=(ReturnLine(sku="", quantity=2, line="9101"), ReturnLine(sku="", quantity=1, line="9102")),
            reason="size_too_small",
        ),
    )


@pytest.mark.parametrize(("status", "end"), [("declined", "refused"), ("canceled", "cancelled"), ("closed", "closed")])
def test_where_a_return_stands_is_what_its_body_says_whatever_its_topic(status: str, end: str) -> None:
    parsed = parse(status=status)

    assert isinstance(parsed, tuple)
    [draft] = parsed
    assert isinstance(draft, ReturnEndDraft)
    assert (draft.rma, draft.end) == ("945001", end)


def test_what_a_person_wrote_is_no_reason() -> None:
    parsed = parse(return_line_items=line(return_reason="Ada says it leaks"), total_return_line_items=1)

    assert isinstance(parsed, tuple)
    assert isinstance(parsed[0], ReturnRequestDraft)
    assert parsed[0].reason == ""


def test_a_return_that_is_opened_again_tells_nothing_new() -> None:
    told = {name: value for name, value in ASKED.items() if name != "return_line_items"}

    assert isinstance(CHANNEL.parse(raw_record("shopify", told | {"status": "open"}, "return"), SHOP), Ignored)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"order": None}, "no_order"),
        ({"total_return_line_items": 3}, "lines_missing"),
        ({"return_line_items": line(fulfillment_line_item=None), "total_return_line_items": 1}, "line_unknown"),
        ({"return_line_items": line(quantity=0), "total_return_line_items": 1}, "bad_quantity"),
        ({"return_line_items": line(quantity="many"), "total_return_line_items": 1}, "bad_quantity"),
        ({"status": None, "id": None}, "bad_id"),
    ],
)
def test_a_return_that_cannot_be_used_says_why(changes: dict[str, Any], code: str) -> None:
    parsed = parse(**changes)

    assert isinstance(parsed, Rejected)
    assert parsed.code == code


def test_an_order_that_is_replayed_as_a_return_asks_for_nothing() -> None:
    body = (FIXTURES / "shopify" / "paid.json").read_bytes()

    assert isinstance(CHANNEL.parse(raw_record("shopify", body, "return"), SHOP), Rejected)


@pytest.mark.parametrize(
    "topic", ["returns/request", "returns/approve", "returns/decline", "returns/cancel", "returns/close", "returns/reopen"]
)
@pytest.mark.parametrize("order", ['"order": {"id": 42}', '"order_id": 42'])
def test_a_return_too_is_named_by_its_order(topic: str, order: str) -> None:
    assert CHANNEL.receive(hook(f'{{"id": 945, {order}}}'.encode(), topic), SECRET) == Received("return", "42", "w-1")


@pytest.mark.parametrize(
    "body", [b'{"id": 945}', b'{"id": 945, "order": null}', b'{"id": 945, "order": "42"}', b'{"id": 945, "order": {}}']
)
def test_a_return_of_no_order_is_malformed(body: bytes) -> None:
    refusal = CHANNEL.receive(hook(body, "returns/request"), SECRET)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"
