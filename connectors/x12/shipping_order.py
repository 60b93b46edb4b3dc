"""940, warehouse shipping order, out of a fulfilment event: an order, or the cancel of units of one."""

import re
from collections.abc import Iterator

from connectors.contract import Fulfilment, Millis, Person
from connectors.x12.outgoing import CONTACT, FULFILMENT, NAME, NODE, REFERENCE, SKU, Ends, called, document, exact, fitted, ship_to
from connectors.x12.segments import Segment

# element 473
ORIGINAL, CANCEL = "N", "F"
NOTE, ROUTING, CARRIER = 80, 35, 4
_SCAC = re.compile(r"[A-Z]{2,4}")


def shipping_order(
    fulfilment: Fulfilment, recipient: Person | None, ends: Ends, decided_at: Millis, carrier: str = "", tracking: str = ""
) -> bytes:
    """An interchange of one 940. `carrier`: the code of whom it is to go with, `tracking`: the number it is to leave under; "" unknown.
    Raises Unwritable for ids and codes that X12 has no room or no way for; what people wrote is fitted in."""
    return document("OW", "940", _segments(fulfilment, recipient, carrier, tracking), fulfilment, ends, decided_at)


def _segments(fulfilment: Fulfilment, recipient: Person | None, carrier: str, tracking: str) -> Iterator[Segment]:
    cancel = fulfilment.type == "FulfilmentCancelled"
    yield ("W05", CANCEL if cancel else ORIGINAL, exact(fulfilment.id, FULFILMENT, "W0502"))
    if recipient is not None:
        yield from ship_to(recipient)
    node = exact(fulfilment.node, NODE, "N104")
    yield ("N1", "WH", fitted(node, NAME), "92", node)
    if len(fulfilment.order) <= REFERENCE:
        yield ("N9", "CO", fitted(fulfilment.order, REFERENCE))
    if 0 < len(tracking) <= REFERENCE:
        yield ("N9", "2I", fitted(tracking, REFERENCE))
    if recipient is not None:
        yield from _contacts(recipient)
    if cancel:
        yield from _notes(fulfilment)
    yield _by_what_way(fulfilment, carrier)
    for number, line in enumerate(fulfilment.lines, 1):
        yield ("LX", str(number))
        yield ("W01", str(line.quantity), "EA", "", "VN", exact(line.sku, SKU, "W0105"))
        if len(line.line) <= REFERENCE:
            yield ("N9", "LI", fitted(line.line, REFERENCE))
    yield ("W76", str(sum(line.quantity for line in fulfilment.lines)))


def _by_what_way(fulfilment: Fulfilment, carrier: str) -> Segment:
    """05: the routing asked for, 10: the carrier: those that were chosen (10: where its name is a SCAC), else of the shop's method."""
    routing, code = fulfilment.shipping, exact(carrier, CARRIER, "W6610")
    if chosen := fulfilment.carrier:
        routing, code = f"{chosen} {fulfilment.service}".strip(), chosen if _SCAC.fullmatch(chosen) else ""
    routing = fitted(routing, ROUTING)
    if code:
        return ("W66", "PP", "ZZ", "", "", routing, "", "", "", "", code)
    return ("W66", "PP", "ZZ", "", "", routing) if routing else ("W66", "PP", "ZZ")


def _notes(fulfilment: Fulfilment) -> Iterator[Segment]:
    if fulfilment.reason:
        yield ("NTE", "WHI", fitted(f"CANCELLED: {fulfilment.reason}", NOTE))
    if not fulfilment.final:
        yield ("NTE", "WHI", "ASKED FOR ONLY: ANSWER WITH A 945")


def _contacts(person: Person) -> Iterator[Segment]:
    for kind, told in (("TE", fitted(person.phone, CONTACT)), ("EM", fitted(person.email, CONTACT))):
        if told:
            yield ("G61", "DC", called(person), kind, told)
