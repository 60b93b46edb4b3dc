"""What every document that we write has in common: who writes to whom, its numbers, its envelope, the recipient, and how texts and ids are
fitted into elements. The same event is the same bytes.

Control numbers follow from the event's place: six digits of the offset, three of the ordinal. They come round after a million commands of
a partition; what never does is the fulfilment, which each document names."""

from collections.abc import Iterable, Iterator

import msgspec

from connectors.contract import Fulfilment, Millis, Person
from connectors.times import iso
from connectors.x12.envelope import Group, Interchange, Transaction
from connectors.x12.segments import Segment, Separators
from connectors.x12.writer import Unwritable, write

VERSION = "004010"
OFFSETS = 1_000_000
GOLDEN = 618_034  # of OFFSETS
# the longest that 004010 has room for
FULFILMENT, REFERENCE, SKU, NODE = 22, 30, 48, 80
NAME, STREET, STREETS, CITY, POSTCODE, CONTACT = 60, 55, 4, 30, 15, 80


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes to whom, as agreed with the partner. `group_…`: GS02 and GS03 where they differ from ISA06 and ISA08."""

    sender: str
    receiver: str
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    group_sender: str = ""
    group_receiver: str = ""
    usage: str = "P"


def control_number(fulfilment: Fulfilment) -> int:
    """1 to 999,999,999. Partitions go round the same million offsets, each from a start far from those of the others."""
    place = (fulfilment.src_offset + fulfilment.partition * GOLDEN) % OFFSETS
    return place * 1_000 + fulfilment.ordinal % 999 + 1


def document(kind: str, code: str, segments: Iterable[Segment], fulfilment: Fulfilment, ends: Ends, decided_at: Millis) -> bytes:
    """An interchange of one transaction, `code` 940 or 850 in a group of `kind`. Raises Unwritable."""
    date, clock = date_and_time(decided_at)
    number = control_number(fulfilment)
    group = Group(
        kind=kind,
        sender=ends.group_sender or ends.sender,
        receiver=ends.group_receiver or ends.receiver,
        date=date,
        time=clock,
        control=number,
        version=VERSION,
        transactions=(Transaction(code, "0001", tuple(segments)),),
    )
    return write(
        Interchange(
            sender_qualifier=ends.sender_qualifier,
            sender=ends.sender,
            receiver_qualifier=ends.receiver_qualifier,
            receiver=ends.receiver,
            date=date[2:],
            time=clock[:4],
            version="00401",
            control=number,
            usage=ends.usage,
            groups=(group,),
        )
    )


def date_and_time(millis: Millis) -> tuple[str, str]:
    """CCYYMMDD and HHMMSS, UTC."""
    date, clock = iso(millis).split("T")
    return date.replace("-", ""), clock[:8].replace(":", "")


def ship_to(person: Person) -> Iterator[Segment]:
    """N1 to N4 of the recipient."""
    name, company = called(person), fitted(person.company, NAME)
    yield ("N1", "ST", name)
    if company not in ("", name):
        yield ("N2", company)
    streets = _pieces(person.street)
    yield from (("N3", *streets[place : place + 2]) for place in range(0, len(streets), 2))
    yield ("N4", fitted(person.city, CITY), "", fitted(person.postcode, POSTCODE), fitted(person.country, 3))


def called(person: Person) -> str:
    return fitted(person.name, NAME) or fitted(person.company, NAME) or "RECIPIENT"


def _pieces(street: tuple[str, ...]) -> list[str]:
    """Streets in pieces that N3 has room for: a flat's number at the end is not to be lost."""
    lines = [fitted(line, STREET * STREETS) for line in street]
    return [line[start : start + STREET].strip() for line in lines for start in range(0, len(line), STREET)][:STREETS]


def fitted(text: str, longest: int) -> str:
    """What a person wrote, without the marks that X12 uses itself."""
    marks = Separators()
    plain = "".join(
        letter if letter.isprintable() and letter not in (marks.element, marks.segment, marks.component) else " " for letter in text
    )
    return " ".join(plain.split())[:longest].strip()


def exact(identifier: str, longest: int, element: str) -> str:
    """An id, which means nothing when it is not whole."""
    if len(identifier) > longest:
        raise Unwritable(f"{element} has room for {longest} characters")
    return identifier
