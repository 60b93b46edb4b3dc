"""Suppliers who speak X12: what is bought of them goes out as an 850, an 855 says whether they ship it, an 810 what they want for it."""

from pathlib import Path

import msgspec
import pytest

from connectors.contract import (
    BillDraft,
    BilledLine,
    FulfilmentLine,
    Ignored,
    ProgressDraft,
    PurchaseOrder,
    Rejected,
    RejectionDraft,
    StockLine,
)
from connectors.partner import Undeliverable
from connectors.x12.envelope import read
from connectors.x12.purchase_order import purchase_order
from connectors.x12.writer import Unwritable
from streams.reference import NodeRecord
from streams.rules.fulfil import fulfil
from tests.connectors.cases import DOCS, NOON, SAMPLES
from tests.connectors.packages import interchange, transaction
from tests.connectors.test_x12 import beside, parse
from tests.connectors.test_x12_journey import Gull
from tests.connectors.test_x12_orders import ADA, ENDS, ORDERED
from tests.connectors.test_x12_partner import World
from tests.story import line
from tests.streams.drop_shipping import prices

ASKED = msgspec.structs.replace(
    ORDERED,
    node="kiln",
    lines=(FulfilmentLine("10074", "CUP-CLAY", 2, 700), FulfilmentLine("10075", "KETTLE-RED", 1, 1950)),
    purchase=PurchaseOrder(ORDERED.id, "EUR", 490),
)
NUMBER = ASKED.id


# ---------------------------------------------------------------------------------------------- 850
def test_the_850_is_the_one_in_the_manual() -> None:
    assert purchase_order(ASKED, ADA, ENDS, NOON).decode() in (DOCS / "x12.md").read_text()


def segments_of(body: bytes) -> list[str]:
    return body.decode().split("~\n")


def test_a_cancel_names_the_units_and_asks_where_it_is_a_question() -> None:
    cancel = msgspec.structs.replace(ASKED, type="FulfilmentCancelled", purchase=None, final=False, reason="buyer", lines=ASKED.lines[:1])

    told = segments_of(purchase_order(cancel, None, ENDS, NOON))

    assert f"BEG*01*DS*{NUMBER}**20260301" in told
    assert [part for part in told if part.startswith("MSG")] == ["MSG*CANCELLED: buyer", "MSG*ASKED FOR ONLY: ANSWER WITH AN 855"]
    assert [part for part in told if part.startswith("PO1")] == ["PO1*1*2*EA***BP*CUP-CLAY"]
    assert not any(part.startswith(("CUR", "SAC", "PER")) for part in told)


@pytest.mark.parametrize(("freight", "currency", "written"), [(490, "EUR", "490"), (490, "JPY", "49000"), (4_900, "KWD", "490")])
def test_freight_has_two_implied_decimals_whatever_its_currency_has(freight: int, currency: str, written: str) -> None:
    told = msgspec.structs.replace(ASKED, purchase=PurchaseOrder(NUMBER, currency, freight))

    assert f"SAC*C*D240***{written}" in segments_of(purchase_order(told, None, ENDS, NOON))


def test_an_amount_that_x12_would_cut_is_not_written() -> None:
    with pytest.raises(Unwritable):
        purchase_order(msgspec.structs.replace(ASKED, purchase=PurchaseOrder(NUMBER, "KWD", 4_901)), None, ENDS, NOON)


def test_a_partner_gets_the_document_that_is_agreed_with_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    for document, name in (("850", "850-0-72-2.edi"), ("940", "940-0-72-2.edi")):
        world.partner = msgspec.structs.replace(world.partner, options={**world.partner.options, "document": document})
        request = world.request(ASKED)
        assert request.url.endswith(f"/{name}")
        assert [part.code for part in read(request.body)[0].groups[0].transactions] == [document]

    world.partner = msgspec.structs.replace(world.partner, options={**world.partner.options, "document": "875"})
    with pytest.raises(Undeliverable):
        world.request(ASKED)


# ---------------------------------------------------------------------------------------------- 855
def answer(verdict: str, *segments: str) -> bytes:
    return interchange("PR", transaction("855", "0001", f"BAK*00*{verdict}*{NUMBER}*20260301****A-1*20260301", *segments))


def drafts(body: bytes) -> list[ProgressDraft | RejectionDraft]:
    parsed = parse(body)
    assert isinstance(parsed, tuple), parsed
    return [draft for draft in parsed if isinstance(draft, ProgressDraft | RejectionDraft)]


LINES = ("PO1*1*2*EA*7**BP*CUP-CLAY", "ACK*{}*2*EA", "PO1*2*1*EA*19.5**BP*KETTLE-RED", "ACK*IA*1*EA")


@pytest.mark.parametrize("verdict", ["AK", "AC", "AD", "AE", "AP"])
def test_an_order_that_is_taken_is_acknowledged(verdict: str) -> None:
    [taken] = drafts(answer(verdict))

    assert isinstance(taken, ProgressDraft)
    assert (taken.fulfilment, taken.stage) == (NUMBER, "accepted")


@pytest.mark.parametrize("verdict", ["RJ", "RF", "RO"])
def test_an_order_that_is_declined_is_sourced_elsewhere_as_a_whole(verdict: str) -> None:
    [declined] = drafts(answer(verdict))

    assert isinstance(declined, RejectionDraft)
    assert (declined.fulfilment, declined.reason, declined.lines) == (NUMBER, "declined", ())


def test_a_line_that_is_refused_is_sourced_elsewhere_and_the_others_are_taken() -> None:
    taken, refused = drafts(answer("AC", LINES[0], LINES[1].format("IR"), *LINES[2:]))

    assert isinstance(taken, ProgressDraft)
    assert isinstance(refused, RejectionDraft)
    assert refused.lines == (StockLine(sku="CUP-CLAY", quantity=2),)


def test_what_a_changed_quantity_leaves_out_will_not_come() -> None:
    _, refused = drafts(answer("AC", LINES[0], "ACK*IQ*1*EA", *LINES[2:]))

    assert isinstance(refused, RejectionDraft)
    assert refused.lines == (StockLine(sku="CUP-CLAY", quantity=1),)


@pytest.mark.parametrize("status", ["IA", "IB", "BP", "IP", "DR", "AR"])
def test_a_line_that_comes_later_or_at_another_price_is_taken(status: str) -> None:
    assert len(drafts(answer("AC", LINES[0], LINES[1].format(status), *LINES[2:]))) == 1


def test_where_every_line_is_refused_the_order_is_declined() -> None:
    [declined] = drafts(answer("AC", LINES[0], LINES[1].format("R2"), LINES[2], "ACK*ID*1*EA"))

    assert isinstance(declined, RejectionDraft)
    assert declined.lines == ()


def test_a_supplier_who_has_not_decided_has_said_nothing() -> None:
    assert isinstance(parse(answer("AH")), Ignored)


@pytest.mark.parametrize(
    ("segments", "code"),
    [((LINES[0], "ACK*IS*2*EA"), "substitution"), (("ACK*IA*2*EA",), "no_sku"), ((LINES[0], "ACK*IA*x"), "bad_quantity")],
)
def test_an_answer_that_cannot_be_carried_out_is_rejected(segments: tuple[str, ...], code: str) -> None:
    parsed = parse(answer("AC", *segments))

    assert isinstance(parsed, Rejected)
    assert parsed.code == code


# ---------------------------------------------------------------------------------------------- 810
GOODS = ("IT1*1*2*EA*7**BP*CUP-CLAY", "IT1*2*1*EA*19.50**BP*KETTLE-RED")


def invoice(*segments: str, control: int = 7, kind: str = "") -> bytes:
    return interchange("IN", transaction("810", "0001", f"BIG*20260301*4711**{NUMBER}***{kind}".rstrip("*"), *segments), control=control)


def test_an_invoice_is_a_bill_of_its_purchase() -> None:
    parsed = parse(invoice("CUR*SE*EUR", *GOODS, "TDS*3840", "SAC*C*D240***490"))

    assert isinstance(parsed, tuple)
    [bill] = parsed
    assert isinstance(bill, BillDraft)
    assert (bill.document, bill.fulfilment, bill.currency, bill.freight) == ("GULLWHSE/20260301/4711", NUMBER, "EUR", 490)
    assert bill.lines == (BilledLine(sku="CUP-CLAY", quantity=2, price=700), BilledLine(sku="KETTLE-RED", quantity=1, price=1950))


def test_the_same_invoice_in_another_interchange_is_the_same_bill() -> None:
    first, again = (parse(invoice("CUR*SE*EUR", *GOODS, "TDS*3350", control=control)) for control in (7, 8))

    assert first == again


@pytest.mark.parametrize(
    ("segments", "code"),
    [
        (("CUR*SE*EUR", *GOODS, "TDS*3351"), "wrong_total"),
        (("CUR*SE*EUR", *GOODS, "TDS*3250", "SAC*A*C310***100"), "wrong_total"),
        (("CUR*SE*EUR", "TDS*0"), "no_lines"),
        (("CUR*SE*XXX", *GOODS, "TDS*3350"), "unknown_currency"),
        (("CUR*SE*EUR", "IT1*1*2*EA*7.005**BP*CUP-CLAY", "TDS*1401"), "bad_price"),
        (("CUR*SE*EUR", "IT1*1*2*EA*-7**BP*CUP-CLAY", "TDS*1400"), "bad_price"),
        (("CUR*SE*EUR", "IT1*1*2*EA*NaN**BP*CUP-CLAY", "TDS*1400"), "bad_price"),
        (("CUR*SE*EUR", "IT1*1*2*EA*1E999999**BP*CUP-CLAY", "TDS*1400"), "bad_price"),
        (("CUR*SE*EUR", "IT1*1*2*CA*7**BP*CUP-CLAY", "TDS*1400"), "bad_unit"),
    ],
)
def test_an_invoice_that_says_what_nobody_can_check_is_rejected(segments: tuple[str, ...], code: str) -> None:
    parsed = parse(invoice(*segments))

    assert isinstance(parsed, Rejected)
    assert parsed.code == code


def test_an_allowance_comes_off_the_charges() -> None:
    parsed = parse(invoice("CUR*SE*EUR", *GOODS, "TDS*3740", "SAC*C*D240***490", "SAC*A*C310***100"))

    assert isinstance(parsed, tuple)
    assert [draft.freight for draft in parsed if isinstance(draft, BillDraft)] == [390]


def test_a_credit_is_no_bill() -> None:
    parsed = parse(invoice("CUR*SE*EUR", *GOODS, "TDS*3350", kind="CR"))

    assert isinstance(parsed, Rejected)
    assert parsed.code == "credit_memo"


@beside
def test_a_published_invoice_in_cases_is_rejected_with_a_sentence() -> None:
    parsed = parse((SAMPLES / "edi" / "x12" / "invoice810_po850_dual.edi").read_bytes().replace(b"*0*T*>", b"*0*P*>"))

    assert isinstance(parsed, Rejected)
    assert parsed.code == "bad_unit"


# ---------------------------------------------------------------------------------------------- the whole way
def test_what_an_850_orders_is_acknowledged_shipped_billed_and_approved() -> None:
    gull = Gull()
    story, purchases = gull.story, gull.reference
    story.node("kiln", priority=-1, bills_in="EUR")
    prices(story, "kiln", LAMP=700)
    story.receive("kiln", LAMP=5)
    purchases.apply(NodeRecord(node="kiln", pool=story.pool.name))
    [asked] = fulfil(story.place("1", line("LAMP", 2)), partition=0)
    assert f"PO1*1*2*EA*{'7.00'}*PE*BP*LAMP" in segments_of(purchase_order(asked, None, ENDS, NOON))

    gull.says(interchange("PR", transaction("855", "0001", f"BAK*00*AK*{asked.id}*20260301"), control=91))
    notice = ("BSN*00*S-1*20260301*1000", "HL*1**S", "HL*2*1*O", f"PRF*{asked.id}", "HL*3*2*I", "LIN**BP*LAMP", "SN1**2*EA")
    gull.says(interchange("SH", transaction("856", "0001", *notice), control=92))
    bill = (f"BIG*20260301*4711**{asked.id}", "CUR*SE*EUR", "IT1*1*2*EA*7**BP*LAMP", "TDS*1400")
    gull.says(interchange("IN", transaction("810", "0001", *bill), control=93))

    [purchase] = (story.order("1").purchases or {}).values()
    assert [known.verdict for known in purchase.bills.values()] == ["approved"]
    assert gull.status("1") == "shipped"
