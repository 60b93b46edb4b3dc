"""A pool's stock as its decisions say it: every bucket of every node, and the free units of every origin, checked after each decision."""

from collections import defaultdict
from collections.abc import Sequence

from streams.checks.findings import Findings
from tables.events import UNASSIGNED, Grant, Move, Node, Row, Segment

OUTSIDE = frozenset({"supplier", "customer", "adjustment"})
BUCKETS = frozenset({"on_hand", "reserved", "picked", "damaged", "quality", "hold", "in_transit", "incoming"})

Name = tuple[str, ...]
Cell = list[int]  # units; lists, as they are changed in place
Shelf = defaultdict[str, Cell]  # SKU -> units on hand, units reserved
Cells = defaultdict[str, Cell]  # SKU -> units
ON_HAND, RESERVED = 0, 1


def _shelf() -> Shelf:
    return defaultdict(lambda: [0, 0])


def _cells() -> Cells:
    return defaultdict(lambda: [0])


class Books:
    """Both tiers of one pool. `oversold`: units below zero, each cell at its deepest."""

    def __init__(self, findings: Findings) -> None:
        self.oversold = 0
        self.segments: dict[str, Segment] = {}
        self._findings = findings
        self._nodes: dict[str, Node] = {}
        self._shelves: defaultdict[str, Shelf] = defaultdict(_shelf)
        self._stock: defaultdict[tuple[str, str], Cells] = defaultdict(_cells)  # all other buckets
        self._free: defaultdict[str, Cells] = defaultdict(_cells)
        self._gaps: defaultdict[str, int] = defaultdict(int)  # free units less sellable units on hand, by SKU, where they differ
        self._suspects: list[tuple[Cell, int, Name, str]] = []
        self._deepest: dict[tuple[Name, str], int] = {}

    # ------------------------------------------------------------------------------------------ what happens
    def reserve(self, node: str, rows: Sequence[Row], segment: str, shop: str) -> None:
        shelf, own = self._shelves[node], self._free[segment]
        known = self._nodes.get(node)
        if known is None or not known.sellable:
            self._findings.note("protected", f"{node} promises units, but is not a node that sells")
        for row in rows:
            sku, units = row.sku, row.quantity
            if units <= 0:
                self._findings.note("conservation", f"{units} units of {sku} are reserved at {node}")
            cell = shelf[sku]
            cell[0] = left = cell[0] - units
            if left < 0:
                self._suspects.append((cell, ON_HAND, (node, "on_hand"), sku))
            cell[1] += units
            if row.origins:
                self._draw(row, segment, shop)
            else:
                cell = own[sku]
                cell[0] = left = cell[0] - units
                if left < 0:
                    self._suspects.append((cell, 0, (segment,), sku))

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
        shelf = self._shelves[node]
        for row in rows:
            cell = shelf[row.sku]
            cell[RESERVED] = left = cell[RESERVED] - row.quantity
            if left < 0:
                self._suspects.append((cell, RESERVED, (node, "reserved"), row.sku))

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
            for sku, cell in self._shelves[node.node].items():
                self._gap(sku, sign * cell[ON_HAND])
        self._nodes[node.node] = node

    # ------------------------------------------------------------------------------------------ after each decision
    def settle(self) -> None:
        """Say what is below zero or does not add up now; the same depth of the same cell is said once."""
        if self._suspects:
            for cell, at, name, sku in self._suspects:
                depth, known = -cell[at], self._deepest.get((name, sku), 0)
                if depth > known:
                    self.oversold += depth - known
                    self._deepest[name, sku] = depth
                    self._findings.note("below zero", f"{' '.join(name) or 'unassigned'} of {sku} stands at {-depth}")
            self._suspects.clear()
        if self._gaps:
            for sku, gap in self._gaps.items():
                self._findings.note("conservation", f"{sku}: segments, quotas and unassigned differ by {gap:+d} from what can be sold")
            self._gaps.clear()

    # ------------------------------------------------------------------------------------------ cells
    def _add(self, name: tuple[str, str], sku: str, units: int) -> None:
        node, place = name
        cell, at = self._cell(node, place, sku)
        cell[at] = left = cell[at] + units
        if left < 0:
            self._suspects.append((cell, at, name, sku))
        if place == "on_hand" and ((known := self._nodes.get(node)) is None or known.sellable):
            self._gap(sku, -units)

    def _cell(self, node: str, place: str, sku: str) -> tuple[Cell, int]:
        if place == "on_hand":
            return self._shelves[node][sku], ON_HAND
        if place == "reserved":
            return self._shelves[node][sku], RESERVED
        return self._stock[node, place][sku], 0

    def _grant(self, origin: str, sku: str, units: int) -> None:
        cell = self._free[origin][sku]
        cell[0] = left = cell[0] + units
        if left < 0:
            self._suspects.append((cell, 0, (origin,), sku))
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
