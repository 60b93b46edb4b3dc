"""856 of goods on their way to a node -> announced supply, under the number of the shipment (BSN02), which its 944 repeats (W1705)."""

from collections.abc import Iterable

from msgspec.structs import replace

from connectors.contract import Draft, Ignored, Rejected, SupplyDraft
from connectors.x12.fields import name, summed
from connectors.x12.paper import END_OF_DAY, Paper
from connectors.x12.segments import at

# element 374: estimated delivery
_EXPECTED = "017"
# element 353
_CALLED_OFF, _REPLACED = "01", "05"
_TOLD = frozenset({"00", "04", "05", "06", "14"})

_UNDATED = Ignored("announced", "Goods on their way of which no node (N1 ST) or no day (DTM 017) is told count when they are received.")
_CHANGED = Rejected("changed_notice", "BSN01 must say that the goods are on their way (00, 04, 05, 06, 14), or that they are not (01).")


def announced(paper: Paper, lines: Iterable[tuple[str, int]]) -> tuple[Draft, ...] | Ignored | Rejected:
    """A date alone means the end of that day. A notice that replaces another one takes back first what that said."""
    made, expected = paper.one("BSN"), paper.dated("DTM", _EXPECTED)
    node, purpose = _node(paper), at(made, 1)
    if not node or not (at(expected, 2) or purpose == _CALLED_OFF):
        return _UNDATED
    told_at = paper.happened(at(made, 3), at(made, 4), "", "BSN03")
    number, document = name(at(made, 2), "BSN02"), paper.document
    none = SupplyDraft(document=document, supply=number, node=node, told_at=told_at, expected_at=told_at, lines=())
    if purpose == _CALLED_OFF:
        return (none,)
    if purpose not in _TOLD:
        return _CHANGED
    expected_at = paper.moment(at(expected, 2), at(expected, 3) or END_OF_DAY, at(expected, 4), "DTM02")
    coming = replace(none, expected_at=expected_at, lines=summed(lines))
    if not coming.lines:
        return Rejected("no_lines", "No SN1 tells of goods that are on their way: have the notice sent again, whole.")
    return (replace(none, document=f"{document}/before"), coming) if purpose == _REPLACED else (coming,)


def _node(paper: Paper) -> str:
    found = next((at(party, 4) for party in paper.all("N1") if at(party, 1) == "ST"), "")
    return name(found, "N104") if found else ""
