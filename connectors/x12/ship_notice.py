"""856, ship notice. Under a purchase order that is a fulfilment of ours (a supplier who ships for us) it is the shipment; under any other
it announces goods on their way to a node."""

import re

import msgspec

from connectors.contract import Draft, Ignored, Millis, Rejected, ShipmentDraft
from connectors.payload import Unusable
from connectors.x12.announced import announced
from connectors.x12.fields import OURS_AS_BUYER, goods, printable, summed, units
from connectors.x12.paper import Paper
from connectors.x12.segments import Segment, at

FULFILMENT = re.compile(r"F[0-9a-f]{20}")
# element 353: anything else than original, confirmation and advance notification speaks of a notice that came before
FIRST_HEARD = frozenset({"00", "06", "14"})
TRACKING = frozenset({"CN", "2I"})
PACKAGE = frozenset({"CP", "CN"})

_CHANGED = Rejected(
    "changed_notice", "The notice takes back or replaces an earlier one, which cannot be undone by itself: correct the shipment by hand."
)


class _Level(msgspec.Struct):
    """What holds for one level of the hierarchy (HL) and all levels below it that do not say otherwise."""

    order: str = ""
    tracking: str = ""
    carrier: str = ""


Parcels = dict[tuple[str, str, str], list[tuple[str, int]]]  # (order, tracking, carrier) -> what was shipped so


def read_856(paper: Paper) -> tuple[Draft, ...] | Ignored | Rejected:
    parcels = _parcels(paper)
    ours = {parcel: lines for parcel, lines in parcels.items() if FULFILMENT.fullmatch(parcel[0])}
    if not ours:
        return announced(paper, [line for lines in parcels.values() for line in lines])
    if at(paper.one("BSN"), 1) not in FIRST_HEARD:
        return _CHANGED
    shipped_at = _shipped_at(paper)
    return tuple(
        [
            ShipmentDraft(
                document=f"{paper.document}/{number}" if number > 1 else paper.document,
                fulfilment=order,
                shipped_at=shipped_at,
                lines=summed(lines),
                carrier=carrier,
                tracking=tracking,
            )
            for number, ((order, tracking, carrier), lines) in enumerate(ours.items(), 1)
        ]
    )


def _parcels(paper: Paper) -> Parcels:
    parcels: Parcels = {}
    levels: dict[str, _Level] = {}
    level, sku = _Level(), ""
    for segment in paper.segments:
        match segment[0]:
            case "HL":
                level, sku = msgspec.structs.replace(levels.get(at(segment, 2), _Level())), ""
                levels[at(segment, 1)] = level
            case "LIN":
                sku = goods(segment, 2, OURS_AS_BUYER)
            case "SN1":
                _add(parcels, level, sku, units(at(segment, 2), at(segment, 3), "SN102"))
            case _:
                _learn(level, segment)
    return parcels


def _learn(level: _Level, segment: Segment) -> None:
    match segment[0], at(segment, 1):
        case "PRF", order:
            level.order = order
        case "REF", kind if kind in TRACKING:
            level.tracking = printable(at(segment, 2))
        case "MAN", kind if kind in PACKAGE:
            level.tracking = printable(at(segment, 2))
        case "TD5", _:
            level.carrier = printable(at(segment, 3) or at(segment, 5))


def _add(parcels: Parcels, level: _Level, sku: str, quantity: int) -> None:
    if not sku:
        raise Unusable("no_sku", "An SN1 has no LIN before it, so nobody knows what was shipped.")
    if quantity:
        parcels.setdefault((level.order, level.tracking, level.carrier), []).append((sku, quantity))


def _shipped_at(paper: Paper) -> Millis:
    """DTM 011, else when the notice was made (BSN03, BSN04)."""
    shipped, made = paper.dated("DTM", "011"), paper.one("BSN")
    if date := at(shipped, 2):
        return paper.happened(date, at(shipped, 3), at(shipped, 4), "DTM02")
    return paper.happened(at(made, 3), at(made, 4), "", "BSN03")
