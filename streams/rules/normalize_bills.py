"""Drafts of suppliers' bills -> commands for the pool of the feed that told of them."""

from connectors.contract import BillDraft, BilledLine, Rejected
from streams.commands import BillPurchase, Cause
from streams.reference import ShopRecord
from streams.rules.normalize_bounds import MOST_MONEY, MOST_UNITS, Outcome, told
from streams.rules.normalize_documents import DOCUMENT_LINES, bad_time, document_name
from tables.events import BillLine


def billed(draft: BillDraft, feed: ShopRecord, cause: Cause) -> Outcome:
    """Whole: a bill is approved or disputed as it is."""
    return bad_time(draft.document, draft.billed_at) or _fault(draft) or [_command(draft, feed, cause)]


def _command(draft: BillDraft, feed: ShopRecord, cause: Cause) -> BillPurchase:
    return BillPurchase(
        pool=feed.ref.pool,
        cause=cause,
        document=document_name(draft.document, feed),
        fulfilment=draft.fulfilment,
        currency=draft.currency,
        billed_at=draft.billed_at,
        lines=tuple([BillLine(line.sku, line.quantity, line.price) for line in draft.lines]),
        freight=draft.freight,
    )


def _fault(draft: BillDraft) -> Rejected | None:
    """What a channel should have refused, and must not reach the pool."""
    name = told(draft.document)
    if not 0 < len(draft.lines) <= DOCUMENT_LINES:
        return Rejected("bad_lines", f"Bill {name} must have 1 to {DOCUMENT_LINES} lines.")
    if not 0 <= draft.freight <= MOST_MONEY or not all(map(_is_sound, draft.lines)):
        return Rejected("bad_quantity", f"Bill {name} must have 1 to {MOST_UNITS} units in each line, and no price below 0.")
    return None


def _is_sound(line: BilledLine) -> bool:
    return 0 < line.quantity <= MOST_UNITS and 0 <= line.price <= MOST_MONEY
