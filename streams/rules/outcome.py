"""What became of an order in a decision, in one word: for counters and summaries."""

from streams.decisions import Decision
from streams.rules.brief import Brief, Placed
from tables import events as e

# The first of these that a decision holds names it; a decision on stock or reference has none.
WORDS: tuple[tuple[type[e.Event], str], ...] = (
    (e.Duplicate, "duplicate"),
    (e.Stale, "stale"),
    (e.Refused, "refused"),
    (e.OrderRejected, "rejected"),
    (e.OrderCancelled, "cancelled"),
    (e.OrderReduced, "reduced"),
    (e.OrderHeld, "held"),
)
RANKS = {kind: rank for rank, (kind, _) in enumerate(WORDS)}


def outcome(decision: Decision | Brief) -> str:
    """ "" where no order was asked about. A placed order is `allocated` once all of it is reserved, `partial` or `backordered` else."""
    kinds = [type(event) for event in decision.events]
    ranks = [RANKS[kind] for kind in kinds if kind in RANKS]
    if ranks:
        return WORDS[min(ranks)][1]
    if Placed not in kinds and e.OrderPlaced not in kinds:
        return ""
    waits = any(isinstance(event, e.Backordered) and event.rows for event in decision.events)
    if e.Reserved in kinds:
        return "partial" if waits else "allocated"
    return "backordered" if waits else "accepted"
