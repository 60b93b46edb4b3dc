"""What is paid for an order: discounts come off its goods, and what is no goods is charges (or, below zero, one more discount). Pure."""

from collections.abc import Sequence

from connectors.contract import OrderDraft, Rejected
from streams.rules.normalize_bounds import MOST_MONEY, told
from tables.events import OrderLine, Paid
from tables.money import discounted


def money(draft: OrderDraft, goods: Sequence[OrderLine]) -> tuple[int, Paid]:
    """`charges`, and `paid` of the lines that have a discount."""
    charges, off = draft.charges, draft.discount
    if len(goods) < len(draft.lines):
        names = {line.line for line in goods}
        others = [line.quantity * line.price - line.discount for line in draft.lines if line.line not in names]
        charges += sum(amount for amount in others if amount > 0)
        off -= sum(amount for amount in others if amount < 0)
    discounts = {line.line: line.discount for line in draft.lines if line.discount}
    return min(charges, MOST_MONEY), discounted(goods, discounts, off) if discounts or off else ()


def bad_money(draft: OrderDraft) -> Rejected | None:
    of_lines = [abs(line.discount) for line in draft.lines]
    if min(draft.discount, draft.charges) >= 0 and max(draft.discount, draft.charges, *of_lines) <= MOST_MONEY:
        return None
    return Rejected("bad_price", f"Order {told(draft.number)} has a discount or charges beyond 0 to {MOST_MONEY} minor units.")
