"""940, warehouse shipping order, out of a fulfilment event: an order, or the cancel of units of one. The same event is the same bytes.

Control numbers follow from the event's place: six digits of the offset, three of the ordinal. They come round after a million commands of
a partition; what never does is W0502, the fulfilment."""

import re
from collections.abc import Iterator

import msgspec

from connectors.contract import Fulfilment, Millis, Person
from connectors.times import iso
from connectors.x12.envelope import Group, Interchange, Transaction
from connectors.x12.segments import Segment, Separators
from connectors.x12.writer import Unwritable, write

VERSION = "004010"
OFFSETS = 1_000_000
GOLDEN = 618_034  # of OFFSETS
# element 473
ORIGINAL, CANCEL = "N", "F"
# the longest that 004010 has room for
FULFILMENT, REFERENCE, SKU, NODE = 22, 30, 48, 80
NAME, STREET, STREETS, CITY, POSTCODE, CONTACT, NOTE = 60, 55, 4, 30, 15, 80, 80
ROUTING, CARRIER = 35, 4
_SCAC = re.compile(r"[A-Z]{2,4}")


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


def shipping_order(fulfilment: Fulfilment, recipient: Person | None, ends: Ends, decided_at: Millis, carrier: str = "") -> bytes:
    """An interchange of one 940. `carrier`: the code of whom it is to go with, "" unknown. Raises Unwritable for ids and codes that X12 has
    no room or no way for; what people wrote is fitted in."""
    date, clock = _date_and_time(decided_at)
    number = control_number(fulfilment)
    segments = tuple(_segments(fulfilment, recipient, carrier))
    group = Group(
        kind="OW",
        sender=ends.group_sender or ends.sender,
        receiver=ends.group_receiver or ends.receiver,
        date=date,
        time=clock,
        control=number,
        version=VERSION,
        transactions=(Transaction("940", "0001", segments),),
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


def _date_and_time(millis: Millis) -> tuple[str, str]:
    """CCYYMMDD and HHMMSS, UTC."""
    date, clock = iso(millis).split("T")
    return date.replace("-", ""), clock[:8].replace(":", "")


def _segments(fulfilment: Fulfilment, recipient: Person | None, carrier: str) -> Iterator[Segment]:
    cancel = fulfilment.type == "FulfilmentCancelled"
    yield ("W05", CANCEL if cancel else ORIGINAL, _exact(fulfilment.id, FULFILMENT, "W0502"))
    if recipient is not None:
        yield from _ship_to(recipient)
    node = _exact(fulfilment.node, NODE, "N104")
    yield ("N1", "WH", _fitted(node, NAME), "92", node)
    if len(fulfilment.order) <= REFERENCE:
        yield ("N9", "CO", _fitted(fulfilment.order, REFERENCE))
    if recipient is not None:
        yield from _contacts(recipient)
    if cancel:
        yield from _notes(fulfilment)
    yield _by_what_way(fulfilment, carrier)
    for number, line in enumerate(fulfilment.lines, 1):
        yield ("LX", str(number))
        yield ("W01", str(line.quantity), "EA", "", "VN", _exact(line.sku, SKU, "W0105"))
        if len(line.line) <= REFERENCE:
            yield ("N9", "LI", _fitted(line.line, REFERENCE))
    yield ("W76", str(sum(line.quantity for line in fulfilment.lines)))


def _by_what_way(fulfilment: Fulfilment, carrier: str) -> Segment:
    """05: the routing asked for, 10: the carrier: those that were chosen (10: where its name is a SCAC), else of the shop's method."""
    routing, code = fulfilment.shipping, _exact(carrier, CARRIER, "W6610")
    if chosen := fulfilment.carrier:
        routing, code = f"{chosen} {fulfilment.service}".strip(), chosen if _SCAC.fullmatch(chosen) else ""
    routing = _fitted(routing, ROUTING)
    if code:
        return ("W66", "PP", "ZZ", "", "", routing, "", "", "", "", code)
    return ("W66", "PP", "ZZ", "", "", routing) if routing else ("W66", "PP", "ZZ")


def _notes(fulfilment: Fulfilment) -> Iterator[Segment]:
    if fulfilment.reason:
        yield ("NTE", "WHI", _fitted(f"CANCELLED: {fulfilment.reason}", NOTE))
    if not fulfilment.final:
        yield ("NTE", "WHI", "ASKED FOR ONLY: ANSWER WITH A 945")


def _ship_to(person: Person) -> Iterator[Segment]:
    name, company = _called(person), _fitted(person.company, NAME)
    yield ("N1", "ST", name)
    if company not in ("", name):
        yield ("N2", company)
    streets = _pieces(person.street)
    yield from (("N3", *streets[place : place + 2]) for place in range(0, len(streets), 2))
    yield ("N4", _fitted(person.city, CITY), "", _fitted(person.postcode, POSTCODE), _fitted(person.country, 3))


def _contacts(person: Person) -> Iterator[Segment]:
    for kind, told in (("TE", _fitted(person.phone, CONTACT)), ("EM", _fitted(person.email, CONTACT))):
        if told:
            yield ("G61", "DC", _called(person), kind, told)


def _called(person: Person) -> str:
    return _fitted(person.name, NAME) or _fitted(person.company, NAME) or "RECIPIENT"


def _pieces(street: tuple[str, ...]) -> list[str]:
    """Streets in pieces that N3 has room for: a flat's number at the end is not to be lost."""
    lines = [_fitted(line, STREET * STREETS) for line in street]
    return [line[start : start + STREET].strip() for line in lines for start in range(0, len(line), STREET)][:STREETS]


def _fitted(text: str, longest: int) -> str:
    """What a person wrote, without the marks that X12 uses itself."""
    marks = Separators()
    plain = "".join(
        letter if letter.isprintable() and letter not in (marks.element, marks.segment, marks.component) else " " for letter in text
    )
    return " ".join(plain.split())[:longest].strip()


def _exact(identifier: str, longest: int, element: str) -> str:
    """An id, which means nothing when it is not whole."""
    if len(identifier) > longest:
        raise Unwritable(f"{element} has room for {longest} characters")
    return identifier
