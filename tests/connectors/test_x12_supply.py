"""What suppliers announce by 856, and what warehouses say by 944 has come of it."""

import pytest

from connectors.contract import Ignored, ReceiptDraft, Rejected, SupplyDraft
from tests.connectors.cases import FIXTURES
from tests.connectors.packages import interchange, transaction
from tests.connectors.test_x12 import parse

ON_ITS_WAY = (FIXTURES / "x12" / "on_its_way.edi").read_bytes()


def test_a_receipt_names_the_shipment_that_was_announced_or_else_our_order() -> None:
    for shipment, supply in (("*SHP-31", "SHP-31"), ("", "PO-17")):
        w17 = f"W17*F*20260301*R-1*PO-17{shipment}"
        parsed = parse(interchange("RE", transaction("944", "0001", w17, "N1*WH**92*RENO", "W07*2*EA**VN*LAMP")))
        assert isinstance(parsed, tuple)
        assert [draft.supply for draft in parsed if isinstance(draft, ReceiptDraft)] == [supply]


def test_a_notice_of_goods_on_their_way_is_taken_back_or_replaced() -> None:
    off = parse(ON_ITS_WAY.replace(b"BSN*00", b"BSN*01"))
    assert isinstance(off, tuple)
    assert [(draft.supply, draft.lines) for draft in off if isinstance(draft, SupplyDraft)] == [("SHP-31", ())]

    anew = parse(ON_ITS_WAY.replace(b"BSN*00", b"BSN*05"))
    assert isinstance(anew, tuple)
    assert [len(draft.lines) for draft in anew if isinstance(draft, SupplyDraft)] == [0, 2]
    assert len({draft.document for draft in anew if isinstance(draft, SupplyDraft)}) == 2


@pytest.mark.parametrize("gone", [b"DTM*017*20260304~", b"N1*ST*GULL LOGISTICS*92*RENO~"])
def test_goods_without_a_day_or_a_node_are_promised_to_nobody(gone: bytes) -> None:
    assert isinstance(parse(ON_ITS_WAY.replace(gone, b"REF*BM*1~")), Ignored)


@pytest.mark.parametrize(("told", "code"), [(b"BSN*22", "changed_notice"), (b"BSN*00**2026", "bad_id")])
def test_a_notice_that_says_too_little_of_what_is_on_its_way_is_rejected(told: bytes, code: str) -> None:
    parsed = parse(ON_ITS_WAY.replace(b"BSN*00*SHP-31*2026" if code == "bad_id" else b"BSN*00", told))

    assert isinstance(parsed, Rejected)
    assert parsed.code == code
