"""X12 as it goes out: the writer against the reader, and the 940 that a fulfilment becomes."""

import itertools
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Fulfilment, FulfilmentLine, Millis, Person
from connectors.x12.envelope import Group, Interchange, Transaction, read
from connectors.x12.outgoing import Ends, control_number
from connectors.x12.segments import Separators
from connectors.x12.shipping_order import shipping_order
from connectors.x12.writer import Unwritable, write
from tests.connectors.cases import DOCS, NOON

ENDS = Ends(sender="YIPAN", receiver="GULLWHSE")
ORDERED = Fulfilment(
    type="FulfilmentOrdered",
    id="F55e687fc4466fddf88e3",
    tenant="halyard",
    shop="halyard-web",
    order="5500000028",
    pool="us",
    node="RENO",
    lines=(FulfilmentLine("10074", "CUP-CLAY", 2), FulfilmentLine("10075", "KETTLE-RED", 1)),
    partition=0,
    src_offset=72,
    ordinal=2,
)
ADA = Person(name="Ada Lantern", phone="+1 775 555 0100", street=("1 Harbour Row", "Flat 3"), city="Reno", postcode="89501", country="US")

# ---------------------------------------------------------------------------------------------- writer and reader
_LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="*~>")
_WORDS = st.text(_LETTERS, min_size=1, max_size=6)
_NAMES = _WORDS.filter(lambda name: name not in {"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"})
_SEGMENTS = st.builds(lambda name, inside, last: (name, *inside, last), _NAMES, st.lists(_WORDS | st.just(""), max_size=4), _WORDS)
_TRANSACTIONS = st.builds(
    Transaction,
    st.sampled_from(["940", "945"]),
    st.text("0123456789ABC", min_size=4, max_size=9),
    st.lists(_SEGMENTS, max_size=5).map(tuple),
)
_NUMBERS = st.integers(0, 999_999_999)
_GROUPS = st.builds(
    Group,
    kind=st.just("OW"),
    sender=_WORDS,
    receiver=_WORDS,
    date=st.just("20260301"),
    time=st.sampled_from(["1130", "113000"]),
    control=_NUMBERS,
    version=st.sampled_from(["004010", "005010X"]),
    transactions=st.lists(_TRANSACTIONS, max_size=3, unique_by=lambda part: part.control).map(tuple),
)
_INTERCHANGES = st.builds(
    Interchange,
    sender_qualifier=st.just("ZZ"),
    sender=_WORDS,
    receiver_qualifier=st.just("01"),
    receiver=_WORDS,
    date=st.just("260301"),
    time=st.just("1130"),
    version=st.just("00401"),
    control=_NUMBERS,
    usage=st.sampled_from("PT"),
    groups=st.lists(_GROUPS, max_size=3, unique_by=lambda group: group.control).map(tuple),
    separators=st.sampled_from([Separators(), Separators("|", ":", "'"), Separators("\x1d", "\x1f", "\x1c")]),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(whole=_INTERCHANGES)
def test_what_is_written_reads_the_same(whole: Interchange) -> None:
    try:
        written = write(whole)
    except Unwritable:
        marks = whole.separators
        assert any(
            mark in str(msgspec.to_builtins(whole.groups)) + whole.sender + whole.receiver for mark in (marks.element, marks.segment)
        )
    else:
        assert read(written) == (whole,)
        assert read(written + write(whole)) == (whole, whole)


# ---------------------------------------------------------------------------------------------- the 940
def lines_of(fulfilment: Fulfilment, recipient: Person | None = ADA) -> list[str]:
    return shipping_order(fulfilment, recipient, ENDS, NOON).decode().split("~\n")


def test_the_940_is_the_one_in_the_manual() -> None:
    manual = (DOCS / "x12.md").read_text()

    assert shipping_order(ORDERED, ADA, ENDS, NOON).decode() in manual


@pytest.mark.parametrize(
    ("carrier", "service", "segment"),
    [
        ("UPSN", "ground", "W66*PP*ZZ***UPSN ground*****UPSN"),
        ("Gull*Post", "next day", "W66*PP*ZZ***Gull Post next day"),
        ("", "", "W66*PP*ZZ"),
    ],
)
def test_the_carrier_that_was_chosen_is_asked_for(carrier: str, service: str, segment: str) -> None:
    told = msgspec.structs.replace(ORDERED, carrier=carrier, service=service)

    assert [line for line in lines_of(told) if line.startswith("W66")] == [segment]


@pytest.mark.parametrize(("number", "named"), [("1Z999AA10123456784", ["N9*2I*1Z999AA10123456784"]), ("9" * 31, []), ("", [])])
def test_a_label_that_was_bought_is_named_where_there_is_room_for_its_number(number: str, named: list[str]) -> None:
    written = shipping_order(ORDERED, None, ENDS, NOON, tracking=number).decode().split("~\n")

    assert [line for line in written if line.startswith("N9*2I")] == named


def test_a_repetition_is_the_same_to_the_byte() -> None:
    again = msgspec.json.decode(msgspec.json.encode(ORDERED), type=Fulfilment)

    assert shipping_order(again, ADA, ENDS, NOON) == shipping_order(ORDERED, ADA, ENDS, NOON)


def test_counts_and_control_numbers_are_right() -> None:
    (whole,) = read(shipping_order(ORDERED, ADA, ENDS, NOON))
    (group,) = whole.groups

    assert whole.control == group.control == control_number(ORDERED) == 72003
    assert [part.code for part in group.transactions] == ["940"]


def placed(partition: int, offset: int, ordinal: int) -> int:
    return control_number(msgspec.structs.replace(ORDERED, partition=partition, src_offset=offset, ordinal=ordinal))


def test_each_event_of_a_partition_has_a_number_of_its_own() -> None:
    numbers = {placed(0, offset, ordinal) for offset in (0, 1, 72, 999_999) for ordinal in range(999)}

    assert len(numbers) == 4 * 999
    assert min(numbers) == 1
    assert max(numbers) == 999_999_999


def test_partitions_that_are_about_as_far_use_different_numbers() -> None:
    numbers = [placed(partition, offset, 2) for partition in range(16) for offset in range(400_000, 430_000, 1_000)]

    assert len(set(numbers)) == len(numbers)
    starts = sorted(placed(partition, 0, 0) // 1_000 for partition in range(16))
    assert min(after - before for before, after in itertools.pairwise(starts)) > 30_000


def test_a_number_has_nine_digits_however_far_the_log_is() -> None:
    far = msgspec.structs.replace(ORDERED, partition=123, src_offset=10**15, ordinal=10**6)

    (whole,) = read(shipping_order(far, None, ENDS, NOON))

    assert 0 < whole.control < 1_000_000_000


def test_a_cancel_names_the_units_that_are_not_to_be_shipped() -> None:
    cancel = msgspec.structs.replace(ORDERED, type="FulfilmentCancelled", lines=ORDERED.lines[:1], reason="amended", final=False)

    lines = lines_of(cancel, None)

    assert "W05*F*F55e687fc4466fddf88e3" in lines
    assert "W01*2*EA**VN*CUP-CLAY" in lines
    assert [line for line in lines if line.startswith("NTE")] == [
        "NTE*WHI*CANCELLED: amended",
        "NTE*WHI*ASKED FOR ONLY: ANSWER WITH A 945",
    ]


def test_a_partner_who_may_not_know_the_recipient_is_told_of_nobody() -> None:
    assert not [line for line in lines_of(ORDERED, None) if line.startswith(("N1*ST", "N3", "G61"))]


def test_what_people_write_breaks_no_segment() -> None:
    hostile = Person(name="Ada~SE*1*0001~", company="Lantern * Sons", street=("A" * 300, "\n~"), city="Re>no", email="ada*@lantern.example")

    (whole,) = read(shipping_order(ORDERED, hostile, ENDS, NOON))

    segments = whole.groups[0].transactions[0].segments
    assert ("N1", "ST", "Ada SE 1 0001") in segments
    assert ("N2", "Lantern Sons") in segments
    assert [len(piece) for segment in segments if segment[0] == "N3" for piece in segment[1:]] == [55, 55, 55, 55]


def test_a_long_street_keeps_its_end() -> None:
    street = "Workshop of the Harbour Master, Second Courtyard on the Left, Stairs C, Flat 17"

    (third,) = [line for line in lines_of(ORDERED, msgspec.structs.replace(ADA, street=(street,))) if line.startswith("N3")]

    assert third == "N3*Workshop of the Harbour Master, Second Courtyard on the*Left, Stairs C, Flat 17"


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"lines": (FulfilmentLine("1", "CUP*CLAY", 1),)}, "W0105"),
        ({"lines": (FulfilmentLine("1", "CUP~", 1),)}, "W0105"),
        ({"lines": (FulfilmentLine("1", "C" * 49, 1),)}, "W0105"),
        ({"id": "F" * 23}, "W0502"),
        ({"node": "N" * 81}, "N104"),
    ],
)
def test_an_id_that_x12_cannot_hold_is_refused_and_never_altered(change: dict[str, object], element: str) -> None:
    with pytest.raises(Unwritable, match=element):
        shipping_order(msgspec.structs.replace(ORDERED, **change), ADA, ENDS, NOON)


@pytest.mark.parametrize(
    "ends", [Ends(sender="Y" * 16, receiver="G"), Ends(sender="Y*", receiver="G"), Ends(sender="Y", receiver="G", usage="")]
)
def test_an_agreement_that_fits_no_isa_is_refused(ends: Ends) -> None:
    with pytest.raises(Unwritable):
        shipping_order(ORDERED, ADA, ends, Millis(NOON))


_TEXTS = st.text(max_size=120)
_PEOPLE = st.builds(
    Person,
    name=_TEXTS,
    company=_TEXTS,
    phone=_TEXTS,
    email=_TEXTS,
    street=st.lists(_TEXTS, max_size=4).map(tuple),
    city=_TEXTS,
    postcode=_TEXTS,
    country=_TEXTS,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(person=_PEOPLE, order=st.text(min_size=1, max_size=40), line=st.text(max_size=40))
def test_any_recipient_gives_a_940_that_can_be_read(person: Person, order: str, line: str) -> None:
    fulfilment = msgspec.structs.replace(ORDERED, order=order, lines=(FulfilmentLine(line, "LAMP", 1),))

    (whole,) = read(shipping_order(fulfilment, person, ENDS, NOON))

    assert whole.groups[0].transactions[0].segments[-1] == ("W76", "1")
    assert all(re.fullmatch(r"[A-Z0-9]{2,3}", segment[0]) for segment in whole.groups[0].transactions[0].segments)
