"""The physical tier: units by node, bucket and SKU, changed by double-entry moves only, so that the units of a SKU are conserved."""

from sys import intern

import msgspec

from tables.events import Move

# What a warehouse counts as good units of its own: free, promised, or in a picker's hands.
GOOD = frozenset({"on_hand", "reserved", "picked"})

Cells = dict[str, int]


def add(cells: Cells, sku: str, units: int) -> None:
    """Change one cell; a cell that reaches zero is forgotten, so that equal stock has equal state."""
    known = cells.get(sku)
    if known is None:
        if units:
            cells[intern(sku)] = units  # one SKU has many cells
    elif left := known + units:
        cells[sku] = left
    else:
        del cells[sku]


class NodeStock(msgspec.Struct):
    """Units at one node. `other`: bucket -> SKU -> units of the buckets that are neither `on_hand` nor `reserved`."""

    on_hand: Cells = {}
    reserved: Cells = {}
    other: dict[str, Cells] = {}

    def bucket(self, place: str) -> Cells:
        if place == "on_hand":
            return self.on_hand
        if place == "reserved":
            return self.reserved
        return self.other.setdefault(place, {})

    def units(self, place: str, sku: str) -> int:
        if place == "on_hand":
            return self.on_hand.get(sku, 0)
        if place == "reserved":
            return self.reserved.get(sku, 0)
        return self.other.get(place, {}).get(sku, 0)

    def good(self, sku: str) -> int:
        return sum(self.units(place, sku) for place in GOOD)


def apply_move(stock: dict[str, NodeStock], move: Move) -> None:
    """A node of "" is the outside, which is not kept."""
    if move.from_node:
        add(at(stock, move.from_node).bucket(move.from_place), move.sku, -move.quantity)
    if move.to_node:
        add(at(stock, move.to_node).bucket(move.to_place), move.sku, move.quantity)


def at(stock: dict[str, NodeStock], node: str) -> NodeStock:
    found = stock.get(node)
    if found is None:
        found = stock[node] = NodeStock()
    return found
