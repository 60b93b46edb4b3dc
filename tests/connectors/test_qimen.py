"""What a warehouse says in Qimen's form: deliveries in packages, and what it may say at all."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.channels.qimen import CHANNEL, NOT_SHIPPING, SUBJECTS
from connectors.contract import (
    Parsed,
    Received,
    Refusal,
    RejectionDraft,
    ShipmentDraft,
    StockLine,
    TooLateDraft,
    TrackingDraft,
)
from connectors.xml_tree import Tree, read_xml
from tests.connectors.cases import DOCS, FIXTURES, NOON
from tests.connectors.qimen_told import SECRET, code, confirm, drafts, fixture, hook, line, package, parsed

steady = settings(derandomize=True, deadline=None, max_examples=60)


# ---------------------------------------------------------------------------------------------- who may say so
def test_a_signed_message_is_named_after_its_order_or_its_warehouse_so_that_it_stays_in_line() -> None:
    named = [
        CHANNEL.receive(hook(method, fixture(name)), SECRET)
        for method, name in (
            ("deliveryorder.confirm", "delivered"),
            ("taobao.qimen.inventory.report", "counted"),
            ("stockchange.report", "found-damaged"),
        )
    ]

    assert [(name.kind, name.external_id) for name in named if isinstance(name, Received)] == [
        ("deliveryorder.confirm", "F55e687fc4466fddf88e3"),
        ("inventory.report", "SHANGHAI"),
        ("stockchange.report", "SHANGHAI"),
    ]


@pytest.mark.parametrize(
    "changes", [{"sign": "0" * 32}, {"sign": ""}, {"method": "inventory.report"}, {"timestamp": "2026-03-02 00:00:00"}, {"sign": "签"}]
)
def test_a_message_whose_url_was_changed_is_not_taken(changes: dict[str, str]) -> None:
    refused = CHANNEL.receive(hook("deliveryorder.confirm", fixture("delivered"), changes), SECRET)

    assert isinstance(refused, Refusal)
    assert refused.code == "bad_signature"


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("sn.report", b"<request><a/></request>"),
        ("deliveryorder.confirm", b"<request>"),
        ("deliveryorder.confirm", b"{}"),
        ("deliveryorder.confirm", b"<request><deliveryOrder/></request>"),
        ("deliveryorder.confirm", b"<request><deliveryOrder><deliveryOrderCode><a>1</a></deliveryOrderCode></deliveryOrder></request>"),
        ("stockchange.report", b"<request><items/></request>"),
        ("inventory.report", b'<!DOCTYPE a [<!ENTITY b "c">]><request><warehouseCode>&b;</warehouseCode></request>'),
    ],
)
def test_a_signed_message_that_names_nothing_is_malformed_and_told_so(method: str, body: bytes) -> None:
    refused = CHANNEL.receive(hook(method, body), SECRET)

    assert isinstance(refused, Refusal)
    assert refused.code == "malformed"
    assert refused.sentence.endswith(".")


# ---------------------------------------------------------------------------------------------- deliveries
def test_each_package_is_a_shipment_with_its_own_tracking_number() -> None:
    first, second = drafts("deliveryorder.confirm", confirm(packages=[package("SF1", ("TEA", 2)), package("SF2", ("TEA", 1), ("CUP", 4))]))

    assert isinstance(first, ShipmentDraft)
    assert isinstance(second, ShipmentDraft)
    assert (first.tracking, first.lines) == ("SF1", (StockLine(sku="TEA", quantity=2),))
    assert (second.tracking, len(second.lines)) == ("SF2", 2)


@steady
@given(st.permutations([package("SF1", ("TEA", 2)), package("SF2", ("TEA", 1)), package("SF3", ("CUP", 4))]))
def test_a_package_keeps_its_document_in_whatever_order_the_packages_are_told(packages: list[Tree]) -> None:
    told = set(drafts("deliveryorder.confirm", confirm(packages=packages)))

    assert told == set(drafts("deliveryorder.confirm", confirm(packages=sorted(packages, key=str))))


def test_two_packages_under_one_number_are_one_shipment_and_no_repetition() -> None:
    (shipped,) = drafts("deliveryorder.confirm", confirm(packages=[package("SF1", ("TEA", 2)), package("SF1", ("TEA", 1))]))

    assert isinstance(shipped, ShipmentDraft)
    assert sum(line.quantity for line in shipped.lines) == 3


def test_where_no_package_says_what_is_in_it_the_lines_do_under_the_number_of_the_consignment() -> None:
    told = confirm(packages=[package("SF1"), package("SF2")], lines=[line("TEA", 3, 3), line("CUP", 1, 1)])
    (shipped,) = drafts("deliveryorder.confirm", told)

    assert isinstance(shipped, ShipmentDraft)
    assert (shipped.tracking, len(shipped.lines)) == ("SF1", 2)


def test_a_delivery_without_packages_and_lines_is_of_all_that_is_open() -> None:
    (shipped,) = drafts("deliveryorder.confirm", confirm())

    assert isinstance(shipped, ShipmentDraft)
    assert shipped.lines == ()


@pytest.mark.parametrize(("status", "final"), [("PARTDELIVERED", "0"), ("PARTDELIVERED", ""), ("DELIVERED", "1"), ("PARTDELIVERED", "1")])
def test_a_part_that_nobody_describes_is_never_taken_for_all_that_is_open(status: str, final: str) -> None:
    found = parsed("deliveryorder.confirm", confirm(status, final))

    assert not isinstance(found, tuple) or not any(isinstance(draft, ShipmentDraft) for draft in found)


def test_after_the_last_confirmation_what_was_not_shipped_is_short() -> None:
    told = confirm(packages=[package("SF1", ("TEA", 1))], lines=[line("TEA", 3, 1)])
    shipped, short = drafts("deliveryorder.confirm", told)

    assert isinstance(shipped, ShipmentDraft)
    assert short == RejectionDraft(document="OZ-1/short", fulfilment="F1", reason="short", at=NOON)


def test_a_surplus_of_one_sku_does_not_hide_that_another_is_short() -> None:
    told = confirm(lines=[line("TEA", 1, 2), line("CUP", 1, 0)])

    assert any(isinstance(draft, RejectionDraft) for draft in drafts("deliveryorder.confirm", told))


def test_a_confirmation_between_says_nothing_of_what_is_still_to_come() -> None:
    told = confirm("PARTDELIVERED", "1", [package("SF1", ("TEA", 1))], [line("TEA", 3, 1)])

    assert [type(draft) for draft in drafts("deliveryorder.confirm", told)] == [ShipmentDraft]


def test_one_of_several_confirmations_needs_a_code_to_be_known_again() -> None:
    assert code("deliveryorder.confirm", confirm(final="1", outBizCode="")) == "missing_field"


def test_the_only_confirmation_is_known_again_by_its_order() -> None:
    (shipped,) = drafts("deliveryorder.confirm", confirm(outBizCode="", packages=[package("SF1", ("TEA", 1))]))

    assert isinstance(shipped, ShipmentDraft)
    assert shipped.document == "F1/SF1"


@pytest.mark.parametrize(("status", "reason"), [("CANCELED", "cancelled"), ("CLOSED", "closed"), ("REJECT", "rejected")])
def test_an_order_that_is_not_shipped_is_rejected_with_the_reason(status: str, reason: str) -> None:
    (rejected,) = drafts("deliveryorder.confirm", confirm(status, lines=[line("TEA", 3, 0)]))

    assert rejected == RejectionDraft(document=f"OZ-1/{reason}", fulfilment="F1", reason=reason, at=NOON)


def test_a_cancel_that_came_too_late_is_answered_so() -> None:
    assert drafts("deliveryorder.confirm", confirm("CANCELEDFAIL")) == (TooLateDraft(document="OZ-1/CANCELEDFAIL", fulfilment="F1"),)


@pytest.mark.parametrize("status", [*NOT_SHIPPING, "CANCELEDFAIL"])
def test_a_status_means_the_same_in_a_progress_report(status: str) -> None:
    told = {"order": {"orderCode": "F1", "orderType": "JYCK"}, "process": {"processStatus": status}}
    (reported,), (confirmed,) = drafts("orderprocess.report", told), drafts("deliveryorder.confirm", confirm(status))

    assert type(reported) is type(confirmed)
    assert getattr(reported, "reason", "") == getattr(confirmed, "reason", "")


def lacking(*items: tuple[str, int]) -> Tree:
    said = [{"itemCode": sku, "planQty": 9, "lackQty": units} for sku, units in items]
    return {"deliveryOrderCode": "F1", "warehouseCode": "SHANGHAI", "outBizCode": "OZ-9", "items": {"item": said}}


def test_of_units_that_lack_only_these_are_sourced_elsewhere() -> None:
    (short,) = drafts("itemlack.report", lacking(("TEA", 2), ("CUP", 0), ("LAMP", 1)))

    lines = (StockLine(sku="TEA", quantity=2), StockLine(sku="LAMP", quantity=1))
    assert short == RejectionDraft(document="OZ-9/lack", fulfilment="F1", reason="short", lines=lines, at=NOON)


def test_where_nothing_lacks_nothing_is_short() -> None:
    assert code("itemlack.report", lacking(("TEA", 0))) == "nothing_lacks"


@pytest.mark.parametrize("status", ["NEW", "EXCEPTION", "WHATEVER"])
def test_a_status_by_which_nothing_is_shipped_changes_nothing(status: str) -> None:
    assert code("deliveryorder.confirm", confirm(status, lines=[line("TEA", 3, 3)])) == "nothing_shipped"


@pytest.mark.parametrize(("status", "said"), [("SIGN", "delivered"), ("REFUSE", "returning"), ("TMSCANCELED", "returning")])
def test_what_became_of_a_parcel_is_told_of_its_tracking_number(status: str, said: str) -> None:
    process = {"processStatus": status, "expressCode": "SF1", "operateTime": "2026-03-03 10:00:00"}
    told = {"order": {"orderCode": "F1", "orderType": "JYCK"}, "process": process}
    (parcel,) = drafts("orderprocess.report", told)

    assert isinstance(parcel, TrackingDraft)
    assert (parcel.tracking, parcel.status) == ("SF1", said)
    assert code("orderprocess.report", told | {"process": process | {"expressCode": ""}}) == "progress"


def test_the_progress_of_an_entry_order_is_no_progress_of_a_delivery() -> None:
    told = {"order": {"orderCode": "PO-9", "orderType": "CGRK"}, "process": {"processStatus": "ACCEPT"}}

    assert code("orderprocess.report", told) == "progress"


# ---------------------------------------------------------------------------------------------- what cannot be used
@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (confirm(deliveryOrderCode=""), "missing_field"),
        (confirm(confirmType="2"), "malformed"),
        (confirm(orderConfirmTime="yesterday"), "bad_time"),
        (confirm(orderConfirmTime="1969-12-31 00:00:00"), "bad_time"),
        (confirm(packages=[package("SF1", ("TEA", -1))]), "bad_quantity"),
        (confirm(lines=[line("TEA", 1, 10**10)]), "bad_quantity"),
        (confirm(lines=[line("TEA", 1, 1, inventoryType="QQ")]), "malformed"),
        (confirm(lines=[{"itemCode": "TEA", "planQty": 1}]), "missing_field"),
        (confirm(lines=[line("TEA", 0, 0)]), "no_lines"),
        (confirm() | {"orderLines": "nothing"}, "malformed"),
        (confirm() | {"deliveryOrder": "F1"}, "malformed"),
        (b"<request><deliveryOrder/><deliveryOrder/></request>", "malformed"),
        (b'<!DOCTYPE request [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><request><deliveryOrder>&b;</deliveryOrder></request>', "doctype"),
        (b"<request>" * 200_000, "too_large"),
        ("<request><deliveryOrder>茶</deliveryOrder></request>".encode("gbk"), "not_utf8"),
        (b"", "not_xml"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_a_sentence(told: Tree | bytes, fault: str) -> None:
    assert code("deliveryorder.confirm", told) == fault


def test_fields_that_are_not_invented_yet_change_nothing() -> None:
    for path in sorted((FIXTURES / "qimen").glob("*.xml")):
        body, methods = path.read_bytes(), SUBJECTS
        strange = re.sub(rb"(<\w+>)(?=\s*<\w)", rb"\1<notInventedYet><id/><quantity>-1</quantity></notInventedYet>", body)
        assert strange != body
        for method in methods:
            assert _known(parsed(method, strange)) == _known(parsed(method, body))


def _known(found: Parsed) -> object:
    return msgspec.to_builtins(found) if isinstance(found, tuple) else found.code


# ---------------------------------------------------------------------------------------------- answers
@pytest.mark.parametrize(
    ("status", "code", "said"), [(200, "taken", 200), (401, "bad_signature", 200), (400, "malformed", 200), (503, "unavailable", 503)]
)
def test_a_refusal_is_told_in_the_body_and_only_trouble_of_ours_in_the_status(status: int, code: str, said: int) -> None:
    answered = CHANNEL.answer(status, code, "A sentence.")
    told = read_xml(answered.body, "response")

    assert answered.status == said
    assert told["flag"] == ("success" if code == "taken" else "failure")
    assert told["code"] == ("0" if code == "taken" else code)


def test_every_method_that_is_taken_is_documented() -> None:
    documented = (DOCS / "qimen.md").read_text()

    assert [method for method in SUBJECTS if f"`{method}`" not in documented] == []
