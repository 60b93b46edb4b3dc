"""Which lines of an order come with others, and what is no gift. Pure."""

from collections.abc import Sequence

from connectors.contract import LineDraft, OrderDraft, Rejected
from streams.rules.normalize_bounds import told
from tables.events import Gifts, OrderLine


def gifts(marked: Sequence[LineDraft], goods: Sequence[OrderLine]) -> Gifts:
    """Of the goods: what comes with postage comes by itself."""
    given = [(line.line, line.gift_of) for line in marked if line.gift_of]
    names = {line.line for line in goods} if given else set()
    return tuple((line, parent) for line, parent in given if line in names and parent in names)


def bad_gift(draft: OrderDraft, marked: Sequence[LineDraft]) -> Rejected | None:
    given = {line.line: line for line in marked if line.gift_of}
    sold = {line.line for line in draft.lines} - given.keys() if given else set()
    for line in given.values():
        if line.gift_of not in sold:
            sentence = "is given with a line that the order has not, or that is given itself: name one that is sold"
            return Rejected("bad_gift", f"Line {told(line.line)} of order {told(draft.number)} {sentence}.")
        if line.price or line.discount:
            return Rejected("bad_gift", f"Line {told(line.line)} of order {told(draft.number)} is a gift, and has a price: leave it out.")
    return None
