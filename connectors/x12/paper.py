"""One transaction as it lies before whoever reads it: its segments, what it is called, and when it was written."""

from collections.abc import Iterator

import msgspec

from connectors.contract import Millis
from connectors.payload import Unusable
from connectors.x12.fields import moment, name, zone
from connectors.x12.segments import Segment, at

END_OF_DAY = "235959"
START_OF_DAY = "0000"
_NODES = ("WH", "SF")


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """`document`: its name among all of this partner's. `sender`: ISA06. `written_on`, `written_at`: GS04 and GS05. `local`,
    `currency`: the time zone and the currency of the shop."""

    document: str
    sender: str
    segments: tuple[Segment, ...]
    written_on: str
    written_at: str
    local: str
    currency: str

    def all(self, *names: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment[0] in names)

    def one(self, wanted: str) -> Segment:
        """The first of this name. Raises Unusable when there is none."""
        for segment in self.all(wanted):
            return segment
        raise Unusable("missing_segment", f"There is no {wanted} segment: have the transaction sent again with it.")

    def dated(self, kind: str, qualifier: str) -> Segment:
        """The first DTM or G62 with this qualifier, an empty one where there is none."""
        return next((segment for segment in self.all(kind) if at(segment, 1) == qualifier), (kind,))

    def written(self) -> Millis:
        return self.moment(self.written_on, self.written_at, "", "GS04")

    def moment(self, date: str, time: str, code: str, element: str) -> Millis:
        return moment(date, time, zone(code, self.local), element)

    def happened(self, date: str, time: str, code: str, element: str) -> Millis:
        """When something was done that the paper tells of afterwards. A date alone means the end of that day, or the time of writing
        if that was earlier."""
        told = self.moment(date, time or END_OF_DAY, code, element)
        return told if time else min(told, self.written())

    def node(self) -> str:
        """Which node this is about: N104 of the warehouse (WH), else of where goods ship from (SF)."""
        parties = {at(segment, 1): at(segment, 4) for segment in reversed([*self.all("N1")])}
        found = next((parties[kind] for kind in _NODES if parties.get(kind)), "")
        if not found:
            raise Unusable("no_node", "No N1 segment of a warehouse (WH) names it: our name of the node must stand in N104.")
        return name(found, "N104")
