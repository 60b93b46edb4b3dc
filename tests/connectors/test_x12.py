"""X12 as it comes in: envelopes of real files, and what a feed of X12 makes of its transactions, as docs/x12.md promises it."""

import hashlib
import hmac

import pytest

from connectors.channels.x12 import CHANNEL
from connectors.contract import (
    Ignored,
    Millis,
    MoveDraft,
    Parsed,
    ReceiptDraft,
    Received,
    Refusal,
    Rejected,
    RejectionDraft,
    ShipmentDraft,
    StockLine,
    Webhook,
)
from connectors.payload import Unusable
from connectors.x12.envelope import read
from tests.connectors.cases import FIXTURES, SAMPLES, SHOP, raw_record
from tests.connectors.packages import interchange, transaction

SECRET = b"gull-and-anchor"
SHIPPED = (FIXTURES / "x12" / "shipped.edi").read_bytes()
FULFILMENT = "F55e687fc4466fddf88e3"
WRITTEN = Millis(1_772_361_000_000)  # 11:30 in Berlin
beside = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not there (../shared/data beside the project)")


def parse(body: bytes) -> Parsed:
    return CHANNEL.parse(raw_record("x12", body, "interchange", "GULLWHSE"), SHOP)


def advice(*segments: str) -> bytes:
    """A 945 of one fulfilment, shipped on 1 March."""
    return interchange("SW", transaction("945", "0001", f"W06*F*{FULFILMENT}*20260301", *segments))


def told(*segments: str) -> Parsed:
    return parse(advice(*segments))


def received(body: bytes) -> Received | Refusal:
    return CHANNEL.receive(Webhook({"x-yipan-signature": hmac.new(SECRET, body, hashlib.sha256).hexdigest()}, body), SECRET)


# ---------------------------------------------------------------------------------------------- envelopes of real files
@beside
@pytest.mark.parametrize(
    ("sample", "holds"),
    [
        ("856.Crossdock.OK", ["856"]),
        ("004060_856", ["856"]),
        ("850.OK", ["850"]),
        ("940.OK", ["940"]),
        ("940.2.OK", ["940"]),
        ("AckTest", ["940", "940", "940"]),
        ("MultipleInterchangesAndGroups", ["940"] * 6),
        ("invoice810_po850_dual", ["810", "810", "850"]),
        ("x12.214", ["214"]),
    ],
)
def test_what_real_systems_write_is_read(sample: str, holds: list[str]) -> None:
    """Among them: a byte order mark, a line end inside ISA, several interchanges, line ends as separators, no line end at the end."""
    whole = read((SAMPLES / "edi" / "x12" / f"{sample}.edi").read_bytes())

    assert [part.code for one in whole for group in one.groups for part in group.transactions] == holds


@beside
@pytest.mark.parametrize(
    ("sample", "code"),
    [
        ("940_Failed_SE01", "wrong_count"),
        ("WrongGroupsAndTranCount", "wrong_count"),
        ("ControlNumbersMismatch", "wrong_control_number"),
        ("x12.850", "wrong_control_number"),
        ("x12.850a", "wrong_control_number"),
    ],
)
def test_wrong_counts_and_control_numbers_are_told_and_nothing_is_booked(sample: str, code: str) -> None:
    parsed = parse((SAMPLES / "edi" / "x12" / f"{sample}.edi").read_bytes())

    assert isinstance(parsed, Rejected)
    assert parsed.code == code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("ISA*00", "UNB+00", "not_x12"),
        ("~\nGS", "~\nXX", "unexpected_segment"),
        ("~\nST", "~\nXX", "unexpected_segment"),
        ("SE*15*0001~\n", "", "missing_trailer"),
        ("GE*1*101~\n", "", "missing_trailer"),
        ("GE*1*101", "GE*2*101", "wrong_count"),
        ("GE*1*101", "GE*one*101", "bad_control_number"),
        ("IEA*1*000000101", "IEA*1*000000102", "wrong_control_number"),
        ("IEA*1*000000101", "IEA*1*", "bad_control_number"),
        ("*000000101*0*P*>~", "*000000101*0*P*>>", "bad_separators"),
        ("*000000101*0*P*>~", "*000000101*0*PRODUCTION*>~", "bad_head"),
        ("*X*004010", "*X*003060", "unknown_version"),
        ("*X*004010", "*X*", "unknown_version"),
        ("GULLWHSE       *ZZ", "               *ZZ", "bad_id"),
        ("W06*F*F55e687fc4466fddf88e3", "W06*F*", "bad_id"),
        ("W06*F", "W60*F", "missing_segment"),
        ("*0915*PT", "*0915*MOON", "unknown_zone"),
        ("*0915*PT", "*2515*PT", "bad_time"),
        ("11*20260301", "11*20260230", "bad_time"),
        ("W12*CC*2*2", "W12*CC*2*two", "bad_quantity"),
        ("W12*CC*2*2", "W12*CC*2*2.5", "bad_quantity"),
        ("W12*CC*2*2", "W12*CC*2*-2", "bad_quantity"),
        ("W12*CC*2*2", "W12*CC*2*1000000001", "bad_quantity"),
        ("**VN*CUP-CLAY", "", "no_sku"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_a_reason(old: str, new: str, code: str) -> None:
    assert old.encode() in SHIPPED

    parsed = parse(SHIPPED.replace(old.encode(), new.encode()))

    assert isinstance(parsed, Rejected)
    assert (parsed.code, parsed.sentence[-1]) == (code, ".")


def test_two_transactions_under_one_number_could_not_be_told_apart() -> None:
    twice = transaction("945", "0001", f"W06*F*{FULFILMENT}*20260301", "LX*1", "W12*CC*1*1*0*EA**VN*LAMP")

    parsed = parse(interchange("SW", twice, twice))

    assert isinstance(parsed, Rejected)
    assert parsed.code == "repeated_control_number"


def test_a_sentence_says_which_transaction_of_the_file_it_is_about() -> None:
    good, bad = ("LX*1", "W12*CC*1*1*0*EA**VN*LAMP"), ("LX*1", "W12*CC*1*1*0*EA")
    parts = [transaction("945", f"000{number}", f"W06*F*{FULFILMENT}*20260301", *lines) for number, lines in ((1, good), (2, bad))]

    parsed = parse(interchange("SW", *parts))

    assert isinstance(parsed, Rejected)
    assert parsed.sentence.startswith("Transaction 2 of the file: ")


def test_goods_after_the_end_of_a_file_are_not_overlooked() -> None:
    with pytest.raises(Unusable):
        read(SHIPPED + b"W12*CC*1*1*0*EA**VN*LAMP~")


# ---------------------------------------------------------------------------------------------- the door
def test_what_a_partner_sends_stays_in_its_order() -> None:
    named = received(SHIPPED)

    assert isinstance(named, Received)
    assert (named.kind, named.external_id) == ("interchange", "GULLWHSE")


@pytest.mark.parametrize("body", [b"", b"{}", b"ISA*00", SHIPPED.replace(b"GULLWHSE       ", b" " * 15), SHIPPED + b"\0"])
def test_a_signed_body_that_names_no_sender_is_malformed(body: bytes) -> None:
    refusal = received(body)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed"


def test_the_same_interchange_has_the_same_documents_and_another_has_others() -> None:
    def documents(body: bytes) -> list[str]:
        parsed = parse(body)
        assert isinstance(parsed, tuple)
        return [draft.document for draft in parsed if isinstance(draft, ShipmentDraft)]

    again, other = documents(SHIPPED.replace(b"~\n", b"~")), documents(SHIPPED.replace(b"000000101", b"000000102"))

    assert documents(SHIPPED) == again == ["GULLWHSE/101/101/0001"]
    assert other == ["GULLWHSE/102/101/0001"]


# ---------------------------------------------------------------------------------------------- 945
@pytest.mark.parametrize(
    ("status", "reason"), [("CP", "short"), ("DS", "short"), ("CK", "cancelled"), ("IC", "cancelled"), ("DE", "cancelled")]
)
def test_what_will_not_come_is_rejected(status: str, reason: str) -> None:
    parsed = told("LX*1", f"W12*{status}*2*0*2*EA**VN*LAMP")

    assert parsed == (RejectionDraft(document="GULLWHSE/7/7/0001/rest", fulfilment=FULFILMENT, reason=reason, at=WRITTEN),)


def test_what_is_to_follow_is_not_given_up_with_what_is_short() -> None:
    parsed = told("LX*1", "W12*CP*2*1*1*EA**VN*LAMP", "W12*BP*2*0*2*EA**VN*KETTLE-RED")

    assert isinstance(parsed, tuple)
    shipped, short = parsed
    assert isinstance(shipped, ShipmentDraft)
    assert isinstance(short, RejectionDraft)
    assert (short.reason, short.lines) == ("short", (StockLine(sku="LAMP", quantity=1),))


def test_nothing_is_given_up_while_all_that_is_missing_is_to_follow() -> None:
    parsed = told("LX*1", "W12*BP*2*1*1*EA**VN*LAMP", "W12*BP*2*0*2*EA**VN*KETTLE-RED")

    assert isinstance(parsed, tuple)
    assert [type(draft) for draft in parsed] == [ShipmentDraft]


def test_an_advice_without_the_ordered_quantity_is_short_by_the_difference() -> None:
    parsed = told("LX*1", "W12*CP**3*-2*EA**VN*LAMP")

    assert isinstance(parsed, tuple)
    assert [type(draft) for draft in parsed] == [ShipmentDraft, RejectionDraft]


def test_the_tracking_number_of_the_whole_shipment_serves_packages_without_one() -> None:
    parsed = told("N9*CN*PRO-1", "LX*1", "MAN*CP*GL-1", "W12*CC*1*1*0*EA**VN*LAMP", "LX*2", "W12*CC*1*1*0*EA**VN*CUP-CLAY")

    assert isinstance(parsed, tuple)
    assert [draft.tracking for draft in parsed if isinstance(draft, ShipmentDraft)] == ["GL-1", "PRO-1"]


# ---------------------------------------------------------------------------------------------- 846, 944, 856, 997
def inventory(bia: str, *segments: str) -> Parsed:
    return parse(interchange("IB", transaction("846", "0001", bia, "N1*WH**92*RENO", *segments)))


@pytest.mark.parametrize(
    ("bia", "segments", "code"),
    [
        ("BIA*00*SI*I-1*20260228", ("LIN**VN*LAMP", "QTY*17*1*EA"), "no_time"),
        ("BIA*00*SI*I-1*20260228*0600", ("LIN**VN*LAMP", "QTY*33*1*EA"), "no_on_hand"),
        ("BIA*00*SI*I-1*20260228*0600", ("QTY*17*1*EA",), "no_on_hand"),
        ("BIA*00*SI*I-1*20260228*0600", ("LIN**XX*LAMP", "QTY*17*1*EA"), "no_sku"),
        ("BIA*00*SI*I-1*20260228*0600", ("LIN**VN*LAMP", "QTY*17*600000000", "LIN**VN*LAMP", "QTY*17*600000000"), "bad_quantity"),
    ],
)
def test_a_count_that_says_too_little_is_rejected(bia: str, segments: tuple[str, ...], code: str) -> None:
    parsed = inventory(bia, *segments)

    assert isinstance(parsed, Rejected)
    assert parsed.code == code


def test_a_count_of_no_node_is_rejected() -> None:
    body = interchange("IB", transaction("846", "0001", "BIA*00*SI*I-1*20260228*0600", "LIN**VN*LAMP", "QTY*17*1"))

    parsed = parse(body)

    assert isinstance(parsed, Rejected)
    assert parsed.code == "no_node"


def test_damaged_goods_are_received_and_set_apart() -> None:
    parsed = parse((FIXTURES / "x12" / "receipt.edi").read_bytes())

    assert isinstance(parsed, tuple)
    receipt, move = parsed
    assert isinstance(receipt, ReceiptDraft)
    assert isinstance(move, MoveDraft)
    assert (move.from_bucket, move.to_bucket, move.lines[0].quantity) == ("on_hand", "damaged", 3)


def test_more_damaged_than_came_is_rejected() -> None:
    parsed = parse(
        interchange("RE", transaction("944", "0001", "W17*F*20260301*R-1*1", "N1*WH**92*RENO", "W07*2*EA**VN*LAMP", "W13*3*EA*01"))
    )

    assert isinstance(parsed, Rejected)
    assert parsed.code == "bad_quantity"


def test_a_notice_that_takes_back_another_needs_a_person() -> None:
    parsed = parse((FIXTURES / "x12" / "dropship.edi").read_bytes().replace(b"BSN*00", b"BSN*01"))

    assert isinstance(parsed, Rejected)
    assert parsed.code == "changed_notice"


def test_an_acknowledgement_that_refuses_reaches_a_person_and_names_what_it_refuses() -> None:
    parsed = parse((FIXTURES / "x12" / "refused.edi").read_bytes())

    assert isinstance(parsed, Rejected)
    assert "7204" in parsed.sentence


def test_a_refusal_beside_documents_to_be_booked_hides_none_of_both() -> None:
    refusal = transaction("997", "0002", "AK1*OW*7204", "AK9*R*1*1*0")
    shipped = transaction("945", "0001", f"W06*F*{FULFILMENT}*20260301", "LX*1", "W12*CC*1*1*0*EA**VN*LAMP")

    parsed = parse(interchange("SW", shipped, refusal))

    assert isinstance(parsed, Rejected)
    assert parsed.code == "mixed"


def test_a_test_run_books_nothing() -> None:
    assert isinstance(parse(SHIPPED.replace(b"*0*P*>", b"*0*T*>")), Ignored)
