"""A pool's stock as its decisions say it: every bucket of every node, and the free units of every origin, checked after each decision."""

from collections import defaultdict
from collections.abc import Sequence

from streams.checks.findings import Findings
from tables.events import UNASSIGNED, Grant, Move, Node, Row, Segment

OUTSIDE = frozenset({"supplier", "customer", "adjustment"})
BUCKETS = frozenset({"on_hand", "reserved", "picked", "damaged", "quality", "refurbish", "hold", "in_transit", "incoming"})

Name = tuple[str, ...]  # of a column: (node, bucket), or (origin,)


class Books:
    """Both tiers of one pool. `oversold`: units below zero, each cell at its deepest."""

    def __init__(self, findings: Findings) -> None:
        self.oversold = 0
        self.segments: dict[str, Segment] = {}
        self._findings = findings
        self._nodes: dict[str, Node] = {}
        # a row of units for each SKU, a column for each bucket of a node and each origin: what an order moves lies side by side
        self._columns: dict[Name, int] = {}
        self._units: defaultdict[str, list[int]] = defaultdict(list)
        self._gaps: defaultdict[str, int] = defaultdict(int)  # free units less sellable units on hand, by SKU, where they differ
        self._suspects: list[tuple[str, Name]] = []
        self._deepest: dict[tuple[str, Name], int] = {}

    # ------------------------------------------------------------------------------------------ what happens
    def reserve(self, node: str, rows: Sequence[Row], segment: str, shop: str) -> None:
        known = self._nodes.get(node)
        if known is None or not known.sellable:
            self._findings.note("protected", f"{node} promises units, but is not a node that sells")
        on_hand, reserved, own = self._column((node, "on_hand")), self._column((node, "reserved")), self._column((segment,))
        width, table = len(self._columns), self._units
        for row in rows:
            sku, quantity = row.sku, row.quantity
            if quantity <= 0:
                self._findings.note("conservation", f"{quantity} units of {sku} are reserved at {node}")
            units = table[sku]
            if len(units) < width:
                units.extend([0] * (width - len(units)))
            units[on_hand] = left = units[on_hand] - quantity
            units[reserved] += quantity
            if left < 0:
                self._suspects.append((sku, (node, "on_hand")))
            if row.origins:
                self._draw(row, segment, shop)
            else:
                units[own] = left = units[own] - quantity
                if left < 0:
                    self._suspects.append((sku, (segment,)))

    def give_back(self, node: str, rows: Sequence[Row], segment: str, place: str) -> None:
        """Units of a reservation that is taken back go to `place`; on the shelf they are free again where they came from."""
        for row in rows:
            self._add((node, "reserved"), row.sku, -row.quantity)
            if place not in OUTSIDE:
                self._add((node, place), row.sku, row.quantity)
            if place == "on_hand":
                for origin, units in self._origins(row, segment):
                    self._grant(origin, row.sku, units)

    def ship(self, node: str, rows: Sequence[Row]) -> None:
        name = (node, "reserved")
        column = self._column(name)
        for row in rows:
            sku = row.sku
            units = self._units[sku]
            if len(units) <= column:
                units.extend([0] * (len(self._columns) - len(units)))
            units[column] = left = units[column] - row.quantity
            if left < 0:
                self._suspects.append((sku, name))

    def take_back(self, node: str, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.quantity <= 0:
                self._findings.note("conservation", f"{row.quantity} units of {row.sku} come back to {node}")
            self._add((node, "quality"), row.sku, row.quantity)

    def move(self, moves: Sequence[Move], grants: Sequence[Grant]) -> None:
        for move in moves:
            ends = ((move.from_node, move.from_place, -move.quantity), (move.to_node, move.to_place, move.quantity))
            sound = all(place in BUCKETS if node else place in OUTSIDE for node, place, _ in ends)
            if move.quantity <= 0 or not sound or not (move.from_node or move.to_node):
                self._findings.note("conservation", f"a move of {move.quantity} {move.sku} from {move.from_place} to {move.to_place}")
            for node, place, units in ends:
                if node:
                    self._add((node, place), move.sku, units)
        for grant in grants:
            self._grant(grant.origin, grant.sku, grant.units)

    def take_from_protected(self, grants: Sequence[Grant]) -> None:
        """Grants of a document that only brings or loses units: none may pass from a protected segment to others."""
        losing = {grant.sku for grant in grants if grant.units < 0 and (s := self.segments.get(grant.origin)) and s.protected}
        for sku in losing & {grant.sku for grant in grants if grant.units > 0}:
            self._findings.note("protected", f"free units of {sku} pass from a protected segment to another")

    def set_node(self, node: Node) -> None:
        before = self._nodes.get(node.node)
        sold = before is None or before.sellable
        if sold != node.sellable:
            sign = -1 if node.sellable else 1
            on_hand = self._column((node.node, "on_hand"))
            for sku, units in self._units.items():
                if len(units) > on_hand:
                    self._gap(sku, sign * units[on_hand])
        self._nodes[node.node] = node

    # ------------------------------------------------------------------------------------------ after each decision
    def settle(self) -> None:
        """Say what is below zero or does not add up now; the same depth of the same cell is said once."""
        if self._suspects:
            for sku, name in self._suspects:
                depth, known = -self._units[sku][self._columns[name]], self._deepest.get((sku, name), 0)
                if depth > known:
                    self.oversold += depth - known
                    self._deepest[sku, name] = depth
                    self._findings.note("below zero", f"{' '.join(name) or 'unassigned'} of {sku} stands at {-depth}")
            self._suspects.clear()
        if self._gaps:
            for sku, gap in self._gaps.items():
                self._findings.note("conservation", f"{sku}: segments, quotas and unassigned differ by {gap:+d} from what can be sold")
            self._gaps.clear()

    # ------------------------------------------------------------------------------------------ units
    def _column(self, name: Name) -> int:
        return self._columns.setdefault(name, len(self._columns))

    def _change(self, name: Name, sku: str, by: int) -> None:
        column, units = self._column(name), self._units[sku]
        if len(units) <= column:
            units.extend([0] * (len(self._columns) - len(units)))
        units[column] = left = units[column] + by
        if left < 0:
            self._suspects.append((sku, name))

    def _add(self, name: tuple[str, str], sku: str, units: int) -> None:
        self._change(name, sku, units)
        node, place = name
        if place == "on_hand" and ((known := self._nodes.get(node)) is None or known.sellable):
            self._gap(sku, -units)

    def _grant(self, origin: str, sku: str, units: int) -> None:
        self._change((origin,), sku, units)
        self._gap(sku, units)

    def _gap(self, sku: str, units: int) -> None:
        gap = self._gaps[sku] + units
        if gap:
            self._gaps[sku] = gap
        else:
            del self._gaps[sku]

    def _origins(self, row: Row, segment: str) -> Sequence[tuple[str, int]]:
        return row.origins or ((segment, row.quantity),)

    def _draw(self, row: Row, segment: str, shop: str) -> None:
        """Take a row's units from the origins it names, and say whether they may be used."""
        if sum(units for _, units in row.origins) != row.quantity or any(units <= 0 for _, units in row.origins):
            self._findings.note("conservation", f"{row.quantity} units of {row.sku} are reserved out of {row.origins}")
        self._gap(row.sku, row.quantity)
        for origin, units in row.origins:
            self._grant(origin, row.sku, -units)
            if origin not in (segment, UNASSIGNED) and not self._lends(origin, segment, shop):
                self._findings.note("protected", f"an order of {shop} ({segment}) is given {units} {row.sku} of {origin}")

    def _lends(self, origin: str, segment: str, shop: str) -> bool:
        if origin.startswith("@"):
            return origin == "@" + shop
        lender, borrower = self.segments.get(origin), self.segments.get(segment)
        return lender is not None and not lender.protected and borrower is not None and borrower.may_borrow
