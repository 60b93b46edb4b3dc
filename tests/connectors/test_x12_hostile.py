"""X12 made to hurt: right envelopes around anything at all, and files that would take for ever if they were read badly."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.channels.x12 import CHANNEL, READERS
from connectors.contract import Ignored, Parsed, Rejected, ShipmentDraft
from connectors.x12.envelope import read
from connectors.x12.segments import LONGEST_HEAD
from tests.connectors.cases import FIXTURES, SHOP, raw_record
from tests.connectors.packages import interchange, transaction
from tests.connectors.test_conformance import _faults

FULFILMENT = "F55e687fc4466fddf88e3"
MANY = 50_000
SHIPPED = (FIXTURES / "x12" / "shipped.edi").read_bytes()
search = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

_NAMES = ["W06", "W12", "G62", "W27", "LX", "MAN", "N9", "BIA", "N1", "LIN", "QTY", "W17", "W07", "W13"]
_NAMES += ["BSN", "HL", "PRF", "TD5", "REF", "DTM", "SN1", "TA1", ""]
_MEANT = ["", "1", "0", "2", "EA", "VN", "BP", "WH", "92", "17", "01", "CC", "BP", "IS", "CP", "CN", "11", "011", "20260301", "0915", "PT"]
_MEANT += ["RENO", FULFILMENT]
_CRUEL = ["-1", "1e9", "9" * 40, "²", "٣", "99999999", "20260230", "2460", "ZZ", ">", "x" * 300, "\x07", "\u202e", "灯塔", "\u00a0"]
_ELEMENTS = (
    st.sampled_from(_MEANT) | st.sampled_from(_CRUEL) | st.text(st.characters(codec="utf-8", exclude_characters="*~\r\n\0"), max_size=4)
)
_SEGMENTS = st.builds(lambda name, elements: "*".join((name, *elements)), st.sampled_from(_NAMES), st.lists(_ELEMENTS, max_size=9))


def parse(body: bytes) -> Parsed:
    return CHANNEL.parse(raw_record("x12", body, "interchange", "GULLWHSE"), SHOP)


@search
@given(
    code=st.sampled_from([*READERS, "997", "999", "850"]), segments=st.lists(_SEGMENTS.filter(lambda text: text.strip("* ")), max_size=8)
)
def test_any_segments_in_a_right_envelope_are_read_within_bounds_or_rejected(code: str, segments: list[str]) -> None:
    parsed = parse(interchange("SW", transaction(code, "0001", *segments)))

    assert _faults(parsed) == []


_GOOD = {
    "945": [f"W06*F*{FULFILMENT}*20260301", "G62*11*20260301*X*0915*PT", "W27*M*UPSN", "LX*1", "MAN*CP*1Z", "W12*CP*2*1*1*EA**VN*LAMP"],
    "846": ["BIA*00*SI*I-1*20260301*0600", "N1*WH**92*RENO", "LIN**VN*LAMP", "QTY*17*7*EA"],
    "944": ["W17*F*20260301*R-1*1", "N1*WH**92*RENO", "W07*5*EA**VN*LAMP", "W13*1*EA*01"],
    "856": ["BSN*00*A*20260301*1015", "HL*1**S", "TD5**2*UPSN", "HL*2*1*O", f"PRF*{FULFILMENT}", "HL*3*2*I", "LIN**BP*LAMP", "SN1**2*EA"],
    "856 of goods to come": [
        "BSN*00*A*20260301*1015",
        "DTM*017*20260304*1200*UT",
        "N1*ST**92*RENO",
        "HL*1**I",
        "LIN**BP*LAMP",
        "SN1**2*EA",
    ],
    "997": ["AK1*OW*72003", "AK9*R*1*1*0"],
}


@search
@given(code=st.sampled_from([*_GOOD]), data=st.data())
def test_one_element_changed_is_read_within_bounds_or_rejected(code: str, data: st.DataObject) -> None:
    segments = [text.split("*") for text in _GOOD[code]]
    segment = data.draw(st.sampled_from(segments))
    place = data.draw(st.integers(1, len(segment) - 1))
    segment[place] = data.draw(_ELEMENTS)

    parsed = parse(interchange("SW", transaction(code[:3], "0001", *("*".join(parts) for parts in segments))))

    assert _faults(parsed) == []


@pytest.mark.parametrize(
    "body",
    [
        b"~" * 1_000_000,
        SHIPPED.replace(b"~\nST", b"~" + b"\n~" * 500_000 + b"ST"),
        b" " * 1_000_000 + SHIPPED[:50],
        b"ISA" + b"*" * 1_000_000,
        SHIPPED[:LONGEST_HEAD] * 20_000,
        SHIPPED.replace(b"W27*M", b"W27" + b"*" * 1_000_000),
    ],
    ids=["terminators", "empty segments", "blanks", "elements of ISA", "heads", "elements"],
)
def test_a_file_of_separators_ends_in_an_answer(body: bytes) -> None:
    assert isinstance(parse(body), Rejected | Ignored | tuple)


def test_levels_without_end_are_walked_once() -> None:
    levels = [f"HL*{number}*{number - 1}*O" for number in range(1, MANY)]
    body = interchange(
        "SH", transaction("856", "0001", "BSN*00*A*20260301*1015", "HL*0**S", f"PRF*{FULFILMENT}", *levels, "LIN**BP*LAMP", "SN1**1")
    )

    parsed = parse(body)

    assert isinstance(parsed, tuple)
    (shipment,) = parsed
    assert isinstance(shipment, ShipmentDraft)
    assert shipment.fulfilment == FULFILMENT


@pytest.mark.parametrize("parents", [("1", "1"), ("2", "1"), ("9", "1")], ids=["its own parent", "a circle", "a parent that is not there"])
def test_levels_that_go_in_circles_lead_nowhere(parents: tuple[str, str]) -> None:
    levels = [f"HL*1*{parents[0]}*O", f"HL*2*{parents[1]}*I", "LIN**BP*LAMP", "SN1**1"]

    assert isinstance(parse(interchange("SH", transaction("856", "0001", "BSN*00*A*20260301*1015", *levels))), Ignored)


def test_a_file_of_many_lines_is_read_whole() -> None:
    lines = [f"W12*CC*1*1*0*EA**VN*SKU-{number}" for number in range(MANY)]

    parsed = parse(interchange("SW", transaction("945", "0001", f"W06*F*{FULFILMENT}*20260301", "LX*1", *lines)))

    assert isinstance(parsed, tuple)
    assert isinstance(parsed[0], ShipmentDraft)
    assert len(parsed[0].lines) == MANY


@pytest.mark.parametrize("width", [5, 7, 8, 80, 104, 105, 106])
def test_lines_wrapped_anywhere_say_the_same(width: int) -> None:
    """Even between ISA16 and the mark that ends segments, or before ISA16."""
    one = SHIPPED.replace(b"\n", b"")
    wrapped = b"\r\n".join(one[start : start + width] for start in range(0, len(one), width))

    assert read(wrapped) == read(SHIPPED)
