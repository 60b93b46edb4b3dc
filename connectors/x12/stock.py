"""846, inventory advice -> a count; 944, stock transfer receipt advice -> a receipt, and a move of what came damaged."""

from connectors.contract import CountDraft, Draft, Ignored, Millis, MoveDraft, ReceiptDraft, Rejected
from connectors.payload import Unusable
from connectors.x12.fields import OURS_AS_DEPOSITOR, goods, name, printable, summed, units
from connectors.x12.paper import START_OF_DAY, Paper
from connectors.x12.segments import Segment, at

# element 673
ON_HAND = "17"
# element 412
DAMAGED = "01"

Lines = list[tuple[str, int]]


def read_846(paper: Paper) -> tuple[Draft, ...] | Ignored | Rejected:
    """The units on hand (QTY 17) of each LIN, as they were at BIA04 and BIA05."""
    lines: Lines = []
    sku = ""
    for segment in paper.segments:
        if segment[0] == "LIN":
            sku = goods(segment, 2, OURS_AS_DEPOSITOR)
        elif segment[0] == "QTY" and at(segment, 1) == ON_HAND and sku:
            lines.append((sku, units(at(segment, 2), at(segment, 3), "QTY02")))
    if not lines:
        return Rejected("no_on_hand", "No QTY tells what is on hand (17): what is available for sale leaves out what is reserved for us.")
    return (CountDraft(document=paper.document, node=paper.node(), counted_at=_counted_at(paper), lines=summed(lines)),)


def _counted_at(paper: Paper) -> Millis:
    """A date alone says too little: what left on that day might be counted twice. The time of writing serves if it is of that day."""
    bia = paper.one("BIA")
    date, time = at(bia, 4), at(bia, 5)
    if not time and date != paper.written_on:
        raise Unusable("no_time", "BIA04 says a day and BIA05 no time: have the time of the count told.")
    return paper.moment(date, time or paper.written_at, "", "BIA04")


def read_944(paper: Paper) -> tuple[Draft, ...] | Ignored | Rejected:
    """W07 tells what came, W13 behind it what of that is damaged."""
    received, damaged = _received(paper)
    if not received:
        return Rejected("no_lines", "No W07 tells of goods that came: have the receipt sent again, whole.")
    node, document = paper.node(), paper.document
    # a date alone is the day's beginning, so that a count of that day has what came: units that are not there would be sold
    received_at = paper.moment(at(paper.one("W17"), 2), START_OF_DAY, "", "W1702")
    # what was announced: the shipment, else the order of ours that it answers
    supply = printable(at(paper.one("W17"), 5) or at(paper.one("W17"), 4))
    receipt = ReceiptDraft(document=document, node=node, received_at=received_at, lines=summed(received), supply=supply)
    if not damaged:
        return (receipt,)
    if any(sum(units for sku, units in received if sku == line.sku) < line.quantity for line in summed(damaged)):
        return Rejected("bad_quantity", "More is damaged (W13) than came of it (W07): W0701 must count the damaged units, too.")
    return (
        receipt,
        MoveDraft(
            document=f"{document}/damaged",
            node=node,
            to_node=node,
            from_bucket="on_hand",
            to_bucket="damaged",
            moved_at=received_at,
            lines=summed(damaged),
        ),
    )


def _received(paper: Paper) -> tuple[Lines, Lines]:
    received: Lines = []
    damaged: Lines = []
    sku = ""
    for segment in paper.segments:
        if segment[0] == "W07":
            sku = _sku(segment)
            _add(received, sku, units(at(segment, 1), at(segment, 2), "W0701"))
        elif segment[0] == "W13" and at(segment, 3) == DAMAGED:
            _add(damaged, name(sku, "W13"), units(at(segment, 1), at(segment, 2), "W1301"))
    return received, damaged


def _sku(segment: Segment) -> str:
    """W0704 to W0707; behind them stand the lot and the kind of adjustment."""
    return goods(segment[:8], 4, OURS_AS_DEPOSITOR, upc=3)


def _add(lines: Lines, sku: str, quantity: int) -> None:
    if quantity:
        lines.append((sku, quantity))
