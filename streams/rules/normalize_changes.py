"""Units that a node found or lost -> commands for its pool."""

from collections import Counter
from collections.abc import Iterator

from connectors.contract import ChangeDraft, Ignored, Rejected
from streams.commands import Cause, ChangeStock
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import MOST_UNITS, Outcome, told
from streams.rules.normalize_documents import bad_time, parts, strangers


def changed(draft: ChangeDraft, shop: ShopRecord, reference: Reference, causes: Iterator[Cause]) -> Outcome:
    """Lines of one SKU are summed; what was found and lost again is no change."""
    if fault := strangers((draft.node,), shop, reference) or bad_time(draft.document, draft.changed_at) or _beyond(draft):
        return fault
    units = _by_sku(draft)
    if not units:
        return Ignored("no_lines", f"Document {told(draft.document)} changes nothing.")
    pool, node, at = shop.ref.pool, draft.node, draft.changed_at
    return [
        ChangeStock(
            pool=pool, cause=next(causes), document=document, node=node, at=at, reason=draft.reason, lines=lines, bucket=draft.bucket
        )
        for document, lines in parts(draft.document, units, shop)
    ]


def _by_sku(draft: ChangeDraft) -> list[tuple[str, int]]:
    units: Counter[str] = Counter()
    for line in draft.lines:
        units[line.sku] += line.quantity
    return [(sku, quantity) for sku, quantity in units.items() if quantity]


def _beyond(draft: ChangeDraft) -> Rejected | None:
    for sku, units in _by_sku(draft):
        if not -MOST_UNITS <= units <= MOST_UNITS:
            return Rejected("bad_quantity", f"{told(sku)} of document {told(draft.document)} may change by {MOST_UNITS} units at most.")
    return None
