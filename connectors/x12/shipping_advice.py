"""945, warehouse shipping advice: what a warehouse shipped of a 940 of ours, and what it did not."""

import msgspec

from connectors.contract import Draft, Ignored, Millis, Rejected, RejectionDraft, ShipmentDraft
from connectors.x12.fields import OURS_AS_DEPOSITOR, goods, name, printable, summed, units
from connectors.x12.paper import Paper
from connectors.x12.segments import Segment, at

# element 368
SUBSTITUTED = frozenset({"IS", "CS"})
TO_FOLLOW = frozenset({"BP", "BK", "BO"})
CANCELLED = frozenset({"CK", "DE", "IC"})
# element 128 and 88: a tracking number of the carrier's
TRACKING = frozenset({"CN", "2I"})
PACKAGE = frozenset({"CP", "CN"})

_SUBSTITUTE = Rejected(
    "substitution",
    "Another article was shipped than the one ordered, which nobody may do: settle it with the warehouse, then book it by hand.",
)


class _Item(msgspec.Struct, frozen=True):
    status: str
    sku: str
    shipped: int
    missing: int
    package: int


def read_945(paper: Paper) -> tuple[Draft, ...] | Ignored | Rejected:
    """A shipment for each tracking number, then the rejection of what is left where the advice says that it will not come."""
    items, tracked = _items(paper)
    if any(item.status in SUBSTITUTED for item in items):
        return _SUBSTITUTE
    fulfilment = name(at(paper.one("W06"), 2), "W0602")
    drafts: tuple[Draft, ...] = (*_shipments(paper, fulfilment, items, tracked), *_rest(paper, fulfilment, items))
    return drafts or Ignored("nothing_shipped", "Nothing was shipped yet, and all of it is to follow.")


def _items(paper: Paper) -> tuple[list[_Item], dict[int, str]]:
    """The W12s, and the tracking number of each package (LX loop) that has one; 0 is the whole shipment."""
    items: list[_Item] = []
    tracked: dict[int, str] = {}
    package = 0
    for segment in paper.segments:
        match segment[0]:
            case "LX":
                package += 1
            case "W12":
                items.append(_item(segment, package))
            case "MAN" | "N9":
                if number := _tracking(segment):
                    tracked.setdefault(package, number)
    return items, tracked


def _item(segment: Segment, package: int) -> _Item:
    shipped = units(at(segment, 3) or "0", at(segment, 5), "W1203")
    ordered = units(at(segment, 2) or "0", "", "W1202")
    short = units(at(segment, 4).removeprefix("-") or "0", "", "W1204")
    # beyond W1208 stand weights, and the article that was ordered where another was shipped
    sku = goods(segment[:9], 7, OURS_AS_DEPOSITOR, upc=6)
    return _Item(at(segment, 1), sku, shipped, max(ordered - shipped, 0) if at(segment, 2) else short, package)


def _tracking(segment: Segment) -> str:
    if segment[0] == "N9":
        return printable(at(segment, 2)) if at(segment, 1) in TRACKING else ""
    return next((printable(at(segment, place + 1)) for place in (1, 4) if at(segment, place) in PACKAGE), "")


def _shipments(paper: Paper, fulfilment: str, items: list[_Item], tracked: dict[int, str]) -> list[ShipmentDraft]:
    parcels: dict[str, list[tuple[str, int]]] = {}
    for item in items:
        if item.shipped:
            parcels.setdefault(tracked.get(item.package) or tracked.get(0, ""), []).append((item.sku, item.shipped))
    if not parcels:
        return []
    shipped_at, carrier = _shipped_at(paper), _carrier(paper)
    return [
        ShipmentDraft(
            document=f"{paper.document}/{number}" if number > 1 else paper.document,
            fulfilment=fulfilment,
            shipped_at=shipped_at,
            lines=summed(lines),
            carrier=carrier,
            tracking=tracking,
        )
        for number, (tracking, lines) in enumerate(parcels.items(), 1)
    ]


def _shipped_at(paper: Paper) -> Millis:
    """G62 with qualifier 11, else the date in W06."""
    shipped = paper.dated("G62", "11")
    if date := at(shipped, 2):
        return paper.happened(date, at(shipped, 4), at(shipped, 5), "G6202")
    return paper.happened(at(paper.one("W06"), 3), "", "", "W0603")


def _carrier(paper: Paper) -> str:
    """The carrier's SCAC, else the routing as it is written."""
    detail: Segment = next(paper.all("W27"), ("W27",))
    return printable(at(detail, 2) or at(detail, 3))


def _rest(paper: Paper, fulfilment: str, items: list[_Item]) -> list[RejectionDraft]:
    """Of all that is open, or, while anything is still to follow, of the lines that are not."""
    missing = [item for item in items if item.missing]
    given_up = [item for item in missing if item.status not in TO_FOLLOW]
    if not given_up:
        return []
    reason = "cancelled" if all(item.status in CANCELLED for item in given_up) else "short"
    lines = summed([(item.sku, item.missing) for item in given_up]) if len(given_up) < len(missing) else ()
    return [RejectionDraft(document=f"{paper.document}/rest", fulfilment=fulfilment, reason=reason, lines=lines, at=_shipped_at(paper))]
