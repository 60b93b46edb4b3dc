"""What is paid for an order: discounts come off its goods, and what is no goods is charges (or, below zero, one more discount). Pure."""

from collections.abc import Sequence

from connectors.contract import LineDraft, OrderDraft, Rejected
from streams.rules.normalize_bounds import MOST_MONEY, told
from tables.events import OrderLine, Paid
from tables.money import discounted


def money(draft: OrderDraft, goods: Sequence[OrderLine], marked: Sequence[LineDraft]) -> tuple[int, Paid]:
    """`charges`, and `paid` of the lines that have a discount, which are among those `marked`."""
    charges, off = draft.charges, draft.discount
    if len(goods) < len(draft.lines):
        names = {line.line for line in goods}
        others = [line.quantity * line.price - line.discount for line in draft.lines if line.line not in names]
        charges += sum(amount for amount in others if amount > 0)
        off -= sum(amount for amount in others if amount < 0)
    discounts = {line.line: line.discount for line in marked if line.discount}
    return min(charges, MOST_MONEY), discounted(goods, discounts, off) if discounts or off else ()


def bad_money(draft: OrderDraft, marked: Sequence[LineDraft]) -> Rejected | None:
    whole = 0 <= draft.discount <= MOST_MONEY and 0 <= draft.charges <= MOST_MONEY
    if whole and all(abs(line.discount) <= MOST_MONEY for line in marked):
        return None
    return Rejected("bad_price", f"Order {told(draft.number)} has a discount or charges beyond 0 to {MOST_MONEY} minor units.")
