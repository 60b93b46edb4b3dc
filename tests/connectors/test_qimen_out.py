"""What a warehouse is asked in Qimen's form, and what its answers mean."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.contract import Fulfilment, FulfilmentLine, Millis, Person, StockLine
from connectors.payload import Unusable
from connectors.qimen import (
    Account,
    Call,
    beijing,
    delivery_order,
    entry_cancel,
    entry_order,
    order_cancel,
    query,
    return_order,
    signature,
    signed,
    stock_query,
)
from connectors.qimen_answers import Told, answer_xml, read_answer, stock
from connectors.xml_tree import Tree, read_xml, write_xml

AT = Millis(1_772_366_400_000)  # 2026-03-01 20:00:00 in Beijing
SECRET = b"nine-gates"
SENDER = Person(name="Lantern Depot", phone="021-5550100", city="上海市", street=("外环路 9 号",))
ACCOUNT = Account(app_key="21000001", customer="c-lantern", owner="LANTERN", carrier="SF", sender=SENDER)
WU = Person(name="吴太", phone="13900000000", city="杭州市", postcode="310000", country="CN", street=("玉泉路 8 号", "3 楼"))
LINES = (FulfilmentLine("11", "TEA-OOLONG", 2), FulfilmentLine("12", "CUP & SAUCER", 1))
ORDERED = Fulfilment(
    type="FulfilmentOrdered",
    id="F55e687fc4466fddf88e3",
    tenant="lin",
    shop="lantern-web",
    order="1001",
    pool="east",
    node="SHANGHAI",
    lines=LINES,
    partition=0,
    src_offset=7,
    ordinal=0,
    reason="cancelled",
)
steady = settings(derandomize=True, deadline=None, max_examples=100)


def inside(call: Call) -> Tree:
    return read_xml(call.body, "request")


# ---------------------------------------------------------------------------------------------- signing
def test_the_signature_is_that_of_the_taobao_platform_with_the_body_before_the_closing_secret() -> None:
    """Without a body it is the platform's own published example."""
    example = {
        "method": "taobao.item.seller.get",
        "app_key": "12345678",
        "session": "test",
        "timestamp": "2016-01-01 12:00:00",
        "format": "json",
        "v": "2.0",
        "sign_method": "md5",
        "fields": "num_iid,title,nick,price,num",
        "num_iid": "11223344",
    }

    assert signature(example, b"", b"helloworld") == "66987CB115214E59E6EC978214934FB8"
    assert signature({"v": "2.0", "app_key": "1"}, b"<a/>", b"s") == hashlib.md5(b"sapp_key1v2.0<a/>s").hexdigest().upper()


def test_what_we_ask_is_signed_and_any_change_of_it_is_found() -> None:
    call = order_cancel(ORDERED, ACCOUNT)
    told = query(call, ACCOUNT, AT, SECRET)

    assert told | {"sign": ""} == {
        "method": "order.cancel",
        "timestamp": "2026-03-01 20:00:00",
        "format": "xml",
        "app_key": "21000001",
        "v": "2.0",
        "sign_method": "md5",
        "customerId": "c-lantern",
        "sign": "",
    }
    assert signed(told, call.body, SECRET)
    assert not signed(told, call.body + b" ", SECRET)
    assert not signed(told | {"method": "deliveryorder.create"}, call.body, SECRET)
    assert not signed(told, call.body, b"another secret")
    assert not signed({name: value for name, value in told.items() if name != "sign"}, call.body, SECRET)


def test_an_empty_secret_signs_nothing() -> None:
    told = query(order_cancel(ORDERED, ACCOUNT), ACCOUNT, AT, b"")

    assert not signed(told, order_cancel(ORDERED, ACCOUNT).body, b"")


# ---------------------------------------------------------------------------------------------- asking
def test_a_delivery_order_says_what_to_ship_under_the_fulfilments_id_and_to_whom() -> None:
    call = delivery_order(ORDERED, WU, ACCOUNT, AT)
    told = inside(call)

    assert call.method == "deliveryorder.create"
    assert told["deliveryOrder"] | {"senderInfo": "", "receiverInfo": ""} == {
        "deliveryOrderCode": "F55e687fc4466fddf88e3",
        "orderType": "JYCK",
        "warehouseCode": "SHANGHAI",
        "sourcePlatformCode": "OTHER",
        "createTime": "2026-03-01 20:00:00",
        "placeOrderTime": "2026-03-01 20:00:00",
        "operateTime": "2026-03-01 20:00:00",
        "shopNick": "lantern-web",
        "logisticsCode": "SF",
        "senderInfo": "",
        "receiverInfo": "",
    }
    assert told["deliveryOrder"]["receiverInfo"] == {
        "name": "吴太",
        "zipCode": "310000",
        "mobile": "13900000000",
        "countryCode": "CN",
        "city": "杭州市",
        "detailAddress": "玉泉路 8 号 3 楼",
    }
    assert [(line["subSourceOrderCode"], line["itemCode"], line["planQty"]) for line in told["orderLines"]["orderLine"]] == [
        ("11", "TEA-OOLONG", "2"),
        ("12", "CUP & SAUCER", "1"),
    ]


def test_an_order_without_a_recipient_names_nobody() -> None:
    assert "receiverInfo" not in inside(delivery_order(ORDERED, None, ACCOUNT, AT))["deliveryOrder"]


def test_nobody_is_named_where_a_call_is_logged() -> None:
    assert "吴太" not in repr(delivery_order(ORDERED, WU, ACCOUNT, AT))


def test_a_cancel_names_the_order_as_it_was_created() -> None:
    told = inside(order_cancel(ORDERED, ACCOUNT))

    assert (told["orderCode"], told["orderType"], told["warehouseCode"]) == (ORDERED.id, "JYCK", "SHANGHAI")


SUPPLY = replace(
    ORDERED, type="SupplyExpected", id="PO-9", tenant="", shop="", order="", lines=(FulfilmentLine("", "TEA-OOLONG", 500),), expected_at=AT
)


def test_an_entry_order_announces_goods_to_a_node() -> None:
    told = inside(entry_order(SUPPLY, ACCOUNT, AT))

    assert told["entryOrder"]["entryOrderCode"] == "PO-9"
    assert told["entryOrder"]["expectStartTime"] == beijing(AT)
    assert told["orderLines"]["orderLine"]["planQty"] == "500"


def test_goods_that_do_not_come_are_called_off_under_their_code() -> None:
    told = inside(entry_cancel(replace(SUPPLY, lines=()), ACCOUNT))

    assert (told["orderCode"], told["orderType"]) == ("PO-9", "CGRK")


def test_a_return_order_carries_the_shop_and_its_order_so_that_its_confirmation_finds_them() -> None:
    told = inside(return_order(replace(ORDERED, type="ReturnExpected", id="1", lines=LINES[:1], tracking="SF-7"), ACCOUNT))

    assert (told["returnOrder"]["returnOrderCode"], told["returnOrder"]["expressCode"]) == ("lantern-web/1001/1", "SF-7")
    assert told["orderLines"]["orderLine"]["itemCode"] == LINES[0].sku


def test_a_code_that_is_too_long_for_the_norm_is_not_cut_off_but_refused() -> None:
    with pytest.raises(ValueError, match="at most 50 characters"):
        entry_order(replace(SUPPLY, id="P" * 51), ACCOUNT, AT)


def test_stock_is_asked_for_page_by_page_and_the_lots_of_a_sku_are_summed() -> None:
    asked = inside(stock_query("SHANGHAI", "TEA", ACCOUNT, page=2))
    assert (asked["itemCode"], asked["page"], asked["pageSize"]) == ("TEA", "2", "100")
    items = [
        {"itemCode": "TEA", "quantity": 5, "inventoryType": "ZP", "batchCode": "L1"},
        {"itemCode": "TEA", "quantity": 7, "batchCode": "L2"},
        {"itemCode": "TEA", "quantity": 1, "inventoryType": "CC"},
    ]

    assert stock(write_xml("response", {"flag": "success", "items": {"item": items}})) == (StockLine(sku="TEA", quantity=12),)


@pytest.mark.parametrize(
    "told",
    [
        {"flag": "failure", "code": "S003"},
        {"flag": "success", "items": {"item": {"itemCode": "TEA", "quantity": "-1"}}},
        {"flag": "success", "items": {"item": {"itemCode": "TEA", "quantity": "9" * 5_000}}},
        {"flag": "success", "items": {"item": {"quantity": "1"}}},
        {"flag": "success", "items": {"item": "TEA"}},
    ],
)
def test_stock_that_was_not_told_is_not_taken_for_none(told: Tree) -> None:
    with pytest.raises(Unusable):
        stock(write_xml("response", told))


@steady
@given(st.builds(Person, name=st.text(), company=st.text(), city=st.text(), street=st.lists(st.text(), max_size=3).map(tuple)))
def test_whoever_the_recipient_is_the_order_stays_what_it_was(person: Person) -> None:
    told = inside(delivery_order(ORDERED, person, ACCOUNT, AT))

    assert told["deliveryOrder"]["deliveryOrderCode"] == ORDERED.id
    assert len(told["orderLines"]["orderLine"]) == 2


# ---------------------------------------------------------------------------------------------- answers
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            b"<response><flag>success</flag><code>0</code><message/><deliveryOrderId>W-5</deliveryOrderId></response>",
            Told(taken=True, code="0", number="W-5"),
        ),
        (b"<response><flag>SUCCESS</flag></response>", Told(taken=True, code="")),
        (
            "<response><flag>failure</flag><code>S003</code><message>仓库不存在</message></response>".encode(),
            Told(taken=False, code="S003", message="仓库不存在"),
        ),
        (
            b"<response><flag>failure</flag><code>isp.remote-service-timeout</code></response>",
            Told(taken=False, code="isp.remote-service-timeout", passing=True),
        ),
        (
            b"<error_response><code>7</code><msg>App Call Limited</msg></error_response>",
            Told(taken=False, code="7", message="App Call Limited", passing=True),
        ),
        (
            b"<error_response><code>25</code><sub_code>isv.invalid-signature</sub_code></error_response>",
            Told(taken=False, code="isv.invalid-signature"),
        ),
    ],
)
def test_an_answer_says_whether_it_was_taken_and_whether_to_ask_again(body: bytes, told: Told) -> None:
    assert read_answer(body) == told


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"<html><body>Bad gateway</body></html>", b"<response><code>0</code></response>", b"<response/>"]
)
def test_what_is_no_answer_is_not_taken_for_one(body: bytes) -> None:
    with pytest.raises(Unusable):
        read_answer(body)


def test_our_answers_can_be_read_by_who_calls_us() -> None:
    assert read_answer(answer_xml("0", "")) == Told(taken=True, code="0")
    assert read_answer(answer_xml("malformed", "A <node> & its name.")) == Told(
        taken=False, code="malformed", message="A <node> & its name."
    )
