"""855, purchase order acknowledgement: whether a supplier ships what an 850 of ours asked for, line by line."""

from collections.abc import Iterator

import msgspec

from connectors.contract import Draft, Ignored, Millis, ProgressDraft, Rejected, RejectionDraft
from connectors.payload import Unusable
from connectors.x12.fields import OURS_AS_BUYER, goods, name, summed, units
from connectors.x12.paper import Paper
from connectors.x12.segments import Segment, at

# element 587: of the whole order
DECLINED = frozenset({"RJ", "RF", "RO"})
ON_HOLD = frozenset({"AH"})
# element 668: of a line
SUBSTITUTED = frozenset({"IS"})
REFUSED = frozenset({"ID", "IR", "R1", "R2", "R3", "R4", "R5", "R6", "SP"})

_SUBSTITUTE = Rejected(
    "substitution", "The supplier offers another article than the one ordered, which nobody may ship: settle it with him by hand."
)
_HELD = Ignored("on_hold", "The supplier has not decided yet (BAK02 is AH).")


class _Line(msgspec.Struct):
    """Units ordered of a SKU, and of these the units answered for; `refused` of them will not come."""

    sku: str
    ordered: int
    answered: int = 0
    refused: int = 0
    said: bool = False


def read_855(paper: Paper) -> tuple[Draft, ...] | Ignored | Rejected:
    """Taken, but for what is refused or short; backordered lines (IB, BP) are to follow, so they are taken."""
    bak = paper.one("BAK")
    fulfilment, verdict, told_at = name(at(bak, 3), "BAK03"), at(bak, 2), _told_at(paper, bak)
    if verdict in ON_HOLD:
        return _HELD
    refusal = RejectionDraft(document=f"{paper.document}/rest", fulfilment=fulfilment, reason="declined", at=told_at)
    if verdict in DECLINED:
        return (refusal,)
    if any(at(segment, 1) in SUBSTITUTED for segment in paper.all("ACK")):
        return _SUBSTITUTE
    lines = [*_lines(paper)]
    missing = summed([(line.sku, line.refused) for line in lines if line.refused])
    if missing and all(line.refused == line.ordered for line in lines):
        return (refusal,)
    taken = ProgressDraft(document=paper.document, fulfilment=fulfilment, stage="accepted", at=told_at)
    return (taken, msgspec.structs.replace(refusal, lines=missing)) if missing else (taken,)


def _lines(paper: Paper) -> Iterator[_Line]:
    """PO1s with the ACKs behind them: what one of these leaves out of a quantity that it changes (IQ) will not come."""
    line: _Line | None = None
    for segment in paper.all("PO1", "ACK"):
        if segment[0] == "PO1":
            if line is not None:
                yield _closed(line)
            line = _Line(goods(segment, 6, OURS_AS_BUYER), units(at(segment, 2), at(segment, 3), "PO102"))
        elif line is None:
            raise Unusable("no_sku", "An ACK has no PO1 before it, so nobody knows what is answered for.")
        else:
            _answer(line, segment)
    if line is not None:
        yield _closed(line)


def _answer(line: _Line, segment: Segment) -> None:
    some = units(at(segment, 2), at(segment, 3), "ACK02") if at(segment, 2) else line.ordered
    line.said = True
    line.answered += some
    if at(segment, 1) in REFUSED:
        line.refused += some


def _closed(line: _Line) -> _Line:
    if line.said:
        line.refused += max(0, line.ordered - line.answered)
    line.refused = min(line.refused, line.ordered)
    return line


def _told_at(paper: Paper, bak: Segment) -> Millis:
    """When it was acknowledged (BAK09), else the order's own day says nothing of it: when it was written."""
    return paper.happened(at(bak, 9), "", "", "BAK09") if at(bak, 9) else paper.written()
