"""How an order stands, by what the checker remembers of it."""

from typing import Literal

from streams.checks.promises import Known

Standing = Literal["allocated", "backordered", "cancelled", "held", "rejected"]


def standing(known: Known) -> tuple[Standing, ...]:
    if known.cancelled:
        return ("cancelled",)
    if not known.revision:
        return ()
    states: tuple[Standing, ...] = ("allocated",) if known.promises or known.shipped else ()
    if known.waiting:
        states += ("backordered",)
    if known.holds:
        states += ("held",)
    return (*states, "rejected") if known.rejected else states
