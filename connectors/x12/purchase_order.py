"""850, purchase order, out of a fulfilment event: what a supplier is to ship for us, at what cost; or the cancel of units."""

from collections.abc import Iterator
from decimal import Decimal

from connectors.contract import Fulfilment, Millis, Person
from connectors.money import written
from connectors.x12.outgoing import (
    CONTACT,
    FULFILMENT,
    NAME,
    NODE,
    REFERENCE,
    SKU,
    Ends,
    called,
    date_and_time,
    document,
    exact,
    fitted,
    ship_to,
)
from connectors.x12.segments import Segment
from connectors.x12.writer import Unwritable

# element 353
ORIGINAL, CANCEL = "00", "01"
# element 92: the supplier ships to our customer
DROP_SHIP = "DS"
# element 1300
FREIGHT = "D240"
NOTE, ROUTING, CARRIER = 264, 35, 80


def purchase_order(
    fulfilment: Fulfilment, recipient: Person | None, ends: Ends, decided_at: Millis, carrier: str = "", tracking: str = ""
) -> bytes:
    """`carrier`: the partner's code for the shop's method, where none was chosen; `tracking`: as in a 940. Raises Unwritable for an id that
    X12 cannot hold."""
    return document("PO", "850", _segments(fulfilment, recipient, decided_at, carrier, tracking), fulfilment, ends, decided_at)


def _segments(fulfilment: Fulfilment, recipient: Person | None, decided_at: Millis, carrier: str, tracking: str) -> Iterator[Segment]:
    cancel = fulfilment.type == "FulfilmentCancelled"
    number = exact(fulfilment.id, FULFILMENT, "BEG03")
    yield ("BEG", CANCEL if cancel else ORIGINAL, DROP_SHIP, number, "", date_and_time(decided_at)[0])
    if fulfilment.purchase is not None:
        yield ("CUR", "BY", fulfilment.purchase.currency)
    if len(fulfilment.order) <= REFERENCE:
        yield ("REF", "CO", fitted(fulfilment.order, REFERENCE))
    if 0 < len(tracking) <= REFERENCE:
        yield ("REF", "2I", fitted(tracking, REFERENCE))
    if fulfilment.purchase is not None and fulfilment.purchase.freight:
        yield ("SAC", "C", FREIGHT, "", "", _implied(fulfilment.purchase.freight, fulfilment.purchase.currency))
    yield from _by_what_way(fulfilment, carrier)
    if cancel:
        yield from _notes(fulfilment)
    yield from _parties(fulfilment, recipient)
    yield from _lines(fulfilment)


def _by_what_way(fulfilment: Fulfilment, carrier: str) -> Iterator[Segment]:
    chosen = fulfilment.carrier
    code = exact(chosen or carrier, CARRIER, "TD503")
    routing = fitted(f"{chosen} {fulfilment.service}" if chosen else fulfilment.shipping, ROUTING)
    if code or routing:
        yield ("TD5", "", "2" if code else "", fitted(code, CARRIER), "", routing)


def _notes(fulfilment: Fulfilment) -> Iterator[Segment]:
    yield ("N9", "L1", "CANCEL")
    if fulfilment.reason:
        yield ("MSG", fitted(f"CANCELLED: {fulfilment.reason}", NOTE))
    if not fulfilment.final:
        yield ("MSG", "ASKED FOR ONLY: ANSWER WITH AN 855")


def _parties(fulfilment: Fulfilment, recipient: Person | None) -> Iterator[Segment]:
    node = exact(fulfilment.node, NODE, "N104")
    yield ("N1", "SF", fitted(node, NAME), "92", node)
    if recipient is not None:
        yield from ship_to(recipient)
        contacts = (("TE", fitted(recipient.phone, CONTACT)), ("EM", fitted(recipient.email, CONTACT)))
        if told := [element for pair in contacts if pair[1] for element in pair]:
            yield ("PER", "IC", called(recipient), *told)


def _lines(fulfilment: Fulfilment) -> Iterator[Segment]:
    purchase = fulfilment.purchase
    for number, line in enumerate(fulfilment.lines, 1):
        price = written(line.cost, purchase.currency) if purchase is not None and line.cost is not None else ""
        yield ("PO1", str(number), str(line.quantity), "EA", price, "PE" if price else "", "BP", exact(line.sku, SKU, "PO107"))
        if len(line.line) <= REFERENCE:
            yield ("REF", "LI", fitted(line.line, REFERENCE))
    yield ("CTT", str(len(fulfilment.lines)), str(sum(line.quantity for line in fulfilment.lines)))


def _implied(units: int, currency: str) -> str:
    """Element type N2: two decimals, whatever the currency has. Raises Unwritable where these are too few."""
    hundredths = Decimal(written(units, currency)).scaleb(2)
    if hundredths != hundredths.to_integral_value():
        raise Unwritable("SAC05 has two decimals")
    return str(int(hundredths))
