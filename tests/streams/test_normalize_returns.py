"""Returns as shops and warehouses tell of them, on their way to the pool."""

import msgspec

from connectors.contract import (
    InspectedLine,
    InspectionDraft,
    LineDraft,
    Millis,
    ReissueDraft,
    ReturnEndDraft,
    ReturnLine,
    ReturnRequestDraft,
)
from streams.commands import EndReturn, InspectReturn, ReissueOrder, RequestReturn, ReturnStock
from streams.rules.normalize_documents import DOCUMENT_LINES
from tests.streams.drafts import CAUSE, NOON, code, commands, outcome
from tests.streams.test_normalize_stock import RETURN

REQUEST = ReturnRequestDraft(
    order="1001", rma="RMA-7", requested_at=NOON, lines=(ReturnLine(sku="", quantity=1, line="7"),), tracking="SF9"
)
FOUND = InspectionDraft(
    document="I1",
    shop="tea",
    order="1001",
    node="ningbo",
    inspected_at=NOON,
    lines=(InspectedLine(sku="A", quantity=1, disposition="resell"),),
    rma="RMA-7",
)


def test_a_shop_asks_for_goods_of_its_own_order() -> None:
    (asked, ended) = commands(REQUEST, ReturnEndDraft(order="1001", rma="RMA-7", ended_at=NOON, end="closed"))

    assert asked == RequestReturn(
        pool="east",
        cause=(*CAUSE, 0),
        order="lin/tea/1001",
        rma="RMA-7",
        lines=(("7", "", 1),),
        requested_at=NOON,
        tracking="SF9",
    )
    assert ended == EndReturn(pool="east", cause=(*CAUSE, 1), order="lin/tea/1001", rma="RMA-7", end="closed", at=NOON)


def test_an_inspection_names_the_return_by_its_rma_or_by_the_document_of_the_same_feed() -> None:
    by_document = msgspec.structs.replace(FOUND, rma="", returned="RT1")

    first, second = commands(FOUND, by_document)

    assert isinstance(first, InspectReturn)
    assert isinstance(second, InspectReturn)
    assert (first.rma, second.rma) == ("RMA-7", "tea/RT1")
    assert (first.document, first.order, first.lines) == ("tea/I1", "lin/tea/1001", (("A", "resell", 1),))


def test_a_return_told_of_in_parts_is_one_return() -> None:
    lines = tuple(ReturnLine(sku=f"S{n}", quantity=1) for n in range(DOCUMENT_LINES + 1))

    told = commands(msgspec.structs.replace(RETURN, lines=lines))

    assert [(one.document, one.rma) for one in told if isinstance(one, ReturnStock)] == [("tea/RT1", ""), ("tea/RT1#2", "tea/RT1")]


def test_returns_that_no_pool_can_use_are_rejected() -> None:
    none = (ReturnLine(sku="", quantity=0, line="7"),)

    assert code(outcome(msgspec.structs.replace(REQUEST, lines=none))) == "bad_quantity"
    assert code(outcome(msgspec.structs.replace(REQUEST, lines=()))) == "no_lines"
    assert code(outcome(msgspec.structs.replace(REQUEST, requested_at=Millis(-1)))) == "bad_time"
    assert code(outcome(msgspec.structs.replace(FOUND, rma=""))) == "no_return"
    assert code(outcome(msgspec.structs.replace(FOUND, node="chengdu"))) == "unknown_node"
    assert code(outcome(msgspec.structs.replace(FOUND, shop="nobody"))) == "unknown_shop"


def test_a_replacement_is_made_of_listings_of_the_shop_and_a_parcel_is_reissued_by_its_number() -> None:
    exchange = msgspec.structs.replace(REQUEST, replacement=(LineDraft("1", ("A",), 2, 0),))

    (asked, again) = commands(exchange, ReissueDraft(order="1001", tracking="SF9", asked_at=NOON, by="mei"))

    assert isinstance(asked, RequestReturn)
    assert [(one.line, one.quantity, one.price) for one in asked.replacement] == [("1", 2, 0)]
    assert again == ReissueOrder(pool="east", cause=(*CAUSE, 1), order="lin/tea/1001", tracking="SF9", at=NOON, by="mei")
