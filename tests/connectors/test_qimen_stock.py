"""What a warehouse says in Qimen's form of its stock: counts, changes, receipts, returns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import (
    ChangeDraft,
    CountDraft,
    Fulfilment,
    FulfilmentLine,
    InspectionDraft,
    MoveDraft,
    ReceiptDraft,
    ReturnDraft,
    StockLine,
)
from connectors.qimen import return_order
from connectors.xml_tree import Tree, read_xml
from tests.connectors.qimen_told import ACCOUNT, code, drafts, fixture, line

steady = settings(derandomize=True, deadline=None, max_examples=60)


# ---------------------------------------------------------------------------------------------- stock
def test_a_count_is_what_lies_there_and_not_the_difference_and_damaged_units_are_not_in_it() -> None:
    (count,) = drafts("inventory.report", fixture("counted"))

    assert isinstance(count, CountDraft)
    assert count.document == "PZ-1/2", "each page is a document of its own"
    assert [(found.sku, found.quantity) for found in count.lines] == [("TEA-OOLONG", 120), ("TEA-OOLONG", 30), ("CUP-CLAY", 0)]


def test_a_count_of_differences_only_is_refused_rather_than_guessed() -> None:
    told = {
        "warehouseCode": "SHANGHAI",
        "outBizCode": "PZ-2",
        "checkTime": "2026-03-01 06:00:00",
        "items": {"item": {"itemCode": "TEA", "quantity": "-3"}},
    }

    assert code("inventory.report", told) == "missing_field"


def change(sku: str, units: int, kind: str, order: str = "ZT-1", number: str = "YZ-1", why: str = "ZTTZ") -> Tree:
    named = {"warehouseCode": "SHANGHAI", "orderCode": order, "orderType": why, "outBizCode": number}
    return named | {"itemCode": sku, "inventoryType": kind, "quantity": units}


def test_good_units_that_became_damaged_are_moved_whichever_half_is_told_first() -> None:
    good, bad = change("TEA", -2, "ZP", number="YZ-1"), change("TEA", 2, "CC", number="YZ-2")
    (there,) = drafts("stockchange.report", {"items": {"item": [good, bad]}})
    (back,) = drafts("stockchange.report", {"items": {"item": [bad, good]}})

    assert isinstance(there, MoveDraft)
    assert (there.from_bucket, there.to_bucket) == ("on_hand", "damaged")
    assert there == back


@pytest.mark.parametrize(
    ("units", "kind", "bucket"), [(6, "ZP", "on_hand"), (-1, "ZP", "on_hand"), (1, "CC", "damaged"), (-1, "JS", "damaged")]
)
def test_units_that_were_found_or_vanished_are_told_with_the_type_of_the_change(units: int, kind: str, bucket: str) -> None:
    (told,) = drafts("stockchange.report", {"items": {"item": change("TEA", units, kind, why="CNJG")}})

    assert isinstance(told, ChangeDraft)
    assert (told.bucket, told.reason, told.lines) == (bucket, "CNJG", (StockLine(sku="TEA", quantity=units),))


def test_of_units_that_became_damaged_and_units_that_vanished_each_is_told() -> None:
    items = [change("TEA", -3, "ZP"), change("TEA", 2, "CC", number="YZ-2")]
    moved, lost = drafts("stockchange.report", {"items": {"item": items}})

    assert isinstance(moved, MoveDraft)
    assert isinstance(lost, ChangeDraft)
    assert (moved.lines[0].quantity, lost.lines[0].quantity) == (2, -1)


@pytest.mark.parametrize("why", ["JYCK", "CGRK", "THRK", "QTCK"])
def test_a_change_that_its_orders_confirmation_tells_is_not_booked_twice(why: str) -> None:
    assert code("stockchange.report", {"items": {"item": change("TEA", -1, "ZP", why=why)}}) == "confirmed_elsewhere"


@steady
@given(
    st.lists(st.tuples(st.sampled_from(["TEA", "CUP"]), st.integers(-3, 3), st.sampled_from(["ZP", "CC", "JS"])), min_size=1, max_size=6)
)
def test_what_changes_move_and_bring_is_what_they_say(told: list[tuple[str, int, str]]) -> None:
    found = drafts("stockchange.report", {"items": {"item": [change(sku, units, kind) for sku, units, kind in [*told, ("LAMP", 1, "ZP")]]}})
    wanted = {
        (sku, good): sum(units for of, units, kind in told if of == sku and (kind == "ZP") == good)
        for sku in ("TEA", "CUP")
        for good in (True, False)
    } | {("LAMP", True): 1}
    for draft in found:
        assert isinstance(draft, MoveDraft | ChangeDraft)
        for moved in draft.lines:
            if isinstance(draft, ChangeDraft):
                wanted[moved.sku, draft.bucket == "on_hand"] -= moved.quantity
            else:
                wanted[moved.sku, draft.from_bucket == "on_hand"] += moved.quantity
                wanted[moved.sku, draft.to_bucket == "on_hand"] -= moved.quantity
    assert set(wanted.values()) == {0}


def test_only_good_units_of_an_entry_order_are_received() -> None:
    (receipt,) = drafts("entryorder.confirm", fixture("received"))

    assert isinstance(receipt, ReceiptDraft)
    assert [(got.sku, got.quantity) for got in receipt.lines] == [("TEA-OOLONG", 300), ("CUP-CLAY", 10)]


@pytest.mark.parametrize("status", ["NEW", "CANCELED", "EXCEPTION"])
def test_an_entry_order_by_which_nothing_came_brings_nothing(status: str) -> None:
    told = {
        "entryOrder": {"entryOrderCode": "PO-9", "warehouseCode": "SHANGHAI", "status": status, "outBizCode": "RZ-2"},
        "orderLines": {"orderLine": line("TEA", 5, 5)},
    }

    assert code("entryorder.confirm", told) == "nothing_received"


# ---------------------------------------------------------------------------------------------- returns
def test_what_came_back_lies_in_quality_until_the_warehouse_says_what_it_is_worth() -> None:
    back, seen = drafts("returnorder.confirm", fixture("returned"))

    assert isinstance(back, ReturnDraft)
    assert isinstance(seen, InspectionDraft)
    assert (back.shop, back.order, len(back.lines)) == ("lantern-web", "1001", 3)
    assert (seen.returned, seen.node) == (back.document, back.node)
    assert [(found.sku, found.quantity, found.disposition) for found in seen.lines] == [
        ("TEA-OOLONG", 1, "resell"),
        ("CUP-CLAY", 1, "damaged"),
    ]


@steady
@given(shop=st.from_regex(r"[a-z-]{1,12}", fullmatch=True), order=st.from_regex(r"[A-Z0-9/#-]{1,24}", fullmatch=True))
def test_a_return_that_we_asked_for_is_confirmed_for_the_very_order(shop: str, order: str) -> None:
    lines = (FulfilmentLine("11", "TEA", 2),)
    shipped = Fulfilment(
        type="ReturnExpected",
        id="1",
        tenant="lin",
        shop=shop,
        order=order,
        pool="east",
        node="SHANGHAI",
        lines=lines,
        partition=0,
        src_offset=7,
        ordinal=0,
    )
    told = read_xml(return_order(shipped, ACCOUNT).body, "request")
    told["orderLines"]["orderLine"]["actualQty"] = "2"
    back = drafts("returnorder.confirm", told)[0]

    assert isinstance(back, ReturnDraft)
    assert (back.shop, back.order, back.node, [got.line for got in back.lines]) == (shop, order, "SHANGHAI", ["11"])


def test_a_return_of_its_own_names_its_shop_and_its_order() -> None:
    order = {"returnOrderCode": "WMS-R-9", "warehouseCode": "SHANGHAI", "outBizCode": "TZ-2", "shopNick": "lantern-web"}
    told = {"returnOrder": order, "orderLines": {"orderLine": line("TEA", 0, 1, sourceOrderCode="1001")}}
    back = drafts("returnorder.confirm", told)[0]

    assert isinstance(back, ReturnDraft)
    assert (back.shop, back.order) == ("lantern-web", "1001")
    assert code("returnorder.confirm", told | {"returnOrder": order | {"shopNick": ""}}) == "unknown_order"
