"""A warehouse of the norm as a partner: it is asked for each fulfilment, and its answer decides whether it has it."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace

from connectors.contract import Fulfilment, FulfilmentLine, Millis, Person
from connectors.forms import FORMS
from connectors.labels import Label
from connectors.partner import Accepted, Again, Delivery, Partner, Refused, Reply, Undeliverable
from connectors.partner_qimen import FORM
from connectors.qimen import signed
from connectors.xml_tree import read_xml

AT = Millis(1_772_366_400_000)  # 2026-03-01 20:00:00 in Beijing
SECRET = b"nine-gates"
WU = Person(name="吴太", phone="13900000000", city="杭州市", street=("玉泉路 8 号",))
WAREHOUSE = Partner(
    name="lantern-wms",
    url="https://wms.example/router/qimen",
    secret=SECRET,
    form="qimen",
    nodes=("SHANGHAI",),
    options={"app_key": "21000001", "customer": "c-lantern", "owner": "LANTERN", "sender_name": "灯笼仓", "sender_street": "外环路 9 号"},
)
ORDERED = Fulfilment(
    type="FulfilmentOrdered",
    id="F1",
    tenant="lin",
    shop="lantern-web",
    order="1001",
    pool="east",
    node="SHANGHAI",
    lines=(FulfilmentLine("11", "TEA-OOLONG", 2),),
    partition=0,
    src_offset=7,
    ordinal=0,
)
CANCELLED = replace(ORDERED, type="FulfilmentCancelled", reason="cancelled")


def delivery(told: Fulfilment = ORDERED, at: int = AT) -> Delivery:
    return Delivery(fulfilment=told, recipient=WU, at=Millis(at), decided_at=AT)


def test_a_label_that_was_bought_is_named_as_its_waybill() -> None:
    label = Label(reference="F1", carrier="SF", service="SF", tracking="SF100200", price=1_200, currency="CNY", url="")

    plain, labelled = (FORM.request(replace(delivery(), label=one), WAREHOUSE) for one in (None, label))

    assert read_xml(labelled.body, "request")["deliveryOrder"]["expressCode"] == "SF100200"
    assert "expressCode" not in read_xml(plain.body, "request")["deliveryOrder"]


def test_the_form_is_found_by_its_name() -> None:
    assert FORMS["qimen"] is FORM


def test_a_fulfilment_is_asked_for_by_a_signed_call_that_names_sender_and_recipient() -> None:
    asked = FORM.request(delivery(), WAREHOUSE)
    query = dict(parse_qsl(urlsplit(asked.url).query))
    order = read_xml(asked.body, "request")["deliveryOrder"]

    assert asked.url.startswith("https://wms.example/router/qimen?")
    assert (query["method"], query["timestamp"]) == ("deliveryorder.create", "2026-03-01 20:00:00")
    assert signed(query, asked.body, SECRET)
    assert (order["senderInfo"]["detailAddress"], order["receiverInfo"]["name"]) == ("外环路 9 号", "吴太")


@pytest.mark.parametrize(
    ("method", "code"), [("", "OTHER"), ("Express", "SF"), ("express ", "SF"), ("次日达", "JD"), ("By bicycle", "OTHER")]
)
def test_a_warehouse_is_told_the_carrier_that_it_has_for_the_method_and_the_method_itself(method: str, code: str) -> None:
    agreed = WAREHOUSE.options | {"shipping_express": "SF", "shipping_次日达": "JD"}  # type: ignore[operator]
    partner = replace(WAREHOUSE, options=agreed)
    order = read_xml(FORM.request(delivery(replace(ORDERED, shipping=method)), partner).body, "request")["deliveryOrder"]

    assert (order["logisticsCode"], order.get("remark", "")) == (code, method.strip())


def test_every_attempt_has_the_same_body_and_a_time_of_its_own() -> None:
    first, second = (FORM.request(delivery(at=AT + wait), WAREHOUSE) for wait in (0, 60_000))

    assert first.body == second.body
    assert first.url != second.url


@pytest.mark.parametrize("reason", ["cancelled", "held"])
def test_an_order_that_is_taken_back_is_cancelled(reason: str) -> None:
    asked = FORM.request(delivery(replace(CANCELLED, reason=reason)), WAREHOUSE)

    assert dict(parse_qsl(urlsplit(asked.url).query))["method"] == "order.cancel"
    assert read_xml(asked.body, "request")["orderCode"] == "F1"


@pytest.mark.parametrize("reason", ["amended", "reduced", "shipped_elsewhere"])
def test_what_may_be_a_part_is_never_cancelled_as_a_whole(reason: str) -> None:
    with pytest.raises(Undeliverable) as never:
        FORM.request(delivery(replace(CANCELLED, reason=reason)), WAREHOUSE)

    assert never.value.refused.code == "part_of_an_order"


def test_a_partner_without_an_account_is_told_what_is_missing() -> None:
    with pytest.raises(Undeliverable) as never:
        FORM.request(delivery(), replace(WAREHOUSE, options={"app_key": "1"}))

    assert "options.owner" in never.value.refused.sentence


def xml(flag: str, code: str = "", message: str = "") -> bytes:
    return f"<response><flag>{flag}</flag><code>{code}</code><message>{message}</message></response>".encode()


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, xml("success", "0"), Accepted),
        (200, xml("failure", "S003", "收件人吴太地址不完整"), Refused),
        (200, xml("failure", "吴太", "吴太"), Refused),
        (200, xml("failure", "isp.remote-service-timeout"), Again),
        (200, b"<error_response><code>7</code><msg>App Call Limited</msg></error_response>", Again),
        (200, b"<html>busy</html>", Again),
        (200, b"", Again),
        (503, xml("success", "0"), Again),
        (429, b"", Again),
        (302, b"", Refused),
        (404, b"", Refused),
    ],
)
def test_only_success_is_an_acknowledgement_and_no_sentence_repeats_what_the_warehouse_wrote(
    status: int, body: bytes, verdict: type[object]
) -> None:
    found = FORM.answer(Reply(status, {}, body))

    assert isinstance(found, verdict)
    assert "吴太" not in repr(found)


@pytest.mark.parametrize(
    ("told", "method"),
    [
        (replace(ORDERED, type="ReturnExpected", id="RMA-1"), "returnorder.create"),
        (replace(ORDERED, type="SupplyExpected", id="PO-9"), "entryorder.create"),
        (replace(ORDERED, type="SupplyExpected", id="PO-9", lines=()), "order.cancel"),
    ],
)
def test_a_warehouse_is_told_what_is_to_come(told: Fulfilment, method: str) -> None:
    assert f"method={method}&" in FORM.request(delivery(told), WAREHOUSE).url
