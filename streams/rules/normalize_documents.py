"""What documents of warehouses have in common on their way to a pool: their names, their parts, and what must not reach it."""

from collections.abc import Iterable
from typing import TypeVar

from connectors.contract import Rejected
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import LAST_MILLIS, told

DOCUMENT_LINES = 500

K = TypeVar("K")


def parts(document: str, lines: Iterable[tuple[K, int]], shop: ShopRecord) -> list[tuple[str, tuple[tuple[K, int], ...]]]:
    """(document, summed units) of each part; a document without lines has one. The first part keeps the document's own name, so
    that a document sent again is known again, however many parts it had."""
    summed: dict[K, int] = {}
    for key, quantity in lines:
        summed[key] = summed.get(key, 0) + quantity
    units, name = tuple(summed.items()), document_name(document, shop)
    starts = range(0, max(len(units), 1), DOCUMENT_LINES)
    return [(f"{name}#{part}" if part > 1 else name, units[start : start + DOCUMENT_LINES]) for part, start in enumerate(starts, 1)]


def document_name(document: str, shop: ShopRecord) -> str:
    """Two systems may use the same number, so the shop is part of the name. `#` is doubled: a document `A#2` is not part 2 of `A`."""
    return f"{shop.ref.shop}/{document.replace('#', '##')}"


def strangers(nodes: tuple[str, ...], shop: ShopRecord, reference: Reference) -> Rejected | None:
    for node in nodes:
        known = reference.nodes.get(node)
        if known is None:
            return Rejected("unknown_node", f"No node is called {told(node)!r}: import it, then replay this record.")
        if known.pool != shop.ref.pool:
            return Rejected(
                "unknown_node", f"Node {told(node)!r} is of pool {known.pool!r}, but shop {shop.ref.shop!r} is of {shop.ref.pool!r}."
            )
    return None


def bad_time(document: str, at: int) -> Rejected | None:
    if 0 <= at < LAST_MILLIS:
        return None
    return Rejected("bad_time", f"Document {told(document)} says a time outside 1970 to 9999.")
