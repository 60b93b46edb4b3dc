"""997 (and its later form 999), functional acknowledgement: whether a partner took a group that we sent."""

import msgspec

from connectors.payload import Unusable
from connectors.x12.envelope import Interchange, Transaction
from connectors.x12.segments import at

CODES = frozenset({"997", "999"})
# element 715: accepted, accepted with errors noted; all else (P in part, R, M, W, X) needs a person
_TAKEN = frozenset({"A", "E"})


class Acknowledgement(msgspec.Struct, frozen=True):
    """What AK1 and AK9 say of the group with this control number."""

    control: int
    taken: bool


def acknowledgement(transaction: Transaction) -> Acknowledgement:
    """Raises Unusable when it does not say which group, or what of it."""
    told = {segment[0]: segment for segment in transaction.segments}
    control, verdict = at(told.get("AK1", ()), 2), at(told.get("AK9", ()), 1)
    if not (control.isascii() and control.isdigit() and len(control) <= 9) or not verdict:
        raise Unusable("bad_acknowledgement", "The acknowledgement names no group (AK102) or no verdict (AK901): ask the partner for it.")
    return Acknowledgement(int(control), verdict in _TAKEN)


def acknowledgements(interchanges: tuple[Interchange, ...]) -> tuple[Acknowledgement, ...]:
    """All that stand in a file. Raises Unusable."""
    transactions = (transaction for whole in interchanges for group in whole.groups for transaction in group.transactions)
    return tuple([acknowledgement(transaction) for transaction in transactions if transaction.code in CODES])
